"""The three storefronts: pages, feeds, sitemaps and markup tell one story, and never the hidden label."""

import json
import re
from decimal import Decimal
from io import BytesIO

import extruct
import pytest
from lxml import html
from PIL import Image

from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.shops import open_shop
from demo.mall.shops.harbor import is_broken
from demo.mall.shops.storefront import Storefront
from demo.mall.tastes import TASTES
from tests.demo.conftest import ORIGINS, SEED

Shops = dict[str, Storefront]
Pages = dict[str, dict[str, str]]


def _of(products: list[DemoProduct], shop: str) -> list[DemoProduct]:
    return [product for product in products if product.shop == shop]


def _harbor_feed(shop: Storefront) -> list[dict]:
    rows: list[dict] = []
    for page in range(1, 20):
        part = json.loads(shop.respond("/products.json", f"limit=250&page={page}").body)["products"]
        rows += part
        if len(part) < 250:
            return rows
    raise AssertionError("the feed never ends")


def _linden_feed(shop: Storefront) -> list[dict]:
    first = shop.respond("/wp-json/wc/store/v1/products", "per_page=100&page=1")
    rows = json.loads(first.body)
    for page in range(2, int(first.headers["X-WP-TotalPages"]) + 1):
        rows += json.loads(shop.respond("/wp-json/wc/store/v1/products", f"per_page=100&page={page}").body)
    return rows


def _meridian_state(page: str) -> dict:
    if found := re.search(r'<script id="__NEXT_DATA__" type="application/json">(.*?)</script>', page, re.S):
        return json.loads(found[1])["props"]["pageProps"]
    found = re.search(r"window\.__STATE__ = (.*?);</script>", page, re.S)
    assert found
    return json.loads(found[1])


def test_pages_feeds_and_images_are_the_same_bytes_for_the_same_seed(shops: Shops, products: list[DemoProduct]) -> None:
    from demo.mall.catalogue import _build

    _build.cache_clear()
    for shop in SHOPS:
        again = open_shop(shop, build(SEED), ORIGINS[shop])
        sample = _of(products, shop)[::60]
        paths = ["/", "/sitemap.xml", *(product.url_path for product in sample)]
        paths += [again.image_path(product, 400).partition("?")[0] for product in sample if product.has_image]
        for path in paths:
            assert again.respond(path, "") == shops[shop].respond(path, "")


def test_no_served_byte_names_a_taste(shops: Shops, pages: Pages, products: list[DemoProduct]) -> None:
    labels = re.compile("|".join(re.escape(taste.key) for taste in TASTES) + r"|\btaste\b", re.I)
    texts = [text for shop in SHOPS for text in pages[shop].values()]
    texts += [json.dumps(_harbor_feed(shops["harbor"])), json.dumps(_linden_feed(shops["linden"]))]
    for shop in shops.values():
        texts += [
            shop.respond(path, "").body.decode()
            for path in ("/", "/robots.txt", "/sitemap.xml", "/theme.css", "/nowhere")
        ]
        texts += [shop.respond(listing.path, "").body.decode() for listing in shop.listings.values()]
        texts += [shop.image_path(product, 400) for product in _of(products, shop.key)]
    assert len(texts) > 3000
    assert [found.group() for text in texts if (found := labels.search(text))] == []


def test_sitemaps_list_exactly_the_products(shops: Shops, products: list[DemoProduct]) -> None:
    for key, shop in shops.items():
        text = shop.respond("/sitemap.xml", "").body.decode()
        if "<sitemapindex" in text:
            parts = [
                loc.replace("&amp;", "&").removeprefix(shop.origin) for loc in re.findall("<loc>(.*?)</loc>", text)
            ]
            text = "".join(shop.respond(*part.split("?")).body.decode() for part in parts)
        listed = re.findall("<loc>(.*?)</loc>", text)
        assert sorted(listed) == sorted(shop.origin + product.url_path for product in _of(products, key))


def test_exactly_one_shop_has_a_sitemap_index(shops: Shops) -> None:
    assert ["<sitemapindex" in shop.respond("/sitemap.xml", "").body.decode() for shop in shops.values()].count(
        True
    ) == 1


def test_robots_forbids_visitor_pages_and_names_the_sitemap(shops: Shops) -> None:
    for shop in shops.values():
        text = shop.respond("/robots.txt", "").body.decode()
        assert f"Sitemap: {shop.origin}/sitemap.xml" in text
        for path in (shop.cart_path, shop.account_path, shop.search_path):
            assert f"Disallow: {path}\n" in text
            assert shop.respond(path, "").status == 200


def test_harbor_feed_agrees_with_its_products(shops: Shops, products: list[DemoProduct]) -> None:
    rows = {row["handle"]: row for row in _harbor_feed(shops["harbor"])}
    expected = _of(products, "harbor")
    assert len(rows) == len(expected)
    for product in expected:
        row = rows[product.handle]
        assert row["title"] == product.title
        assert {Decimal(variant["price"]) for variant in row["variants"]} == {product.price}
        assert any(variant["available"] for variant in row["variants"]) is not product.is_sold_out


def test_linden_feed_gives_minor_units_that_agree_with_the_page(
    shops: Shops, pages: Pages, products: list[DemoProduct]
) -> None:
    rows = {row["slug"]: row for row in _linden_feed(shops["linden"])}
    expected = _of(products, "linden")
    assert len(rows) == len(expected)
    for product in expected:
        prices = rows[product.handle]["prices"]
        shown = html.fromstring(pages["linden"][product.url_path]).xpath('//*[@itemprop="price"]/@content')
        assert shown == [str(product.price)]
        assert Decimal(prices["price"]).scaleb(-prices["currency_minor_unit"]) == Decimal(shown[0])
        assert prices["currency_code"] == "USD"
        assert rows[product.handle]["on_sale"] is (product.regular_price is not None)
        assert rows[product.handle]["is_in_stock"] is not product.is_sold_out


def test_harbor_says_its_currency_where_shopify_does(shops: Shops, products: list[DemoProduct]) -> None:
    shop = shops["harbor"]
    assert json.loads(shop.respond("/meta.json", "").body)["currency"] == "GBP"
    assert "GBP" not in shop.respond("/products.json", "limit=250&page=1").body.decode()
    assert {product.availability for product in _of(products, "harbor")} == {"InStock", "OutOfStock"}


def test_linden_feed_names_every_choice_of_size(shops: Shops, products: list[DemoProduct]) -> None:
    rows = {row["slug"]: row for row in _linden_feed(shops["linden"])}
    for product in _of(products, "linden"):
        row = rows[product.handle]
        sizes = next((part["terms"] for part in row["attributes"] if part["name"] == "Size"), [])
        names = {term["slug"]: term["name"] for term in sizes}
        chosen = [names[part["value"]] for one in row["variations"] for part in one["attributes"]]
        assert chosen == list(product.sizes)
    answer = shops["linden"].respond("/wp-json/wc/store/v1/products", "per_page=1")
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_linden_feed_refuses_an_oversized_page(shops: Shops) -> None:
    assert shops["linden"].respond("/wp-json/wc/store/v1/products", "per_page=101").status == 400


def test_meridian_state_open_graph_and_visible_price_agree(pages: Pages, products: list[DemoProduct]) -> None:
    ways = set()
    for product in _of(products, "meridian"):
        page = pages["meridian"][product.url_path]
        ways.add("__NEXT_DATA__" in page)
        document = html.fromstring(page)
        state = _meridian_state(page)["product"]
        assert state["price"]["centAmount"] == int(product.price * 100)
        assert document.xpath('//meta[@property="product:price:amount"]/@content') == [str(product.price)]
        visible = document.xpath('string(//*[@class="now"])')
        assert visible == state["price"]["formatted"]
        assert Decimal(visible.removesuffix(" €").replace(".", "").replace(",", ".")) == product.price
        assert state["inStock"] is not product.is_sold_out
        assert (
            document.xpath('//meta[@property="product:availability"]/@content') == ["out of stock"]
        ) is product.is_sold_out
        assert ("Sold out" in document.xpath('string(//*[@class="avail"])')) is product.is_sold_out
    assert ways == {True, False}


@pytest.mark.parametrize(("amount", "written"), [("49.90", "49,90 €"), ("1234.50", "1.234,50 €"), ("0.95", "0,95 €")])
def test_meridian_writes_prices_in_the_european_way(shops: Shops, amount: str, written: str) -> None:
    assert shops["meridian"].money(Decimal(amount)) == written


def _harbor_json_ld(page: str) -> str:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert found
    return found[1]


def test_harbor_json_ld_says_price_stock_and_trail(pages: Pages, products: list[DemoProduct]) -> None:
    kinds = set()
    for product in _of(products, "harbor"):
        if is_broken(product):
            continue
        trail, node = json.loads(_harbor_json_ld(pages["harbor"][product.url_path]))["@graph"]
        kinds.add(node["@type"])
        offers = (
            [variant["offers"] for variant in node["hasVariant"]]
            if node["@type"] == "ProductGroup"
            else [node["offers"]]
        )
        assert {offer["price"] for offer in offers} == {str(product.price)}
        assert all(offer["availability"].endswith("OutOfStock") for offer in offers) is product.is_sold_out
        assert [step["name"] for step in trail["itemListElement"]] == ["Home", *product.category_path, product.title]
        assert node.get("gtin13") == product.gtin
    assert kinds == {"Product", "ProductGroup"}


def test_harbor_has_pages_whose_json_ld_is_broken_beside_sound_open_graph(
    pages: Pages, products: list[DemoProduct]
) -> None:
    broken = [product for product in _of(products, "harbor") if is_broken(product)]
    assert len(broken) >= 1
    for product in broken:
        page = pages["harbor"][product.url_path]
        with pytest.raises(json.JSONDecodeError):
            json.loads(_harbor_json_ld(page))
        assert html.fromstring(page).xpath('//meta[@property="og:price:amount"]/@content') == [str(product.price)]


def test_linden_microdata_is_whole_for_an_independent_reader(pages: Pages, products: list[DemoProduct]) -> None:
    """extruct, which knows nothing of this project, must find every field; with and without itemref."""
    for product in _of(products, "linden")[:40]:
        items = extruct.extract(pages["linden"][product.url_path], syntaxes=["microdata"], uniform=True)["microdata"]
        (item,) = [item for item in items if item["@type"] == "Product"]
        assert item["name"] == product.title
        assert item["description"] == product.description
        assert item["offers"]["price"] == str(product.price)
        assert item["offers"]["availability"].endswith(f"/{product.availability}")
        assert item.get("brand", {}).get("name") == product.brand
        assert item.get("aggregateRating", {}).get("ratingValue") == (str(product.rating) if product.rating else None)


def test_review_authors_are_in_the_markup(pages: Pages, products: list[DemoProduct]) -> None:
    for shop in SHOPS:
        product = next(product for product in _of(products, shop) if product.reviews and not is_broken(product))
        assert product.reviews[0].author in pages[shop][product.url_path]


def test_the_main_product_is_not_alone_on_its_page(shops: Shops, products: list[DemoProduct]) -> None:
    for product in products[::50]:
        related = shops[product.shop].related(product)
        assert len(related) == 6
        assert len({other.sku for other in related}) == 6
        assert product not in related


def test_category_pages_link_all_products_canonically_and_by_page(shops: Shops) -> None:
    for shop in shops.values():
        for listing in shop.listings.values():
            linked: set[str] = set()
            for page in range(1, 40):
                path, _, query = shop.page_path(listing, page).partition("?")
                answer = shop.respond(path, query)
                if answer.status == 404:
                    break
                document = html.fromstring(answer.body)
                assert document.xpath('//link[@rel="canonical"]/@href') == [shop.origin + shop.page_path(listing, page)]
                linked |= {href.split("?")[0] for href in document.xpath("//main//a/@href")}
            assert {product.url_path for product in listing.products} <= linked


def test_some_links_carry_tracking_and_every_canonical_is_clean(shops: Shops, pages: Pages) -> None:
    for key, shop in shops.items():
        assert re.search(r'href="[^"]+\?(ref|utm_)', shop.respond("/", "").body.decode())
        for path, page in pages[key].items():
            assert f'<link rel="canonical" href="{shop.origin}{path}">' in page


@pytest.mark.parametrize(
    "path", ["/nowhere", "/products/", "/product/none/", "/p/1-none", "/..%2f..%2fetc/passwd", "/collections/none"]
)
def test_unknown_paths_are_404_with_a_page(shops: Shops, path: str) -> None:
    for shop in shops.values():
        answer = shop.respond(path, "")
        assert answer.status == 404
        assert b"Page not found" in answer.body


@pytest.mark.parametrize("query", ["page=0", "page=99", "page=x", "page=-1", "page=99999999999999999999"])
def test_a_page_number_outside_the_listing_is_404(shops: Shops, query: str) -> None:
    assert shops["harbor"].respond("/collections/all", query).status == 404


def test_images_are_what_the_page_says(shops: Shops, products: list[DemoProduct]) -> None:
    formats = {"harbor": "JPEG", "linden": "PNG", "meridian": "WEBP"}
    for shop in SHOPS:
        product = next(product for product in _of(products, shop) if product.has_image)
        for size in (200, 400):
            answer = shops[shop].respond(shops[shop].image_path(product, size).partition("?")[0], "")
            image = Image.open(BytesIO(answer.body))
            assert (image.format, image.size) == (formats[shop], (size, size))
            assert answer.content_type == f"image/{formats[shop].lower()}"


def test_images_of_unlike_products_differ_and_are_not_blank(shops: Shops, products: list[DemoProduct]) -> None:
    sample = [product for product in _of(products, "meridian") if product.has_image][:60]
    bodies = [shops["meridian"].respond(shops["meridian"].image_path(product, 200), "").body for product in sample]
    assert len(set(bodies)) >= 50
    for body in bodies:
        assert len(Image.open(BytesIO(body)).convert("L").resize((64, 64)).getcolors(4096) or []) > 20


def test_a_product_without_image_has_no_image_anywhere(shops: Shops, pages: Pages, products: list[DemoProduct]) -> None:
    for shop in SHOPS:
        product = next(product for product in _of(products, shop) if not product.has_image)
        assert shops[shop].respond(shops[shop].image_path(product, 400).partition("?")[0], "").status == 404
        assert shops[shop].image_path(product, 400) not in pages[shop][product.url_path]


def test_every_category_has_a_silhouette_of_its_own() -> None:
    from demo.mall.drawings.silhouettes import SILHOUETTES
    from demo.mall.vocabulary import CATEGORIES

    assert set(SILHOUETTES) == set(CATEGORIES)
    assert len(set(SILHOUETTES.values())) == len(SILHOUETTES)
