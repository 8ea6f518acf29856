"""Second implementation of the envelope, from docs/envelope.md alone: Python opens what the browser sealed."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "contracts" / "vectors" / "envelope.json").read_text())
MAX_LENGTH = 16 * 2**20


def aad_of(profile_id: str, purpose: str) -> bytes:
    fields = b"".join(len(part).to_bytes(2, "big") + part for part in (profile_id.encode(), purpose.encode()))
    return b"carryover envelope\x01" + fields


def seal(key: bytes, nonce: bytes, plaintext: bytes, profile_id: str, purpose: str) -> bytes:
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, plaintext, aad_of(profile_id, purpose))


def open_envelope(key: bytes, envelope: bytes, profile_id: str, purpose: str) -> bytes:
    if not 29 <= len(envelope) <= MAX_LENGTH or envelope[0] != 1:
        raise InvalidTag
    return AESGCM(key).decrypt(envelope[1:13], envelope[13:], aad_of(profile_id, purpose))


@pytest.mark.parametrize("case", VECTORS["opens"], ids=lambda case: case["name"])
def test_opens(case: dict[str, str]) -> None:
    key, envelope, plaintext = (bytes.fromhex(case[name]) for name in ("key", "envelope", "plaintext"))
    binding = (case["profileId"], case["purpose"])
    assert aad_of(*binding).hex() == case["aad"]
    assert open_envelope(key, envelope, *binding) == plaintext
    assert seal(key, envelope[1:13], plaintext, *binding) == envelope


@pytest.mark.parametrize("case", VECTORS["refuses"], ids=lambda case: case["name"])
def test_refuses(case: dict[str, str]) -> None:
    with pytest.raises(InvalidTag):
        open_envelope(bytes.fromhex(case["key"]), bytes.fromhex(case["envelope"]), case["profileId"], case["purpose"])


def test_python_opens_what_javascript_seals() -> None:
    """A fresh key, text and nonce find a mistake that both implementations and the vectors might share."""
    key, text = os.urandom(32), os.urandom(40).hex()
    script = f"""
      import {{ encrypt }} from "{ROOT}/extension/core/envelope.js";
      const bytes = (hex) => Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));
      const key = await crypto.subtle.importKey("raw", bytes("{key.hex()}"), "AES-GCM", false, ["encrypt"]);
      const binding = {{ profileId: "påskehare", purpose: "ledger/7" }};
      const sealed = await encrypt(key, new TextEncoder().encode("{text}"), binding);
      console.log(Buffer.from(sealed).toString("hex"));
    """
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    assert open_envelope(key, bytes.fromhex(done.stdout.strip()), "påskehare", "ledger/7").decode() == text
