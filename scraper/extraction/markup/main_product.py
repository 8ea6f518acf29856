"""Which schema.org item is the page's product: variants folded into their group, then told by address and name."""

from collections.abc import Iterable, Iterator
from typing import Any

from scraper.extraction.markup.nodes import Item, as_list, has_type, text_of, texts_of, types_of
from scraper.extraction.page import Page
from scraper.values.text import key_of
from scraper.values.vocabulary import vocabulary

_VOCABULARY = vocabulary("markup", "mainProduct")
PRODUCT_TYPES = frozenset(_VOCABULARY["productTypes"])
# Types that are for sale only where they carry an offer.
SELLABLE_TYPES = frozenset(_VOCABULARY["sellableTypes"])
LIST_TYPES = frozenset(_VOCABULARY["listTypes"])
MAX_WRAPS = 3
MAX_VARIANTS = 250
MAX_SAME = 10


def is_list(item: Item) -> bool:
    """Whether the item is a list of others."""
    return bool(types_of(item) & LIST_TYPES)


def is_product(item: Any) -> bool:
    """Whether the value is a schema.org Product, or another thing with an offer."""
    if not isinstance(item, dict):
        return False
    types = types_of(item)
    if types & PRODUCT_TYPES:
        return True
    return "offers" in item and (bool(types & SELLABLE_TYPES) or (not types and "name" in item))


def products_of(items: list[Item]) -> list[Item]:
    """Return the page's own products, each once, its variants and what stands beside it folded in."""
    top = [product for item in items for product in _top_products(item, 0)]
    # GoodRelations' Offering names the thing itself.
    top = top or [{**item, "offers": [item]} for item in items if has_type(item, "Offer") and item.get("name")]
    return _with_orphans(_grouped(_merged(top)), items)


def _top_products(item: Item, depth: int) -> Iterator[Item]:
    if is_product(item):
        yield item
    elif has_type(item, "Offer") or has_type(item, "AggregateOffer"):
        offered = [part for part in as_list(item.get("itemOffered")) if is_product(part)]
        yield from ({**part, "offers": part.get("offers", item)} for part in offered[:1])
    elif not is_list(item) and depth < MAX_WRAPS:
        # What a page is about, it sells; what an article is about, it only talks of.
        is_page = any(name.endswith("page") for name in types_of(item))
        for key in _VOCABULARY["pageSubjectKeys" if is_page else "subjectKeys"]:
            for part in as_list(item.get(key)):
                if isinstance(part, dict):
                    yield from _top_products(part, depth + 1)


def _merged(products: Iterable[Item]) -> list[Item]:
    """Join objects of one `@id`: they are one node, unless a careless page gives one id to products of two names."""
    by_id: dict[tuple[str | None, str | None], Item] = {}
    merged: list[Item] = []
    for product in products:
        identity, name = text_of(product.get("@id")), text_of(product.get("name"))
        known = by_id.get((identity, name)) or (None if name else by_id.get((identity, None)))
        if identity is None or known is None:
            merged.append(product)
            by_id.setdefault((identity, name), product)
            by_id.setdefault((identity, None), product)
        else:
            known.update({key: value for key, value in product.items() if key not in known})
    return merged


def _grouped(products: list[Item]) -> list[Item]:
    """Fold variants at top level into their ProductGroup; one whose group stands only inside it speaks for itself."""
    groups = {key: item for item in products if has_type(item, "ProductGroup") for key in _group_keys(item)}
    result: list[Item] = []
    for item in products:
        group = next((groups[key] for key in _groups_named_by(item) if key in groups), None)
        if group is None or group is item:
            result.append(_filled_from_group(item))
        elif len(known := as_list(group.get("hasVariant"))) < MAX_VARIANTS and not _is_known_variant(item, known):
            group["hasVariant"] = [*known, item]
    return result


def _group_keys(item: Item) -> list[str]:
    return [*texts_of(item.get("productGroupID")), *texts_of(item.get("@id"))]


def _groups_named_by(item: Item) -> list[str]:
    names = texts_of(item.get("inProductGroupWithID"))
    for part in as_list(item.get("isVariantOf")):
        names += _group_keys(part) if isinstance(part, dict) else texts_of(part)
    return names


def _is_known_variant(item: Item, known: list[Any]) -> bool:
    return any(
        text_of(item.get(key)) is not None and text_of(part.get(key)) == text_of(item.get(key))
        for part in known
        if isinstance(part, dict)
        for key in _VOCABULARY["variantIdKeys"]
    )


def _filled_from_group(item: Item) -> Item:
    group = next((part for part in as_list(item.get("isVariantOf")) if is_product(part)), None)
    return {**{key: value for key, value in group.items() if key != "hasVariant"}, **item} if group else item


def _with_orphans(products: list[Item], items: list[Item]) -> list[Item]:
    """Give a page's only product the offers and the rating that stand beside it instead of inside it."""
    if len(products) != 1:
        return products
    product = products[0]
    for key, kinds in _VOCABULARY["orphanTypes"].items():
        found = [item for item in items if any(has_type(item, kind) for kind in kinds) and "itemOffered" not in item]
        if found and key not in product and "hasVariant" not in product:
            product = {**product, key: found}
    return [product]


def same_product(products: list[Item], page: Page) -> list[Item]:
    """Return the items about the page's own product, best first; none where the page is a list of products."""
    if not products:
        return []
    headings = {key_of(text) for text in page.headings}
    scores = [_score(item, page, headings) for item in products]
    best = max(range(len(products)), key=lambda index: (scores[index], -index))
    names = {key_of(text_of(item.get("name"))) for item in products}
    if scores[best] < 2 and len(names) >= 3:
        return []
    main = products[best]
    name = key_of(text_of(main.get("name")))
    others = [item for item in products if item is not main and name and key_of(text_of(item.get("name"))) == name]
    return [main, *others][:MAX_SAME]


def _score(item: Item, page: Page, headings: set[str]) -> int:
    """How surely this is the page's own product: by address, then by name, then by having an offer."""
    urls = {page.absolute(text_of(item.get(key))) for key in _VOCABULARY["addressKeys"] if item.get(key)}
    by_url = 4 if page.addresses & {url for url in urls if url} else 0
    name = key_of(text_of(item.get("name")))
    by_name = 2 if name and name in headings else 0
    return by_url + by_name + (1 if "offers" in item or "hasVariant" in item else 0)
