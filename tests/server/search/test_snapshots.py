"""Index files: what is damaged is refused with one clear line and rebuilt, never answered from."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest

from kernel.files import TEMPORARY_PREFIX
from server.catalogue.database import Catalogue, Item
from server.encoding.bundle import load_bundle
from server.errors import SnapshotError
from server.search import snapshots
from server.search.filters import Filters
from server.search.index import build_index
from server.search.replica import Replica
from server.search.retrieval import recommend
from server.settings import Settings

SHOP, SPACE, DIM = "big.example", "s" * 64, 16
ROOT = Path(__file__).resolve().parents[3]


def unit_vectors(num_items, dim, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(num_items, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fill(data_dir, vectors, space, start=0):
    catalogue = Catalogue(data_dir)
    items = []
    for i, vector in enumerate(vectors, start):
        card = orjson.dumps({"itemId": f"{i:016x}", "url": "https://big.example/", "title": f"item {i}"})
        items.append(Item(SHOP, f"{i:016x}", card, card, 0, vector, space, f"{i}", f"{i}", False))
    catalogue.write(items)
    catalogue.close()


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "index"
    vectors = unit_vectors(300, DIM)
    snapshots.publish(path, build_index(np.arange(10, 310), vectors, 64), SHOP, SPACE, 300)
    return path


def index_file(directory):
    return directory / json.loads((directory / "CURRENT").read_text())["file"]


def test_a_published_index_loads_and_answers_as_before(directory):
    index, snapshot = snapshots.load_current(directory, SHOP, SPACE, DIM, 64)
    assert index.labels.tolist() == list(range(10, 310))
    assert snapshot.count == 300
    assert index.search(unit_vectors(300, DIM)[7], 1).tolist() == [17]
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []


def flip_bit(directory):
    path = index_file(directory)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 4
    path.write_bytes(raw)


def zero_page(directory):
    path = index_file(directory)
    raw = bytearray(path.read_bytes())
    raw[4096:8192] = bytes(4096)
    path.write_bytes(raw)


def truncate(directory):
    path = index_file(directory)
    path.write_bytes(path.read_bytes()[:-100])


def append(directory):
    path = index_file(directory)
    path.write_bytes(path.read_bytes() + b"x")


def lose(directory):
    index_file(directory).unlink()


def other_dim(directory):
    """Return a whole, correctly hashed index of another width that claims to be of ours."""
    honest = snapshots.publish(directory, build_index(np.arange(300), unit_vectors(300, 8), 64), SHOP, SPACE, 1)
    current = json.loads((directory / "CURRENT").read_text()) | {"dim": DIM}
    assert honest.dim == 8
    (directory / "CURRENT").write_text(json.dumps(current))


def current_of_other_dim(directory):
    snapshots.publish(directory, build_index(np.arange(300), unit_vectors(300, 8), 64), SHOP, SPACE, 1)


def other_space(directory):
    snapshots.publish(directory, build_index(np.arange(30), unit_vectors(30, DIM), 64), SHOP, "t" * 64, 1)


def other_shop(directory):
    snapshots.publish(directory, build_index(np.arange(30), unit_vectors(30, DIM), 64), "x.example", SPACE, 1)


def half_a_current(directory):
    raw = (directory / "CURRENT").read_bytes()
    (directory / "CURRENT").write_bytes(raw[: len(raw) // 2])


def path_in_current(directory):
    current = json.loads((directory / "CURRENT").read_text()) | {"file": "../../../etc/passwd"}
    (directory / "CURRENT").write_text(json.dumps(current))


def wrong_type(directory):
    current = json.loads((directory / "CURRENT").read_text()) | {"count": "300"}
    (directory / "CURRENT").write_text(json.dumps(current))


DAMAGES = [
    flip_bit, zero_page, truncate, append, lose, other_dim, current_of_other_dim, other_space, other_shop,
    half_a_current, path_in_current, wrong_type,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_snapshot_never_reaches_hnswlib(directory, damage, monkeypatch):
    damage(directory)
    monkeypatch.setattr("server.search.snapshots.load_index", lambda *_: pytest.fail("hnswlib saw the file"))
    with pytest.raises(SnapshotError) as caught:
        snapshots.load_current(directory, SHOP, SPACE, DIM, 64)
    assert str(directory) in str(caught.value)


@pytest.fixture
def replica_of(tmp_path, tiny_bundle):
    made = []

    def make(**changes):
        values = {"data_dir": tmp_path / "data", "bundle_dir": tiny_bundle, "exact_max_items": 100, **changes}
        replica = Replica(Settings(**values), load_bundle(tiny_bundle))
        made.append(replica)
        replica.refresh()
        return replica

    yield make
    for replica in made:
        replica.stop()


@pytest.mark.parametrize("damage", [flip_bit, zero_page, truncate, other_dim, half_a_current])
def test_damaged_snapshot_is_reported_once_and_rebuilt(replica_of, tmp_path, tiny_bundle, damage, caplog):
    space = load_bundle(tiny_bundle).space
    vectors = unit_vectors(300, DIM)
    fill(tmp_path / "data", vectors, space)
    assert replica_of().build_indexes() == 1
    directory = snapshots.directory_of(tmp_path / "data", SHOP)
    damage(directory)
    with caplog.at_level(logging.WARNING):
        second = replica_of()
        second.refresh()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert SHOP in warnings[0].getMessage()
    state = second.shops[SHOP]
    assert state.index is None
    assert recommend(state, vectors[123], 1, Filters(), 0.0).scores[0] == pytest.approx(1, abs=1e-5)
    assert second.build_indexes() == 1
    assert second.shops[SHOP].index is not None
    assert snapshots.load_current(directory, SHOP, space, DIM, 64)[1].count == 300


def test_a_replica_follows_snapshots_that_another_process_published(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(300, DIM), load_bundle(tiny_bundle).space)
    first, second = replica_of(), replica_of()
    assert first.build_indexes() == 1
    second.refresh()
    assert second.shops[SHOP].index is not None
    assert second.build_indexes() == 0


def test_a_small_shop_has_no_index_file(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(100, DIM), load_bundle(tiny_bundle).space)
    assert replica_of().build_indexes() == 0
    assert not (tmp_path / "data" / "indexes").exists()


def test_a_delta_that_outgrows_its_limit_is_taken_into_a_new_index(replica_of, tmp_path, tiny_bundle):
    space = load_bundle(tiny_bundle).space
    fill(tmp_path / "data", unit_vectors(300, DIM), space)
    replica = replica_of(delta_max_items=50)
    replica.build_indexes()
    fill(tmp_path / "data", unit_vectors(50, DIM, 1), space, start=300)
    replica.refresh()
    assert len(replica.shops[SHOP].delta) == 50
    assert replica.build_indexes() == 0
    fill(tmp_path / "data", unit_vectors(40, DIM, 2), space, start=350)
    replica.refresh()
    assert replica.build_indexes() == 1
    assert (len(replica.shops[SHOP].index), len(replica.shops[SHOP].delta)) == (390, 0)


def test_deleting_a_quarter_of_a_shop_rebuilds_its_index(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(300, DIM), load_bundle(tiny_bundle).space)
    replica = replica_of()
    replica.build_indexes()
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, f"{i:016x}") for i in range(75)])
    catalogue.close()
    replica.refresh()
    assert len(replica.shops[SHOP]) == 225
    assert replica.build_indexes() == 1
    assert len(replica.shops[SHOP].index) == 225


def test_sweep_removes_leftovers_and_keeps_the_current_index(directory):
    (directory / f"{TEMPORARY_PREFIX}123").write_bytes(b"half")
    (directory / f"{TEMPORARY_PREFIX}456").write_bytes(b"half")
    for seed in (1, 2, 3):
        snapshots.publish(directory, build_index(np.arange(30), unit_vectors(30, DIM, seed), 64), SHOP, SPACE, seed)
    snapshots.sweep(directory)
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []
    assert index_file(directory).exists()
    assert len(list(directory.glob("*.hnsw"))) == 2


FULL_DISK = """
import resource, sys
import numpy as np
from pathlib import Path
from server.search import snapshots
from server.errors import SnapshotError
from server.search.index import build_index
vectors = np.random.default_rng(9).normal(size=(2000, 16)).astype(np.float32)
index = build_index(np.arange(2000), vectors, 64)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    snapshots.publish(Path(sys.argv[1]), index, "big.example", "s" * 64, 2)
except SnapshotError as error:
    print(error)
    sys.exit(3)
"""


def test_full_disk_is_an_error_and_the_old_snapshot_stays(directory):
    before = index_file(directory)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(directory)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "cannot write the index of big.example" in done.stdout
    assert index_file(directory) == before
    assert snapshots.load_current(directory, SHOP, SPACE, DIM, 64)[1].count == 300
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []
