"""A signature of a manifest is accepted from a trusted key, and refused in one sentence otherwise."""

import base64
import json

import pytest

from kernel.bundle_signature import SignatureError, read_signature, read_trusted_keys, signer_of
from kernel.contracts import CONTRACTS

CASES = json.loads((CONTRACTS / "vectors" / "bundle-signature.json").read_text(encoding="utf-8"))["cases"]
KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8032, section 7.1, test 1


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_signatures_follow_the_shared_vectors(case):
    trusted = None if case["trusted"] is None else {base64.b64decode(key): "Kelp" for key in case["trusted"]}
    signature = None if case["signature"] is None else case["signature"].encode()
    if case["problem"] is not None:
        with pytest.raises(SignatureError) as caught:
            signer_of(case["manifest"].encode(), signature, trusted)
        assert str(caught.value) == f"manifest.sig: {case['problem']}"
    else:
        signer = signer_of(case["manifest"].encode(), signature, trusted)
        assert (signer and signer.key_id) == case["keyId"]
        assert signer is None or signer.name == (None if trusted is None else "Kelp")


def test_a_list_of_keys_names_them_and_skips_comments(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# ours\n\n{KEY} Kelp and Co\n")
    assert read_trusted_keys(path) == {base64.b64decode(KEY): "Kelp and Co"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "Kelp\n", f"{KEY[:-4]} short\n", f"x{KEY} long\n"])
def test_a_list_without_a_good_key_is_refused(tmp_path, text):
    path = tmp_path / "keys"
    path.write_text(text)
    with pytest.raises(SignatureError, match="expected"):
        read_trusted_keys(path)


def test_a_signature_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").write_text("{}")
    (tmp_path / "manifest.sig").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SignatureError, match="symbolic link"):
        read_signature(tmp_path)
