"""Write contracts/vectors/index.json and wrapped-key.json: `python -m tests.extension.core.make_vault_vectors`.

Everything is drawn from a seed, so that the same files come out.
"""

import json
import random
from base64 import b64encode
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.extension.core import vault_reference as reference

VECTORS = Path(__file__).resolve().parents[3] / "contracts" / "vectors"
SEED = 20261129
NAMES = ("settings", "shop_means", "pack_list")


class Writer:
    """A profile that writes as the extension does, with drawn ids and nonces."""

    def __init__(self, drawn: random.Random) -> None:
        """Draw profile and key."""
        self.drawn = drawn
        self.profile_id, self.key = drawn.randbytes(16).hex(), drawn.randbytes(32)
        self.records: dict[str, tuple[str, bytes, bytes]] = {}
        self.parts: dict[str, tuple[bytes, bytes]] = {}
        self.pages: dict[str, bytes] = {}
        self.counter = 0

    def sealed(self, plaintext: bytes, purpose: str) -> bytes:
        """Return an envelope with a drawn nonce."""
        return reference.seal(self.key, self.drawn.randbytes(12), plaintext, (self.profile_id, purpose))

    def put(self, kind: str, text: str, record_id: str | None = None) -> str:
        """Keep a record, of which `write` makes a state."""
        record_id = record_id or self.drawn.randbytes(16).hex()
        self.records[record_id] = (kind, text.encode(), self.sealed(text.encode(), f"{kind}/{record_id}"))
        return record_id

    def put_part(self, text: str) -> str:
        """Keep a part."""
        part_id = self.drawn.randbytes(16).hex()
        self.parts[part_id] = (text.encode(), self.sealed(text.encode(), f"shelf_part/{part_id}"))
        return part_id

    def write(self) -> dict[str, Any]:
        """Return the state after one more write."""
        self.counter += 1
        listed = {i: (0, envelope) for i, (_, _, envelope) in self.records.items()}
        listed |= {i: (1, envelope) for i, (_, envelope) in self.parts.items()}
        entries = {i: (place, reference.seal_of(envelope) or b"") for i, (place, envelope) in listed.items()}
        for name in reference.PAGES:
            page = reference.encode_page({i: entry for i, entry in entries.items() if i[0] == name})
            known = self.pages.get(name)
            if known is None or reference.open_envelope(self.key, known, (self.profile_id, f"index/{name}")) != page:
                self.pages[name] = self.sealed(page, f"index/{name}")
        fingerprint = reference.fingerprint_of(self.key)
        seals = tuple(reference.seal_of(self.pages[name]) or b"" for name in reference.PAGES)
        root = self.sealed(reference.encode_root(reference.Root(self.counter, fingerprint, seals)), "index/root")
        index = {name: envelope.hex() for name, envelope in {**self.pages, "root": root}.items()}
        return {
            "counter": self.counter,
            "index": index,
            "records": [
                {"id": i, "kind": kind, "envelope": envelope.hex(), "plaintext": text.hex()}
                for i, (kind, text, envelope) in sorted(self.records.items())
            ],
            "parts": [
                {"id": i, "envelope": envelope.hex(), "plaintext": text.hex()}
                for i, (text, envelope) in sorted(self.parts.items())
            ],
        }


def states_of(writer: Writer, words: list[str]) -> dict[str, Any]:
    """Return a profile in four states: begun, grown, changed, with deletions."""
    for name in NAMES:
        writer.put(name, json.dumps({"of": name}), reference.named_id(name))
    first = [writer.put("interaction", json.dumps({"title": word})) for word in words[:4]]
    states = [writer.write()]
    writer.put("saved", json.dumps({"title": words[4]}))
    parts = [writer.put_part(f"part {i} of {words[5]}") for i in range(3)]
    states.append(writer.write())
    writer.put("settings", json.dumps({"of": "settings", "paused": True}), reference.named_id("settings"))
    writer.put("interaction", json.dumps({"title": words[0], "weight": 2}), first[0])
    states.append(writer.write())
    del writer.records[first[1]], writer.parts[parts[1]]
    states.append(writer.write())
    fingerprint = reference.fingerprint_of(writer.key).hex()
    return {"profileId": writer.profile_id, "key": writer.key.hex(), "fingerprint": fingerprint, "states": states}


def index_vectors() -> dict[str, Any]:
    """Return index.json."""
    drawn = random.Random(SEED)
    first = states_of(Writer(drawn), ["mug", "bowl", "plate", "lamp", "towel", "linden"])
    second = states_of(Writer(drawn), ["chair", "table", "shelf", "rug", "vase", "harbor"])
    return {
        "about": "Two profiles without a passphrase in four states each, as docs/envelope.md specifies them, in "
        "hexadecimal. Each state must give the plaintexts of its own records and parts, with nothing set aside.",
        "namedIds": {name: reference.named_id(name) for name in NAMES},
        "profiles": [first, second],
    }


def lock_vectors() -> dict[str, Any]:
    """Return wrapped-key.json."""
    drawn = random.Random(SEED + 1)
    cases = []
    code = drawn.randbytes(20)
    for name, kind, secret, kdf in (
        (
            "Argon2id",
            "passphrase",
            "correct horse battery",
            {"name": "argon2id", "memoryKiB": 65536, "iterations": 3, "parallelism": 1},
        ),
        (
            "Argon2id with other costs",
            "passphrase",
            "pässwörd, ǆ",
            {"name": "argon2id", "memoryKiB": 8192, "iterations": 2, "parallelism": 2},
        ),
        ("PBKDF2", "passphrase", "correct horse battery", {"name": "pbkdf2-sha256", "iterations": 600_000}),
        ("recovery code", "recovery", reference.code_text(code), {"name": "hkdf-sha256"}),
        (
            "recovery code as somebody typed it",
            "recovery",
            reference.code_text(code).lower().replace("-", " ").replace("0", "o"),
            {"name": "hkdf-sha256"},
        ),
    ):
        key, profile_id = drawn.randbytes(32), drawn.randbytes(16).hex()
        salted = {**kdf, "salt": b64encode(drawn.randbytes(16)).decode()}
        given = code if kind == "recovery" else reference.unicodedata.normalize("NFKC", secret).encode()
        fingerprint = reference.fingerprint_of(key).hex()
        wrapping = reference.wrapping_key(salted, given)
        envelope = reference.seal(wrapping, drawn.randbytes(12), key, (profile_id, f"lock/{kind}/{fingerprint}"))
        lock = {"kind": kind, "kdf": salted, "envelope": envelope.hex()}
        cases.append(
            {
                "name": name,
                "secret": secret,
                "profileId": profile_id,
                "fingerprint": fingerprint,
                "lock": lock,
                "key": key.hex(),
            }
        )
    argon, recovery = cases[0], cases[3]
    other_salt = {**argon["lock"], "kdf": {**argon["lock"]["kdf"], "salt": b64encode(drawn.randbytes(16)).decode()}}
    cheaper = {**argon["lock"], "kdf": {**argon["lock"]["kdf"], "iterations": 2}}
    short = reference.wrapping_key(recovery["lock"]["kdf"], code)
    binding = (recovery["profileId"], f"lock/recovery/{recovery['fingerprint']}")
    nonce = drawn.randbytes(12)
    half = bytes([2]) + nonce + AESGCM(short).encrypt(nonce, bytes(16), reference.aad_of(*binding))
    changes: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("another passphrase", argon, {"secret": "correct horse batterz"}),
        ("another profile", argon, {"profileId": recovery["profileId"]}),
        ("another fingerprint", argon, {"fingerprint": recovery["fingerprint"]}),
        ("another salt", argon, {"lock": other_salt}),
        ("fewer iterations", argon, {"lock": cheaper}),
        ("a passphrase's lock said to be of a code", argon, {"lock": {**argon["lock"], "kind": "recovery"}}),
        ("another code", recovery, {"secret": reference.code_text(bytes(20))}),
        ("a code that is too short", recovery, {"secret": recovery["secret"][:-1]}),
        ("a digit that no code has", recovery, {"secret": "U" + recovery["secret"][1:]}),
        ("half a key", recovery, {"lock": {**recovery["lock"], "envelope": half.hex()}}),
    ]
    refuses = [
        {**{k: v for k, v in case.items() if k != "key"}, **change, "name": name} for name, case, change in changes
    ]
    return {
        "about": "Locks as docs/envelope.md specifies them; envelope, key and fingerprint in hexadecimal. "
        "`opens` must give the key, `refuses` must fail, all with the same error.",
        "opens": cases,
        "refuses": refuses,
    }


def main() -> None:
    """Write both files."""
    for name, content in (("index", index_vectors()), ("wrapped-key", lock_vectors())):
        text = json.dumps(content, ensure_ascii=False, indent=1)
        (VECTORS / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
