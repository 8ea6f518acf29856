"""Damages of a store: drawn by a seed, done to the browser's files or, while it runs, to its database."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PLACES = ("identity", "index", "records", "parts")
_MOST_BYTES = 64


@dataclass(frozen=True)
class Folders:
    """Where Chromium keeps what the extension stores, under one profile folder."""

    store: Path
    backup: Path
    marker: Path

    @staticmethod
    def of(profile: Path, extension: str) -> "Folders":
        """Return the folders of an extension; raises RuntimeError where one is missing."""
        default = profile / "Default"
        backups = sorted(default.glob("WebStorage/*/IndexedDB/indexeddb.leveldb"))
        found = Folders(
            default / "IndexedDB" / f"chrome-extension_{extension}_0.indexeddb.leveldb",
            backups[0] if backups else default / "WebStorage",
            default / "Local Extension Settings" / extension,
        )
        for folder in (found.store, found.backup, found.marker):
            if not any(folder.glob("*")):
                raise RuntimeError(f"expected files of Chromium in {folder}, found none")
        return found


@dataclass(frozen=True)
class Snapshots:
    """Folders of the browser: as it is now, as it was before, and of another shopper."""

    newest: Folders
    older: Folders
    foreign: Folders


FileDamage = Callable[[random.Random, Path, Path, Path], str]


def _delete(_: random.Random, folder: Path, __: Path, ___: Path) -> str:
    shutil.rmtree(folder)
    return "deleted"


def _lose_file(draw: random.Random, folder: Path, _: Path, __: Path) -> str:
    file = _drawn(draw, folder)
    file.unlink()
    return f"without {_kind(file)}"


def _truncate(draw: random.Random, folder: Path, _: Path, __: Path) -> str:
    file = _drawn(draw, folder)
    content = file.read_bytes()
    file.write_bytes(content[: draw.randrange(len(content) + 1)])
    return f"{_kind(file)} cut short"


def _flip(draw: random.Random, folder: Path, _: Path, __: Path) -> str:
    file = _drawn(draw, folder)
    content = bytearray(file.read_bytes())
    for _i in range(draw.randint(1, _MOST_BYTES) if content else 0):
        content[draw.randrange(len(content))] ^= draw.randint(1, 255)
    file.write_bytes(content)
    return f"bytes of {_kind(file)} changed"


def _zero(draw: random.Random, folder: Path, _: Path, __: Path) -> str:
    file = _drawn(draw, folder)
    content = bytearray(file.read_bytes())
    start = draw.randrange(len(content) + 1)
    end = min(len(content), start + draw.choice([512, 4096, 32_768]))
    content[start:end] = bytes(end - start)
    file.write_bytes(content)
    return f"a range of {_kind(file)} emptied"


def _put_back(_: random.Random, folder: Path, older: Path, __: Path) -> str:
    shutil.rmtree(folder)
    shutil.copytree(older, folder)
    return "an older one put back"


def _swap(_: random.Random, folder: Path, __: Path, foreign: Path) -> str:
    shutil.rmtree(folder)
    shutil.copytree(foreign, folder)
    return "another shopper's put there"


FILE_DAMAGES: tuple[FileDamage, ...] = (_delete, _lose_file, _truncate, _flip, _flip, _zero, _put_back, _swap)


def _drawn(draw: random.Random, folder: Path) -> Path:
    """Return one of the files; the lock and the diary of LevelDB hold nothing."""
    return draw.choice(sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("LO")))


def _kind(file: Path) -> str:
    """Return the name of a LevelDB file without its number."""
    return file.suffix.lstrip(".") or file.name.partition("-")[0]


def damage_files(draw: random.Random, snapshots: Snapshots) -> str:
    """Damage the store's files, or the marker's or the backup's or two of them, and say how."""
    now, older, foreign = snapshots.newest, snapshots.older, snapshots.foreign
    targets = draw.choice(
        [("store",)] * 6 + [("marker",), ("backup",), ("store", "backup"), ("store", "marker"), ("marker", "backup")]
    )
    done = []
    for target in targets:
        how = draw.choice(FILE_DAMAGES)
        places = (getattr(one, target) for one in (now, older, foreign))
        done.append(f"{target}: {how(draw, *places)}")
    return ", ".join(done)


# In a page of the extension, as `damage(kind, place, seed)`. A database is deleted, or changed in one transaction.
DATABASE_SCRIPT = """async ([kind, place, seed]) => {
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  if (kind === "deleted") return void (await asked(indexedDB.deleteDatabase("carryover")));
  const database = await asked(indexedDB.open("carryover"));
  const transaction = database.transaction(["identity", "index", "records", "parts"], "readwrite");
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  const store = transaction.objectStore(place);
  const isKeyed = place === "identity" || place === "index";
  const put = (value, key) => (isKeyed ? store.put(value, key) : store.put(value));
  const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
  const at = (offset) => (seed + offset) % Math.max(1, keys.length);
  const bytesOf = (value) => (value instanceof Uint8Array ? value : value?.envelope);
  const [first, second] = [values[at(0)], values[at(1)]];
  if (kind === "read") {
    globalThis.before = {};
    for (const name of ["identity", "index", "records", "parts"]) {
      const one = transaction.objectStore(name);
      const [names, rows] = await Promise.all([asked(one.getAllKeys()), asked(one.getAll())]);
      globalThis.before[name] = names.map((key, i) => [key, rows[i]]);
    }
  } else if (kind === "cleared") store.clear();
  else if (kind === "some deleted") for (let i = 0; i <= seed % 5; i += 1) store.delete(keys[at(i)]);
  else if (kind === "a byte changed" && bytesOf(first)) {
    const bytes = bytesOf(first);
    bytes[seed % bytes.length] ^= 1 + (seed % 255);
    put(first, keys[at(0)]);
  } else if (kind === "two swapped" && keys.length > 1) {
    if (isKeyed) {
      put(second, keys[at(0)]);
      put(first, keys[at(1)]);
    } else {
      put({ ...first, envelope: second.envelope });
      put({ ...second, envelope: first.envelope });
    }
  } else if (kind === "strange added") {
    put({ id: "a".repeat(300), kind: "ledger" }, `strange ${seed}`);
    put({ id: seed, envelope: "text" }, `stranger ${seed}`);
  } else if (kind === "one put back") {
    const rows = globalThis.before[place];
    if (rows.length) {
      const [key, value] = rows[seed % rows.length];
      put(value, key);
    }
  } else if (kind === "all put back") {
    for (const [name, rows] of Object.entries(globalThis.before)) {
      const one = transaction.objectStore(name);
      one.clear();
      for (const [key, value] of rows) name === "identity" || name === "index" ? one.put(value, key) : one.put(value);
    }
  }
  await done;
  database.close();
}"""
DATABASE_DAMAGES = (
    "deleted",
    "cleared",
    "some deleted",
    "a byte changed",
    "two swapped",
    "strange added",
    "one put back",
    "all put back",
)


def drawn_database_damage(draw: random.Random) -> tuple[str, str, int]:
    """Return a damage for `DATABASE_SCRIPT`, the place that it is done to, and a number for it."""
    return draw.choice(DATABASE_DAMAGES), draw.choice(PLACES[:3]), draw.randrange(1000)
