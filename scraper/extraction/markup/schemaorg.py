"""schema.org nodes, of any syntax, as Candidates of the page's main product."""

import re

from scraper.extraction.candidate import Candidate
from scraper.extraction.markup import breadcrumbs
from scraper.extraction.markup.identifiers import code_of, gtin_of, weak_sku_of
from scraper.extraction.markup.main_product import is_list, products_of, same_product
from scraper.extraction.markup.nodes import DataNode, as_list, resolve_references, text_of, texts_of
from scraper.extraction.markup.offers import Offers, read_offers
from scraper.extraction.markup.ratings import rating_of, reviews_of
from scraper.extraction.page import Page
from scraper.values.product import Syntax, Variant
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import brand_name, condition_of

MAX_VARIANTS = 250
MAX_IMAGES = 30
_VOCABULARY = vocabulary("markup", "schemaorg")
_IRI = re.compile(r"(?:https?:)?//|[#/]|_:|urn:", re.IGNORECASE)


def candidates_of_nodes(nodes: list[DataNode], page: Page, syntax: Syntax) -> list[Candidate]:
    """Return the main product first, then other nodes about the same product; one bare Candidate without a product."""
    nodes = [node for node in resolve_references(nodes) if isinstance(node, dict)]
    products = products_of(nodes)
    category_path = breadcrumbs.path_of_nodes(nodes, page)
    num_products = len(products) + sum(len(as_list(node.get("itemListElement"))) for node in nodes if is_list(node))
    ranked = same_product(products, page)
    if not ranked:
        if not category_path and not num_products:
            return []
        return [Candidate(syntax, num_products=num_products, category_path=category_path)]
    found = [_candidate(node, page, syntax, num_products, category_path) for node in ranked]
    if not any(candidate.sku for candidate in found) and (weak_sku := weak_sku_of(ranked[0])):
        found.append(Candidate(syntax, sku=weak_sku, is_weak=True))
    return found


def _candidate(node: DataNode, page: Page, syntax: Syntax, num_products: int, crumbs: tuple[str, ...]) -> Candidate:
    variants = _variants(node, page)
    offers = read_offers(node, page, [variant for variant, _ in variants])
    # The variant that the page's address selects fills the fields that the group leaves empty.
    chosen = next((part for part, variant in variants if variant.url and variant.url in page.addresses), {})
    return Candidate(
        syntax=syntax,
        is_product=True,
        num_products=num_products,
        title=clean(text_of(node.get("name")), 500),
        description=clean(text_of(node.get("description")), 5000),
        brand=_brand(node) or _brand(chosen),
        category_path=crumbs or breadcrumbs.path_of_category(node.get("category")),
        gtin=gtin_of(node) or gtin_of(chosen),
        sku=code_of(node, "sku") or code_of(chosen, "sku") or offers.sku,
        mpn=code_of(node, "mpn") or code_of(chosen, "mpn") or offers.mpn,
        images=_images(node, page) or _images(chosen, page),
        price=offers.price,
        regular_price=offers.regular_price,
        availability=offers.availability,
        condition=condition_of(text_of(node.get("itemCondition"))) or offers.condition,
        rating=rating_of(node.get("aggregateRating"), counted=True),
        attributes={**attributes_of(chosen), **attributes_of(node)},
        variants=tuple(variant for _, variant in variants) or offers.variants,
        reviews=reviews_of([*as_list(node.get("review")), *as_list(node.get("reviews"))]),
    )


def _brand(node: DataNode) -> str | None:
    for key in _VOCABULARY["brandKeys"]:
        for text in texts_of(node.get(key)):
            # A reference that nothing on the page resolves, or a logo's address, is not a name.
            if not _IRI.match(text) and (brand := brand_name(clean(text, 200))):
                return brand
    return None


def _images(node: DataNode, page: Page) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in as_list(node.get("image")):
        keys = _VOCABULARY["imageKeys"]
        target = next((value[key] for key in keys if value.get(key)), None) if isinstance(value, dict) else value
        for text in texts_of(target):
            if url := page.absolute(text):
                found.setdefault(url)
    return tuple(found)[:MAX_IMAGES]


def attributes_of(node: DataNode) -> dict[str, str]:
    """Return the named attributes such as colour, size and material, and `additionalProperty` by its camelCase name."""
    found: dict[str, str] = {}
    for key in _VOCABULARY["attributeKeys"]:
        _put(found, key, ", ".join(texts_of(node.get(key))))
    for audience in as_list(node.get("audience")):
        if isinstance(audience, dict):
            gender = text_of(audience.get("suggestedGender")) or ""
            _put(found, "gender", gender.rstrip("/").rsplit("/", 1)[-1].lower())
    for part in as_list(node.get("additionalProperty")):
        if isinstance(part, dict):
            value = " ".join(filter(None, [text_of(part.get("value")), text_of(part.get("unitText"))]))
            _put(found, attribute_key(text_of(part.get("name")) or ""), value)
    return dict(list(found.items())[:40])


def attribute_key(name: str) -> str:
    """Return an attribute's name in camelCase, or "" for a name that is not of ASCII letters and digits."""
    words = re.findall(r"[A-Za-z0-9]+", name) if name.isascii() else []
    key = "".join([words[0].lower(), *(word.capitalize() for word in words[1:])]) if words else ""
    key = _VOCABULARY["attributeAliases"].get(key, key)
    return key if re.fullmatch(r"[a-z][A-Za-z0-9]{0,39}", key) else ""


def _put(found: dict[str, str], key: str, value: str) -> None:
    text = clean(value, 200)
    if key and text:
        found.setdefault(key, text)


def _variants(node: DataNode, page: Page) -> list[tuple[DataNode, Variant]]:
    found = []
    for part in as_list(node.get("hasVariant"))[:MAX_VARIANTS]:
        if isinstance(part, dict):
            offers: Offers = read_offers(part, page, [])
            images = _images(part, page)
            variant = Variant(
                sku=code_of(part, "sku") or offers.sku,
                gtin=gtin_of(part),
                url=page.absolute(text_of(part.get("url"))) or offers.url,
                image=images[0] if images else None,
                price=offers.price,
                availability=offers.availability,
                attributes=attributes_of(part),
            )
            if variant != Variant():
                found.append((part, variant))
    return found
