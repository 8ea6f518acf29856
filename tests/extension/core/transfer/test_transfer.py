"""Second implementation of the transfer file and the sync envelope, from docs/sync.md alone."""

import base64
import gzip
import hashlib
import hmac
import json
import unicodedata
import zlib
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

VECTORS = Path(__file__).resolve().parents[4] / "contracts" / "vectors"
TRANSFER = json.loads((VECTORS / "transfer.json").read_text(encoding="utf-8"))
SYNC = json.loads((VECTORS / "sync.json").read_text(encoding="utf-8"))
MAGIC = b"carryover transfer\x01"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class UnreadableError(Exception):
    pass


def key_of(kdf, passphrase):
    secret = unicodedata.normalize("NFKC", passphrase).encode()
    salt = base64.b64decode(kdf["salt"])
    within = {"argon2id": ("memoryKiB", 8192, 262_144), "pbkdf2-sha256": ("iterations", 100_000, 10_000_000)}
    if kdf["name"] not in within:
        raise UnreadableError
    name, low, high = within[kdf["name"]]
    if not low <= kdf[name] <= high:
        raise UnreadableError
    if kdf["name"] == "pbkdf2-sha256":
        return hashlib.pbkdf2_hmac("sha256", secret, salt, kdf["iterations"], 32)
    if not (1 <= kdf["iterations"] <= 16 and 1 <= kdf["parallelism"] <= 4):
        raise UnreadableError
    return Argon2id(
        salt=salt, length=32, iterations=kdf["iterations"], lanes=kdf["parallelism"], memory_cost=kdf["memoryKiB"]
    ).derive(secret)


def open_file(file, passphrase):
    end = 21 + int.from_bytes(file[19:21], "big")
    if not file.startswith(MAGIC) or end > len(file):
        raise UnreadableError
    try:
        key = key_of(json.loads(file[21:end])["kdf"], passphrase)
        return gzip.decompress(AESGCM(key).decrypt(file[end : end + 12], file[end + 12 :], file[:end])).decode()
    except (ValueError, InvalidTag) as error:
        raise UnreadableError from error


@pytest.mark.parametrize("case", TRANSFER["opens"], ids=lambda case: case["name"])
def test_a_file_opens(case):
    assert open_file(bytes.fromhex(case["file"]), case["passphrase"]) == case["text"]


@pytest.mark.parametrize("case", TRANSFER["refuses"], ids=lambda case: case["why"])
def test_a_file_is_refused(case):
    with pytest.raises(UnreadableError):
        open_file(bytes.fromhex(case["file"]), case["passphrase"])


def base45(data):
    """Return bytes in base45 (RFC 9285)."""
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            text += BASE45[digit]
    return text


def from_base45(text):
    if len(text) % 3 == 1 or not set(text) <= set(BASE45):
        return None
    data = b""
    for at in range(0, len(text), 3):
        digits = text[at : at + 3]
        value = sum(BASE45.index(digit) * 45**place for place, digit in enumerate(digits))
        if value >= 256 ** (len(digits) - 1):
            return None
        data += value.to_bytes(len(digits) - 1, "big")
    return data


def with_crc(part):
    return base45(part + zlib.crc32(part).to_bytes(4, "big"))


def parts_of(file, size):
    pieces = [file[at : at + size] for at in range(0, len(file), size)]
    head = b"CQ\x01" + hashlib.sha256(file).digest()[:8] + len(pieces).to_bytes(2, "big")
    return [with_crc(head + number.to_bytes(2, "big") + piece) for number, piece in enumerate(pieces)]


def part_in(text):
    part = from_base45(text)
    if part is None or len(part) < 20 or not part.startswith(b"CQ\x01"):
        return None
    count, number = int.from_bytes(part[11:13], "big"), int.from_bytes(part[13:15], "big")
    is_whole = zlib.crc32(part[:-4]) == int.from_bytes(part[-4:], "big")
    return (number, part[15:-4]) if is_whole and number < count <= 1000 else None


@pytest.mark.parametrize("case", TRANSFER["base45"], ids=lambda case: case["text"])
def test_base45_has_the_examples_of_its_rfc(case):
    assert base45(case["ascii"].encode()) == case["text"]
    assert from_base45(case["text"]) == case["ascii"].encode()


@pytest.mark.parametrize("case", TRANSFER["parts"], ids=lambda case: case["name"])
def test_a_file_has_the_parts_of_the_vectors(case):
    file = bytes.fromhex(case["file"])
    assert parts_of(file, case["size"]) == case["texts"]
    found = dict(part_in(text) for text in reversed(case["texts"]))
    assert b"".join(found[number] for number in sorted(found)) == file


@pytest.mark.parametrize("case", TRANSFER["notParts"], ids=lambda case: case["why"])
def test_a_text_that_is_not_a_part_is_ignored(case):
    assert part_in(case["text"]) is None


def hkdf(secret, info, length):
    return hmac.digest(hmac.digest(b"", secret, "sha256"), info + b"\x01", "sha256")[:length]


def secret_of(typed):
    code = typed.replace(" ", "").replace("-", "").upper().translate(str.maketrans("OIL", "011"))
    if len(code) != 32 or not set(code) <= set(DIGITS):
        return None
    number = 0
    for digit in code:
        number = number * 32 + DIGITS.index(digit)
    return number.to_bytes(20, "big")


def envelope_of(key, case):
    head = b"\x01" + case["version"].to_bytes(8, "big") + bytes.fromhex(case["parent"])
    packed, nonce = bytes.fromhex(case["packed"]), bytes.fromhex(case["nonce"])
    plain = len(packed).to_bytes(4, "big") + packed
    plain = plain.ljust(-(-len(plain) // 65_536) * 65_536, b"\0")
    return head + nonce + AESGCM(key).encrypt(nonce, plain, b"carryover sync" + head)


def takes(key, envelope, known):
    """Return the text of an envelope, None where it is older than what is known."""
    head, nonce = envelope[:41], envelope[41:53]
    plain = AESGCM(key).decrypt(nonce, envelope[53:], b"carryover sync" + head)
    version, parent = int.from_bytes(head[1:9], "big"), head[9:].hex()
    if known is not None:
        is_older = version < known["version"]
        is_other = version == known["version"] and hashlib.sha256(envelope).hexdigest() != known["sha256"]
        is_fork = version == known["version"] + 1 and parent != known["sha256"]
        if is_older or is_other or is_fork:
            return None
    return gzip.decompress(plain[4 : 4 + int.from_bytes(plain[:4], "big")]).decode()


def test_a_sync_code_gives_key_and_space():
    secret = secret_of(SYNC["code"])
    assert secret.hex() == SYNC["secret"]
    assert hkdf(secret, b"carryover sync key 1", 32).hex() == SYNC["key"]
    assert hkdf(secret, b"carryover sync space 1", 16).hex() == SYNC["space"]


@pytest.mark.parametrize("case", SYNC["codes"], ids=lambda case: repr(case["typed"]))
def test_sync_codes_are_read_as_they_are_typed(case):
    secret = secret_of(case["typed"])
    assert (secret and secret.hex()) == case["secret"]


@pytest.mark.parametrize("case", SYNC["envelopes"], ids=lambda case: case["name"])
def test_an_envelope_has_the_bytes_of_the_vectors(case):
    envelope = envelope_of(bytes.fromhex(SYNC["key"]), case)
    assert (len(envelope), hashlib.sha256(envelope).hexdigest()) == (case["bytes"], case["sha256"])
    assert takes(bytes.fromhex(SYNC["key"]), envelope, None) == case["text"]


@pytest.mark.parametrize("case", SYNC["remembers"], ids=lambda case: f"{case['knows']}, {case['given']}")
def test_an_older_envelope_is_refused(case):
    by_name = {one["name"]: one for one in SYNC["envelopes"]}
    key = bytes.fromhex(SYNC["key"])
    taken = takes(key, envelope_of(key, by_name[case["given"]]), by_name.get(case["knows"]))
    assert (taken is not None) == case["takes"]
