"""JSON files say each thing once: of two equal keys readers take one in silence, and Firefox's store refuses the file.

Vectors are left out: whether tests of both languages run them is told by who opens them.
"""

import json
import subprocess

import pytest

from kernel.paths import ROOT


def object_of(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    doubled = sorted({key for key in keys if keys.count(key) > 1})
    if doubled:
        raise ValueError(f"more than once: {', '.join(doubled)}")
    return dict(pairs)


def test_no_key_is_in_an_object_twice() -> None:
    listed = subprocess.run(["git", "ls-files", "*.json"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = [name for name in listed.stdout.split() if not name.startswith("contracts/vectors/")]
    assert "extension/_locales/en/messages.json" in names
    faults = []
    for name in names:
        try:
            json.loads((ROOT / name).read_text("utf-8"), object_pairs_hook=object_of)
        except ValueError as error:
            faults.append(f"{name}: {error}")
    assert faults == []


def test_a_doubled_key_is_named() -> None:
    with pytest.raises(ValueError, match="more than once: b"):
        json.loads('{"a": {"b": 1, "b": 2}}', object_pairs_hook=object_of)
