"""The HTTP interface, through Flask's test client over a shop whose answers can be worked out by hand."""

import base64
import errno
import json
import re
import time
from contextlib import closing

import numpy as np
import pytest
from shelf import SHELF, TOKEN, make_product

from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle
from server.http.services import EXTENSION_KEY
from server.settings import Settings
from server.trust.database import TrustDatabase

SHOP = "harbor.example"


def titles(response):
    assert response.status_code == 200, response.text
    return [item["title"] for item in response.json["items"]]


@pytest.fixture
def taste(shelf_app, tiny_bundle):
    """Return the stored embedding of one item, as the vector a shopper would send."""
    state = shelf_app.extensions[EXTENSION_KEY].replica.shops[SHOP]

    def of(title):
        item_id = next(product["itemId"] for product in SHELF if product["title"] == title)
        vector = state.stored_of(np.array([state.row_of(item_id)]))[0]
        return {"vector": [float(x) for x in vector], "space": load_bundle(tiny_bundle).space}

    return of


def test_an_items_own_vector_finds_that_item_first_with_score_one(recommend, taste):
    response = recommend(diversity=0, **taste("oak chair"))
    assert titles(response)[0] == "oak chair"
    assert response.json["items"][0]["score"] == pytest.approx(1, abs=1e-5)
    assert response.json["strategy"] == "exact"


def test_scores_fall_and_equal_the_cosines_of_the_vectors_sent_along(recommend, taste):
    sent = taste("steel lamp")
    items = recommend(diversity=0, include=["vectors"], **sent).json["items"]
    scores = [item["score"] for item in items]
    assert scores == sorted(scores, reverse=True)
    for item in items:
        vector = np.frombuffer(base64.b64decode(item["vectorInt8"]), np.int8).astype(float) / 127
        assert float(vector @ np.array(sent["vector"])) == pytest.approx(item["score"], abs=0.03)


def test_k_larger_than_the_shop_returns_every_item(recommend, taste):
    assert sorted(titles(recommend(k=1000, **taste("oak chair")))) == sorted(p["title"] for p in SHELF)


@pytest.mark.parametrize("k", [0, -1, 1001, 10**9, 2.5, "10", None, True])
def test_an_impossible_k_is_refused_with_its_range(recommend, k):
    response = recommend(k=k)
    assert response.status_code == 422
    assert response.json["pointer"] == "/k"
    assert "1 to 1000" in response.json["detail"]


def test_a_first_screen_is_in_stock_first_and_the_same_every_time(recommend):
    first = titles(recommend(k=5))
    assert first == titles(recommend(k=5))
    assert first[-1] == "navy linen tee"  # the only one out of stock
    assert recommend(k=2).json["strategy"] == "first_screen"


FILTER_CASES = [
    ({"inStock": True}, {"navy striped tee", "oak chair", "steel lamp", "wool scarf"}),
    ({"priceMax": 29, "currency": "EUR"}, {"navy striped tee", "navy linen tee"}),
    ({"priceMin": 29, "currency": "EUR"}, {"navy linen tee", "oak chair"}),
    ({"priceMin": 1, "priceMax": 1000, "currency": "USD"}, {"steel lamp"}),
    ({"priceMin": 1, "currency": "JPY"}, set()),
    ({"brands": ["KELP", "volt"]}, {"navy striped tee", "navy linen tee", "steel lamp"}),
    ({"brands": []}, set()),
    ({"category": ["Home"]}, {"oak chair", "steel lamp"}),
    ({"category": ["Women", "Tops"]}, {"navy striped tee", "navy linen tee"}),
    ({"category": ["Tops"]}, set()),
    ({"exclude": [SHELF[0]["itemId"], "0" * 16]}, {p["title"] for p in SHELF[1:]}),
]


@pytest.mark.parametrize(("filters", "expected"), FILTER_CASES)
@pytest.mark.parametrize("personal", [True, False])
def test_filters_keep_exactly_what_they_say(recommend, taste, filters, expected, personal):
    response = recommend(filters=filters, **(taste("oak chair") if personal else {}))
    assert set(titles(response)) == expected
    assert response.json["strategy"] == ("exact_filtered" if personal else "first_screen")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"vector": [1.0]}, 422, "vector_length", "/vector"),
        ({"vector": [1.0] * 16}, 422, "invalid_request", "/vector"),
        ({"vector": [0.0] * 16}, 422, "invalid_request", "/vector"),
        ({"vector": ["1"] * 16}, 422, "invalid_request", "/vector"),
        ({"vector": [True] + [0] * 15}, 422, "invalid_request", "/vector"),
        ({"vector": None}, 422, "invalid_request", "/vector"),
        ({"space": "f" * 64}, 409, "space_mismatch", "/space"),
        ({"space": "short"}, 422, "invalid_request", "/space"),
        ({"space": None}, 422, "invalid_request", "/space"),
        ({"mode": "pack"}, 422, "invalid_request", "/mode"),
        ({"shop": ""}, 422, "invalid_request", "/shop"),
        ({"shop": "nowhere.example"}, 404, "unknown_shop", None),
        ({"diversity": 1.5}, 422, "invalid_request", "/diversity"),
        ({"include": ["cards"]}, 422, "invalid_request", "/include"),
        ({"user": "me"}, 422, "invalid_request", "/user"),
        ({"filters": []}, 422, "invalid_request", "/filters"),
        ({"filters": {"color": "red"}}, 422, "invalid_request", "/filters/color"),
        ({"filters": {"priceMax": 9}}, 422, "invalid_request", "/filters/currency"),
        ({"filters": {"priceMax": -1, "currency": "EUR"}}, 422, "invalid_request", "/filters/priceMax"),
        ({"filters": {"currency": "euro"}}, 422, "invalid_request", "/filters/currency"),
        ({"filters": {"inStock": "yes"}}, 422, "invalid_request", "/filters/inStock"),
        ({"filters": {"exclude": ["../x"]}}, 422, "invalid_request", "/filters/exclude/0"),
        ({"filters": {"category": []}}, 422, "invalid_request", "/filters/category"),
        ({"filters": {"brands": [1]}}, 422, "invalid_request", "/filters/brands/0"),
    ],
)
def test_a_bad_request_is_refused_and_the_place_named(recommend, taste, change, status, code, pointer):
    body = {**taste("oak chair"), **change}
    response = recommend(**body)
    assert (response.status_code, response.json["code"]) == (status, code)
    assert response.json.get("pointer") == pointer


def test_a_vector_without_its_space_is_refused(recommend, taste):
    response = recommend(vector=taste("oak chair")["vector"])
    assert (response.status_code, response.json["pointer"]) == (422, "/space")


@pytest.mark.parametrize("text", ["", "{", "[1", '{"k": NaN}', "[" * 3000, "\xff"])
def test_what_is_not_json_is_refused(client, text):
    data = text.encode("latin-1")
    response = client.post("/v1/recommendations", data=data, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (400, "invalid_json")


def test_a_number_too_large_for_a_float_is_not_a_unit_vector(client):
    body = json.dumps({"mode": "own", "shop": SHOP, "k": 1, "space": "0" * 64}).replace("}", ', "vector": [1e999]}')
    response = client.post("/v1/recommendations", data=body, content_type="application/json")
    assert response.status_code in (400, 409, 422)


def assert_problem(response, status, code):
    """Check the one form of every error."""
    assert response.content_type == "application/problem+json"
    body = response.json
    assert set(body) - {"pointer"} == {"type", "title", "status", "code", "detail"}
    assert (body["type"], body["status"], response.status_code) == ("about:blank", status, status)
    assert body["code"] == code
    assert body["detail"]


FAILURES = [
    ("GET", "/nope", {}, 404, "not_found"),
    ("GET", "/v1/recommendations", {}, 405, "method_not_allowed"),
    ("DELETE", "/v1/shops", {}, 405, "method_not_allowed"),
    ("GET", "/v1/shops/harbor.example/items/0000000000000000", {}, 404, "unknown_item"),
    ("GET", "/v1/shops/a/b/c/../../d", {}, 404, "not_found"),
    ("GET", f"/v1/bundles/{'0' * 64}/manifest.json", {}, 404, "unknown_bundle"),
    ("POST", "/v1/recommendations", {"data": b"x" * (9 * 2**20), "content_type": "application/json"}, 413,
     "body_too_large"),
    ("POST", "/v1/recommendations", {"data": b"{}", "content_type": "text/plain"}, 400, "invalid_json"),
    ("POST", "/v1/recommendations", {"json": {}}, 422, "invalid_request"),
    ("POST", "/v1/recommendations", {"json": []}, 422, "invalid_request"),
    ("PUT", "/v1/items", {"json": {"products": []}}, 401, "unauthorised"),
    ("DELETE", "/v1/items", {"json": {"items": []}, "headers": {"Authorization": "Bearer wrong"}}, 401, "unauthorised"),
    ("PUT", "/v1/items", {"json": {}, "headers": {"Authorization": f"Basic {TOKEN}"}}, 401, "unauthorised"),
    ("GET", "/v1/shops", {"headers": {"Host": "evil.example"}}, 400, "untrusted_host"),
    ("OPTIONS", "/v1/shops", {"headers": {"Host": "evil.example", "Origin": "chrome-extension://x",
                                         "Access-Control-Request-Method": "GET"}}, 400, "untrusted_host"),
    ("GET", "/v1/shops", {"headers": {"Origin": "https://evil.example"}}, 403, "untrusted_origin"),
    ("GET", "/v1/shops", {"headers": {"Origin": "null"}}, 403, "untrusted_origin"),
    ("OPTIONS", "/v1/recommendations", {"headers": {"Origin": "https://evil.example",
                                                    "Access-Control-Request-Method": "POST"}}, 403, "untrusted_origin"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "arguments", "status", "code"), FAILURES)
def test_every_failure_has_the_same_shape(client, method, path, arguments, status, code):
    assert_problem(client.open(path, method=method, **arguments), status, code)


def test_a_failure_nobody_foresaw_is_a_problem_and_logs_no_personal_data(shelf_app, caplog, monkeypatch):
    monkeypatch.setattr("server.http.views.recommendations.recommend", lambda *_: 1 // 0)
    shelf_app.config["PROPAGATE_EXCEPTIONS"] = False
    body = {"mode": "own", "shop": SHOP, "k": 3, "filters": {"exclude": ["00112233aabbccdd"]}}
    assert_problem(shelf_app.test_client().post("/v1/recommendations", json=body), 500, "internal")
    assert "ZeroDivisionError" in caplog.text
    assert "00112233aabbccdd" not in caplog.text


def test_a_method_that_is_not_allowed_names_those_that_are(client):
    assert set(client.get("/v1/items").headers["Allow"].split(", ")) >= {"PUT", "DELETE"}


def test_before_the_catalogue_is_loaded_the_server_says_so(shelf_app):
    shelf_app.extensions[EXTENSION_KEY].replica._ready.clear()
    shelf_app.extensions[EXTENSION_KEY].replica._stopping.set()
    client = shelf_app.test_client()
    shelf_app.extensions[EXTENSION_KEY].replica._ready.clear()
    for path in ("/readyz", "/v1/shops", "/v1/shop-means"):
        assert_problem(client.get(path), 503, "not_ready")
    assert client.get("/healthz").json == {"status": "ok"}
    shelf_app.extensions[EXTENSION_KEY].replica._ready.set()


# Origins


PINNED = "abcdefghijklmnopabcdefghijklmnop"


def test_allowed_origins_get_exact_cors_headers_and_a_preflight(ingest, make_app):
    ingest(SHELF)
    origin = "http://localhost:8700"
    client = make_app(allow_origins=(origin,)).test_client()
    response = client.get("/v1/shops", headers={"Origin": origin})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == origin
    assert "Origin" in response.headers["Vary"]
    preflight = client.options(
        "/v1/recommendations",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert preflight.status_code == 204
    assert "content-type" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


FIREFOX = "moz-extension://0f1e2d3c-4b5a-4968-8776-655443322110"
EXTENSIONS_MAY = {
    "/healthz", "/v1/pairing", "/v1/pairing/finish", "/v1/channel", "/v1/channel/request", "/v1/bundles",
    "/v1/bundles/<bundle_id>/<path:path>", "/v1/shops/<shop>/pack", "/v1/shops/<shop>/pack/<name>",
}  # fmt: skip


@pytest.mark.parametrize("origin", [f"chrome-extension://{PINNED}", FIREFOX])
def test_an_extension_reaches_by_its_origin_what_proves_itself_and_nothing_else(shelf_app, client, origin):
    """Every route of the application is asked for: whoever adds one decides whether any extension may call it."""
    rules = list(shelf_app.url_map.iter_rules())
    assert {rule.rule for rule in rules} > EXTENSIONS_MAY
    for rule in rules:
        path = re.sub("<[^>]+>", "7", rule.rule)
        may = rule.rule in EXTENSIONS_MAY
        for method in rule.methods:
            with client.open(path, method=method, headers={"Origin": origin}) as response:
                assert (response.status_code != 403) == may, (method, path)
        preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        response = client.options(path, headers=preflight)
        assert response.status_code == (204 if may else 403)
        assert response.headers.get("Access-Control-Allow-Origin") == (origin if may else None)


@pytest.mark.parametrize(
    "path",
    ["/v1/shops", "/v1/recommendations", "/metrics", "/v1/pairings", "/v1/channel-x", "/healthz/", "/v1/shops/a/b/pack",
     "/v1/bundlesx", "/v1//channel", "/v1/../v1/channel/../shops", "/readyz"],
)  # fmt: skip
def test_paths_that_look_like_those_of_extensions_are_not_theirs(client, path):
    response = client.get(path, headers={"Origin": FIREFOX})
    assert response.status_code in (403, 404)
    assert path.startswith("/v1/..") or response.json["code"] == "untrusted_origin"


def test_pinned_extensions_keep_all_others_out(ingest, make_app):
    ingest(SHELF)
    client = make_app(allow_extensions=(PINNED,)).test_client()

    def status(origin, path="/v1/bundles"):
        return client.get(path, headers={"Origin": origin}).status_code

    assert status(f"chrome-extension://{PINNED}") == 200
    assert status(f"chrome-extension://{PINNED}", "/v1/shops") == 403
    assert status(f"chrome-extension://{PINNED[::-1]}") == 403
    assert status(FIREFOX) == 403
    assert status(f"chrome-extension://{PINNED}.evil.example") == 403


def test_an_extension_that_is_allowed_as_an_origin_reaches_everything(ingest, make_app):
    ingest(SHELF)
    origin = f"chrome-extension://{PINNED}"
    client = make_app(allow_origins=(origin,), allow_extensions=("0f1e2d3c-4b5a-4968-8776-655443322110",)).test_client()
    assert client.get("/v1/shops", headers={"Origin": origin}).status_code == 200


def test_an_origin_that_merely_begins_with_an_allowed_one_is_refused(ingest, make_app):
    ingest(SHELF)
    client = make_app(allow_origins=("http://localhost:8700",)).test_client()
    assert client.get("/v1/shops", headers={"Origin": "http://localhost:87001"}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8710", "127.0.0.1:8710", "[::1]:8710", "shop-box.local"])
def test_trusted_hosts_are_served(ingest, make_app, host):
    ingest(SHELF)
    client = make_app(trusted_hosts=("shop-box.local",)).test_client()
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


# Writes


def test_a_put_product_is_recommendable_and_a_deleted_one_is_gone(client, recommend, write):
    mug = make_product("clay mug")
    report = write("PUT", {"products": [mug]})
    assert {name: report[name] for name in ("accepted", "unchanged", "rejected")} == {
        "accepted": 1,
        "unchanged": 0,
        "rejected": [],
    }
    assert "clay mug" in titles(recommend())
    assert write("PUT", {"products": [mug]})["unchanged"] == 1
    key = {"shop": SHOP, "itemId": mug["itemId"]}
    assert write("DELETE", {"items": [key]})["deleted"] == 1
    assert write("DELETE", {"items": [key]})["deleted"] == 0
    assert "clay mug" not in titles(recommend())
    assert client.get(f"/v1/shops/{SHOP}/items/{mug['itemId']}").status_code == 404


def test_a_put_replaces_what_has_the_same_id(client, recommend, write):
    renamed = {**SHELF[2], "title": "oak armchair"}
    assert write("PUT", {"products": [renamed]})["accepted"] == 1
    found = titles(recommend())
    assert "oak armchair" in found
    assert "oak chair" not in found
    assert client.get(f"/v1/shops/{SHOP}/items/{renamed['itemId']}").json == renamed


def test_put_keeps_the_valid_and_names_the_others(write):
    """Those that the contract refuses at once, and one that turns out to have neither text nor image."""
    untitled = make_product("x", title=None)
    listing = make_product("y", verdict="listing")
    blank = make_product("z", title=" ")
    body = {"products": [untitled, make_product("clay mug"), 7, blank, listing]}
    report = write("PUT", body)
    assert report["accepted"] == 1
    assert [entry["index"] for entry in report["rejected"]] == [0, 2, 3, 4]
    assert "title" in report["rejected"][0]["problem"]


def test_a_write_is_told_as_waiting_until_it_is_applied(client, operator):
    accepted = client.put("/v1/items", json={"products": [make_product("clay mug"), 7]}, headers=operator)
    assert accepted.status_code == 202
    assert (accepted.json["accepted"], [entry["index"] for entry in accepted.json["rejected"]]) == (1, [1])
    found = client.get(accepted.headers["Location"], headers=operator)
    assert (found.json["state"], found.json["write"]) == ("waiting", accepted.json["write"])
    assert_problem(client.get(accepted.headers["Location"]), 401, "unauthorised")
    assert_problem(client.get("/v1/writes/999999", headers=operator), 404, "unknown_write")


def test_put_with_nothing_valid_is_422(client, operator):
    response = client.put("/v1/items", json={"products": [make_product("x", title=None)]}, headers=operator)
    assert_problem(response, 422, "invalid_request")
    assert response.json["pointer"] == "/products/0"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writes_without_a_configured_token_are_refused_with_a_remedy(ingest, make_app, method):
    ingest(SHELF)
    client = make_app(operator_token=None).test_client()
    response = client.open("/v1/items", method=method, json={}, headers={"Authorization": "Bearer "})
    assert_problem(response, 403, "forbidden")
    assert "CARRYOVER_OPERATOR_TOKEN" in response.json["detail"]


@pytest.mark.parametrize("entry", [{}, {"shop": SHOP}, {"shop": SHOP, "itemId": "../../etc/passwd"}, 7])
def test_delete_refuses_what_is_not_an_item_key(client, operator, entry):
    assert_problem(client.delete("/v1/items", json={"items": [entry]}, headers=operator), 422, "invalid_request")


# Shops, bundles, health


def test_shops_lists_live_items_and_a_version_that_grows(client, write):
    before = client.get("/v1/shops").json["shops"]
    assert [(shop["shop"], shop["items"]) for shop in before] == [(SHOP, 5)]
    write("PUT", {"products": [make_product("clay mug"), make_product("pen", "b.example")]})
    after = client.get("/v1/shops").json["shops"]
    assert [(shop["shop"], shop["items"]) for shop in after] == [("b.example", 1), (SHOP, 6)]
    assert after[1]["version"] > before[0]["version"]


def test_an_item_comes_back_as_it_was_ingested(client):
    assert client.get(f"/v1/shops/{SHOP}/items/{SHELF[0]['itemId']}").json == SHELF[0]


def test_bundle_files_are_served_immutably_and_exactly(client, tiny_bundle):
    (listed,) = client.get("/v1/bundles").json["bundles"]
    for name in ("manifest.json", "text.onnx"):
        response = client.get(f"/v1/bundles/{listed['bundleId']}/{name}")
        assert response.data == (tiny_bundle / name).read_bytes()
        assert response.content_length == len(response.data)
        assert "immutable" in response.headers["Cache-Control"]
        again = client.get(
            f"/v1/bundles/{listed['bundleId']}/{name}", headers={"If-None-Match": response.headers["ETag"]}
        )
        assert again.status_code == 304
        response.close()
        again.close()


@pytest.mark.parametrize("path", ["secret.txt", "../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "/etc/passwd"])
def test_only_files_of_the_manifest_are_served(client, tiny_bundle, path):
    (tiny_bundle.parent / "secret.txt").write_text("secret")
    bundle_id = client.get("/v1/bundles").json["bundles"][0]["bundleId"]
    response = client.get(f"/v1/bundles/{bundle_id}/{path}", follow_redirects=True)
    assert response.status_code == 404
    assert "secret" not in response.json["detail"]


def test_metrics_count_requests_by_route_and_never_name_items(client, recommend):
    recommend()
    client.get(f"/v1/shops/{SHOP}/items/{SHELF[0]['itemId']}")
    text = client.get("/metrics").text
    assert 'carryover_requests_total{method="POST",route="/v1/recommendations",status="200"} 1.0' in text
    assert f'carryover_items{{shop="{SHOP}"}} 5.0' in text
    assert SHELF[0]["itemId"] not in text


def test_readyz_counts_what_is_served(client):
    assert client.get("/readyz").json == {"status": "ready", "shops": 1, "items": 5}


def test_metrics_forget_a_shop_whose_last_item_is_gone(client, write):
    assert f'carryover_items{{shop="{SHOP}"}} 5.0' in client.get("/metrics").text
    write("DELETE", {"items": [{"shop": SHOP, "itemId": item["itemId"]} for item in SHELF]})
    assert "carryover_items{" not in client.get("/metrics").text


def test_on_a_full_disk_writes_get_507_and_reads_continue(client, recommend, operator):
    """SQLite answers a file that may not grow as it answers a full disk."""
    database = client.application.extensions[EXTENSION_KEY].catalogue().db
    database.execute("PRAGMA max_page_count = 1")  # it takes the present size for less
    body = {"products": [make_product(f"mug {i}", description="x" * 2000) for i in range(100)]}
    assert_problem(client.put("/v1/items", json=body, headers=operator), 507, "disk_full")
    assert len(titles(recommend())) == 5
    assert 'status="507"' in client.get("/metrics").text
    database.execute("PRAGMA max_page_count = 1000000")
    assert client.put("/v1/items", json=body, headers=operator).status_code == 202


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_507_wherever_it_shows(client, monkeypatch, number):
    def fail(_):
        raise OSError(number, "No space left")

    monkeypatch.setattr(TrustDatabase, "__init__", lambda *_: fail(None))
    message = {"data": bytes(40), "content_type": "application/octet-stream"}
    assert_problem(client.post("/v1/channel", **message), 507, "disk_full")


def test_items_of_another_space_are_not_served(ingest, make_app, tmp_path):
    from tiny_bundle import make_tiny_bundle

    ingest(SHELF)
    other = load_bundle(make_tiny_bundle(tmp_path / "other", seed=6))
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        catalogue.db.execute("UPDATE bundles SET space = ?, directory = ?", (other.space, str(other.directory)))
    assert make_app().test_client().get("/readyz").json["items"] == 0


def test_a_change_by_another_process_is_followed(client, recommend, tmp_path):
    """Readers poll; no request to this server tells it."""
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, SHELF[2]["itemId"])])
    catalogue.close()
    deadline = time.monotonic() + 60
    while "oak chair" in titles(recommend()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert "oak chair" not in titles(recommend())


def test_create_app_reads_no_environment(monkeypatch, shelf_app):
    monkeypatch.setenv("CARRYOVER_MAX_BODY_BYTES", "1")
    assert shelf_app.config["MAX_CONTENT_LENGTH"] == Settings().max_body_bytes
