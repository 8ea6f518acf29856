"""Category paths from breadcrumbs and category texts, widest first, without the home page."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from scraper.extraction.markup.nodes import DataNode, as_list, has_type, text_of, texts_of
from scraper.extraction.page import Page
from scraper.values.text import clean
from scraper.values.vocabulary import vocabulary
from scraper.values.words import is_home

MAX_CRUMBS = 12
_VOCABULARY = vocabulary("markup", "breadcrumbs")
_SEPARATOR = re.compile(rf"\s*(?:{'|'.join(_VOCABULARY['categorySeparators'])})\s*|\s+/\s+")
Crumb = tuple[str | None, str | None]  # name, absolute URL


def path_of_nodes(nodes: Iterable[DataNode], page: Page) -> tuple[str, ...]:
    """Return the path of the first BreadcrumbList that names one."""
    for found in _lists(nodes):
        crumbs = [_crumb(entry, page) for entry in _in_order(as_list(found.get("itemListElement")))]
        if path := path_of(crumbs, page):
            return path
    return ()


def _lists(nodes: Iterable[DataNode]) -> Iterable[DataNode]:
    for node in nodes:
        if has_type(node, "BreadcrumbList"):
            yield node
        for key in _VOCABULARY["listKeys"]:
            yield from (part for part in as_list(node.get(key)) if has_type(part, "BreadcrumbList"))


def _in_order(entries: list[Any]) -> list[DataNode]:
    objects = [entry for entry in entries if isinstance(entry, dict)]
    positions = [text_of(entry.get("position")) or "" for entry in objects]
    if not all(re.fullmatch(r"[0-9]{1,3}", position) for position in positions):
        return objects
    return [entry for _, entry in sorted(zip(map(int, positions), objects, strict=True), key=lambda pair: pair[0])]


def _crumb(entry: DataNode, page: Page) -> Crumb:
    target = next(iter(as_list(entry.get("item"))), None)
    name = text_of(entry.get("name"))
    if isinstance(target, dict):
        name = name or text_of(target.get("name"))
        url = text_of(target.get("@id")) or text_of(target.get("url"))
    else:
        url = text_of(target) or text_of(entry.get("url"))
    return clean(name, 200), page.absolute(url)


def path_of(crumbs: list[Crumb], page: Page) -> tuple[str, ...]:
    """Return the names without the home page and without this page itself.

    A last crumb without an address, after crumbs that have one, is the page itself.
    """
    if len(crumbs) > 1 and crumbs[-1][1] is None and any(url for _, url in crumbs[:-1]):
        crumbs = crumbs[:-1]
    names = []
    for index, (name, url) in enumerate(crumbs):
        is_root = index == 0 and url is not None and urlsplit(url).path in ("", "/") and not urlsplit(url).query
        if name and not is_root and not (index == 0 and is_home(name)) and url not in page.addresses:
            names.append(name)
    return tuple(names)[:MAX_CRUMBS]


def path_of_category(value: Any) -> tuple[str, ...]:
    """Return a `category` property ("Clothing > Tops") as a path; separators are > › » and a spaced slash."""
    texts = texts_of(value)
    parts = _SEPARATOR.split(texts[0]) if len(texts) == 1 else texts
    names = [name for part in parts if (name := clean(part, 200)) and not re.match(r"https?:|[0-9]+$", name)]
    return tuple(names[1:] if names and is_home(names[0]) else names)[:MAX_CRUMBS]
