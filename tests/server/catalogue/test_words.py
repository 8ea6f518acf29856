"""The index of words: it follows what is written and deleted, and is built for what was there before."""

import numpy as np
import orjson
import pytest
from shelf import make_product

from server.catalogue.card import card_of
from server.catalogue.database import Catalogue, Item

SHOP = "harbor.example"


def item(name, **changes):
    product = make_product(name, **changes)
    return Item(product["shop"], product["itemId"], orjson.dumps(product), card_of(product), 0,
                np.ones(4, dtype=np.float32) / 2, "space", "hash", "key", has_image=False)  # fmt: skip


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path)
    yield opened
    opened.close()


def titles(catalogue, term, shop=SHOP, **how):
    labels = catalogue.words.rows_with(shop, term, **how)[0].tolist()
    rows = [catalogue.db.execute("SELECT product FROM items WHERE label = ?", (label,)).fetchone() for label in labels]
    return {orjson.loads(row[0])["title"] for row in rows}


def test_an_item_is_found_by_the_terms_of_every_text(catalogue):
    texts = {"brand": "Volt", "categoryPath": ["Home", "Lights"], "description": "For reading.",
             "attributes": {"color": "Silver"}}  # fmt: skip
    codes = {"sku": "AB-12", "mpn": "L5X", "gtin": "04006381333931", "variants": [{"sku": "AB-13"}]}
    lamp = item("steel lamp", **texts, **codes)
    catalogue.write([lamp, item("oak chair")])
    for term in ("steel", "volt", "light", "ab12", "l5x", "4006381333931", "silver", "reading", "ab13"):
        assert titles(catalogue, term) == {"steel lamp"}, term
    assert titles(catalogue, "ab", is_prefix=True) == {"steel lamp"}
    assert titles(catalogue, "absent") == set()


def test_a_replaced_and_a_deleted_item_are_found_no_more(catalogue):
    catalogue.write([item("steel lamp", brand="Volt"), item("oak chair")])
    catalogue.write([item("steel lamp", brand="Ohm")])
    assert titles(catalogue, "volt") == set()
    assert titles(catalogue, "ohm") == {"steel lamp"}
    catalogue.delete([(SHOP, make_product("oak chair")["itemId"])])
    assert len(catalogue.words.rows_with(SHOP, "oak")[0]) == 0
    assert catalogue.words.known(SHOP, "oa", 10) == []


def test_a_write_that_fails_leaves_no_words(catalogue):
    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catalogue.write([item("steel lamp")], fail)
    assert len(catalogue.words.rows_with(SHOP, "steel")[0]) == 0


def test_a_shop_whose_first_write_failed_gets_no_other_shops_terms(catalogue):
    def fail():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catalogue.write([item("steel lamp"), item("steel pan")], fail)
    catalogue.write([item("oak chair", shop="other.example")])
    catalogue.write([item("tin mug")])
    assert catalogue.words.known(SHOP, "", 10) == [("mug", 1), ("tin", 1)]
    assert catalogue.words.known("other.example", "", 10) == [("chair", 1), ("oak", 1)]


def test_shops_share_no_terms(catalogue):
    catalogue.write([item("steel lamp"), item("steel pan", shop="other.example")])
    assert titles(catalogue, "steel") == {"steel lamp"}
    assert titles(catalogue, "steel", "other.example") == {"steel pan"}
    assert titles(catalogue, "steel", "nowhere.example") == set()
    assert catalogue.words.known("other.example", "", 10) == [("pan", 1), ("steel", 1)]


def test_a_term_weighs_more_in_a_title_than_in_a_description(catalogue):
    catalogue.write([item("steel lamp"), item("oak chair", description="legs of steel"), item("mug"), item("cup")])
    labels, weights = catalogue.words.rows_with(SHOP, "steel")
    assert labels.tolist() == [1, 2]
    assert weights[0] > 2 * weights[1] > 0


def test_a_weight_does_not_depend_on_how_many_other_shops_there_are(catalogue):
    catalogue.write([item("steel lamp"), item("oak chair")])
    before = catalogue.words.rows_with(SHOP, "steel")[1]
    catalogue.write([item(f"steel part {i}", shop="other.example") for i in range(50)])
    assert catalogue.words.rows_with(SHOP, "steel")[1] == pytest.approx(before, rel=0.3)


def test_catalogues_of_earlier_versions_are_indexed_afterwards(tmp_path):
    catalogue = Catalogue(tmp_path)
    catalogue.write([item(f"steel lamp {i}") for i in range(1200)])
    for table in ("words_terms", "words", "words_rules", "words_shops"):
        catalogue.db.execute(f"DROP TABLE {table}")
    catalogue.close()
    catalogue = Catalogue(tmp_path)
    assert titles(catalogue, "lamp") == set()
    sizes = [catalogue.fill_words() for _ in range(5)]
    assert sizes == [500, 500, 200, 0, 0]
    assert len(titles(catalogue, "lamp")) == 1200
    catalogue.close()


def test_a_damaged_product_costs_its_own_words_alone(catalogue):
    catalogue.write([item("steel lamp"), item("steel pan")])
    catalogue.db.execute("UPDATE items SET product = 'not what it was' WHERE label = 1")
    with catalogue.transaction():
        catalogue.words.make_again()
    while catalogue.fill_words():
        pass
    assert catalogue.words.rows_with(SHOP, "steel")[0].tolist() == [2]


def test_a_damaged_index_is_built_again_and_writes_continue(catalogue):
    catalogue.write([item("steel lamp"), item("oak chair")])
    catalogue.db.execute("UPDATE words_data SET block = x'00ff00ff'")
    assert titles(catalogue, "steel") == set()
    catalogue.delete([(SHOP, make_product("oak chair")["itemId"])])
    while catalogue.fill_words():
        pass
    assert titles(catalogue, "steel") == {"steel lamp"}
    assert titles(catalogue, "oak") == set()
