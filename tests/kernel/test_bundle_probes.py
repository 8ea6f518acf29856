"""Probes are near their stated vectors by one rule in both languages, and files that do not fit are refused."""

import copy
import json

import numpy as np
import pytest

from kernel.bundle_probes import ProbeError, check_vector, decode_vector, encode_vector, read_probes, stated_vectors
from kernel.contracts import CONTRACTS

VECTORS = json.loads((CONTRACTS / "vectors" / "bundle-probes.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["vectors"], ids=[case["name"] for case in VECTORS["vectors"]])
def test_the_rule_follows_the_shared_vectors(case):
    found, stated = np.array(case["found"], np.float32), decode_vector(case["stated"])
    if case["says"] is None:
        check_vector("items[3]", found, stated, case["precisions"])
        return
    with pytest.raises(ProbeError) as refused:
        check_vector("items[3]", found, stated, case["precisions"])
    assert str(refused.value) == case["says"]


def test_a_vector_of_no_numbers_is_refused():
    with pytest.raises(ProbeError, match="cosine nan"):
        check_vector("users[0]", np.full(4, np.nan, np.float32), np.eye(4, dtype=np.float32)[0], ["int8"])


def changed(change):
    probes = copy.deepcopy(VECTORS["probes"])
    *way, last = change["at"]
    around = probes
    for step in way:
        around = around[step]
    around[last] = change["value"]
    return json.dumps(probes).encode()


def test_the_file_before_its_changes_is_read():
    probes = read_probes(json.dumps(VECTORS["probes"]).encode(), VECTORS["manifest"])
    assert stated_vectors(probes).tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]] * 8


@pytest.mark.parametrize("change", VECTORS["changes"], ids=[str(change["at"]) for change in VECTORS["changes"]])
def test_every_change_of_the_file_is_refused(change):
    with pytest.raises(ProbeError) as refused:
        read_probes(changed(change), VECTORS["manifest"])
    assert str(refused.value).startswith(change["says"] or "$")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"{", "expected probes as JSON"), (b"[]", r"\$: "), (b" " * (2**20 + 1), "expected at most 1048576 bytes")],
)
def test_what_is_not_a_file_of_probes_is_refused(data, sentence):
    with pytest.raises(ProbeError, match=sentence):
        read_probes(data, VECTORS["manifest"])


def test_a_vector_keeps_its_numbers_within_half_a_level():
    vector = np.random.default_rng(0).uniform(-1, 1, 100).astype(np.float32)
    assert np.abs(decode_vector(encode_vector(vector)) - vector).max() <= 0.5 / 32767 + 1e-7
    assert decode_vector("AID/fwAA").tolist() == pytest.approx([-32768 / 32767, 1, 0])
