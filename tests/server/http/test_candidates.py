"""GET /v1/interest-clusters and POST /v1/candidates: what is answered, what is refused, and what is kept."""

import base64
import json

import numpy as np
import pytest
from shelf import SHELF, make_product

from kernel.interest_clusters import InterestClusters
from kernel.pack_reader import Expected, check_probes, read_manifest, read_part
from server.__main__ import main
from server.candidates.make import read
from server.candidates.served import FRESH_SECONDS, ServedCandidates, Wanted
from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle
from server.http.services import EXTENSION_KEY

SHOP = "harbor.example"
OTHERS = [make_product(f"thing {number}", categoryPath=["Home"]) for number in range(30)]


@pytest.fixture
def clustered(ingest, tiny_bundle, tmp_path, capsys, make_app):
    """Return a client of a server with 35 items and 3 clusters."""
    assert ingest([*SHELF, *OTHERS])[0] == 0
    assert main(["clusters", "--count", "3", "--data", str(tmp_path / "data"), "--bundle", str(tiny_bundle)]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["clusters"], summary["items"], summary["epsilon"]) == (3, 35, 4)
    assert summary["realEpsilon"] <= 4
    return make_app().test_client()


@pytest.fixture
def few(monkeypatch):
    """Let a pack's first part have five items, so that a small shop is larger than it."""
    monkeypatch.setattr("server.candidates.served.MAX_FIRST_PART", 5)


def titles(answer):
    """Return the titles of an answer's pack, read and checked as a device does."""
    files = {name: base64.b64decode(content) for name, content in answer.json["files"].items()}

    def fetch(name, most_bytes):
        assert len(files[name]) <= most_bytes
        return files[name]

    space = json.loads(files[answer.json["manifest"]])["space"]
    expected = Expected(SHOP, space, "2999-01-01T00:00:00Z")
    manifest, signer = read_manifest({"shop": SHOP, "manifest": answer.json["manifest"]}, fetch, expected)
    assert signer is None
    parts = [read_part(part, manifest["vectors"], fetch) for part in manifest["parts"]]
    check_probes(manifest, parts[0])
    return sorted(title for part in parts for title in part.cards["title"])


def of_cluster(client, cluster=0, k=3, **changes):
    of = client.get("/v1/interest-clusters").json["sha256"]
    body = {"mode": "clusters", "shop": SHOP, "k": k, "of": of, "cluster": cluster, **changes}
    return client.post("/v1/candidates", json=body)


def test_clusters_are_public_and_named_by_their_content(clustered, tmp_path, tiny_bundle):
    answer = clustered.get("/v1/interest-clusters").json
    bundle = load_bundle(tiny_bundle)
    kept = read(tmp_path / "data", bundle.space, bundle.dim)
    sent = np.frombuffer(base64.b64decode(answer["centroids"]), "<f4").reshape(3, bundle.dim)
    np.testing.assert_array_equal(sent, kept.centroids)
    assert answer["sha256"] == InterestClusters(bundle.space, sent, sent).sha256
    assert "centres" not in answer


def test_candidates_are_the_items_that_fit_best_to_the_cluster(clustered, few, tmp_path, tiny_bundle):
    """The oracle scores all items by the cluster's centre in the shop's metric, row by row."""
    bundle = load_bundle(tiny_bundle)
    centres = read(tmp_path / "data", bundle.space, bundle.dim).centres
    catalogue = Catalogue(tmp_path / "data")
    state = clustered.application.extensions[EXTENSION_KEY].shop(SHOP)
    items = {}
    for raw, vector in catalogue.live_products(SHOP, bundle.space, bundle.dim):
        product = json.loads(raw)
        stored = (
            state.metric.stored(np.frombuffer(vector, "<f4")[None])[0] if state.metric else np.frombuffer(vector, "<f4")
        )
        items[product["itemId"]] = (product["title"], stored)
    catalogue.close()
    first = {items[item_id][0] for item_id in sorted(items)[:5]}
    for cluster in range(3):
        scores = {title: float(centres[cluster] @ stored) for title, stored in items.values()}
        best = set(sorted(scores, key=scores.get, reverse=True)[:3])
        assert titles(of_cluster(clustered, cluster)) == sorted(first | best)


def test_all_of_a_small_shop_are_candidates(clustered):
    assert titles(of_cluster(clustered, k=20_000)) == sorted(product["title"] for product in [*SHELF, *OTHERS])


def test_context_answers_with_what_fits_to_the_product(clustered, few):
    product = next(one for one in SHELF if one["title"] == "oak chair")
    body = {"mode": "context", "shop": SHOP, "k": 3, "itemId": product["itemId"]}
    found = titles(clustered.post("/v1/candidates", json=body))
    ids = {one["itemId"]: one["title"] for one in [*SHELF, *OTHERS]}
    state = clustered.application.extensions[EXTENSION_KEY].shop(SHOP)
    rows = np.flatnonzero(state.alive)
    scores = state.stored_of(rows) @ state.compared_of(np.array([state.row_of(product["itemId"])]))[0]
    best = {json.loads(state.card(int(row)) + b"}")["title"] for row in rows[np.argsort(-scores)[:3]]}
    assert "oak chair" in best
    assert found == sorted(best | {ids[item_id] for item_id in sorted(ids)[:5]})


def test_the_pack_is_one_that_a_device_takes(clustered, tiny_bundle):
    answer = of_cluster(clustered).json
    files = {name: base64.b64decode(content) for name, content in answer["files"].items()}
    manifest = json.loads(files[answer["manifest"]])
    assert manifest["space"] == load_bundle(tiny_bundle).space
    assert manifest["shop"] == SHOP


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"mode": "own"}, 422, "invalid_request", "/mode"),
        ({"mode": ["clusters"]}, 422, "invalid_request", "/mode"),
        ({"vector": [1.0]}, 422, "invalid_request", "/vector"),
        ({"filters": {}}, 422, "invalid_request", "/filters"),
        ({"itemId": "0" * 16}, 422, "invalid_request", "/itemId"),
        ({"of": "0" * 64}, 409, "clusters_mismatch", "/of"),
        ({"of": None}, 409, "clusters_mismatch", "/of"),
        ({"cluster": 3}, 422, "invalid_request", "/cluster"),
        ({"cluster": -1}, 422, "invalid_request", "/cluster"),
        ({"cluster": True}, 422, "invalid_request", "/cluster"),
        ({"k": 0}, 422, "invalid_request", "/k"),
        ({"k": 20_001}, 422, "invalid_request", "/k"),
        ({"shop": "elsewhere.example"}, 404, "unknown_shop", None),
    ],
)
def test_nothing_else_may_be_said(clustered, changes, status, code, pointer):
    answer = of_cluster(clustered, **changes)
    assert (answer.status_code, answer.json["code"], answer.json.get("pointer")) == (status, code, pointer)


@pytest.mark.parametrize("missing", ["mode", "shop", "k", "of", "cluster"])
def test_nothing_may_be_left_out(clustered, missing):
    body = {"mode": "clusters", "shop": SHOP, "k": 3, "of": "0" * 64, "cluster": 0}
    del body[missing]
    answer = clustered.post("/v1/candidates", json=body)
    assert (answer.status_code, answer.json["code"]) == (422, "invalid_request")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"itemId": "0" * 16}, 404, "unknown_item"),
        ({"itemId": "oak"}, 422, "invalid_request"),
        ({"k": 1001}, 422, "invalid_request"),
        ({"cluster": 0}, 422, "invalid_request"),
    ],
)
def test_context_says_a_product_of_the_shop(clustered, changes, status, code):
    body = {"mode": "context", "shop": SHOP, "k": 3, "itemId": SHELF[0]["itemId"], **changes}
    answer = clustered.post("/v1/candidates", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_server_without_clusters_says_so(client):
    assert client.get("/v1/interest-clusters").json["code"] == "no_clusters"
    body = {"mode": "clusters", "shop": SHOP, "k": 3, "of": "0" * 64, "cluster": 0}
    assert client.post("/v1/candidates", json=body).json["code"] == "no_clusters"


def test_more_clusters_than_items_are_refused(ingest, tiny_bundle, tmp_path, capsys):
    ingest(SHELF)
    assert main(["clusters", "--count", "6", "--data", str(tmp_path / "data"), "--bundle", str(tiny_bundle)]) == 2
    assert "expected at least 6 items" in capsys.readouterr().err


def test_an_answer_is_made_once_and_anew_only_after_ten_minutes(clustered, ingest, tmp_path):
    parts = clustered.application.extensions[EXTENSION_KEY]
    served = parts.spaces.current.served
    clock = [0.0]
    made = ServedCandidates(parts.settings, served.bundle, served.candidates._encoder, now=lambda: clock[0])
    wanted, centre = Wanted(SHOP, 100, 0), made.clusters.centres[0]
    catalogue = Catalogue(tmp_path / "data")

    def answer():
        parts.replica.refresh()
        return made.of_cluster(catalogue, parts.shop(SHOP), wanted, centre)

    first = answer()
    clock[0] = 10 * FRESH_SECONDS
    assert answer() is first
    assert ingest([*SHELF, *OTHERS, make_product("new thing")])[0] == 0
    # The first answer is old, but what is asked now is what counts: a change is seen at the next question.
    assert answer().manifest["numItems"] == 36
    assert ingest([*SHELF, *OTHERS, make_product("new thing"), make_product("newer thing")])[0] == 0
    clock[0] += FRESH_SECONDS - 1
    assert answer().manifest["numItems"] == 36
    clock[0] += 1
    assert answer().manifest["numItems"] == 37
    catalogue.close()
