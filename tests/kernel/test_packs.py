"""Packs are read, and refused, as contracts/vectors/packs.json says."""

import base64
import json

import numpy as np
import pytest

from kernel.contracts import CONTRACTS
from kernel.pack_reader import Expected, PackError, check_probes, item_id_of, read_list, read_manifest, read_part
from kernel.pack_vectors import MOST, decode, encode, most_bytes, quantised, restored

CASES = json.loads((CONTRACTS / "vectors" / "packs.json").read_text(encoding="utf-8"))
NEWEST, BEFORE = CASES["entries"]
RULE = {"dim": 5, "blocks": [{"start": 0, "length": 3, "bits": 4}, {"start": 3, "length": 2, "bits": 8}]}


def fetch_from(files):
    whole = CASES["files"] | files
    return lambda name, limit: base64.b64decode(whole[name])


def expected_of(**changes):
    values = CASES["expected"] | changes
    keys = values["trusted"]
    trusted = None if keys is None else {base64.b64decode(key): "Kelp" for key in keys}
    return Expected(values["shop"], values["space"], values["now"], values["notBefore"], trusted)


def read_all(entry, files, expected):
    """Return the manifest, its signer and its parts, everything checked."""
    fetch = fetch_from(files)
    manifest, signer = read_manifest(entry, fetch, expected)
    parts = [read_part(part, manifest["vectors"], fetch) for part in manifest["parts"]]
    check_probes(manifest, parts[0])
    return manifest, signer, parts


def said(manifest, parts):
    """Return what parts say of their items, by address, without what they do not say."""
    items = [
        {"itemId": item_id_of(part.cards["url"][row])}
        | {name: values[row] for name, values in part.cards.items() if values[row]}
        | {"vector": vector.tolist()}
        for part in parts
        for row, vector in enumerate(restored(part.rows, manifest["vectors"]))
    ]
    return sorted(items, key=lambda item: item["url"])


def alike(found, stated):
    assert [{**item, "vector": None} for item in found] == [{**item, "vector": None} for item in stated]
    for item, other in zip(found, stated, strict=True):
        assert item["vector"] == pytest.approx(other["vector"], abs=1e-6)


@pytest.mark.parametrize(("entry", "items"), list(zip(CASES["entries"], CASES["items"], strict=True)))
def test_a_pack_says_its_items(entry, items):
    manifest, signer, parts = read_all(entry, {}, expected_of(trusted=CASES["trusted"]))
    assert (signer.key_id, signer.name) == (CASES["keyId"], "Kelp")
    alike(said(manifest, parts), items)


def test_the_pack_before_with_the_delta_is_the_newest():
    _, _, before = read_all(BEFORE, {}, expected_of())
    manifest, _, _ = read_all(NEWEST, {}, expected_of())
    delta = manifest["delta"]
    assert delta["previous"] == BEFORE["manifest"].removesuffix(".json")
    changes = [read_part(part, manifest["vectors"], fetch_from({})) for part in delta["parts"]]
    items = {item["itemId"]: item for item in said(manifest, before) if item["itemId"] not in delta["removed"]}
    items |= {item["itemId"]: item for item in said(manifest, changes)}
    assert len(changes[0].cards["url"]) == 2
    alike(sorted(items.values(), key=lambda item: item["url"]), CASES["items"][0])


def test_numbers_of_texts_are_left_out():
    case = CASES["ofTexts"]
    manifest, _, parts = read_all(case["entry"], {}, expected_of())
    left_out = manifest["vectors"]["blocks"][0]
    assert left_out == {"start": 0, "length": 3, "bits": 0}
    assert len(case["items"]) == 3
    held = [{**item, "vector": [0.0] * 3 + item["vector"][3:]} for item in case["items"]]
    alike(said(manifest, parts), held)


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_a_damaged_forged_foreign_or_older_pack_is_refused(case):
    with pytest.raises(PackError) as refused:
        read_all(case.get("entry", NEWEST), case.get("files", {}), expected_of(**case.get("expected", {})))
    assert refused.value.code == case["code"]
    if case["says"] is not None:
        assert str(refused.value) == case["says"]


@pytest.mark.parametrize("case", CASES["lists"], ids=lambda case: case["name"])
def test_a_list_that_is_none_is_refused(case):
    with pytest.raises(PackError) as refused:
        read_list(case["text"].encode())
    assert refused.value.code == "pack_damaged"
    if case["says"] is not None:
        assert str(refused.value) == case["says"]


@pytest.mark.parametrize("num_items", [1, 2, 7])
def test_rows_survive_their_file(num_items):
    vectors = np.random.default_rng(num_items).uniform(-1, 1, (num_items, 5)).astype(np.float32)
    rows = quantised(vectors, RULE)
    content = encode(rows, RULE)
    assert len(content) == most_bytes(RULE, num_items)
    again = decode(content, RULE, num_items)
    assert (again.codes == rows.codes).all()
    assert (again.values == rows.values).all()


def test_a_number_is_off_by_half_a_level_at_most():
    vectors = np.random.default_rng(1).normal(size=(50, 5)).clip(-1, 1).astype(np.float32)
    vectors[0] = 0
    restored_vectors = restored(quantised(vectors, RULE), RULE)
    assert not restored_vectors[0].any()
    for block in RULE["blocks"]:
        at = slice(block["start"], block["start"] + block["length"])
        # A code is a 255th of what it holds at most, rounded up.
        largest = np.abs(vectors[:, at]).max(axis=1, keepdims=True) + 1 / 255
        assert (np.abs(restored_vectors[:, at] - vectors[:, at]) <= largest / MOST[block["bits"]] / 2 + 1e-6).all()


def test_a_row_does_not_depend_on_the_rows_beside_it():
    vectors = np.random.default_rng(2).normal(size=(9, 5)).clip(-1, 1).astype(np.float32)
    together, alone = quantised(vectors, RULE), quantised(vectors[4:5], RULE)
    assert together.row(4) == alone.row(0)


def test_a_block_without_bits_takes_nothing():
    rule = {"dim": 5, "blocks": [{"start": 0, "length": 3, "bits": 0}, {"start": 3, "length": 2, "bits": 8}]}
    vectors = np.random.default_rng(3).uniform(-1, 1, (7, 5)).astype(np.float32)
    rows = quantised(vectors, rule)
    assert len(encode(rows, rule)) == most_bytes(rule, 7) == 7 * 3
    again = decode(encode(rows, rule), rule, 7)
    assert (again.values == rows.values).all()
    assert not restored(again, rule)[:, :3].any()
    assert np.abs(restored(again, rule)[:, 3:] - vectors[:, 3:]).max() < 0.01


def test_a_block_that_no_item_has_takes_a_byte_an_item():
    vectors = np.zeros((6, 5), dtype=np.float32)
    vectors[:, 0] = 0.5
    rows = quantised(vectors, RULE)
    assert len(encode(rows, RULE)) == 6 + 9 + 6
    assert (decode(encode(rows, RULE), RULE, 6).values == rows.values).all()
