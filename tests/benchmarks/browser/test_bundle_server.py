"""The server that offers a bundle to a browser."""

import hashlib
import json
import urllib.error
import urllib.request

import pytest

from benchmarks.browser.bundle_server import offered


def test_bundle_is_offered_and_its_bytes_are_counted(tmp_path):
    manifest = json.dumps({"name": "small", "space": "0" * 64, "files": {"tokens.bin": {}}}).encode()
    (tmp_path / "manifest.json").write_bytes(manifest)
    (tmp_path / "tokens.bin").write_bytes(b"x" * 7)
    (tmp_path / "secret").write_bytes(b"y")
    bundle_id = hashlib.sha256(manifest).hexdigest()
    with offered(tmp_path) as server:
        with urllib.request.urlopen(f"{server.url}/v1/bundles") as answer:
            assert json.load(answer)["bundles"][0]["bundleId"] == bundle_id
        with urllib.request.urlopen(f"{server.url}/v1/bundles/{bundle_id}/tokens.bin") as answer:
            assert answer.read() == b"x" * 7
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/v1/bundles/{bundle_id}/secret")
    assert server.sent == {"tokens.bin": 7}
