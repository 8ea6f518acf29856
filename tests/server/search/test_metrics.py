"""Shops compared by their own metric: against the formula written again here, and while the catalogue changes."""

import sqlite3
from contextlib import closing

import numpy as np
import orjson
import pytest
from tiny_bundle import DIM, make_tiny_bundle

from server.catalogue.database import FILE_NAME, Catalogue, Item
from server.encoding.bundle import load_bundle
from server.search import metrics, snapshots
from server.search.filters import Filters
from server.search.replica import Replica
from server.search.retrieval import recommend
from server.settings import Settings

SHOP, RIDGE = "big.example", 0.3


@pytest.fixture(scope="module")
def bundle_dir(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("metric") / "tiny", ridge=RIDGE)


def items_of(num_items, seed=0, offset=1.0):
    """Return unit vectors that share an offset and vary more in some directions than in others."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(num_items, DIM)) * np.linspace(1.5, 0.1, DIM)
    raw[:, 0] += offset
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)


def fill(data_dir, vectors, space, start=0, shop=SHOP):
    catalogue = Catalogue(data_dir)
    items = []
    for i, vector in enumerate(vectors, start):
        card = orjson.dumps({"itemId": f"{i:016x}", "url": f"https://{shop}/", "title": f"item {i}"})
        items.append(Item(shop, f"{i:016x}", card, card, 0, vector, space, f"{i}", f"{i}", False))
    catalogue.write(items)
    catalogue.close()


@pytest.fixture
def replica_of(tmp_path, bundle_dir):
    made = []

    def make(bundle=bundle_dir, **changes):
        values = {"data_dir": tmp_path / "data", "bundle_dir": bundle, "exact_max_items": 1000, **changes}
        replica = Replica(Settings(**values), load_bundle(bundle))
        made.append(replica)
        replica.refresh()
        return replica

    yield make
    for replica in made:
        replica.stop()


@pytest.fixture
def add(tmp_path, bundle_dir):
    space = load_bundle(bundle_dir).space
    return lambda vectors, start=0: fill(tmp_path / "data", vectors, space, start)


def by_hand(vectors, bundle_dir):
    """Return stored and centred items by eigenvectors, from the file of the bundle and the items of the shop."""
    numbers = np.frombuffer((bundle_dir / "shop_metric.bin").read_bytes(), "<f4").astype(float)
    n = len(vectors)
    mean = (n * vectors.mean(axis=0) + 30 * numbers[:DIM]) / (n + 30)
    own = np.cov(vectors.T.astype(float), bias=True) if n > 1 else np.zeros((DIM, DIM))
    values, directions = np.linalg.eigh((n * own + 30 * numbers[DIM:].reshape(DIM, DIM)) / (n + 30))
    weights = 1 / (values / values.max() + RIDGE)
    offsets = (vectors - mean) @ directions
    stored = (offsets * weights) / np.sqrt((offsets**2 * weights).sum(axis=1, keepdims=True)) @ directions.T
    centred = (vectors - mean) / np.linalg.norm(vectors - mean, axis=1, keepdims=True)
    return stored, centred


def rows_of(state):
    """Return the rows of a state in the order of the items' ids."""
    return np.array([state.row_of(f"{i:016x}") for i in range(len(state))])


def test_a_shop_is_stored_in_its_own_metric(replica_of, add, bundle_dir):
    vectors = items_of(200)
    add(vectors)
    replica = replica_of()
    replica.build_snapshots()
    state = replica.shops[SHOP]
    stored, centred = by_hand(vectors, bundle_dir)
    assert state.stored_of(rows_of(state)) == pytest.approx(stored, abs=1e-4)
    assert state.compared_of(rows_of(state)) == pytest.approx(centred, abs=0.005)
    user = items_of(1, seed=8, offset=0)[0]
    found = recommend(state, user, 200, Filters(), 0.0)
    assert found.scores == pytest.approx(np.sort(stored @ user)[::-1] / state.metric.length(user), abs=1e-4)
    assert np.abs(found.scores).max() <= 1


def test_a_new_shop_answers_at_once_by_the_bundles_own_metric(replica_of, add, bundle_dir):
    add(items_of(20))
    state = replica_of().shops[SHOP]
    own = load_bundle(bundle_dir).metric.of_shop(None)
    assert not state.has_snapshot
    assert state.metric.metric_id == own.metric_id
    assert state.stored_of(rows_of(state)) == pytest.approx(own.stored(items_of(20)), abs=2e-5)


def test_every_worker_takes_the_estimate_of_the_one_that_made_it(replica_of, add):
    add(items_of(100))
    first, second = replica_of(), replica_of()
    first.build_snapshots()
    assert not second.shops[SHOP].has_snapshot
    second.refresh()
    third = replica_of()
    ids = {replica.shops[SHOP].metric.metric_id for replica in (first, second, third)}
    assert len(ids) == 1
    assert second.shops[SHOP].metric.count == 100
    assert not metrics.is_due(second.shops[SHOP], second._bundle)


def test_later_items_come_in_the_metric_in_use(replica_of, add):
    add(items_of(100))
    replica = replica_of()
    replica.build_snapshots()
    metric = replica.shops[SHOP].metric
    late = items_of(5, seed=3)
    add(late, start=100)
    replica.refresh()
    state = replica.shops[SHOP]
    assert state.metric is metric
    assert state.stored_of(rows_of(state)[100:]) == pytest.approx(metric.stored(late), abs=2e-5)
    assert recommend(state, metric.centred(late)[2], 1, Filters(), 0.0).rows[0] == rows_of(state)[102]


@pytest.mark.parametrize(
    ("num_added", "num_replaced", "is_due"), [(9, 0, False), (10, 0, True), (0, 5, True), (0, 4, False)]
)
def test_a_tenth_of_the_items_changed_makes_an_estimate_due(replica_of, add, num_added, num_replaced, is_due):
    """A replaced item counts twice: one that the estimate was made from is gone, and another has come."""
    add(items_of(100))
    replica = replica_of()
    replica.build_snapshots()
    before = replica.shops[SHOP].metric
    add(items_of(num_added, seed=4, offset=-2), start=100)
    add(items_of(num_replaced, seed=5, offset=-2))
    replica.refresh()
    assert metrics.is_due(replica.shops[SHOP], replica._bundle) == is_due
    replica.build_snapshots()
    state = replica.shops[SHOP]
    assert (state.metric.metric_id != before.metric_id) == is_due
    assert len(state) == 100 + num_added


def test_an_index_is_of_vectors_in_the_metric_that_it_names(replica_of, add, bundle_dir, tmp_path):
    vectors = items_of(1500)
    add(vectors)
    replica = replica_of()
    assert replica.build_snapshots() == 1
    state = replica.shops[SHOP]
    assert state.metric.count == 1500
    stored, _ = by_hand(vectors, bundle_dir)
    user = items_of(1, seed=8, offset=0)[0]
    nearest = {int(row) for row in state.index.search(user, 10)}
    expected = set(rows_of(state)[np.argsort(-(stored @ user))[:10]].tolist())
    assert len(nearest & expected) >= 9


def test_another_ridge_rebuilds_the_index(replica_of, add, bundle_dir, tmp_path):
    add(items_of(1500))
    replica_of().build_snapshots()
    other = make_tiny_bundle(tmp_path / "other", ridge=0.1)
    assert load_bundle(other).space == load_bundle(bundle_dir).space
    replica = replica_of(bundle=other)
    assert replica.shops[SHOP].index is None
    assert replica.build_snapshots() == 1
    assert replica.shops[SHOP].index is not None


def test_a_catalogue_of_an_earlier_version_is_served_and_built(replica_of, add, tmp_path):
    """Catalogues had a table of moments, and no number of their own."""
    add(items_of(50))
    with sqlite3.connect(tmp_path / "data" / FILE_NAME) as database:
        database.execute("CREATE TABLE estimates (shop TEXT PRIMARY KEY, moments BLOB)")
        database.execute("DELETE FROM counters WHERE name = 'epoch'")
    replica = replica_of()
    assert len(replica.shops[SHOP]) == 50
    replica.build_snapshots()
    assert replica.shops[SHOP].metric.count == 50


def test_the_snapshot_of_an_emptied_shop_is_removed(add, tmp_path, replica_of, bundle_dir):
    add(items_of(20))
    replica_of().build_snapshots()
    space = load_bundle(bundle_dir).space
    directory = snapshots.directory_of(tmp_path / "data", SHOP, space)
    assert directory.is_dir()
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        catalogue.delete([(SHOP, f"{i:016x}") for i in range(20)])
    fill(tmp_path / "data", items_of(20), space, shop="other.example")
    replica_of().build_snapshots()
    assert not directory.exists()


def test_a_first_screen_puts_what_is_typical_of_the_shop_first(replica_of, add):
    vectors = items_of(60, offset=4)
    vectors[17] = -vectors[17]
    add(vectors)
    replica = replica_of()
    replica.build_snapshots()
    state = replica.shops[SHOP]
    order = recommend(state, None, 60, Filters(), 0.0).rows.tolist()
    assert order.index(rows_of(state)[17]) > 3
    mean = vectors.mean(axis=0)
    assert order[0] == rows_of(state)[np.argmax(vectors @ mean)]
