"""A folder of packs that any static host can serve: files named by their hashes, and list.json, written last."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kernel.bundle_signature import sign
from kernel.contract_types import PackList, PackListEntry, PackManifest, PackPart
from kernel.files import write_whole
from kernel.pack_reader import LIST, Expected, PackError, file_name, read_list, read_manifest, read_part
from server.errors import InputError
from server.packs.build import Pack, Previous

_HASHED = "[0-9a-f]" * 64
# Of a pack of one's own nobody asks whether its time has come.
_ANY_TIME = "2999-12-31T23:59:59Z"


def listed(folder: Path) -> PackList:
    """Return the list of packs of a folder, empty where there is none; raises InputError for a damaged one."""
    path = folder / LIST
    try:
        return read_list(path.read_bytes()) if path.exists() else []
    except PackError as error:
        raise InputError(f"{path}: {error}; restore it, or begin with an empty folder") from error


def read_previous(folder: Path, shop: str, space: str) -> Previous | None:
    """Return the pack of a shop in a folder, verified; None where there is none in this space.

    Raises InputError for a damaged one.
    """
    entry = next((one for one in listed(folder) if one["shop"] == shop), None)
    if entry is None:
        return None

    def fetch(name: str, _limit: int) -> bytes:
        return (folder / name).read_bytes()

    try:
        manifest, _ = read_manifest(entry, fetch, Expected(shop, space, _ANY_TIME))
        parts = [read_part(part, manifest["vectors"], fetch) for part in manifest["parts"]]
        names = [file_name(part[kind]) for part in _delta_parts(manifest) for kind in ("cards", "vectors")]
        delta_files = {name: fetch(name, 0) for name in names}
    except PackError as error:
        if error.code == "pack_foreign":
            return None
        raise InputError(f"{folder}: pack of {shop}: {error}; remove its line from {LIST} to begin anew") from error
    except OSError as error:
        raise InputError(f"{folder}: pack of {shop}: {error}; remove its line from {LIST} to begin anew") from error
    return Previous(entry["manifest"], manifest, parts, delta_files)


def list_entry(pack: Pack, key: Ed25519PrivateKey | None) -> tuple[PackListEntry, dict[str, bytes]]:
    """Return the line of a pack in the list, and its files, with the signature of a key."""
    entry: PackListEntry = {"shop": pack.manifest["shop"], "manifest": pack.manifest_name}
    files = dict(pack.files)
    if key is not None:
        signature = sign(files[pack.manifest_name], key)
        entry["signature"] = f"{hashlib.sha256(signature).hexdigest()}.sig"
        files[entry["signature"]] = signature
    return entry, files


def list_bytes(entries: PackList) -> bytes:
    """Return the content of list.json."""
    return orjson.dumps(sorted(entries, key=lambda entry: entry["shop"]), option=orjson.OPT_SORT_KEYS) + b"\n"


def publish(folder: Path, pack: Pack, key: Ed25519PrivateKey | None) -> list[str]:
    """Write a pack's files, then the list; return the names of the files that no reader needs any more, now deleted.

    The files of the pack before stay: a device may be downloading them.
    """
    entry, files = list_entry(pack, key)
    entries = listed(folder)
    for name, content in files.items():
        if not (folder / name).exists() or (folder / name).read_bytes() != content:
            with write_whole(folder / name) as file:
                file.write(content)
    kept = [one for one in entries if one["shop"] != entry["shop"]]
    with write_whole(folder / LIST) as file:
        file.write(list_bytes([*kept, entry]))
    return _sweep(folder, [*entries, entry])


def _sweep(folder: Path, entries: PackList) -> list[str]:
    """Delete files named by a hash that neither the list nor the list before leads to."""
    needed = {name for entry in entries for name in _names(folder, entry)}
    gone = sorted(path.name for path in folder.glob(f"{_HASHED}.*") if path.name not in needed)
    for name in gone:
        (folder / name).unlink()
    return gone


def _names(folder: Path, entry: PackListEntry) -> Iterator[str]:
    yield entry["manifest"]
    yield entry.get("signature", LIST)
    manifest: PackManifest = orjson.loads((folder / entry["manifest"]).read_bytes())
    for part in (*manifest["parts"], *_delta_parts(manifest)):
        yield file_name(part["cards"])
        yield file_name(part["vectors"])


def _delta_parts(manifest: PackManifest) -> list[PackPart]:
    return manifest["delta"]["parts"] if "delta" in manifest else []
