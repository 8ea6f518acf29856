"""What the HTTP interface says of a shop's metric, and which bundles a server refuses for theirs."""

import base64
import json

import numpy as np
import pytest
from shelf import SHELF
from tiny_bundle import make_tiny_bundle, write_manifest

from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle
from server.errors import BundleError
from server.http.services import EXTENSION_KEY

SHOP = "harbor.example"


@pytest.fixture
def metric_client(ingest, make_app, tmp_path):
    """Return a client of a server over a bundle with a shop metric, the shelf's state, and the bundle."""
    bundle_dir = make_tiny_bundle(tmp_path / "metric", ridge=0.3)
    assert ingest(SHELF, bundle=bundle_dir)[0] == 0
    app = make_app(bundle_dir=bundle_dir)
    return app.test_client(), app.extensions[EXTENSION_KEY].replica.shops[SHOP], load_bundle(bundle_dir)


def test_the_means_of_all_shops_are_fetched_at_once(metric_client):
    client, state, bundle = metric_client
    answer = client.get("/v1/shop-means").json
    assert answer["space"] == bundle.space
    (mean,) = answer["shops"]
    assert (mean["shop"], mean["count"]) == (SHOP, len(SHELF))
    numbers = np.frombuffer(base64.b64decode(mean["mean"]), "<f4")
    assert numbers == pytest.approx(state.metric.mean)
    assert np.abs(numbers - bundle.metric.own.mean).max() > 0.01


def test_a_bundle_without_a_metric_has_no_means(client, tiny_bundle):
    assert client.get("/v1/shop-means").json == {"space": load_bundle(tiny_bundle).space, "shops": []}


def test_what_is_sent_is_the_item_without_its_shops_mean(metric_client):
    client, state, bundle = metric_client
    catalogue = Catalogue(client.application.extensions[EXTENSION_KEY].settings.data_dir)
    labels = catalogue.live_labels(SHOP)
    items = np.array([np.frombuffer(change.embedding, "<f4") for change in catalogue.rows_of(labels, [])])
    catalogue.close()
    user = [1.0] + [0.0] * 15
    body = {"mode": "own", "shop": SHOP, "k": 5, "vector": user, "space": bundle.space, "include": ["vectors"]}
    answer = client.post("/v1/recommendations", json=body).json
    assert len(answer["items"]) == len(SHELF)
    for item in answer["items"]:
        row = int(np.flatnonzero(labels == state.live_labels()[state.row_of(item["itemId"])])[0])
        centred = items[row] - state.metric.mean
        centred /= np.linalg.norm(centred)
        sent = np.frombuffer(base64.b64decode(item["vectorInt8"]), np.int8) / 127
        assert sent == pytest.approx(centred, abs=0.005)
        assert abs(item["score"]) <= 1


@pytest.mark.parametrize(
    ("damage", "names"),
    [(b"\x00" * 100, "expected 1088 bytes"), (np.full(272, np.nan, "<f4").tobytes(), "finite numbers")],
)
def test_a_senseless_metric_is_refused_at_the_start(tmp_path, damage, names):
    bundle_dir = make_tiny_bundle(tmp_path / "metric", ridge=0.3)
    (bundle_dir / "shop_metric.bin").write_bytes(damage)
    write_manifest(bundle_dir, json.loads((bundle_dir / "manifest.json").read_text()))
    with pytest.raises(BundleError, match=names):
        load_bundle(bundle_dir)


def test_blocks_outside_the_vectors_are_refused_at_the_start(tmp_path):
    bundle_dir = make_tiny_bundle(tmp_path / "metric", ridge=0.3)
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    manifest["shopMetric"]["blocks"] = [{"start": 4, "length": 16}]
    write_manifest(bundle_dir, manifest)
    with pytest.raises(BundleError, match="inside dim 16"):
        load_bundle(bundle_dir)
