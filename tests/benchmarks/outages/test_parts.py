"""Short runs of the outages against real servers: the checker sees what happens, and nothing is wrong or lost."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.outages import disk, flips, hostile, mixed
from benchmarks.outages.__main__ import is_sound
from tests.server.tiny_bundle import make_tiny_bundle

SEED = 3


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny", ridge=0.1)


def checked(found: dict[str, Any]) -> dict[str, Any]:
    assert is_sound(found), json.dumps(found, indent=1)
    return found


@pytest.mark.slow
def test_slow_bodies_make_no_answer_wrong(bundle: Path, tmp_path: Path) -> None:
    found = checked(hostile.measure_bodies(bundle, tmp_path, SEED, seconds=4, count=40))
    assert found["opened"] >= 40
    assert found["reads"]["right"] > 50
    assert found["writes"] > 0


@pytest.mark.slow
def test_flipped_bits_make_no_answer_wrong(bundle: Path, tmp_path: Path) -> None:
    found = checked(flips.measure_flips(bundle, tmp_path, SEED, flips=6, served=0, runs=0))
    inside = found["inProcess"]
    assert [inside[where] for where in ("alone", "besideSnapshots", "snapshot")] == [2, 2, 2]
    assert sum(inside.get(name, 0) for name in ("nothingMissing", "someMissing", "refusedToStart")) == 6


@pytest.mark.long
def test_a_full_disk_refuses_writes_alone(bundle: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    found = checked(disk.measure_disk(bundle, tmp_path, SEED, seconds=4))
    assert all(one["availability"] > 0.99 and "507 disk_full" in one["putsWhileFull"] for one in found["rounds"])


@pytest.mark.long
def test_mixed_load_and_kills_lose_nothing(bundle: Path, tmp_path: Path) -> None:
    for name, measure in (("load", mixed.measure_load), ("kills", mixed.measure_kills)):
        scratch = tmp_path / name
        scratch.mkdir()
        found = checked(measure(bundle, scratch, SEED, 1 if name == "load" else 5))
        assert found["writes"] > 5
        assert found["reads"]["right"] > 100
