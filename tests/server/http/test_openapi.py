"""A scripted tour of the API: every answer must conform to contracts/openapi.yaml."""

import json
import re

import pytest
import yaml
from browser import Browser
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from shelf import SHELF, make_product

from kernel.contracts import CONTRACTS
from server.__main__ import main
from server.encoding.bundle import load_bundle
from server.http.views import recommendations
from server.trust.database import TrustDatabase
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make

SHOP = "harbor.example"
OCTETS = "application/octet-stream"
SPACE = "0123456789abcdef" * 2
API = yaml.safe_load((CONTRACTS / "openapi.yaml").read_text())
BASE = "https://carryover.example/contracts/"


def registry():
    product = json.loads((CONTRACTS / "product.schema.json").read_text())
    api = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": BASE + "openapi.yaml", **API}
    return Registry().with_resources(
        [(BASE + "openapi.yaml", Resource.from_contents(api)), (product["$id"], Resource.from_contents(product))]
    )


def pointer_of(path, method, status):
    escaped = path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
    return f"{BASE}openapi.yaml#/paths/{escaped}/{method}/responses/{status}"


def conforms(response, path, method):
    """Check status, content type and body against what the contract says of this operation."""
    operation = API["paths"][path][method]
    status = str(response.status_code)
    assert status in operation["responses"], f"{method} {path} answered {status}, which the contract does not list"
    documented = operation["responses"][status]
    pointer = pointer_of(path, method, status)
    if "$ref" in documented:
        pointer = BASE + "openapi.yaml" + documented["$ref"]
        documented = API["components"]["responses"][documented["$ref"].rpartition("/")[2]]
    if status == "204":
        assert response.data == b""
        return
    media = response.mimetype
    assert media in documented["content"]
    if "schema" in documented["content"][media]:
        reference = f"{pointer}/content/{media.replace('/', '~1')}/schema"
        Draft202012Validator({"$ref": reference}, registry=registry()).validate(response.json)


TOUR = [
    ("get", "/healthz", "/healthz", {}, 200),
    ("get", "/readyz", "/readyz", {}, 200),
    ("get", "/metrics", "/metrics", {}, 200),
    ("get", "/v1/shops", "/v1/shops", {}, 200),
    ("get", "/v1/shop-means", "/v1/shop-means", {}, 200),
    ("get", "/v1/bundles", "/v1/bundles", {}, 200),
    ("get", "/v1/shops/{shop}/items/{itemId}", f"/v1/shops/{SHOP}/items/{SHELF[0]['itemId']}", {}, 200),
    ("get", "/v1/shops/{shop}/items/{itemId}", f"/v1/shops/{SHOP}/items/{'0' * 16}", {}, 404),
    ("get", "/v1/shops/{shop}/pack", f"/v1/shops/{SHOP}/pack", {}, 200),
    ("get", "/v1/shops/{shop}/pack", "/v1/shops/x/pack", {}, 404),
    ("get", "/v1/shops/{shop}/pack/{name}", f"/v1/shops/{SHOP}/pack/list.json", {}, 200),
    ("get", "/v1/shops/{shop}/pack/{name}", f"/v1/shops/{SHOP}/pack/{'0' * 64}.bin", {}, 404),
    ("get", "/v1/bundles/{bundleId}/{path}", f"/v1/bundles/{'0' * 64}/manifest.json", {}, 404),
    ("post", "/v1/recommendations", "/v1/recommendations", {"json": {"mode": "own", "shop": SHOP, "k": 3}}, 200),
    ("post", "/v1/recommendations", "/v1/recommendations", {"json": {"mode": "own", "shop": "x", "k": 3}}, 404),
    ("post", "/v1/recommendations", "/v1/recommendations", {"json": {"mode": "own", "shop": SHOP, "k": 0}}, 422),
    ("post", "/v1/recommendations", "/v1/recommendations", {"data": "{", "content_type": "application/json"}, 400),
    ("post", "/v1/recommendations", "/v1/recommendations",
     {"data": b"x" * 9_000_000, "content_type": "application/json"}, 413),
    ("post", "/v1/search", "/v1/search", {"json": {"shop": SHOP, "text": "navy tee"}}, 200),
    ("post", "/v1/search", "/v1/search", {"json": {"shop": SHOP, "text": "wool scrf", "facets": False, "k": 1}}, 200),
    ("post", "/v1/search", "/v1/search", {"json": {"shop": "x", "text": "navy"}}, 404),
    ("post", "/v1/search", "/v1/search", {"json": {"shop": SHOP, "text": ""}}, 422),
    ("post", "/v1/search", "/v1/search", {"data": "{", "content_type": "application/json"}, 400),
    ("post", "/v1/search", "/v1/search", {"data": b"x" * 9_000_000, "content_type": "application/json"}, 413),
    ("get", "/v1/interest-clusters", "/v1/interest-clusters", {}, 404),
    ("post", "/v1/candidates", "/v1/candidates",
     {"json": {"mode": "context", "shop": SHOP, "k": 3, "itemId": SHELF[0]["itemId"]}}, 200),
    ("post", "/v1/candidates", "/v1/candidates", {"json": {"mode": "own", "shop": SHOP, "k": 3}}, 422),
    ("post", "/v1/candidates", "/v1/candidates",
     {"json": {"mode": "clusters", "shop": SHOP, "k": 3, "of": "0" * 64, "cluster": 0}}, 404),
    ("put", "/v1/items", "/v1/items", {"json": {"products": []}}, 401),
    ("post", "/v1/pairing", "/v1/pairing", {"data": b"x", "content_type": OCTETS}, 409),
    ("post", "/v1/pairing", "/v1/pairing", {"json": {}}, 415),
    ("post", "/v1/pairing/finish", "/v1/pairing/finish", {"data": b"x", "content_type": OCTETS}, 409),
    ("post", "/v1/pairing/finish", "/v1/pairing/finish", {"data": bytes(2000), "content_type": OCTETS}, 413),
    ("post", "/v1/channel", "/v1/channel", {"data": b"x", "content_type": OCTETS}, 400),
    ("post", "/v1/channel/request", "/v1/channel/request", {"data": bytes(20), "content_type": OCTETS}, 401),
    ("get", "/v1/sync/{space}", f"/v1/sync/{'0' * 32}", {}, 403),
    ("get", "/v1/sync/{space}/versions", f"/v1/sync/{'0' * 32}/versions", {}, 403),
    ("get", "/v1/sync/{space}/versions/{version}", f"/v1/sync/{'0' * 32}/versions/1", {}, 403),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "url", "arguments", "status"), TOUR)
def test_every_answer_conforms(client, method, path, url, arguments, status):
    response = client.open(url, method=method.upper(), **arguments)
    assert response.status_code == status
    conforms(response, path, method)


def test_a_full_recommendation_conforms(client, tiny_bundle):
    vector = [1.0] + [0.0] * 15
    body = {"mode": "own", "shop": SHOP, "k": 5, "vector": vector, "space": load_bundle(tiny_bundle).space,
            "include": ["vectors"], "filters": {"inStock": True}}  # fmt: skip
    response = client.post("/v1/recommendations", json=body)
    assert len(response.json["items"]) == 4
    conforms(response, "/v1/recommendations", "post")
    conforms(client.post("/v1/recommendations", json={**body, "space": "0" * 64}), "/v1/recommendations", "post")


def test_clusters_and_candidates_conform(ingest, make_app, tiny_bundle, tmp_path):
    ingest(SHELF)
    assert main(["clusters", "--count", "3", "--data", str(tmp_path / "data"), "--bundle", str(tiny_bundle)]) == 0
    client = make_app().test_client()
    clusters = client.get("/v1/interest-clusters")
    conforms(clusters, "/v1/interest-clusters", "get")
    body = {"mode": "clusters", "shop": SHOP, "k": 3, "of": clusters.json["sha256"], "cluster": 1}
    for changes, status in (({}, 200), ({"of": "0" * 64}, 409), ({"vector": []}, 422)):
        answer = client.post("/v1/candidates", json={**body, **changes})
        assert answer.status_code == status
        conforms(answer, "/v1/candidates", "post")


def test_writes_conform(client, operator, write):
    products = [make_product("clay mug"), make_product("x", title=None)]
    conforms(client.put("/v1/items", json={"products": products}, headers=operator), "/v1/items", "put")
    conforms(client.put("/v1/items", json={"products": products[1:]}, headers=operator), "/v1/items", "put")
    conforms(client.put("/v1/items", data="[", content_type="application/json", headers=operator), "/v1/items", "put")
    key = {"shop": SHOP, "itemId": SHELF[0]["itemId"]}
    conforms(client.delete("/v1/items", json={"items": [key]}, headers=operator), "/v1/items", "delete")
    conforms(client.delete("/v1/items", json={}, headers=operator), "/v1/items", "delete")
    for number in (1, 2, 3):  # two that wait, and none
        conforms(client.get(f"/v1/writes/{number}", headers=operator), "/v1/writes/{write}", "get")
    write("PUT", {"products": products})
    for number in (1, 2):
        conforms(client.get(f"/v1/writes/{number}", headers=operator), "/v1/writes/{write}", "get")
    conforms(client.get("/v1/writes/1"), "/v1/writes/{write}", "get")


def test_a_bundle_file_conforms(client):
    bundle_id = client.get("/v1/bundles").json["bundles"][0]["bundleId"]
    with client.get(f"/v1/bundles/{bundle_id}/text.onnx") as response:
        conforms(response, "/v1/bundles/{bundleId}/{path}", "get")


class Inside:
    """An answer inside the channel, as `conforms` reads it."""

    def __init__(self, answer):
        self.status_code, headers, self.data = answer
        self.mimetype = headers.get("Content-Type", "").partition(";")[0]

    @property
    def json(self):
        return json.loads(self.data)


def test_pairing_channel_and_sync_conform(client, tmp_path):
    browser = Browser(client)
    database = TrustDatabase(tmp_path / "data")
    started, rest = browser.start(Pairing(database, read_or_make(tmp_path / "data")).offer())
    conforms(started, "/v1/pairing", "post")
    attempt, handshake = rest
    finished = browser.post("/v1/pairing/finish", attempt + handshake.write(b"Firefox"))
    conforms(finished, "/v1/pairing/finish", "post")
    browser.server_key = handshake.remote_static
    conforms(browser.open(), "/v1/channel", "post")
    request = browser.sealed("GET", "/v1/shops")
    conforms(browser.post("/v1/channel/request", request), "/v1/channel/request", "post")
    conforms(browser.post("/v1/channel/request", request), "/v1/channel/request", "post")
    conforms(Inside(browser.ask("GET", "/v1/shops")), "/v1/shops", "get")
    url, path = f"/v1/sync/{SPACE}", "/v1/sync/{space}"
    conforms(Inside(browser.ask("GET", url)), path, "get")
    for condition in ({"If-None-Match": "*"}, {"If-None-Match": "*"}, {}):
        conforms(Inside(browser.ask("PUT", url, b"x", **{"Content-Type": OCTETS, **condition})), path, "put")
    conforms(Inside(browser.ask("GET", url)), path, "get")
    conforms(Inside(browser.ask("GET", f"{url}/versions")), f"{path}/versions", "get")
    conforms(Inside(browser.ask("GET", f"{url}/versions/1")), path + "/versions/{version}", "get")
    conforms(Inside(browser.ask("GET", f"{url}/versions/9")), path + "/versions/{version}", "get")
    conforms(Inside(browser.ask("DELETE", url)), path, "delete")
    assert database.forget_device(database.devices()[0].id)
    conforms(browser.open(), "/v1/channel", "post")
    database.close()


def test_every_path_of_the_contract_is_served_and_nothing_else(shelf_app):
    served = {
        (
            re.sub(r"<(?:path:|int:)?(\w+)>", r"{\1}", rule.rule)
            .replace("item_id", "itemId")
            .replace("bundle_id", "bundleId"),
            m,
        )
        for rule in shelf_app.url_map.iter_rules()
        for m in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {
        (path, method.upper()) for path, methods in API["paths"].items() for method in methods if method != "parameters"
    }


def test_the_request_checks_know_exactly_the_members_of_the_contract():
    request = API["components"]["schemas"]["RecommendationRequest"]
    assert set(recommendations._REQUIRED) == set(request["required"])
    assert set(recommendations._REQUIRED + recommendations._OPTIONAL) == set(request["properties"])
    assert set(recommendations._FILTERS) == set(API["components"]["schemas"]["Filters"]["properties"])
    assert request["properties"]["k"]["maximum"] == recommendations.MAX_K


def test_every_code_the_server_uses_is_in_the_contract():
    known = set(re.findall(r"[a-z_]+", API["components"]["schemas"]["Problem"]["properties"]["code"]["description"]))
    sources = (CONTRACTS.parent / "server").rglob("*.py")
    used = {
        code
        for path in sources
        for code in re.findall(r'(?:ProblemError|problem_response)\(\s*[45]\d\d,\s*"(\w+)"', path.read_text())
    }
    assert len(used) > 8
    assert used <= known
