"""The space of a bundle is what its item-side files and rules give, in both languages."""

import hashlib
import json

import pytest
import rfc8785

from kernel import bundle_rules
from kernel.contracts import CONTRACTS

CASES = json.loads((CONTRACTS / "vectors" / "bundle-space.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_space_follows_the_shared_vectors(case, monkeypatch):
    written = []

    def dumps(value):
        written.append(real(value))
        return written[-1]

    real = rfc8785.dumps
    monkeypatch.setattr(rfc8785, "dumps", dumps)
    assert bundle_rules.space_of(case["manifest"]) == case["space"]
    assert written == [case["canonical"].encode()]
    assert hashlib.sha256(case["canonical"].encode()).hexdigest() == case["space"]


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ({"format": 1}, "$.format: got 1, expected 2: the bundle was made by an older exporter; export it again"),
        ({"format": 3}, "$.format: expected 2, got 3"),
        ({"format": True}, "$.format: expected 2, got True"),
        ({}, "$.format: expected 2, got None"),
        ([], "$: expected a bundle's manifest, an object"),
        (None, "$: expected a bundle's manifest, an object"),
    ],
)
def test_another_format_is_one_sentence(manifest, sentence):
    assert bundle_rules.first_problem(manifest) == sentence
