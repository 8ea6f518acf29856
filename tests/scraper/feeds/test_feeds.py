"""Tests of feeds: hand-written answers of known meaning, and crawls of real servers that match their pages."""

import copy
import gzip
import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from benchmarks.crawl.feeds import compare, measure
from benchmarks.crawl.mall_process import MallProcess
from demo.mall.catalogue import build
from demo.mall.shops import open_shop
from kernel.contracts import contract
from scraper import extract_product
from scraper.commands.forget import forget
from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings, ShopSettings
from scraper.errors import InputError
from scraper.feeds.adapter import FeedContext, FeedTally
from scraper.feeds.merchant import Merchant
from scraper.feeds.merge import merged
from scraper.feeds.records import read_records
from scraper.feeds.shopify import Shopify
from scraper.feeds.woocommerce import WooCommerce

ORIGIN = "https://shop.example"
SHOPIFY_FIRST, WOO_FIRST = "/products.json?limit=250&page=1", "/wp-json/wc/store/v1/products?per_page=100&page=1"
CONTEXT = FeedContext(ORIGIN, "GBP", "2026-03-02T08:00:00+00:00")


def wires(adapter, body, context=CONTEXT, tally=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [product.to_wire() for product in adapter.products(body, context, tally or FeedTally())]


# Two shops of the mall, both ways


@pytest.fixture(scope="module")
def mall(tmp_path_factory):
    with MallProcess(tmp_path_factory.mktemp("mall"), 5) as mall:
        yield mall


@pytest.mark.parametrize("shop", ["harbor", "linden"])
def test_feed_and_pages_give_the_same_products(mall, tmp_path, shop):
    """The feed is crawled; the pages are read as they are, without a crawl."""
    before = mall.num_requests()
    by_feed = mall.crawl(tmp_path / "feed", "--pages", "never", shops=(shop,))
    assert mall.num_requests() - before < 12
    assert all(set(product["provenance"].values()) == {"feed"} for product in by_feed.values())
    products = [product for product in build(5) if product.shop == shop]
    front = open_shop(shop, products, mall.url(shop, ""))
    paths = [product.url_path for product in products]
    pages = [extract_product(front.respond(path, "").body, mall.url(shop, path)).to_wire() for path in paths]
    check_same(compare(by_feed, {page["url"]: page for page in pages}), shop)


@pytest.mark.long
def test_feed_and_crawled_pages_give_the_same_products(tmp_path):
    for shop, result in measure(tmp_path, seed=5).items():
        check_same(result, shop)
        assert result.feed_requests < 12 and result.page_requests > 600


def check_same(result, shop):
    true = [product for product in build(5) if product.shop == shop]
    # Harbor's feed has the colours that can be bought in sizes; its pages tell all colours of the thing.
    sized = [one for one in true if one.sizes and shop == "harbor"]
    narrower = sum(len(one.colours) > 1 + (one.number % 3 == 0) for one in sized)
    assert result.differing == ({"attributes": narrower} if narrower else {})
    assert result.by_feed == result.by_pages == len(true) == result.equal + narrower > 500
    assert (result.only_in_feed, result.only_on_pages) == (0, 0)
    # Agreement means something only where both say something.
    always = {"itemId", "url", "title", "price", "availability", "categoryPath", "description"}
    assert {name for name in always if result.compared[name] != len(true)} == set()
    images, brands = sum(one.has_image for one in true), sum(one.brand is not None for one in true)
    assert result.compared["images"] == images and result.compared["brand"] == brands


def test_a_comparison_sees_one_wrong_cent_and_one_missing_product():
    product = {"itemId": "1", "url": "u", "price": {"amount": "5.00", "amountText": "5"}, "images": ["a", "b"]}
    dearer = product | {"price": {"amount": "5.01"}}
    assert compare({"u": dearer}, {"u": product}).differing == {"price": 1}
    assert compare({"u": product | {"images": ["a"]}}, {"u": product}).differing == {"images": 1}
    assert compare({"u": product, "v": product}, {"u": product}).only_in_feed == 1


# Shopify

MUG = {
    "id": 1, "title": "Sea Mug", "handle": "sea-mug", "vendor": "Clayworks", "product_type": "Home > Kitchen",
    "body_html": "<p>Thrown &amp; glazed.</p><STYLE>p{}</STYLE ><script>x</script>By hand.<script>y",
    "options": [{"name": "Colour"}, {"name": "Size"}],
    "images": [{"src": "//cdn.shop.example/a.jpg?v=1"}, {"src": "https://cdn.shop.example/b.jpg"}],
    "variants": [
        {"id": 11, "sku": "M-1", "option1": "blue", "option2": "S", "price": "9.00", "compare_at_price": None,
         "available": False, "featured_image": None},
        {"id": 12, "sku": "M-2", "option1": "sand", "option2": "L", "price": "12.50", "compare_at_price": "15.00",
         "available": True, "barcode": "4006381333931", "featured_image": {"src": "https://cdn.shop.example/b.jpg"}},
    ],
}  # fmt: skip


def test_shopify_describes_the_product_as_its_page_opens():
    (mug,) = wires(Shopify(), {"products": [MUG]})
    assert mug["url"] == f"{ORIGIN}/products/sea-mug" and mug["shop"] == "shop.example"
    assert mug["price"] == {"amount": "12.50", "currency": "GBP", "amountText": "12.50"}
    assert mug["regularPrice"]["amount"] == "15.00" and mug["availability"] == "InStock"
    assert (mug["brand"], mug["categoryPath"]) == ("Clayworks", ["Home", "Kitchen"])
    assert mug["description"] == "Thrown & glazed. By hand."
    assert mug["images"] == ["https://cdn.shop.example/a.jpg?v=1", "https://cdn.shop.example/b.jpg"]
    assert set(mug["provenance"].values()) == {"feed"} and "sku" not in mug
    assert mug["attributes"] == {"color": "blue/sand"}
    first, second = mug["variants"]
    assert first["url"] == f"{ORIGIN}/products/sea-mug?variant=11" and first["availability"] == "OutOfStock"
    assert second["gtin"] == "04006381333931" and second["attributes"] == {"color": "sand", "size": "L"}
    assert (first["image"], second["image"]) == (mug["images"][0], mug["images"][1])


def test_shopify_single_variant_describes_the_product():
    variant = {"id": 1, "sku": "T", "option1": "Default Title", "price": "5", "available": False}
    row = {"title": "Tray", "handle": "tray", "variants": [variant], "options": [{"name": "Title"}]}
    (tray,) = wires(Shopify(), {"products": [row]}, replace(CONTEXT, currency=None))
    assert tray["sku"] == "T" and "variants" not in tray and "attributes" not in tray
    assert tray["availability"] == "OutOfStock" and tray["price"] == {"amount": "5", "amountText": "5"}


@pytest.mark.parametrize("body", [b"<html>Password</html>", b"{}", b"[]", b'{"products": []}', b'{"products": [1]}',
                                  b"[" * 100_000])  # fmt: skip
def test_other_answers_are_not_a_shopify_feed(body):
    assert Shopify().next_urls(ORIGIN + SHOPIFY_FIRST, body, {}) is None


@pytest.mark.parametrize(
    ("count", "page", "next_page"), [(250, 1, 2), (250, 7, 8), (249, 1, None), (30, 1, 2), (0, 3, None)]
)
def test_shopify_continues_after_a_full_page_and_ends_with_a_short_one(count, page, next_page):
    body = json.dumps({"products": [MUG] * count}).encode()
    urls = Shopify().next_urls(f"{ORIGIN}/products.json?limit=250&page={page}", body, {})
    assert urls == ((f"{ORIGIN}/products.json?limit=250&page={next_page}",) if next_page else ())


# WooCommerce


def woo(**more):
    prices = {"price": "1999", "regular_price": "2499", "currency_code": "USD", "currency_minor_unit": 2}
    return {
        "name": "Rug",
        "permalink": f"{ORIGIN}/product/rug/?utm_source=x",
        "prices": prices,
        "is_in_stock": True,
    } | more


@pytest.mark.parametrize(
    ("unit", "code", "amount"), [(2, "USD", "19.99"), (0, "JPY", "1999"), (3, "KWD", "1.999"), (9, "USD", None)]
)
def test_woocommerce_divides_by_its_own_minor_unit(unit, code, amount):
    row = woo(prices={"price": "1999", "regular_price": "1999", "currency_code": code, "currency_minor_unit": unit})
    (rug,) = wires(WooCommerce(), [row])
    assert rug.get("price", {}).get("amount") == amount and "regularPrice" not in rug
    assert rug["url"] == f"{ORIGIN}/product/rug/"


@pytest.mark.parametrize(
    ("more", "availability"),
    [({}, "InStock"), ({"is_in_stock": False}, "OutOfStock"), ({"low_stock_remaining": 2}, "LimitedAvailability"),
     ({"is_on_backorder": True}, "BackOrder")],
)  # fmt: skip
def test_woocommerce_stock(more, availability):
    assert wires(WooCommerce(), [woo(**more)])[0]["availability"] == availability


def test_woocommerce_categories_attributes_and_choices():
    category = [{"name": name, "link": f"{ORIGIN}/product-category/{path}/"}
                for name, path in [("Rugs", "home/rugs"), ("Sale", "sale"), ("Home", "home")]]  # fmt: skip
    term = {"name": "Extra Large", "slug": "xl"}
    attributes = [
        {"name": "Color", "has_variations": False, "terms": [{"name": "red"}, {"name": "white"}]},
        {"name": "Size", "has_variations": True, "terms": [term]},
    ]
    variations = [{"id": 1, "attributes": [{"name": "Size", "value": "xl"}]}]
    row = woo(categories=category, attributes=attributes, variations=variations, short_description="<p>Short.</p>",
              description="Long.", brands=[{"name": "Weft"}], average_rating="4.5", review_count=8)  # fmt: skip
    (rug,) = wires(WooCommerce(), [row])
    assert rug["categoryPath"] == ["Home", "Rugs"]
    assert rug["attributes"] == {"color": "red/white", "size": "Extra Large"}
    assert rug["variants"] == [{"attributes": {"size": "Extra Large"}}]
    assert (rug["description"], rug["brand"]) == ("Short.", "Weft")
    assert rug["rating"] == {"value": 4.5, "best": 5, "count": 8} and rug["regularPrice"]["amount"] == "24.99"


def test_woocommerce_pages_by_header_and_without_one_by_length():
    first, full = ORIGIN + WOO_FIRST, json.dumps([woo()] * 100).encode()
    second = (f"{ORIGIN}/wp-json/wc/store/v1/products?per_page=100&page=2",)
    one = json.dumps([woo()]).encode()
    assert WooCommerce().next_urls(first, one, {"x-wp-totalpages": "2"}) == second
    assert WooCommerce().next_urls(first, full, {"x-wp-totalpages": "1"}) == ()
    assert WooCommerce().next_urls(first, full, {}) == second and WooCommerce().next_urls(first, one, {}) == ()
    assert WooCommerce().next_urls(first, b'{"code":"rest_no_route"}', {}) is None


def test_foreign_items_and_items_without_address_are_counted():
    tally = FeedTally()
    rows = [woo(permalink="https://evil.example/p"), woo(permalink="javascript:1"), woo(permalink=7), woo(name="")]
    assert wires(WooCommerce(), rows, tally=tally) == []
    assert tally.skipped == {"other_shop": 1, "no_address": 2, "no_title": 1}


# Google Merchant data in three shapes

FIELDS = {
    "id": "K-1", "title": "Kettle", "description": "Boils.", "link": f"{ORIGIN}/kettle?gclid=1",
    "image_link": f"{ORIGIN}/k.jpg", "additional_image_link": f"{ORIGIN}/k2.jpg", "availability": "in_stock",
    "price": "1,299.00 EUR", "sale_price": "999.00 EUR", "brand": "Boyle", "gtin": "4006381333931", "mpn": "KB",
    "condition": "new", "product_type": "Home > Kitchen > Kettles", "color": "red", "age_group": "adult",
    "sale_price_effective_date": "2026-03-01T00:00+0100/2026-03-31T23:59+0100",
}  # fmt: skip


def rss(*items, head=""):
    def element(name, value):
        prefix = "" if name in ("title", "link", "description") else "g:"
        return f"<{prefix}{name}>{value.replace('&', '&amp;').replace('>', '&gt;')}</{prefix}{name}>"

    rows = "".join(f"<item>{''.join(element(*pair) for pair in item.items())}</item>" for item in items)
    channel = f"<channel><title>Feed</title><language>de-de</language>{rows}</channel>"
    return f'{head}<rss xmlns:g="http://base.google.com/ns/1.0">{channel}</rss>'.encode()


def atom(item):
    rest = "".join(f"<g:{n}>{v.replace('>', '&gt;')}</g:{n}>" for n, v in item.items() if n not in ("title", "link"))
    links = f'<link rel="self" href="{ORIGIN}/feed"/><link rel="alternate" href="{item["link"]}"/>'
    entry = f"<entry><title>{item['title']}</title>{links}{rest}</entry>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">{entry}</feed>'.encode()


def table(item, delimiter):
    names = [name.replace("_", " ") for name in item]
    return "\n".join([delimiter.join(names), delimiter.join(f'"{value}"' for value in item.values())]).encode(
        "utf-8", "replace"
    )


@pytest.mark.parametrize(
    "body", [rss(FIELDS), atom(FIELDS), table(FIELDS, "\t"), table(FIELDS, ","), gzip.compress(rss(FIELDS))],
    ids=["rss", "atom", "tsv", "csv", "gzip"],
)  # fmt: skip
def test_every_shape_of_merchant_data_gives_the_same_product(body):
    (kettle,) = wires(Merchant("feed"), body, replace(CONTEXT, currency=None))
    kettle.pop("language", None)
    kettle["provenance"].pop("language", None)
    assert set(kettle.pop("provenance").values()) == {"feed"}
    del kettle["itemId"]
    assert kettle == {
        "shop": "shop.example", "url": f"{ORIGIN}/kettle", "verdict": "product", "title": "Kettle",
        "description": "Boils.", "brand": "Boyle", "categoryPath": ["Kitchen", "Kettles"], "gtin": "04006381333931",
        "sku": "K-1", "mpn": "KB", "images": [f"{ORIGIN}/k.jpg", f"{ORIGIN}/k2.jpg"], "availability": "InStock",
        "price": {"amount": "999.00", "currency": "EUR", "amountText": "999.00 EUR"},
        "regularPrice": {"amount": "1299.00", "currency": "EUR", "amountText": "1,299.00 EUR"},
        "condition": "NewCondition", "attributes": {"ageGroup": "adult", "color": "red"},
        "fetchedAt": CONTEXT.fetched_at,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("period", "amount"),
    [("2026-03-01/2026-04-01", "999.00"), ("2025-03-01/2025-04-01", "1299.00"), ("soon", "1299.00")],
)
def test_a_sale_counts_only_while_it_is_on(period, amount):
    (kettle,) = wires(Merchant("feed"), rss(FIELDS | {"sale_price_effective_date": period}))
    assert kettle["price"]["amount"] == amount and ("regularPrice" in kettle) is (amount == "999.00")


def test_items_of_one_group_are_variants_of_one_product():
    sizes = [
        FIELDS | {"id": f"K-{size}", "item_group_id": "K", "size": size, "link": f"{ORIGIN}/kettle?size={size}",
                  "availability": stock}
        for size, stock in [("S", "out of stock"), ("L", "in stock")]
    ]  # fmt: skip
    other = FIELDS | {"id": "O", "link": f"{ORIGIN}/other", "title": "Other"}
    kettle, second = wires(Merchant("feed"), rss(*sizes, other))
    assert (kettle["url"], second["url"]) == (f"{ORIGIN}/kettle", f"{ORIGIN}/other")
    assert [(one["sku"], one["availability"], one["attributes"]["size"]) for one in kettle["variants"]] == [
        ("K-S", "OutOfStock", "S"), ("K-L", "InStock", "L"),
    ]  # fmt: skip
    assert kettle["availability"] == "InStock" and kettle["language"] == "de-DE" and "variants" not in second


def test_hostile_feeds_are_refused_and_broken_ones_give_earlier_items():
    entity = b'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + rss(FIELDS)
    deep = b"<rss><channel>" + b"<item>" * 5000
    assert Merchant("feed").next_urls("feed", entity, {}) is None
    for body in (entity, deep, b"\x1f\x8bnothing", b"name;price\n1;2\n", b""):
        with pytest.raises(InputError):
            list(read_records(body))
    tally = FeedTally()
    broken = rss(FIELDS, FIELDS | {"link": f"{ORIGIN}/2"})[:-40]
    assert [one["url"] for one in wires(Merchant("feed"), broken, tally=tally)][:1] == [f"{ORIGIN}/kettle"]
    assert "broken" in tally.problem
    tally = FeedTally()
    many = rss(*(FIELDS | {"link": f"{ORIGIN}/{number}"} for number in range(9)))
    assert len(wires(Merchant("feed"), many, replace(CONTEXT, max_items=4), tally)) == 4 and "first 4" in tally.problem


def test_text_between_items_is_skipped_and_an_endless_item_refused():
    noise = "<extra><deep>x</deep></extra>" * 5000
    body = (
        rss(FIELDS)
        .replace(b"<item>", noise.encode() + b"<item>")
        .replace(b"</channel>", noise.encode() + b"</channel>")
    )
    assert [record["title"] for record in read_records(body)] == [["Kettle"]]
    with pytest.raises(InputError, match="at most 10000 elements"):
        list(read_records(rss(FIELDS).replace(b"</item>", noise.encode() + b"</item>")))


def test_an_external_entity_is_never_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("very-secret")
    body = rss(FIELDS, head=f'<!DOCTYPE rss [<!ENTITY e SYSTEM "{secret.as_uri()}">]>')
    with pytest.raises(InputError, match="DOCTYPE"):
        list(read_records(body.replace(b"Boils.", b"&e;")))


JUNK = [
    None, True, -1, 10**4000, 1.5e300, float("nan"), "", "x" * 300_000, "\x00\ud800", "<script>" * 2000, "²", [], {},
    [[]] * 300, {"name": {"name": []}}, "https://[", "//", "../..?#", "a/b", "1e9", "9" * 400,
    [{"src": "x" * 3000}] * 90, [{"id": 10**30, "price": "-5", "available": "no", "option1": ["x"]}] * 300,
]  # fmt: skip


def damaged(value, dice):
    """Return the value with some of its parts replaced by junk."""
    if dice.random() < 0.12:
        return copy.deepcopy(dice.choice(JUNK))
    if isinstance(value, dict):
        return {key: damaged(part, dice) for key, part in value.items()}
    return [damaged(part, dice) for part in value] if isinstance(value, list) else value


def test_junk_in_a_feed_never_raises_or_breaks_the_contract():
    validator = Draft202012Validator(contract("product.schema.json"))
    dice = random.Random(5)
    term = {"name": "red", "slug": "red"}
    rug = woo(categories=[{"name": "A", "link": f"{ORIGIN}/a/"}], attributes=[{"name": "Color", "terms": [term]}],
              variations=[{"attributes": [{"name": "Color", "value": "red"}]}], brands=[{"name": "B"}],
              images=[{"src": f"{ORIGIN}/i.jpg"}], average_rating="4", review_count=2, sku="S")  # fmt: skip
    num_products = 0
    for _ in range(400):
        cells = {name: str(damaged(value, dice))[:50_000].replace('"', "") for name, value in FIELDS.items()}
        answers = [
            (Shopify(), json.dumps({"products": [damaged(MUG, dice), damaged(MUG, dice)]}).encode()),
            (WooCommerce(), json.dumps([damaged(rug, dice)]).encode()),
            (Merchant("feed"), table(cells, "\t")),
        ]
        for adapter, body in answers:
            for wire in wires(adapter, body):
                validator.validate(wire)
                num_products += 1
    assert num_products > 500


# A page and a feed together


def test_feed_completes_a_page_and_prices_never_mix():
    page = {"url": "u", "title": "Page", "price": {"amount": "5.00", "currency": "EUR"}, "attributes": {"color": "red"},
            "provenance": {"title": "json-ld", "price": "json-ld"}}  # fmt: skip
    feed = {"url": "u", "title": "Feed", "brand": "B", "price": {"amount": "6.00", "currency": "EUR"},
            "regularPrice": {"amount": "8.00", "currency": "EUR"}, "attributes": {"color": "x", "size": "L"},
            "provenance": dict.fromkeys(("title", "brand", "price", "regularPrice", "attributes"), "feed")}  # fmt: skip
    both = merged(page, feed)
    assert (both["title"], both["brand"], both["attributes"]) == ("Page", "B", {"color": "red", "size": "L"})
    assert both["price"]["amount"] == "5.00" and "regularPrice" not in both
    assert both["provenance"] == {"title": "json-ld", "price": "json-ld", "brand": "feed"}
    same = merged(page, feed | {"price": page["price"]})
    assert same["regularPrice"]["amount"] == "8.00"


# Whole crawls


@pytest.fixture
def settings(site, tmp_path):
    return CrawlSettings((site.url + "/",), tmp_path / "out", rate=500, pins={site.host: "127.0.0.1"}, read_timeout_s=5)


def rows(*numbers):
    return [MUG | {"handle": f"mug-{number}", "title": f"Mug {number}"} for number in numbers]


def add_json(site, path, value, **headers):
    site.add(path, json.dumps(value), Content_Type="application/json", **headers)


def titles(settings):
    lines = (settings.out / "products.jsonl").read_text().split("\n")
    return [json.loads(line)["title"] for line in lines if line]


def page_of(name, links=""):
    block = {"@type": "Product", "name": name, "sku": "P", "offers": {"price": "12.50", "priceCurrency": "GBP"}}
    return f'<script type="application/ld+json">{json.dumps(block)}</script><h1>{name}</h1>{links}'


def test_feed_covers_the_whole_shop_in_a_few_requests(site, settings):
    add_json(site, SHOPIFY_FIRST, {"products": rows(*range(250))})
    add_json(site, "/products.json?limit=250&page=2", {"products": rows(250, 251)})
    add_json(site, "/meta.json", {"currency": "GBP"})
    summary = crawl(settings)
    second = "/products.json?limit=250&page=2"
    assert sorted(site.paths) == sorted(["/robots.txt", SHOPIFY_FIRST, second, "/meta.json"])
    shop = summary["shops"][0]
    assert shop["feed"] == {"kind": "shopify", "answers": 2, "products": 252} and shop["finished"]
    assert (shop["pages"], shop["products"], shop["fieldCoverage"]["price"]) == (0, 252, 1.0)
    assert shop["queued"] == 0 and "stopped" not in shop


@pytest.mark.parametrize("status", [200, 404, 401])
def test_a_shop_without_a_feed_is_crawled_by_its_pages(site, settings, status):
    site.add(SHOPIFY_FIRST, "<html>our shop</html>", status=status)
    site.add("/", page_of("A"))
    summary = crawl(settings)
    assert titles(settings) == ["A"] and "feed" not in summary["shops"][0]
    assert site.paths.count(SHOPIFY_FIRST) == site.paths.count(WOO_FIRST) == 1


def test_a_server_that_fails_at_unknown_addresses_is_still_crawled(site, settings):
    for path in (SHOPIFY_FIRST, WOO_FIRST):
        site.add(path, "oops", status=500)
    site.add("/", page_of("A"))
    summary = crawl(settings)
    assert titles(settings) == ["A"] and "stopped" not in summary["shops"][0]
    assert site.paths.count(SHOPIFY_FIRST) == site.paths.count(WOO_FIRST) == 2


def test_feed_that_robots_txt_forbids_is_never_requested(site, settings):
    site.add("/robots.txt", "User-agent: *\nDisallow: /products.json\nDisallow: /wp-json\n")
    add_json(site, SHOPIFY_FIRST, {"products": rows(1)})
    site.add("/", page_of("A"))
    crawl(settings)
    assert titles(settings) == ["A"] and sorted(site.paths) == ["/", "/robots.txt", "/sitemap.xml"]


def test_start_page_gives_the_currency_and_is_fetched_once(site, settings):
    site.add("/robots.txt", "User-agent: *\nDisallow: /cart\nDisallow: /meta.json\n")
    add_json(site, SHOPIFY_FIRST, {"products": rows(1)})
    script = '<script>Shopify.currency = {"active":"SEK","rate":"1.0"};</script>'
    site.add("/", script + '<a href="/products/mug-1">m</a><a href="/products/page-only">p</a>')
    site.add("/products/mug-1", page_of("Mug 1"))
    site.add("/products/page-only", page_of("Page only"))
    crawl(settings)
    assert titles(settings) == ["Mug 1"]
    line = json.loads((settings.out / "products.jsonl").read_text())
    assert line["price"] == {"amount": "12.50", "currency": "SEK", "amountText": "12.50"}
    crawl(replace(settings, pages="always"))
    assert titles(settings) == ["Mug 1", "Page only"] and max(map(site.paths.count, site.paths)) == 1
    assert not {"/cart.js", "/meta.json"} & set(site.paths)


def test_truncated_feed_is_completed_by_pages(site, settings):
    add_json(site, SHOPIFY_FIRST, {"products": rows(*range(250))})
    add_json(site, "/meta.json", {"currency": "GBP"})
    site.add("/", '<a href="/products/mug-0">a</a><a href="/products/mug-250">b</a>')
    site.add("/products/mug-0", page_of("Mug 0"))
    site.add("/products/mug-250", page_of("Mug 250"))
    summary = crawl(settings)
    assert len(titles(settings)) == 251 and summary["shops"][0]["feed"]["answers"] == 1
    lines = (settings.out / "products.jsonl").read_text().split("\n")
    found = {one["title"]: one["provenance"] for one in (json.loads(line) for line in lines if line)}
    assert (found["Mug 0"]["sku"], found["Mug 0"]["variants"]) == ("json-ld", "feed")
    assert "feed" in found["Mug 249"].values() and "feed" not in found["Mug 250"].values()


def test_pages_never_reports_a_shop_without_a_feed(site, settings):
    summary = crawl(replace(settings, pages="never"))
    assert summary["shops"][0]["stopped"].startswith("no_feed") and "/" not in site.paths


def test_interrupted_feed_resumes_where_it_was(site, settings):
    second = "/products.json?limit=250&page=2"
    add_json(site, SHOPIFY_FIRST, {"products": rows(*range(250))})
    add_json(site, "/meta.json", {"currency": "GBP"})
    site.add(second, "", status=503, Retry_After="86400")
    assert crawl(settings)["shops"][0]["stopped"].startswith("asked_to_wait")
    add_json(site, second, {"products": rows(250)})
    site.requests.clear()
    assert crawl(settings)["products"] == 251
    assert second in site.paths and SHOPIFY_FIRST not in site.paths


def test_a_recrawl_asks_only_whether_the_feed_has_changed(site, settings):
    body = json.dumps({"products": rows(1, 2)}).encode()
    site.pages[SHOPIFY_FIRST] = lambda handler: (
        (304, {}, b"") if handler.headers.get("If-None-Match") == '"v"' else (200, {"ETag": '"v"'}, body)
    )
    add_json(site, "/meta.json", {"currency": "GBP"})
    first = crawl(settings)
    again = crawl(replace(settings, is_recrawl=True))
    assert titles(settings) == ["Mug 1", "Mug 2"] and first["products"] == again["products"]
    asked = [headers.get("If-None-Match") for path, headers in site.requests if path == SHOPIFY_FIRST]
    assert asked == [None, '"v"']
    body = json.dumps({"products": rows(2)}).encode()
    site.pages[SHOPIFY_FIRST] = (200, {}, body)
    last = crawl(replace(settings, is_recrawl=True))
    assert titles(settings) == ["Mug 2"] and last["shops"][0]["changes"] == {"gone": 1}


def test_a_feed_may_move_the_crawl_to_another_origin_of_its_shop(site, other_site, settings):
    target = other_site.url.replace("shop.test", "www.shop.test")
    site.add(SHOPIFY_FIRST, status=301, Location=target + SHOPIFY_FIRST)
    add_json(other_site, SHOPIFY_FIRST, {"products": rows(1)})
    add_json(other_site, "/meta.json", {"currency": "GBP"})
    summary = crawl(replace(settings, pins={"shop.test": "127.0.0.1", "www.shop.test": "127.0.0.1"}))
    assert summary["products"] == 1 and "/robots.txt" in other_site.paths
    assert json.loads((settings.out / "products.jsonl").read_text())["url"] == f"{target}/products/mug-1"


def test_a_forgotten_item_of_a_feed_is_not_reported_again(site, settings):
    add_json(site, SHOPIFY_FIRST, {"products": rows(1, 2)})
    add_json(site, "/meta.json", {"currency": "GBP"})
    crawl(settings)
    assert forget(f"{site.url}/products/mug-1", settings.out) > 0 and titles(settings) == ["Mug 2"]
    crawl(replace(settings, is_recrawl=True))
    assert titles(settings) == ["Mug 2"]


def own_feed(settings, feed):
    url = settings.shop_urls[0]
    shop = ShopSettings(url, rate=500, max_pages=100, feeds="auto", pages="never", feed=feed)
    return replace(settings, shops={url.rstrip("/"): shop})


def test_operators_feed_file_gives_products_and_is_read_again(site, settings, tmp_path):
    file = tmp_path / "feed.xml"
    for name in ("Kettle", "Teapot"):
        file.write_bytes(rss(FIELDS | {"title": name, "link": f"{site.url}/kettle"}))
        crawl(own_feed(settings, str(file)))
        assert titles(settings) == [name] and site.paths == []
    file.write_text("<html>no feed</html>")
    with pytest.raises(InputError, match=r"feed\.xml: expected a product feed"):
        crawl(own_feed(settings, str(file)))


def test_operators_feed_on_other_hosts_obeys_their_robots_txt(site, other_site, settings):
    feed = other_site.url.replace("shop.test", "feeds.test")
    pinned = replace(settings, pins={"shop.test": "127.0.0.1", "feeds.test": "127.0.0.1"})
    other_site.add("/old.xml", status=302, Location="/new.xml")
    other_site.pages["/new.xml"] = (200, {}, rss(FIELDS | {"link": f"{site.url}/kettle"}))
    other_site.add("/robots.txt", "User-agent: *\nDisallow: /secret\n")
    crawl(own_feed(pinned, f"{feed}/old.xml"))
    assert titles(settings) == ["Kettle"] and other_site.paths == ["/robots.txt", "/old.xml", "/new.xml"]
    refused = replace(own_feed(pinned, f"{feed}/secret.xml"), out=settings.out.parent / "second")
    assert crawl(refused)["shops"][0]["stopped"].startswith("no_feed") and "/secret.xml" not in other_site.paths


def test_prices_of_the_mall_are_the_catalogues():
    """Compare the feed with the true catalogue, not only with the pages."""
    products = build(5)
    shop = open_shop("linden", products, ORIGIN)
    body = shop.respond("/wp-json/wc/store/v1/products", "per_page=100&page=2").body
    true = {f"{ORIGIN}{one.url_path}": one for one in products if one.shop == "linden"}
    found = wires(WooCommerce(), body)
    assert len(found) == 100
    for one in found:
        product = true[one["url"]]
        assert (Decimal(one["price"]["amount"]), one["availability"]) == (product.price, product.availability)
