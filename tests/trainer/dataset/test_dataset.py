import json

import numpy as np
import pytest

from tests.trainer.planted import product, write_products
from trainer.dataset.dataset import KINDS, make_interactions, read_dataset, read_interactions, read_products
from trainer.errors import DataError

HEADER = "user,shop,itemId,kind,time,weight\n"


@pytest.fixture
def products():
    return [product(number, f"Mug {number}") for number in range(4)]


def csv_of(tmp_path, text):
    path = tmp_path / "interactions.csv"
    path.write_text(text, encoding="utf-8")
    return path


def row(item, user="ann", kind="view", time="2026-03-01T10:00:00Z", weight=""):
    return f"{user},{item['shop']},{item['itemId']},{kind},{time},{weight}\n"


def test_dataset_is_sorted_by_user_and_time_and_counts_unknown_items(tmp_path, products):
    text = HEADER + "".join(
        [
            row(products[2], "bob", "purchase", "2026-03-02T00:00:00Z", "2.5"),
            row(products[1], "ann", "cart", "2026-03-01T12:00:00+02:00"),
            row(products[0], "ann", "view", "2026-03-01T09:00:00Z"),
            row(product(99, "not in the file"), "ann"),
        ]
    )
    dataset = read_dataset([write_products(tmp_path / "p.jsonl", products)], csv_of(tmp_path, text))
    found = dataset.interactions
    assert found.user_ids == ("ann", "bob")
    assert found.item_idx.tolist() == [0, 1, 2]
    assert [KINDS[kind] for kind in found.kind] == ["view", "cart", "purchase"]
    assert np.diff(found.time_days)[0] == pytest.approx(1 / 24)  # 12:00 at +02:00 is 10:00 UTC
    assert found.weight.tolist() == [1, 1, 2.5]
    assert found.ptr.tolist() == [0, 2, 3]
    assert dataset.num_unknown_items == 1
    assert dataset.item_keys[1] == f"linden.localhost/{products[1]['itemId']}"


def test_equal_times_keep_the_order_of_the_file():
    found = make_interactions(["u"] * 5, [4, 2, 3, 0, 1], [0] * 5, [1.0, 1, 0, 1, 0], [1.0] * 5)
    assert found.item_idx.tolist() == [3, 1, 4, 2, 0]


def test_a_subset_keeps_numbers_and_recounts_its_rows():
    found = make_interactions(list("aabbc"), [0, 1, 2, 3, 4], [0, 5, 0, 0, 0], [0.0, 1, 2, 3, 4], [1.0, 1, 1, 0, 1])
    assert found.is_liked.tolist() == [True, False, True, False, True]
    kept = found.select(found.is_liked)
    assert kept.ptr.tolist() == [0, 1, 2, 3]
    assert found.select(found.user_idx == 2).ptr.tolist() == [0, 0, 0, 1]


def test_csv_and_jsonl_give_the_same_rows(tmp_path, products):
    path = csv_of(tmp_path, "\ufeff" + HEADER + row(products[0], weight="3") + "\n" + row(products[1], "éva"))
    lines = [
        {"user": "ann", "shop": products[0]["shop"], "itemId": products[0]["itemId"], "kind": "view", "weight": 3},
        {"user": "éva", "shop": products[1]["shop"], "itemId": products[1]["itemId"], "kind": "view"},
    ]
    other = tmp_path / "interactions.jsonl"
    other.write_text("".join(json.dumps({**line, "time": "2026-03-01T10:00:00Z"}) + "\n\n" for line in lines))
    assert list(read_interactions(path)) == list(read_interactions(other))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "look"}, r":3: kind must be one of view, wishlist.*got 'look'"),
        ({"time": "yesterday"}, r":3: time must be a date and time with UTC offset.*'yesterday'"),
        ({"time": "2026-03-01T10:00:00"}, r":3: time must be .* with UTC offset"),
        ({"weight": "9"}, r":3: weight must be a number from 0 to 5, got '9'"),
        ({"weight": "nan"}, r":3: weight must be"),
        ({"user": ""}, r":3: user must be text, got ''"),
        ({"user": "a,b"}, r":3: expected 6 cells as in the header, got 7"),
    ],
)
def test_a_wrong_interaction_is_refused_with_its_line(tmp_path, products, change, message):
    path = csv_of(tmp_path, HEADER + row(products[0]) + row(products[0], **change))
    with pytest.raises(DataError, match=message):
        list(read_interactions(path))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("i.csv", "user,item\n", r"i.csv:1: the header must be user,shop,itemId,kind,time,weight"),
        ("i.jsonl", '{"user": 1}\n', r"i.jsonl:1: user must be text, got 1"),
        ("i.jsonl", "\n[]\n", r"i.jsonl:2: expected a JSON object"),
        ("i.jsonl", "{\n", r"i.jsonl:1: not JSON"),
        ("i.jsonl", '{"users": "a"}\n', r"i.jsonl:1: unknown column users"),
        ("i.parquet", "", r"i.parquet: cannot be read as Parquet"),
        ("i.txt", "", r"must be .csv, .jsonl or .parquet"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        list(read_interactions(tmp_path / name))


def test_products_keep_the_later_line_and_drop_listings(tmp_path, products):
    listing = {**product(7, "x"), "verdict": "listing"}
    newer = {**products[1], "title": "Mug, new"}
    path = write_products(tmp_path / "p.jsonl", [*products, listing])
    again = write_products(tmp_path / "q.jsonl", [newer])
    assert [p["title"] for p in read_products([path, again])] == ["Mug 0", "Mug, new", "Mug 2", "Mug 3"]


def test_a_wrong_product_is_refused_with_its_line_and_field(tmp_path, products):
    path = write_products(tmp_path / "p.jsonl", [products[0], {**products[1], "itemId": "short"}])
    with pytest.raises(DataError, match=r"p.jsonl:2: not a product: \$.itemId: 'short' does not match"):
        read_products([path])
    with pytest.raises(DataError, match=r"none.jsonl: cannot be read: No such file"):
        read_products([tmp_path / "none.jsonl"])


def test_interactions_without_a_known_product_name_both_ids(tmp_path, products):
    other = product(99, "x")
    path = csv_of(tmp_path, HEADER + row(other))
    with pytest.raises(DataError, match=f"none of its 1 interactions.*{other['itemId']}.*{products[0]['itemId']}"):
        read_dataset([write_products(tmp_path / "p.jsonl", products)], path)


def test_interactions_may_be_absent_only_where_not_needed(tmp_path, products):
    path, empty = write_products(tmp_path / "p.jsonl", products), csv_of(tmp_path, HEADER)
    with pytest.raises(DataError, match="expected interactions, found none in it"):
        read_dataset([path], empty)
    found = [read_dataset([path], each, needs_interactions=False) for each in (empty, None)]
    assert [(len(each.products), len(each.interactions)) for each in found] == [(len(products), 0)] * 2


def test_an_unclosed_quote_is_named_by_the_line_of_its_start(tmp_path, products):
    path = csv_of(tmp_path, HEADER + row(products[0]) + '"ann,' + row(products[0]) * 5)
    with pytest.raises(DataError, match=r":3: expected 6 cells as in the header, got 1"):
        list(read_interactions(path))


def test_the_hash_follows_the_content_of_both_files(tmp_path, products):
    def hashed(items, text):
        return read_dataset([write_products(tmp_path / "p.jsonl", items)], csv_of(tmp_path, HEADER + text)).data_hash

    one = hashed(products, row(products[0]))
    assert one == hashed(products, row(products[0]))
    assert len({one, hashed(products[:3], row(products[0])), hashed(products, row(products[1]))}) == 3
