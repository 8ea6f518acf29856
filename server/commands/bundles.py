"""The commands `bundle add`, `switch`, `rollback`, `list` and `drop`: another bundle without an outage."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

import orjson

from encoders.image_sources import LocalImages
from kernel.progress import TerminalProgress
from server.catalogue.bundles import Bundles, Registered
from server.catalogue.database import FILE_NAME, Catalogue, Vector
from server.catalogue.space_encoder import Begun, Draft, SpaceEncoder
from server.catalogue.space_promotion import remove_space
from server.catalogue.writer import web_images
from server.encoding.bundle import Bundle, check_probes, load_bundle
from server.errors import InputError
from server.locks import held_lock
from server.search import builder, snapshots
from server.search.replica import Replica
from server.settings import Settings

_LOCK = "bundle.lock"


class Added(TypedDict):
    """Summary of `bundle add`. `embedded` counts this run; `withoutVector` are items that the bundle cannot embed."""

    bundle: str
    space: str
    state: str
    embedded: int
    withoutVector: int
    seconds: float


@dataclass
class _Batch:
    """Rows of one batch, by label; one without a sound product gets no vector until it is written again."""

    drafts: Mapping[int, Draft]
    unreadable: list[int]
    begun: Begun

    @property
    def last(self) -> int:
        return max([*self.drafts, *self.unreadable])


def add(directory: Path, settings: Settings, images_dir: Path | None) -> Added:
    """Fill a bundle's space while the server runs, and let it answer; continues where an earlier run stopped.

    Raises BundleError for a bundle that does not compute what it says, InputError for a catalogue without a served one.
    """
    bundle = load_bundle(directory, settings.trusted_keys)
    check_probes(bundle)
    images = LocalImages(images_dir) if images_dir is not None else web_images(settings)
    started = time.monotonic()
    with _held_bundles(settings) as (catalogue, bundles), closing(SpaceEncoder(settings, bundle, images)) as encoder:
        registered = bundles.register(bundle)
        num_embedded = 0
        while registered.state == "filling":
            num_embedded += _fill(catalogue, encoder, settings.batch_size)
            build_snapshots(settings, bundle)  # before it answers, so that no worker has to read the whole catalogue
            bundles.set_ready(bundle.space)
            registered = bundles.register(bundle)
        without = catalogue.count_live() - catalogue.count_live(bundle.space)
    return {
        "bundle": bundle.name, "space": bundle.space, "state": registered.state, "embedded": num_embedded,
        "withoutVector": without, "seconds": round(time.monotonic() - started, 3),
    }  # fmt: skip


def _fill(catalogue: Catalogue, encoder: SpaceEncoder, batch_size: int) -> int:
    """Give every live row a vector, reading the images of each batch while the one before is encoded."""
    space, total = encoder.bundle.space, catalogue.num_lacking(encoder.bundle.space)
    num_done = num_embedded = 0
    with TerminalProgress(keeps_bars=True) as progress:
        progress.update("bundle", 0, total)
        batch = _begin(catalogue, encoder, 0, batch_size)
        while batch is not None:
            following = _begin(catalogue, encoder, batch.last, batch_size)
            encoder.wait(batch.begun)
            num_embedded += encoder.finish(batch.begun)
            found = {label: draft.vector for label, draft in batch.drafts.items() if draft.vector is not None}
            nothing = dict.fromkeys(batch.unreadable, Vector(None, "", has_image=False))
            catalogue.put_vectors(space, {**found, **nothing})
            num_done += len(found) + len(nothing)
            progress.update("bundle", num_done, max(total, num_done))
            batch = following
    return num_embedded


def _begin(catalogue: Catalogue, encoder: SpaceEncoder, after: int, batch_size: int) -> _Batch | None:
    rows = catalogue.lacking(encoder.bundle.space, after, batch_size)
    if not rows:
        return None
    drafts = {label: encoder.draft(orjson.loads(product)) for label, product in rows if product is not None}
    unreadable = [label for label, product in rows if product is None]
    return _Batch(drafts, unreadable, encoder.begin(list(drafts.values())))


def build_snapshots(settings: Settings, bundle: Bundle) -> int:
    """Make the snapshots of a bundle's space that are due; return how many of them have an index."""
    replica = Replica(settings, bundle)
    try:
        replica.refresh()
        return replica.build_snapshots()
    finally:
        replica.stop()


@contextmanager
def _held_bundles(settings: Settings) -> Iterator[tuple[Catalogue, Bundles]]:
    with (
        held_lock(_existing(settings) / _LOCK, "process {pid} changes the bundles; wait for it, or stop it"),
        closing(Catalogue(settings.data_dir)) as catalogue,
    ):
        yield catalogue, Bundles(catalogue)


def switch(word: str, settings: Settings) -> str:
    """Serve the bundle of a directory, a name or a space from now on; return what was done."""
    with _held_bundles(settings) as (_, bundles):
        return _switch(bundles, bundles.find(word), settings)


def rollback(settings: Settings) -> str:
    """Serve the bundle that was served before; return what was done."""
    with _held_bundles(settings) as (_, bundles):
        return _switch(bundles, bundles.previous(), settings)


def _switch(bundles: Bundles, wanted: Registered, settings: Settings) -> str:
    if wanted.state == "ready":
        wanted.load(settings.trusted_keys)  # one whose files are gone must not be served
    before = bundles.switch(wanted.space)
    if before.space == wanted.space:
        return f"bundle {wanted.name} is served already"
    return f"bundle {wanted.name} is served; {before.name} keeps answering for vectors of its space"


def list_bundles(settings: Settings) -> list[str]:
    """Return a line for each registered bundle, the served one first."""
    with closing(Catalogue(_existing(settings))) as catalogue:
        return [_line(catalogue, one) for one in Bundles(catalogue).all()]


def _line(catalogue: Catalogue, one: Registered) -> str:
    since = datetime.fromtimestamp(one.since, UTC).strftime("%Y-%m-%d %H:%M")
    where = one.directory or "directory not known"
    return (
        f"{one.state:8}  {one.name}  {one.space[:16]}  {catalogue.count_live(one.space)} items  since {since}  {where}"
    )


def drop(word: str, settings: Settings, say: Callable[[str], None]) -> str:
    """Remove a bundle that is not served, with its vectors and snapshots; continues where an earlier run stopped."""
    with _held_bundles(settings) as (catalogue, bundles):
        found = bundles.find(word)
        bundles.begin_drop(found.space)
        num_removed = remove_space(catalogue, found.space, say)
        with builder.building(settings, wait=True):
            bundles.forget(found.space)
            snapshots.remove_spaces(settings.data_dir, [one.space for one in bundles.all()])
    return f"bundle {found.name} is dropped, with {num_removed} vectors"


def _existing(settings: Settings) -> Path:
    """Return the data directory; raises InputError without a catalogue."""
    if not (settings.data_dir / FILE_NAME).is_file():
        raise InputError(f"expected a catalogue, found none at {settings.data_dir / FILE_NAME}; run or ingest first")
    return settings.data_dir
