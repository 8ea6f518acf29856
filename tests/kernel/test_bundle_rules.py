"""The space of a bundle is what its item-side files and rules give, in both languages."""

import copy
import functools
import hashlib
import json
import operator
import re

import pytest
import rfc8785

from kernel import bundle_rules
from kernel.contracts import CONTRACTS, contract

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


WITH_TOKENIZER, WITH_TABLE = (
    json.loads((CONTRACTS / "vectors" / name).read_text(encoding="utf-8"))
    for name in ("bundle-changes.json", "bundle-changes-table.json")
)
CHANGES = [(vectors["manifest"], change) for vectors in (WITH_TOKENIZER, WITH_TABLE) for change in vectors["changes"]]


def changed(manifest, change):
    """Return a manifest with one change."""
    manifest = copy.deepcopy(manifest)
    *way, last = change["at"]
    around = functools.reduce(operator.getitem, way, manifest)
    if "value" in change:
        around[last] = change["value"]
    else:
        del around[last]
    return manifest


def json_path(place):
    """Return a place as Python's sentences write it, such as $.image.std[0]."""
    plain = re.compile(r"[A-Za-z]\w*")
    steps = [
        f"[{step}]" if isinstance(step, int) else f".{step}" if plain.fullmatch(step) else f"['{step}']"
        for step in place
    ]
    return "$" + "".join(steps)


@pytest.mark.parametrize("vectors", [WITH_TOKENIZER, WITH_TABLE], ids=["tokenizer", "table"])
def test_the_manifest_before_its_changes_keeps_every_rule(vectors):
    assert bundle_rules.first_problem(vectors["manifest"]) is None


@pytest.mark.parametrize(
    ("manifest", "change"), CHANGES, ids=[f"{m['name']}{json_path(c['at'])}={c.get('value')}" for m, c in CHANGES]
)
def test_every_change_of_one_field_is_refused_at_its_place(manifest, change):
    problem = bundle_rules.first_problem(changed(manifest, change))
    assert problem is not None
    place = json_path(change["place"])
    assert problem.startswith(place if change["says"] is None else f"{place}: {change['says']}")
    assert "\n" not in problem


def fields(schema, place=()):
    """Yield the place of every field of a schema that is not a statement; * stands for any name, # for any position."""
    schema = functools.reduce(operator.getitem, schema["$ref"][2:].split("/"), SCHEMA) if "$ref" in schema else schema
    if schema.get("x-statement"):
        return
    inside = [((*place, name), part) for name, part in schema.get("properties", {}).items()]
    if isinstance(schema.get("additionalProperties"), dict):
        inside.append(((*place, "*"), schema["additionalProperties"]))
    if "items" in schema:
        inside.append(((*place, "#"), schema["items"]))
    if not inside:
        yield place
    for where, part in inside:
        yield from fields(part, where)


SCHEMA = contract("bundle.schema.json")
# A change of these is seen beside the file that they describe: tests/kernel/test_onnx_graph.py.
BESIDE_A_FILE = {"name", "precision", "dtype", "shape", "role"}


def covers(change, field):
    """Return whether a change is of a field, or of the list that holds it; any tower speaks for all of its kind."""
    place = ["#" if isinstance(step, int) else step for step in change["at"]]
    return len(place) >= len(field) - 1 and all(a in (b, "*") for a, b in zip(field, place, strict=False))


def test_every_field_is_a_statement_or_has_a_change_that_is_refused():
    lacking = [
        field
        for field in fields(SCHEMA)
        if not any(covers(change, field) for _, change in CHANGES)
        and not (field[0] in ("towers", "lite") and BESIDE_A_FILE & {*field})
    ]
    assert lacking == []
    statements = {name for name, part in SCHEMA["properties"].items() if part.get("x-statement")}
    assert statements == {"name", "createdBy", "origin", "parity", "speed", "loss", "metrics"}


def test_no_statement_changes_the_space():
    for name in ("name", "createdBy", "origin", "parity", "speed", "metrics"):
        manifest = WITH_TOKENIZER["manifest"]
        assert bundle_rules.space_of({**manifest, name: None}) == manifest["space"]
