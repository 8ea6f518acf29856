"""Second implementation of the store, from docs/envelope.md alone: envelope, index, locks."""

import hashlib
import unicodedata
from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

VERSION = 2
MAX_LENGTH = 16 * 2**20
MIN_LENGTH = 29
PAGES = "0123456789abcdef"
ENTRY = 45
ROOT_LENGTH = 473
ID_DIGITS = 32
HEX = frozenset(PAGES)
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class UnreadableError(Exception):
    """An envelope, a page or a root that may not be used."""


class RefusedError(Exception):
    """A store that may not be used at all; the message is the code."""


def aad_of(profile_id: str, purpose: str, version: int = VERSION) -> bytes:
    """Return the additional authenticated data of a binding."""
    fields = b"".join(len(part).to_bytes(2, "big") + part for part in (profile_id.encode(), purpose.encode()))
    return b"carryover envelope" + bytes([version]) + fields


def seal(key: bytes, nonce: bytes, plaintext: bytes, binding: tuple[str, str], version: int = VERSION) -> bytes:
    """Return an envelope with a given nonce."""
    return bytes([version]) + nonce + AESGCM(key).encrypt(nonce, plaintext, aad_of(*binding, version))


def open_envelope(key: bytes, envelope: object, binding: tuple[str, str], version: int = VERSION) -> bytes:
    """Return the plaintext of an envelope, or raise UnreadableError."""
    if not isinstance(envelope, bytes) or not MIN_LENGTH <= len(envelope) <= MAX_LENGTH or envelope[0] != version:
        raise UnreadableError
    try:
        return AESGCM(key).decrypt(envelope[1:13], envelope[13:], aad_of(*binding, version))
    except InvalidTag:
        raise UnreadableError from None


def seal_of(envelope: object) -> bytes | None:
    """Return nonce and tag of an envelope; None for what is too short to have them."""
    if not isinstance(envelope, bytes) or len(envelope) < MIN_LENGTH:
        return None
    return envelope[1:13] + envelope[-16:]


def named_id(name: str) -> str:
    """Return the id of a record that exists once."""
    return hashlib.sha256(f"carryover record {name}".encode()).hexdigest()[:ID_DIGITS]


def fingerprint_of(key: bytes) -> bytes:
    """Return the fingerprint of a data key, 16 bytes."""
    return hashlib.sha256(b"carryover key" + key).digest()[:16]


def encode_page(entries: dict[str, tuple[int, bytes]]) -> bytes:
    """Return a page's plaintext: place (0 record, 1 part) and seal by id."""
    return b"".join(bytes.fromhex(i) + bytes([place]) + mark for i, (place, mark) in sorted(entries.items()))


def decode_page(plaintext: bytes, name: str) -> dict[str, tuple[int, bytes]]:
    """Return place and seal by id, or raise UnreadableError."""
    if len(plaintext) % ENTRY:
        raise UnreadableError
    page: dict[str, tuple[int, bytes]] = {}
    before = ""
    for at in range(0, len(plaintext), ENTRY):
        record_id, place = plaintext[at : at + 16].hex(), plaintext[at + 16]
        if record_id[0] != name or record_id <= before or place > 1:
            raise UnreadableError
        page[record_id] = (place, plaintext[at + 17 : at + ENTRY])
        before = record_id
    return page


@dataclass(frozen=True)
class Root:
    """The root's content."""

    counter: int
    fingerprint: bytes
    seals: tuple[bytes, ...]


def encode_root(root: Root) -> bytes:
    """Return the root's plaintext."""
    return bytes([2]) + root.counter.to_bytes(8, "big") + root.fingerprint + b"".join(root.seals)


def decode_root(plaintext: bytes) -> Root:
    """Return the root's content, or raise UnreadableError."""
    counter = int.from_bytes(plaintext[1:9], "big")
    if len(plaintext) != ROOT_LENGTH or plaintext[0] != VERSION or not 1 <= counter < 2**53:
        raise UnreadableError
    seals = tuple(plaintext[at : at + 28] for at in range(25, ROOT_LENGTH, 28))
    return Root(counter, plaintext[9:25], seals)


def is_record_id(value: object) -> bool:
    """Tell whether a value read from a store is a record id."""
    return isinstance(value, str) and len(value) == ID_DIGITS and set(value) <= HEX


def is_kind(value: object) -> bool:
    """Tell whether a value read from a store is a kind of records."""
    if not isinstance(value, str) or not 1 <= len(value) <= ID_DIGITS or value in ("index", "lock"):
        return False
    return value[0].isascii() and value[0].islower() and all(c == "_" or (c.isascii() and c.islower()) for c in value)


@dataclass
class Store:
    """What a database and the note outside it hold: envelopes, not yet checked."""

    identity: dict[str, Any] | None
    index: dict[str, object]
    records: list[dict[str, Any]]
    parts: dict[str, object]
    marker: dict[str, Any] | None


@dataclass(frozen=True)
class Content:
    """What may be used of a store."""

    counter: int
    records: dict[tuple[str, str], bytes]
    parts: dict[str, bytes]
    num_set_aside: int


def read_store(store: Store, key: bytes) -> Content:
    """Return what may be used of a store without a passphrase, or raise RefusedError with its code."""
    identity, marker = store.identity, store.marker
    if identity is None and not (store.index or store.records or store.parts):
        if marker:
            raise RefusedError("store_empty")
        return Content(0, {}, {}, 0)
    if identity is None or identity.get("format") != VERSION:
        raise RefusedError("store_damaged")
    profile_id, fingerprint = identity["profileId"], identity["fingerprint"]
    known = (marker.get("fingerprint"), marker.get("next")) if marker else ()
    if marker and (marker["profileId"] != profile_id or fingerprint not in known):
        raise RefusedError("store_foreign")
    root = _root(store, key, profile_id)
    if root is None or root.fingerprint.hex() != fingerprint:
        raise RefusedError("store_damaged")
    if marker and root.counter < marker["counter"]:
        raise RefusedError("store_older")
    pages, num_damaged = _pages(store, key, profile_id, root)
    return _content(store, key, profile_id, (root.counter, pages, num_damaged))


def _root(store: Store, key: bytes, profile_id: str) -> Root | None:
    try:
        return decode_root(open_envelope(key, store.index.get("root"), (profile_id, "index/root")))
    except UnreadableError:
        return None


def _pages(
    store: Store, key: bytes, profile_id: str, root: Root
) -> tuple[dict[str, dict[str, tuple[int, bytes]]], int]:
    pages = {}
    for name, mark in zip(PAGES, root.seals, strict=True):
        envelope = store.index.get(name)
        try:
            if seal_of(envelope) != mark:
                raise UnreadableError
            pages[name] = decode_page(open_envelope(key, envelope, (profile_id, f"index/{name}")), name)
        except UnreadableError:
            continue
    return pages, len(PAGES) - len(pages)


def _content(
    store: Store, key: bytes, profile_id: str, index: tuple[int, dict[str, dict[str, tuple[int, bytes]]], int]
) -> Content:
    counter, pages, num_damaged = index
    listed = {record_id: entry for page in pages.values() for record_id, entry in page.items()}
    records: dict[tuple[str, str], bytes] = {}
    for record in store.records:
        record_id, kind, envelope = record.get("id"), record.get("kind"), record.get("envelope")
        if not is_record_id(record_id) or not is_kind(kind) or listed.get(record_id) != (0, seal_of(envelope)):
            continue
        try:
            records[kind, record_id] = open_envelope(key, envelope, (profile_id, f"{kind}/{record_id}"))
        except UnreadableError:
            continue
    parts: dict[str, bytes] = {}
    for part_id, envelope in store.parts.items():
        # The extension reads a part where it is asked for; one that may not be used is an error then.
        if listed.get(part_id) == (1, seal_of(envelope)):
            with suppress(UnreadableError):
                parts[part_id] = open_envelope(key, envelope, (profile_id, f"shelf_part/{part_id}"))
    present = {record.get("id") for record in store.records}
    missing = sum(i not in (store.parts if place else present) for i, (place, _) in listed.items())
    refused = len(store.records) - len(records) + len(store.parts) - len(parts)
    return Content(counter, records, parts, refused + missing + num_damaged)


def wrapping_key(kdf: dict[str, Any], secret: bytes) -> bytes:
    """Return the key that a lock's secret makes."""
    salt = b64decode(kdf["salt"])
    if kdf["name"] == "argon2id":
        cost = {"iterations": kdf["iterations"], "lanes": kdf["parallelism"], "memory_cost": kdf["memoryKiB"]}
        return Argon2id(salt=salt, length=32, **cost).derive(secret)
    if kdf["name"] == "pbkdf2-sha256":
        return PBKDF2HMAC(hashes.SHA256(), 32, salt, kdf["iterations"]).derive(secret)
    return HKDF(hashes.SHA256(), 32, salt, b"carryover recovery").derive(secret)


def code_bytes(text: str) -> bytes:
    """Return the 20 bytes of a recovery code, or raise UnreadableError."""
    typed = text.upper().translate({ord(" "): None, ord("-"): None, ord("O"): "0", ord("I"): "1", ord("L"): "1"})
    if len(typed) != ID_DIGITS or not set(typed) <= set(CROCKFORD):
        raise UnreadableError
    number = 0
    for digit in typed:
        number = number * 32 + CROCKFORD.index(digit)
    return number.to_bytes(20, "big")


def code_text(code: bytes) -> str:
    """Return a recovery code as the shopper reads it."""
    number = int.from_bytes(code, "big")
    digits = "".join(CROCKFORD[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(digits[at : at + 4] for at in range(0, ID_DIGITS, 4))


def open_lock(lock: dict[str, Any], secret: str, profile_id: str, fingerprint: str) -> bytes:
    """Return the data key of a lock, or raise UnreadableError."""
    recovers = lock["kind"] == "recovery"
    given = code_bytes(secret) if recovers else unicodedata.normalize("NFKC", secret).encode()
    key = wrapping_key(lock["kdf"], given)
    return open_envelope(key, lock["envelope"], (profile_id, f"lock/{lock['kind']}/{fingerprint}"))
