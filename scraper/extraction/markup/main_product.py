"""Choice of the schema.org node of the page's product: variants join their group; address and name decide."""

from collections.abc import Iterable, Iterator
from typing import Any

from scraper.extraction.markup.nodes import DataNode, as_list, has_type, text_of, texts_of, types_of
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


def is_list(node: DataNode) -> bool:
    """Return whether the node is a list of others."""
    return bool(types_of(node) & LIST_TYPES)


def is_product(node: Any) -> bool:
    """Return whether the value is a schema.org Product, or another thing with an offer."""
    if not isinstance(node, dict):
        return False
    types = types_of(node)
    if types & PRODUCT_TYPES:
        return True
    return "offers" in node and (bool(types & SELLABLE_TYPES) or (not types and "name" in node))


def products_of(nodes: list[DataNode]) -> list[DataNode]:
    """Return the page's own products, each once, with its variants and the offers and ratings beside it."""
    top = [product for node in nodes for product in _top_products(node, 0)]
    # GoodRelations' Offering names the thing itself.
    top = top or [{**node, "offers": [node]} for node in nodes if has_type(node, "Offer") and node.get("name")]
    return _with_orphans(_grouped(_merged(top)), nodes)


def _top_products(node: DataNode, depth: int) -> Iterator[DataNode]:
    if is_product(node):
        yield node
    elif has_type(node, "Offer") or has_type(node, "AggregateOffer"):
        offered = [part for part in as_list(node.get("itemOffered")) if is_product(part)]
        yield from ({**part, "offers": part.get("offers", node)} for part in offered[:1])
    elif not is_list(node) and depth < MAX_WRAPS:
        # A page sells its subject; an article only discusses it.
        is_page = any(name.endswith("page") for name in types_of(node))
        for key in _VOCABULARY["pageSubjectKeys" if is_page else "subjectKeys"]:
            for part in as_list(node.get(key)):
                if isinstance(part, dict):
                    yield from _top_products(part, depth + 1)


def _merged(products: Iterable[DataNode]) -> list[DataNode]:
    """Join objects of one `@id`, which are one node, unless a page gives one id to products of two names."""
    by_id: dict[tuple[str | None, str | None], DataNode] = {}
    merged: list[DataNode] = []
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


def _grouped(products: list[DataNode]) -> list[DataNode]:
    """Move variants at top level into their ProductGroup; a variant that holds its group itself stays a product."""
    groups = {key: node for node in products if has_type(node, "ProductGroup") for key in _group_keys(node)}
    result: list[DataNode] = []
    for node in products:
        group = next((groups[key] for key in _groups_named_by(node) if key in groups), None)
        if group is None or group is node:
            result.append(_filled_from_group(node))
        elif len(known := as_list(group.get("hasVariant"))) < MAX_VARIANTS and not _is_known_variant(node, known):
            group["hasVariant"] = [*known, node]
    return result


def _group_keys(node: DataNode) -> list[str]:
    return [*texts_of(node.get("productGroupID")), *texts_of(node.get("@id"))]


def _groups_named_by(node: DataNode) -> list[str]:
    names = texts_of(node.get("inProductGroupWithID"))
    for part in as_list(node.get("isVariantOf")):
        names += _group_keys(part) if isinstance(part, dict) else texts_of(part)
    return names


def _is_known_variant(node: DataNode, known: list[Any]) -> bool:
    return any(
        text_of(node.get(key)) is not None and text_of(part.get(key)) == text_of(node.get(key))
        for part in known
        if isinstance(part, dict)
        for key in _VOCABULARY["variantIdKeys"]
    )


def _filled_from_group(node: DataNode) -> DataNode:
    group = next((part for part in as_list(node.get("isVariantOf")) if is_product(part)), None)
    return {**{key: value for key, value in group.items() if key != "hasVariant"}, **node} if group else node


def _with_orphans(products: list[DataNode], nodes: list[DataNode]) -> list[DataNode]:
    """Add to a page's only product the offers and the rating that are beside it instead of inside it."""
    if len(products) != 1:
        return products
    product = products[0]
    for key, kinds in _VOCABULARY["orphanTypes"].items():
        found = [node for node in nodes if any(has_type(node, kind) for kind in kinds) and "itemOffered" not in node]
        if found and key not in product and "hasVariant" not in product:
            product = {**product, key: found}
    return [product]


def same_product(products: list[DataNode], page: Page) -> list[DataNode]:
    """Return the nodes about the page's own product, best first; none where the page is a list of products."""
    if not products:
        return []
    headings = {key_of(text) for text in page.headings}
    scores = [_score(node, page, headings) for node in products]
    best = max(range(len(products)), key=lambda index: (scores[index], -index))
    names = {key_of(text_of(node.get("name"))) for node in products}
    if scores[best] < 2 and len(names) >= 3:
        return []
    main = products[best]
    name = key_of(text_of(main.get("name")))
    others = [node for node in products if node is not main and name and key_of(text_of(node.get("name"))) == name]
    return [main, *others][:MAX_SAME]


def _score(node: DataNode, page: Page, headings: set[str]) -> int:
    """Return how certainly this is the page's own product: 4 for the address, 2 for the name, 1 for an offer."""
    urls = {page.absolute(text_of(node.get(key))) for key in _VOCABULARY["addressKeys"] if node.get(key)}
    by_url = 4 if page.addresses & {url for url in urls if url} else 0
    name = key_of(text_of(node.get("name")))
    by_name = 2 if name and name in headings else 0
    return by_url + by_name + (1 if "offers" in node or "hasVariant" in node else 0)
