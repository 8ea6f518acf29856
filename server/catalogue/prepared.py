"""A catalogue of another bundle's space, filled beside the served one and put in its place at the next start.

Vectors of two spaces cannot be compared, so items that were embedded by another bundle are lost to a running server.
What `ingest --prepare` embeds goes to a folder of its own; `run` with that bundle exchanges the files by one rename.
"""

import os
import shutil
from contextlib import closing
from pathlib import Path

from kernel.files import sync
from server.catalogue.database import DERIVED_FOLDERS, FILE_NAME, Catalogue
from server.encoding.bundle import Bundle
from server.errors import CatalogueError, InputError
from server.locks import held_lock

_FOLDER = "prepared"


def place_for(data_dir: Path, bundle: Bundle, *, prepare: bool) -> Path:
    """Return the data directory that an ingest with this bundle writes to.

    Raises InputError for a bundle of another space than the served one, unless it is to be prepared.
    """
    with closing(Catalogue(data_dir)) as catalogue:
        served = catalogue.served()
        if served is None:  # new, or of an earlier version
            found = catalogue.newest_space()
            served = (bundle.space, bundle.name) if found is None else (found, "unknown")
            if found in (None, bundle.space):
                catalogue.set_served(bundle.space, bundle.name)
    space, name = served
    if space == bundle.space:
        return data_dir
    if not prepare:
        raise InputError(
            f"{data_dir}: its items are of the space {space[:16]}… (bundle {name}), those of bundle {bundle.name} would"
            f" be of {bundle.space[:16]}…, and a running server would lose them; ingest with the bundle that is served,"
            " or with --prepare, and then run with this one"
        )
    return prepared_dir(data_dir, bundle)


def prepared_dir(data_dir: Path, bundle: Bundle) -> Path:
    """Return where a catalogue of this bundle's space is prepared."""
    return data_dir / _FOLDER / bundle.space[:32]


def serve_space(data_dir: Path, bundle: Bundle) -> bool:
    """Note that this bundle's space is served from now on; return whether a prepared catalogue took the place.

    Call it while nothing is served. Writes that wait come along; the catalogue before stays as catalogue-SPACE.sqlite.
    """
    with closing(Catalogue(data_dir)) as catalogue:
        served = catalogue.served()
    prepared = prepared_dir(data_dir, bundle)
    exchanges = (served is None or served[0] != bundle.space) and (prepared / FILE_NAME).is_file()
    if exchanges:
        busy = f"process {{pid}} is ingesting into {data_dir}; wait for it, or stop it"
        with held_lock(data_dir / "ingest.lock", busy):
            _exchange(data_dir, prepared, "before" if served is None else served[0][:16])
    with closing(Catalogue(data_dir)) as catalogue:
        catalogue.set_served(bundle.space, bundle.name)
    return exchanges


def _exchange(data_dir: Path, prepared: Path, name: str) -> None:
    with closing(Catalogue(data_dir)) as old, closing(Catalogue(prepared)) as new:
        new.succeed(old)
        for catalogue in (old, new):
            catalogue.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    current, kept = data_dir / FILE_NAME, data_dir / f"catalogue-{name}.sqlite"
    for path in (current, prepared / FILE_NAME):
        # A log of the one file must never be read into the other.
        if path.with_name(f"{FILE_NAME}-wal").exists():
            raise CatalogueError(f"{path}: another process has it open; stop it first")
    kept.unlink(missing_ok=True)
    os.link(current, kept)
    (prepared / FILE_NAME).replace(current)
    sync(data_dir)
    for folder in DERIVED_FOLDERS:
        shutil.rmtree(data_dir / folder, ignore_errors=True)
        if (prepared / folder).is_dir():
            (prepared / folder).rename(data_dir / folder)
    shutil.rmtree(prepared)
