"""Second implementation of the envelope, from docs/envelope.md alone: Python opens what the browser sealed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.extension.core.vault_reference import VERSION, UnreadableError, aad_of, open_envelope, seal

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "contracts" / "vectors" / "envelope.json").read_text())


@pytest.mark.parametrize("case", VECTORS["opens"], ids=lambda case: case["name"])
def test_opens(case: dict[str, Any]) -> None:
    key, envelope, plaintext = (bytes.fromhex(case[name]) for name in ("key", "envelope", "plaintext"))
    binding, version = (case["profileId"], case["purpose"]), case.get("version", VERSION)
    assert aad_of(*binding, version).hex() == case["aad"]
    assert open_envelope(key, envelope, binding, version) == plaintext
    assert seal(key, envelope[1:13], plaintext, binding, version) == envelope


@pytest.mark.parametrize("case", VECTORS["refuses"], ids=lambda case: case["name"])
def test_refuses(case: dict[str, Any]) -> None:
    key, envelope = bytes.fromhex(case["key"]), bytes.fromhex(case["envelope"])
    with pytest.raises(UnreadableError):
        open_envelope(key, envelope, (case["profileId"], case["purpose"]), case.get("version", VERSION))


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
    assert open_envelope(key, bytes.fromhex(done.stdout.strip()), ("påskehare", "ledger/7")).decode() == text
