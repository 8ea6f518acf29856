"""Tests of the shelf benchmark's own arithmetic, with answers worked out by hand."""

from benchmarks.shelf.__main__ import Draw, drawn, figures, large_catalogue, shuffled
from benchmarks.shelf.german_mall import NOUNS, in_german
from benchmarks.shelf.recorded_mall import RecordedShop, recorded_mall
from demo.mall.catalogue import build

# What both languages call alike.
SAME_IN_GERMAN = {"gold", "jeans", "khaki", "rucksack", "t-shirt", "vase"}


def draw(taste: str, source: str = "a", target: str = "b") -> Draw:
    return {"where": f"{source} > {target}", "taste": taste, "source": source, "target": target, "viewed": []}


def shop(*tastes: str, name: str = "a") -> RecordedShop:
    products = [{"url": f"https://{name}.example/{number}", "taste": taste} for number, taste in enumerate(tastes)]
    return {"origin": f"https://{name}.example", "answers": {}, "products": products}  # type: ignore[typeddict-item]


def test_figures_count_hits_of_ten_and_name_the_worst_taste() -> None:
    tastes = {str(number): "sea" if number < 10 else "night" for number in range(30)}
    sea, mixed = [str(number) for number in range(12)], [str(number) for number in range(5, 25)]
    found = figures([draw("sea"), draw("night"), draw("sea", "b", "a")], [sea, mixed, mixed], tastes)
    assert found["draws"] == 3
    assert found["hits"][0] == round((10 + 5 + 5) / 3, 3)
    assert found["withEightOrMore"][0] == 0.333
    assert found["worst"] == ["a > b night", 5]
    assert found["byDirection"] == {"a > b": 7.5, "b > a": 5}


def test_draws_are_of_one_taste_in_every_direction() -> None:
    mall = {"a": shop(*["sea"] * 7, *["night"] * 8), "b": shop(*["sea"] * 6, *["night"] * 6, name="b")}
    draws = drawn(mall, 2)
    assert len(draws) == 2 * 2 * 2
    assert {one["where"] for one in draws} == {"a > b", "b > a"}
    tastes = {product["url"]: product["taste"] for one in mall.values() for product in one["products"]}
    for one in draws:
        assert len(set(one["viewed"])) == 6
        assert {tastes[url] for url in one["viewed"]} == {one["taste"]}
        assert all(url.startswith(f"https://{one['source']}.") for url in one["viewed"])
    assert draws == drawn(mall, 2)


def test_draws_from_german_shops_end_in_english_ones() -> None:
    mall = {
        "a": shop("sea"),
        "b": shop("sea", name="b"),
        "a in German": shop(*["sea"] * 6),
        "b in German": shop(*["sea"] * 6),
    }
    found = {(one["source"], one["target"]) for one in drawn(mall, 1, " in German")}
    assert found == {("a in German", "b"), ("b in German", "a")}


def test_german_products_have_no_english_word_of_their_own() -> None:
    english = build(7)
    german = in_german(english)
    assert [one.url_path for one in german] == [one.url_path for one in english]
    for before, after in zip(english, german, strict=True):
        said = {
            word.lower() for text in (after.title, after.description, *after.category_path) for word in text.split()
        }
        own = {before.noun.split()[-1].lower(), before.colours[0].split()[-1].lower(), before.material.split()[0]}
        assert not own & said - SAME_IN_GERMAN, after.title
        assert after.category_path[-1] == NOUNS[before.category][1]


def test_shuffled_tastes_are_those_of_the_shop_in_another_order() -> None:
    mall = {"a": shop(*["sea"] * 20, *["night"] * 20)}
    true = {product["url"]: product["taste"] for product in mall["a"]["products"]}
    other = shuffled(mall, 7)
    assert sorted(other.values()) == sorted(true.values())
    assert other != true


def test_recorded_mall_answers_what_a_reading_asks_for() -> None:
    mall = recorded_mall(7)
    assert {len(one["products"]) for one in mall.values()} == {552}
    answers = mall["linden"]["answers"]["/wp-json/wc/store/v1/products?per_page=100&page=6"]
    assert (answers["status"], answers["headers"]["x-wp-total"]) == (200, "552")
    assert "/sitemap.xml" in mall["meridian"]["answers"]["/robots.txt"]["body"]
    page = mall["meridian"]["products"][0]["url"].removeprefix(mall["meridian"]["origin"])
    assert mall["meridian"]["answers"][page]["status"] == 200


def test_large_catalogue_has_as_many_products_as_it_says() -> None:
    cards = large_catalogue()
    assert len(cards) == 10_000
    assert len({card["title"] for card in cards}) > 5000
