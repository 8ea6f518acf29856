"""Keys are made, bundles are signed, and verify says whose bundle it is or why it is refused."""

import json

import pytest

from exporter.__main__ import main


@pytest.fixture
def keys(tmp_path):
    assert main(["keygen", "--out", str(tmp_path / "keys"), "--name", "Kelp"]) == 0
    return tmp_path / "keys"


def test_a_signed_bundle_verifies_and_names_its_signer(bundle, keys, capsys):
    assert main(["sign", str(bundle), "--key", str(keys / "bundle-key.pem")]) == 0
    assert main(["verify", str(bundle), "--trusted-keys", str(keys / "bundle-key.pub")]) == 0
    assert "ok  manifest.sig: signed by Kelp (key " in capsys.readouterr().out
    assert (keys / "bundle-key.pem").stat().st_mode & 0o777 == 0o600


def test_unsigned_and_forged_bundles_are_refused(bundle, keys, tmp_path, capsys):
    verify = ["verify", str(bundle), "--trusted-keys", str(keys / "bundle-key.pub")]
    assert main(verify) == 2
    assert "manifest.sig: missing, and only bundles of the trusted keys" in capsys.readouterr().err
    main(["keygen", "--out", str(tmp_path / "other")])
    main(["sign", str(bundle), "--key", str(tmp_path / "other" / "bundle-key.pem")])
    assert main(verify) == 2
    assert "which is not among the trusted keys" in capsys.readouterr().err
    main(["sign", str(bundle), "--key", str(keys / "bundle-key.pem")])
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["origin"][:] = [{"tower": "textEncoder", "source": "s", "licence": "another"}]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert main(verify) == 2
    assert "is not a signature of this manifest.json" in capsys.readouterr().err


def test_a_key_is_never_replaced(keys, capsys):
    before = (keys / "bundle-key.pem").read_bytes()
    assert main(["keygen", "--out", str(keys)]) == 2
    assert "exists and is not replaced" in capsys.readouterr().err
    assert (keys / "bundle-key.pem").read_bytes() == before


def test_another_kind_of_key_is_refused(bundle, keys, capsys):
    assert main(["sign", str(bundle), "--key", str(keys / "bundle-key.pub")]) == 2
    assert "expected a private key that `python -m exporter keygen` made" in capsys.readouterr().err
