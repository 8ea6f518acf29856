"""schema.org items, whatever syntax they came in, as Candidates: which one is the main product, and what it says."""

import re
from collections.abc import Iterable, Iterator

from scraper import breadcrumbs
from scraper.candidate import Candidate
from scraper.document import Page
from scraper.gtin import normalise_gtin
from scraper.items import Item, as_list, has_type, resolve_references, text_of, texts_of, types_of
from scraper.offers import Offers, read_offers
from scraper.opinions import rating_of, reviews_of
from scraper.product import Syntax, Variant
from scraper.text import clean
from scraper.words import condition_of

PRODUCT_TYPES = frozenset(("product", "productgroup", "productmodel", "individualproduct", "someproducts"))
# Types that are for sale only where they carry an offer.
SELLABLE_TYPES = frozenset(("book", "vehicle", "car", "motorcycle", "movie", "musicalbum", "videogame", "drug"))
LIST_TYPES = frozenset(("itemlist", "offercatalog", "collectionpage", "searchresultspage"))
GTIN_KEYS = ("gtin13", "gtin", "gtin14", "gtin12", "gtin8", "ean", "isbn", "productID")
MAX_VARIANTS = 250
MAX_IMAGES = 30

__all__ = ["Item", "candidates_of_items"]


def candidates_of_items(items: list[Item], page: Page, syntax: Syntax) -> list[Candidate]:
    """Return the main product first, then other items about the same product; one bare Candidate without a product."""
    items = resolve_references(items)
    products = list(_top_products(items))
    category_path = breadcrumbs.of_items(items, page)
    num_products = len(products) + sum(len(as_list(item.get("itemListElement"))) for item in items if _is_list(item))
    ranked = _same_product(products, page)
    if not ranked:
        if not category_path and not num_products:
            return []
        return [Candidate(syntax, num_products=num_products, category_path=category_path)]
    return [_candidate(item, page, syntax, num_products, category_path) for item in ranked]


def _is_list(item: Item) -> bool:
    return bool(types_of(item) & LIST_TYPES)


def is_product(item: Item) -> bool:
    """Whether the item is a schema.org Product, or another thing with an offer."""
    types = types_of(item)
    return bool(types & PRODUCT_TYPES) or (bool(types & SELLABLE_TYPES) and "offers" in item)


def _top_products(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if is_product(item):
            if not any(isinstance(part, dict) and is_product(part) for part in as_list(item.get("isVariantOf"))):
                yield item
            else:
                yield from _group_of(item)
        elif has_type(item, "Offer"):
            offered = [part for part in as_list(item.get("itemOffered")) if isinstance(part, dict) and is_product(part)]
            yield from ({**part, "offers": part.get("offers", item)} for part in offered[:1])
        elif not _is_list(item):
            main = [part for part in as_list(item.get("mainEntity")) if isinstance(part, dict) and is_product(part)]
            yield from main


def _group_of(item: Item) -> Iterator[Item]:
    """A variant at top level stands for itself, with what its group says filled in."""
    group = next(part for part in as_list(item.get("isVariantOf")) if isinstance(part, dict) and is_product(part))
    yield {**{key: value for key, value in group.items() if key != "hasVariant"}, **item}


def _same_product(products: list[Item], page: Page) -> list[Item]:
    """Return the items about the page's own product, best first; none where the page is a list of products."""
    if not products:
        return []
    scores = [_score(item, page) for item in products]
    best = max(range(len(products)), key=lambda index: (scores[index], -index))
    names = {_key(text_of(item.get("name"))) for item in products}
    if scores[best] < 2 and len(names) >= 3:
        return []
    main = products[best]
    name = _key(text_of(main.get("name")))
    others = [item for item in products if item is not main and name and _key(text_of(item.get("name"))) == name]
    return [main, *others]


def _score(item: Item, page: Page) -> int:
    """How surely this is the page's own product: by address, then by name, then by having an offer."""
    urls = {page.absolute(text_of(item.get(key))) for key in ("url", "@id", "mainEntityOfPage") if item.get(key)}
    by_url = 4 if page.addresses & {url for url in urls if url} else 0
    name = _key(text_of(item.get("name")))
    by_name = 2 if name and any(name == _key(text) for text in page.headings) else 0
    return by_url + by_name + (1 if "offers" in item or "hasVariant" in item else 0)


def _key(text: str | None) -> str:
    return re.sub(r"\W+", "", (text or "").lower())


def _candidate(item: Item, page: Page, syntax: Syntax, num_products: int, crumbs: tuple[str, ...]) -> Candidate:
    variants = _variants(item, page)
    offers = read_offers(item, page, [variant for variant, _ in variants])
    return Candidate(
        syntax=syntax,
        is_product=True,
        num_products=num_products,
        title=clean(text_of(item.get("name")), 500),
        description=clean(text_of(item.get("description")), 5000),
        brand=_brand(item),
        category_path=crumbs or breadcrumbs.of_category(item.get("category")),
        gtin=_gtin(item, page),
        sku=_code(item, "sku"),
        mpn=_code(item, "mpn"),
        images=_images(item, page),
        price=offers.price,
        regular_price=offers.regular_price,
        availability=offers.availability,
        condition=condition_of(text_of(item.get("itemCondition"))) or offers.condition,
        rating=rating_of(item.get("aggregateRating"), counted=True),
        attributes=attributes_of(item),
        variants=tuple(variant for _, variant in variants) or offers.variants,
        reviews=reviews_of([*as_list(item.get("review")), *as_list(item.get("reviews"))]),
    )


def _brand(item: Item) -> str | None:
    for key in ("brand", "manufacturer"):
        for value in as_list(item.get(key)):
            if brand := clean(text_of(value), 200):
                return brand
    return None


def _code(item: Item, key: str) -> str | None:
    return next((code for text in texts_of(item.get(key)) if (code := clean(text, 100))), None)


def _gtin(item: Item, page: Page) -> str | None:
    sources = [item, *[part for part in as_list(item.get("offers")) if isinstance(part, dict)][:1]]
    for source in sources:
        for key in GTIN_KEYS:
            for text in texts_of(source.get(key)):
                if gtin := normalise_gtin(text):
                    return gtin
    return None


def _images(item: Item, page: Page) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in as_list(item.get("image")):
        keys = ("contentUrl", "url", "@id")
        target = next((value[key] for key in keys if value.get(key)), None) if isinstance(value, dict) else value
        for text in texts_of(target):
            if url := page.absolute(text):
                found.setdefault(url)
    return tuple(found)[:MAX_IMAGES]


def attributes_of(item: Item) -> dict[str, str]:
    """Return colour, size, material and the like, and `additionalProperty` by its name in camelCase."""
    found: dict[str, str] = {}
    for key in ("color", "size", "material", "pattern", "ageGroup", "gender"):
        _put(found, key, ", ".join(texts_of(item.get(key))))
    for audience in as_list(item.get("audience")):
        if isinstance(audience, dict):
            gender = text_of(audience.get("suggestedGender")) or ""
            _put(found, "gender", gender.rstrip("/").rsplit("/", 1)[-1].lower())
    for part in as_list(item.get("additionalProperty")):
        if isinstance(part, dict):
            value = " ".join(filter(None, [text_of(part.get("value")), text_of(part.get("unitText"))]))
            _put(found, attribute_key(text_of(part.get("name")) or ""), value)
    return dict(list(found.items())[:40])


def attribute_key(name: str) -> str:
    """Return an attribute's name in camelCase, or "" where it is not one of ASCII letters and digits."""
    words = re.findall(r"[A-Za-z0-9]+", name) if name.isascii() else []
    key = "".join([words[0].lower(), *(word.capitalize() for word in words[1:])]) if words else ""
    key = "color" if key == "colour" else key
    return key if re.fullmatch(r"[a-z][A-Za-z0-9]{0,39}", key) else ""


def _put(found: dict[str, str], key: str, value: str) -> None:
    text = clean(value, 200)
    if key and text:
        found.setdefault(key, text)


def _variants(item: Item, page: Page) -> list[tuple[Item, Variant]]:
    found = []
    for part in as_list(item.get("hasVariant"))[:MAX_VARIANTS]:
        if isinstance(part, dict):
            offers: Offers = read_offers(part, page, [])
            images = _images(part, page)
            variant = Variant(
                sku=_code(part, "sku"),
                gtin=_gtin(part, page),
                url=page.absolute(text_of(part.get("url"))) or offers.url,
                image=images[0] if images else None,
                price=offers.price,
                availability=offers.availability,
                attributes=attributes_of(part),
            )
            if variant != Variant():
                found.append((part, variant))
    return found
