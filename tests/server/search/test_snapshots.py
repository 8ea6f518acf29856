"""Snapshots of shops: what is damaged is refused with one clear line and built again, never answered from."""

import json
import logging
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import orjson
import pytest
from safetensors.numpy import load_file

from kernel.files import TEMPORARY_PREFIX
from server.catalogue.columns import Vocabularies, rows_from
from server.catalogue.database import Catalogue, Change, Item
from server.encoding.bundle import load_bundle
from server.errors import SnapshotError
from server.locks import held_lock
from server.search import snapshots
from server.search.column_file import Columns
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


def columns_of(vectors, dim=DIM):
    changes = [
        Change(i, i, SHOP, f"{i:016x}", SPACE, i, orjson.dumps({"title": f"Tür {i}", "brand": f"B{i % 3}"}),
               np.asarray(vector, "<f4").tobytes())
        for i, vector in enumerate(vectors, 10)
    ]  # fmt: skip
    vocabularies = Vocabularies()
    return Columns(rows_from(changes, dim, vocabularies, None), vocabularies, 7, 300, "none", None)


def publish(directory, vectors, shop=SHOP, space=SPACE):
    return snapshots.publish(directory, shop, space, columns_of(vectors, vectors.shape[1]), build_index(vectors, 64))


@pytest.fixture
def directory(tmp_path):
    path = tmp_path / "shops" / "space" / "shop"
    publish(path, unit_vectors(300, DIM))
    return path


def file_of(directory, kind):
    name = json.loads((directory / "CURRENT").read_text())[kind]["sha256"]
    return directory / f"{name}.{'hnsw' if kind == 'index' else 'columns'}"


def load(directory, dim=DIM):
    return snapshots.load_current(directory, SHOP, SPACE, dim, None)


def test_a_published_snapshot_loads_and_answers_as_before(directory):
    loaded = load(directory)
    rows = loaded.columns.rows
    assert rows.labels.tolist() == list(range(10, 310))
    assert orjson.loads(rows.card(7) + b"}") == {"title": "Tür 17", "brand": "B2"}
    assert loaded.columns.vocabularies.brands.values[rows.brands[7]] == "b2"
    assert rows.row_of(f"{17:016x}") == 7
    assert rows.row_of(f"{9:016x}") is None
    assert rows.vectors.stored(slice(None)) == pytest.approx(unit_vectors(300, DIM), abs=2e-5)
    assert loaded.index.search(unit_vectors(300, DIM)[7], 1).tolist() == [7]
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []


def test_the_safetensors_library_reads_the_columns(directory):
    arrays = load_file(file_of(directory, "columns"))
    assert arrays["labels"].tolist() == list(range(10, 310))
    assert arrays["vectors.upper"].shape == (300, DIM)


def test_columns_are_mapped_and_cannot_be_written(directory):
    rows = load(directory).columns.rows
    with pytest.raises(ValueError, match="read-only"):
        rows.vectors.upper[0, 0] = 1


def changed(change, kind="index"):
    def damage(directory):
        path = file_of(directory, kind)
        path.write_bytes(change(bytearray(path.read_bytes())))

    damage.__name__ = f"{change.__name__} of {kind}"
    return damage


def flip_bit(raw):
    raw[len(raw) // 2] ^= 4
    return raw


def zero_page(raw):
    raw[1024:2048] = bytes(1024)
    return raw


def truncate(raw):
    return raw[:-100]


def append(raw):
    return raw + b"x"


def lose_index(directory):
    file_of(directory, "index").unlink()


def lose_columns(directory):
    file_of(directory, "columns").unlink()


def edit_current(directory, **changes):
    current = json.loads((directory / "CURRENT").read_text()) | changes
    (directory / "CURRENT").write_text(json.dumps(current))


def other_dim(directory):
    """Return a whole, correctly hashed snapshot of another width that claims to be of ours."""
    assert publish(directory, unit_vectors(300, 8)).dim == 8
    edit_current(directory, dim=DIM)


def current_of_other_dim(directory):
    publish(directory, unit_vectors(300, 8))


def other_space(directory):
    publish(directory, unit_vectors(30, DIM), space="t" * 64)


def other_shop(directory):
    publish(directory, unit_vectors(30, DIM), shop="x.example")


def half_a_current(directory):
    raw = (directory / "CURRENT").read_bytes()
    (directory / "CURRENT").write_bytes(raw[: len(raw) // 2])


def path_in_current(directory):
    edit_current(directory, index={"sha256": "../../../etc/passwd", "bytes": 3})


def wrong_type(directory):
    edit_current(directory, count="300")


def wrong_count(directory):
    edit_current(directory, count=299)


def index_of_other_count(directory):
    """Return a sound index of fewer vectors beside the columns of all."""
    current = json.loads((directory / "CURRENT").read_text())
    publish(directory, unit_vectors(30, DIM))
    fewer = json.loads((directory / "CURRENT").read_text())
    (directory / "CURRENT").write_text(json.dumps(current | {"index": fewer["index"]}))


DAMAGES = [
    *(changed(change, kind) for kind in ("index", "columns") for change in (flip_bit, zero_page, truncate, append)),
    lose_index, lose_columns, other_dim, current_of_other_dim, other_space, other_shop, half_a_current,
    path_in_current, wrong_type, wrong_count, index_of_other_count,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_snapshot_never_reaches_hnswlib(directory, damage, monkeypatch):
    damage(directory)
    monkeypatch.setattr("server.search.snapshots.load_index", lambda *_: pytest.fail("hnswlib saw the file"))
    with pytest.raises(SnapshotError) as caught:
        load(directory)
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


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damaged_snapshot_is_reported_once_and_rebuilt(replica_of, tmp_path, tiny_bundle, damage, caplog):
    space = load_bundle(tiny_bundle).space
    vectors = unit_vectors(300, DIM)
    fill(tmp_path / "data", vectors, space)
    assert replica_of().build_snapshots() == 1
    directory = snapshots.directory_of(tmp_path / "data", SHOP, space)
    damage(directory)
    with caplog.at_level(logging.WARNING):
        second = replica_of()
        second.refresh()
    warnings = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert SHOP in warnings[0].getMessage()
    state = second.shops[SHOP]
    assert state.index is None
    assert recommend(state, vectors[123], 1, Filters(), 0.0).scores[0] == pytest.approx(1, abs=1e-4)
    assert second.build_snapshots() == 1
    assert second.shops[SHOP].index is not None
    assert snapshots.read_current(directory).count == 300


def test_a_snapshot_of_another_catalogue_is_not_used(replica_of, tmp_path, tiny_bundle, caplog):
    """Its labels mean other items: a catalogue that was made anew, or put back from a backup, begins again at 1."""
    space = load_bundle(tiny_bundle).space
    fill(tmp_path / "data", unit_vectors(300, DIM), space)
    replica_of().build_snapshots()
    for path in (tmp_path / "data").glob("catalogue.sqlite*"):
        path.unlink()
    others = unit_vectors(300, DIM, seed=8)
    fill(tmp_path / "data", others, space)
    replica = replica_of()
    assert "another catalogue" in caplog.text
    assert not replica.shops[SHOP].has_snapshot
    assert recommend(replica.shops[SHOP], others[123], 1, Filters(), 0.0).scores[0] == pytest.approx(1, abs=1e-4)
    replica.build_snapshots()
    assert replica_of().shops[SHOP].has_snapshot


def test_a_catalogue_put_back_from_a_backup_is_served_as_it_was(replica_of, tmp_path, tiny_bundle):
    """A snapshot later than the catalogue holds labels that the catalogue will give to other items."""
    space, data_dir = load_bundle(tiny_bundle).space, tmp_path / "data"
    fill(data_dir, unit_vectors(300, DIM), space)
    with closing(Catalogue(data_dir)) as catalogue:
        catalogue.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    backup = (data_dir / "catalogue.sqlite").read_bytes()
    fill(data_dir, unit_vectors(5, DIM, 1), space, start=300)
    replica_of().build_snapshots()
    for path in data_dir.glob("catalogue.sqlite*"):
        path.unlink()
    (data_dir / "catalogue.sqlite").write_bytes(backup)
    assert len(replica_of().shops[SHOP]) == 300
    late = unit_vectors(2, DIM, 2)
    fill(data_dir, late, space, start=900)
    state = replica_of().shops[SHOP]
    assert state.row_of(f"{302:016x}") is None
    assert state.stored_of(np.array([state.row_of(f"{901:016x}")]))[0] == pytest.approx(late[1], abs=2e-5)


def test_what_changed_since_the_snapshot_comes_from_the_catalogue(replica_of, tmp_path, tiny_bundle):
    space, data_dir = load_bundle(tiny_bundle).space, tmp_path / "data"
    fill(data_dir, unit_vectors(300, DIM), space)
    replica_of().build_snapshots()
    replaced = unit_vectors(3, DIM, 5)
    fill(data_dir, replaced, space, start=298)
    with closing(Catalogue(data_dir)) as catalogue:
        catalogue.delete([(SHOP, f"{7:016x}")])
        catalogue.purge_tombstones(-1)
    state = replica_of().shops[SHOP]
    assert (len(state), len(state.base), len(state.delta)) == (300, 300, 3)
    assert state.row_of(f"{7:016x}") is None
    found = state.stored_of(np.array([state.row_of(f"{i:016x}") for i in (298, 299, 300)]))
    assert found == pytest.approx(replaced, abs=2e-5)


def test_a_replica_follows_snapshots_that_another_process_published(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(300, DIM), load_bundle(tiny_bundle).space)
    first, second = replica_of(), replica_of()
    assert first.build_snapshots() == 1
    second.refresh()
    assert second.shops[SHOP].index is not None
    assert second.build_snapshots() == 0


def test_a_small_shop_has_no_index_file(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(100, DIM), load_bundle(tiny_bundle).space)
    assert replica_of().build_snapshots() == 0
    assert list((tmp_path / "data").glob("shops/**/*.hnsw")) == []


def test_a_delta_that_outgrows_its_limit_is_taken_into_a_new_index(replica_of, tmp_path, tiny_bundle):
    space = load_bundle(tiny_bundle).space
    fill(tmp_path / "data", unit_vectors(300, DIM), space)
    replica = replica_of(delta_max_items=50)
    replica.build_snapshots()
    fill(tmp_path / "data", unit_vectors(50, DIM, 1), space, start=300)
    replica.refresh()
    assert len(replica.shops[SHOP].delta) == 50
    assert replica.build_snapshots() == 0
    fill(tmp_path / "data", unit_vectors(40, DIM, 2), space, start=350)
    replica.refresh()
    assert replica.build_snapshots() == 1
    assert (len(replica.shops[SHOP].index), len(replica.shops[SHOP].delta)) == (390, 0)


def test_deleting_a_quarter_of_a_shop_rebuilds_its_index(replica_of, tmp_path, tiny_bundle):
    fill(tmp_path / "data", unit_vectors(300, DIM), load_bundle(tiny_bundle).space)
    replica = replica_of()
    replica.build_snapshots()
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, f"{i:016x}") for i in range(75)])
    catalogue.close()
    replica.refresh()
    assert len(replica.shops[SHOP]) == 225
    assert replica.build_snapshots() == 1
    assert len(replica.shops[SHOP].index) == 225


def test_sweep_removes_leftovers_and_keeps_the_current_index(directory):
    (directory / f"{TEMPORARY_PREFIX}123").write_bytes(b"half")
    (directory / f"{TEMPORARY_PREFIX}456").write_bytes(b"half")
    for seed in (1, 2, 3):
        publish(directory, unit_vectors(30, DIM, seed))
    snapshots.sweep(directory)
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []
    for kind, suffix in (("index", "hnsw"), ("columns", "columns")):
        assert file_of(directory, kind).exists()
        assert len(list(directory.glob(f"*.{suffix}"))) == 2


FULL_DISK = """
import resource, sys
import numpy as np
from pathlib import Path
from tests.server.search.test_snapshots import SHOP, SPACE, SnapshotError, build_index, columns_of, snapshots
vectors = np.random.default_rng(9).normal(size=(2000, 16)).astype(np.float32)
index = build_index(vectors, 64) if sys.argv[2] == "index" else None
columns = columns_of(vectors)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    snapshots.publish(Path(sys.argv[1]), SHOP, SPACE, columns, index)
except SnapshotError as error:
    print(error)
    sys.exit(3)
"""


@pytest.mark.parametrize("kind", ["index", "columns"])
def test_full_disk_is_an_error_and_the_old_snapshot_stays(directory, kind):
    before = file_of(directory, kind)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(directory), kind], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "cannot write the snapshot of big.example" in done.stdout
    assert file_of(directory, kind) == before
    assert len(load(directory).columns.rows) == 300
    assert list(directory.glob(f"{TEMPORARY_PREFIX}*")) == []


BUILD_APART = """
import sys, threading
from pathlib import Path
from server.search.builder import build_apart
from server.settings import Settings
settings = Settings(data_dir=Path(sys.argv[1]), bundle_dir=Path(sys.argv[2]), exact_max_items=10)
build_apart(settings, ["big.example"], threading.Event())
"""


def test_a_builder_ends_with_the_worker_that_started_it(tmp_path, tiny_bundle):
    """A worker that is killed cannot end it, and nobody waits for what it builds."""
    from running import wait_until

    fill(tmp_path / "data", unit_vectors(3000, DIM), load_bundle(tiny_bundle).space)
    words = [sys.executable, "-c", BUILD_APART, str(tmp_path / "data"), str(tiny_bundle)]
    with held_lock(tmp_path / "data" / "build.lock", "{pid}"), subprocess.Popen(words, cwd=ROOT) as worker:
        pass  # another process builds: nothing is started
    with subprocess.Popen(words, cwd=ROOT) as worker:
        children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        wait_until(lambda: children.read_text().split())
        builder = Path("/proc") / children.read_text().split()[0]
        os.kill(int(builder.name), signal.SIGSTOP)
        worker.kill()
        worker.wait()
    os.kill(int(builder.name), signal.SIGCONT)
    wait_until(lambda: not builder.exists() or "zombie" in (builder / "status").read_text())
    assert list((tmp_path / "data").glob("shops/**/CURRENT")) == []
