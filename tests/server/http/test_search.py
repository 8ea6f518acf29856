"""POST /v1/search through Flask's test client, over a shop whose answers can be worked out by hand."""

import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from shelf import SHELF, make_product

from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle
from server.http.services import EXTENSION_KEY
from server.query.facets import _edges

SHOP = "harbor.example"


@pytest.fixture
def search(client):
    def send(**body):
        return client.post("/v1/search", json={"shop": SHOP, **body})

    return send


def titles(response):
    assert response.status_code == 200, response.text
    return [item["title"] for item in response.json["items"]]


def image_bytes(colour=(200, 30, 30), size=(20, 20)):
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def base64_of(raw):
    return base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("oak chair", "oak chair"),
        ("chairs of oak", "oak chair"),
        ("KELP linen", "navy linen tee"),
        ("lamps", "steel lamp"),
        ("wool scrf", "wool scarf"),
        ("NAVY\u0000striped", "navy striped tee"),
        ("\u202eoak\u202c chair 👟", "oak chair"),
    ],
)
def test_the_item_that_a_text_names_is_first(search, text, first):
    response = search(text=text)
    assert titles(response)[0] == first
    assert response.json["strategy"] == "words_and_vector"
    assert "words" in response.json["items"][0]["foundBy"]


def test_a_misspelt_word_is_told_as_an_item_spells_it(search):
    assert search(text="wool scrf").json["didYouMean"] == "wool scarf"
    assert "didYouMean" not in search(text="wool scarf").json


def test_scores_fall_from_at_most_one(search):
    scores = [item["score"] for item in search(text="navy tee").json["items"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[-1] <= scores[0] <= 1


def test_an_image_alone_finds_by_its_vector(search, client, write):
    response = search(image=base64_of(image_bytes()))
    assert response.json["strategy"] == "vector"
    assert sorted(titles(response)) == sorted(product["title"] for product in SHELF)
    assert {channel for item in response.json["items"] for channel in item["foundBy"]} == {"vector"}


def test_an_image_finds_the_item_that_has_it(ingest, make_app, tmp_path):
    colours = {"red mug": (220, 10, 10), "blue mug": (10, 10, 220), "green mug": (10, 220, 10)}
    products = [make_product(name, title="mug", sku=name.split()[0]) for name in colours]
    (tmp_path / "images").mkdir(exist_ok=True)
    for name, colour in colours.items():
        (tmp_path / "images" / f"{name.split()[0]}.png").write_bytes(image_bytes(colour))
    assert ingest(products)[0] == 0
    client = make_app().test_client()
    for product, colour in zip(products, colours.values(), strict=True):
        body = {"shop": SHOP, "text": "mug", "image": base64_of(image_bytes(colour))}
        assert client.post("/v1/search", json=body).json["items"][0]["itemId"] == product["itemId"]


def test_a_taste_moves_what_is_near_it_up(search, shelf_app, tiny_bundle):
    state = shelf_app.extensions[EXTENSION_KEY].replica.shops[SHOP]
    linen = next(product["itemId"] for product in SHELF if product["title"] == "navy linen tee")
    vector = state.stored_of(np.array([state.row_of(linen)]))[0].tolist()
    space = load_bundle(tiny_bundle).space
    plain = titles(search(text="navy tee kelp"))
    personal = titles(search(text="navy tee kelp", taste={"vector": vector, "space": space}))
    assert personal.index("navy linen tee") <= plain.index("navy linen tee")
    assert personal[0] == "navy linen tee"
    other = search(text="navy", taste={"vector": vector, "space": "0" * 64})
    assert (other.status_code, other.json["code"], other.json["pointer"]) == (409, "space_mismatch", "/taste/space")
    short = search(text="navy", taste={"vector": [1.0], "space": space})
    assert (short.status_code, short.json["pointer"]) == (422, "/taste/vector")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"inStock": True}, {"navy striped tee"}),
        ({"priceMin": 25, "currency": "EUR"}, {"navy linen tee"}),
        ({"brands": ["volt"]}, set()),
        ({"category": ["Women", "Tops"]}, {"navy striped tee", "navy linen tee"}),
        ({"exclude": [SHELF[0]["itemId"]]}, {"navy linen tee"}),
    ],
)
def test_filters_hold_for_both_channels(search, filters, expected):
    response = search(text="navy tee", filters=filters)
    found = {item["title"] for item in response.json["items"] if "words" in item["foundBy"]}
    assert found == expected
    if "brands" in filters:
        assert titles(response) == ["steel lamp"]


def test_facets_count_what_matches(search):
    facets = search(text="navy tee", k=2).json["facets"]
    assert facets["brands"] == [{"value": "Kelp", "count": 2}]
    assert facets["categories"] == [{"value": ["Women"], "count": 2}]
    assert facets["availability"] == [{"value": "inStock", "count": 1}, {"value": "other", "count": 1}]
    assert facets["prices"] == [
        {"currency": "EUR", "min": 10, "max": 20, "count": 1},
        {"currency": "EUR", "min": 20, "max": 50, "count": 1},
    ]
    below = search(text="navy tee", k=2, filters={"category": ["Women"]}).json["facets"]
    assert below["categories"] == [{"value": ["Women", "Tops"], "count": 2}]
    assert "facets" not in search(text="navy", facets=False).json


def test_colours_and_sizes_are_counted_once_an_item(search, write):
    variants = [{"attributes": {"size": size, "color": "Red"}} for size in ("S", "M")]
    write("PUT", {"products": [make_product("plum coat", attributes={"color": "Red"}, variants=variants)]})
    facets = search(text="plum", k=1).json["facets"]
    assert facets["color"] == [{"value": "Red", "count": 1}]
    assert facets["size"] == [{"value": "M", "count": 1}, {"value": "S", "count": 1}]


@pytest.mark.parametrize(
    ("low", "high"), [(19.5, 29), (0, 0), (0.4, 1200), (1, 1), (10, 10), (999, 1001), (1e11, 9e11)]
)
def test_price_bands_hold_every_price(low, high):
    edges = _edges(low, high)
    assert edges == sorted(set(edges))
    assert edges[0] <= low
    assert edges[-1] > high


def test_total_counts_the_items_with_all_words(search):
    assert search(text="navy tee", k=1).json["total"] == 2
    assert search(text="navy linen tee", k=1).json["total"] == 1


def test_what_is_written_is_found_and_what_is_deleted_is_not(search, write):
    write("PUT", {"products": [make_product("teal kettle", mpn="KX-77")]})
    assert titles(search(text="kx77"))[0] == "teal kettle"
    write("PUT", {"products": [make_product("teal kettle", mpn="QZ-5")]})
    assert all(item["foundBy"] == ["vector"] for item in search(text="kx77").json["items"])
    write("DELETE", {"items": [{"shop": SHOP, "itemId": make_product("teal kettle")["itemId"]}]})
    assert "teal kettle" not in titles(search(text="teal kettle", k=100))


def test_damaged_rows_and_items_of_another_space_are_not_found(ingest, make_app, tmp_path):
    assert ingest(SHELF)[0] == 0
    catalogue = Catalogue(tmp_path / "data")
    catalogue.db.execute("UPDATE items SET card = '{}' WHERE item_id = ?", (SHELF[2]["itemId"],))
    catalogue.db.execute("UPDATE items SET space = 'other', row_sum = NULL WHERE item_id = ?", (SHELF[3]["itemId"],))
    assert len(catalogue.words.rows_with(SHOP, "oak")[0]) == len(catalogue.words.rows_with(SHOP, "lamp")[0]) == 1
    catalogue.close()
    client = make_app().test_client()
    found = titles(client.post("/v1/search", json={"shop": SHOP, "text": "oak chair steel lamp", "k": 100}))
    assert sorted(found) == ["navy linen tee", "navy striped tee", "wool scarf"]


def test_a_damaged_index_of_words_leaves_the_vectors(search, tmp_path):
    catalogue = Catalogue(tmp_path / "data")
    catalogue.db.execute("UPDATE words_data SET block = x'00ff00ff'")
    catalogue.close()
    assert {channel for item in search(text="oak chair").json["items"] for channel in item["foundBy"]} == {"vector"}


def bomb():
    """Return a PNG of a few kilobytes that says it has 40,000 x 40,000 pixels."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(10**6))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "  \n"}, "/text"),
        ({"text": "?!…"}, "/text"),
        ({"text": "\0\0"}, "/text"),
        ({"text": "👟"}, "/text"),
        ({"text": "\u202e\u200f"}, "/text"),
        ({"text": "a" * 10_000}, "/text"),
        ({"text": 5}, "/text"),
        ({"text": None}, "/text"),
        ({"image": ""}, "/image"),
        ({"image": "not base64"}, "/image"),
        ({"image": base64_of(b"not an image")}, "/image"),
        ({"image": base64_of(image_bytes()[:50])}, "/image"),
        ({"image": base64_of(bomb())}, "/image"),
        ({"image": 5}, "/image"),
        ({"text": "oak", "k": 0}, "/k"),
        ({"text": "oak", "k": 101}, "/k"),
        ({"text": "oak", "facets": "yes"}, "/facets"),
        ({"text": "oak", "filters": {"color": "red"}}, "/filters/color"),
        ({"text": "oak", "taste": [1.0]}, "/taste"),
        ({"text": "oak", "taste": {"vector": [1.0]}}, "/taste"),
        ({"text": "oak", "user": "me"}, "/user"),
    ],
)
def test_a_bad_search_is_refused_and_the_place_named(search, body, pointer):
    response = search(**body)
    assert (response.status_code, response.json["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    "text",
    ['"', "oak\" OR \"a", "NEAR(oak chair)", "title:oak", "oak*", "oak -chair", "AND", "(((", "'; DROP TABLE x; --",
     "שלום", "مرحبا بالعالم", "東京", "ผัดไทย", "a" * 500, "\ufffd\ufdd0 oak", "oak " * 120],
)  # fmt: skip
def test_odd_texts_are_answered_like_any_other(search, text):
    if any(c.isalnum() for c in text):
        assert search(text=text).status_code == 200
    assert titles(search(text="oak chair"))[0] == "oak chair"


def test_an_image_of_one_pixel_is_an_image(search):
    assert len(titles(search(image=base64_of(image_bytes(size=(1, 1)))))) == 5


def test_an_unknown_shop_is_told(search):
    assert search(shop="nowhere.example", text="oak").json["code"] == "unknown_shop"


def test_neither_logs_nor_metrics_hold_what_was_searched(search, client, caplog):
    caplog.set_level("DEBUG")
    search(text="secretword oak")
    search(text="secretword", k=0)
    assert "secretword" not in caplog.text
    metrics = client.get("/metrics").text
    assert "secretword" not in metrics
    assert f'carryover_searches_total{{shop="{SHOP}",strategy="words_and_vector"}} 1.0' in metrics


def test_weights_are_loaded_by_the_first_search_alone(shelf_app, client, search):
    encoder = shelf_app.extensions[EXTENSION_KEY].spaces.current.served.searches._encoder
    client.post("/v1/recommendations", json={"mode": "own", "shop": SHOP, "k": 3})
    assert not encoder._towers
    search(text="oak")
    assert encoder._towers
