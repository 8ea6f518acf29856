"""Reader of a browser's own files: finds data keys and envelopes in them, and tries every key on every envelope.

It looks for what a thief of the disk would look for, and knows nothing of the profile. Chromium keeps IndexedDB in
LevelDB folders (a log, and tables of compressed blocks), Firefox in SQLite files. It finds deleted rows where they lie.
"""

import re
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.extension.core.vault_reference import UnreadableError, open_envelope

LOG_BLOCK = 32_768
LOG_HEADER = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
FOOTER = 48
TABLE_MAGIC = 0xDB4775248B80FB57
SNAPPY_COMPRESSED = 1
HEX_ID = re.compile(rb"[0-9a-f]{32}")
KIND = re.compile(rb"interaction|settings|ledger|saved|shelf|shop_means|pack_list|acts|clock")
KEY_BYTES = 32
NEAR = 400
MOST = 200_000  # bytes of an envelope that is looked for: records are smaller


@dataclass
class Found:
    """What the files of a browser hold."""

    keys: set[bytes] = field(default_factory=set)
    profile_ids: set[str] = field(default_factory=set)
    envelopes: dict[bytes, set[tuple[str, str]]] = field(default_factory=dict)
    files: int = 0


def varint(content: bytes, at: int) -> tuple[int, int]:
    """Return a variable-length number and where it ends."""
    number, shift = 0, 0
    while at < len(content) and shift < 64:
        byte = content[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
    raise ValueError


def snappy(content: bytes) -> bytes:
    """Decompress a block of Snappy, as far as it goes."""
    size, at = varint(content, 0)
    out = bytearray()
    while at < len(content) and len(out) < size:
        tag = content[at]
        at += 1
        if tag & 3 == 0:
            length = (tag >> 2) + 1
            if length > 60:
                extra = length - 60
                length = int.from_bytes(content[at : at + extra], "little") + 1
                at += extra
            out += content[at : at + length]
            at += length
            continue
        width = {1: 1, 2: 2, 3: 4}[tag & 3]
        offset = int.from_bytes(content[at : at + width], "little")
        at += width
        length = (tag >> 2) + 1
        if tag & 3 == 1:
            length = (tag >> 2 & 7) + 4
            offset |= tag >> 5 << 8
        if not 0 < offset <= len(out):
            break
        for _ in range(length):
            out.append(out[-offset])
    return bytes(out)


def log_records(content: bytes) -> Iterator[bytes]:
    """Return the records of a LevelDB log, put together from their fragments."""
    pending = b""
    for start in range(0, len(content), LOG_BLOCK):
        block = content[start : start + LOG_BLOCK]
        at = 0
        while at + LOG_HEADER <= len(block):
            length, kind = struct.unpack_from("<HB", block, at + 4)
            fragment = block[at + LOG_HEADER : at + LOG_HEADER + length]
            at += LOG_HEADER + length
            if kind not in (FULL, FIRST, MIDDLE, LAST):
                break
            pending = fragment if kind in (FULL, FIRST) else pending + fragment
            if kind in (FULL, LAST):
                yield pending
                pending = b""
    if pending:
        yield pending


def block_entries(block: bytes) -> Iterator[bytes]:
    """Return the values of a block of a LevelDB table."""
    if len(block) < 4:
        return
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    at = 0
    while 0 <= at < end:
        _, at = varint(block, at)
        unshared, at = varint(block, at)
        length, at = varint(block, at)
        yield block[at + unshared : at + unshared + length]
        at += unshared + length


def table_block(content: bytes, offset: int, size: int) -> bytes:
    """Return a block of a LevelDB table, decompressed."""
    block = content[offset : offset + size]
    compressed = offset + size < len(content) and content[offset + size] == SNAPPY_COMPRESSED
    return snappy(block) if compressed else block


def table_blocks(content: bytes) -> Iterator[bytes]:
    """Return the data blocks of a LevelDB table, decompressed."""
    if len(content) < FOOTER or int.from_bytes(content[-8:], "little") != TABLE_MAGIC:
        return
    footer = content[-FOOTER:]
    _, at = varint(footer, 0)
    _, at = varint(footer, at)
    index_offset, at = varint(footer, at)
    index_size, at = varint(footer, at)
    for handle in block_entries(table_block(content, index_offset, index_size)):
        offset, at = varint(handle, 0)
        size, _ = varint(handle, at)
        yield table_block(content, offset, size)


def pieces_of(path: Path) -> Iterator[bytes]:
    """Return the readable pieces of a file: whole records where its format is known, and the file as it lies."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # the browser compacts meanwhile
        return
    yield content
    try:
        if path.suffix == ".log":
            yield from log_records(content)
        elif path.suffix in (".ldb", ".sst"):
            yield from table_blocks(content)
        elif path.suffix == ".sqlite":
            yield from rows_of(path)
            yield from deleted_rows(content)
        elif path.name.endswith("-wal"):
            yield from deleted_rows(content)
    except (ValueError, KeyError, struct.error):
        return


def rows_of(path: Path) -> Iterator[bytes]:
    """Return the rows that a database of Firefox lists, decompressed."""
    with TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            with suppress(FileNotFoundError):
                shutil.copy(file, folder)
        database = sqlite3.connect(Path(folder) / path.name)
        try:
            rows = database.execute("SELECT data FROM object_data").fetchall()
        except sqlite3.Error:
            return
        finally:
            database.close()
    for (value,) in rows:
        if isinstance(value, bytes):
            yield snappy(value)


def deleted_rows(content: bytes) -> Iterator[bytes]:
    """Return what lies in pages of SQLite and looks like a row of Firefox, decompressed as far as it goes."""
    for match in re.finditer(rb"\x03\x00{5}\xf1\xff", content):
        for start in range(max(0, match.start() - 6), match.start() - 1):
            with suppress(ValueError):
                piece = snappy(content[start : match.start() + MOST])
                if piece.startswith(match.group()):
                    yield piece


def keys_in(piece: bytes) -> Iterator[bytes]:
    """Return candidates for data keys: 32 bytes behind the marks of a key in a structured clone."""
    # V8: 'K', AES key, algorithm, length in bits or bytes, usages, length of the data.
    for match in re.finditer(rb"K\x01[\x00-\xff]{1,6}?\x20", piece):
        for end in (match.end(), match.end() + 1, match.end() + 2):
            if end + KEY_BYTES <= len(piece):
                yield piece[end : end + KEY_BYTES]
    # Firefox: the tag of a key, then its length and bytes.
    for match in re.finditer(rb"\x20\x00\x00\x00", piece):
        if match.end() + KEY_BYTES <= len(piece):
            yield piece[match.end() : match.end() + KEY_BYTES]


def envelopes_in(piece: bytes) -> Iterator[tuple[bytes, int]]:
    """Return candidates for envelopes with their place: byte arrays that begin with a known version."""
    for match in re.finditer(rb"B([\x80-\xff]{0,3}[\x00-\x7f])([\x01\x02])", piece):
        size, at = varint(piece, match.start(1))
        if 29 <= size <= MOST and at + size <= len(piece):
            yield piece[at : at + size], match.start()
    # Firefox: the mark of an array buffer, its length in eight bytes, and its bytes.
    for match in re.finditer(rb"\x1f\x00\xff\xff([\x00-\xff]{4})\x00{4}[\x01\x02]", piece):
        size, at = int.from_bytes(match.group(1), "little"), match.end() - 1
        if 29 <= size <= MOST and at + size <= len(piece):
            yield piece[at : at + size], match.start()


def search(folders: list[Path]) -> Found:
    """Return everything that may be a key, a profile or an envelope in the files of folders."""
    found = Found()
    for path in sorted({path for folder in folders for path in folder.rglob("*") if path.is_file()}):
        found.files += 1
        for piece in pieces_of(path):
            found.keys.update(keys_in(piece))
            found.profile_ids.update(
                ids[0].decode()
                for match in re.finditer(b"profileId", piece)
                if (ids := HEX_ID.findall(piece[match.end() : match.end() + 60]))
            )
            for envelope, at in envelopes_in(piece):
                near = piece[max(0, at - NEAR) : at] + piece[at + len(envelope) : at + len(envelope) + NEAR]
                names = {(kind.decode(), one.decode()) for kind in KIND.findall(near) for one in HEX_ID.findall(near)}
                names |= {(kind.decode(), kind.decode()) for kind in KIND.findall(near)}
                if names:
                    found.envelopes.setdefault(envelope, set()).update(names)
    return found


def readable(found: Found) -> dict[bytes, bytes]:
    """Return the plaintexts of all envelopes that some key of the same files opens, by envelope."""
    opened: dict[bytes, bytes] = {}
    for envelope, names in found.envelopes.items():
        for key in found.keys:
            for profile_id in found.profile_ids:
                for kind, record_id in names:
                    try:
                        binding = (profile_id, f"{kind}/{record_id}")
                        opened[envelope] = open_envelope(key, envelope, binding, envelope[0])
                    except UnreadableError:
                        continue
    return opened
