"""Page: one decoded document, parsed once with lxml, with its base URL, languages and region."""

import codecs
import copy
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from lxml import etree

from scraper.errors import UrlError
from scraper.values.identity import absolute_url, canonical_url, shop_of
from scraper.values.price import region_of
from scraper.values.product import Syntax
from scraper.values.vocabulary import vocabulary

MAX_TREE_DEPTH = 250
MAX_HEADINGS = 20
MAX_TEXTS = 50_000
MAX_PAGE_BYTES = 16 * 2**20
# WHATWG: pages that name these encodings are read in the larger Windows sets.
_WHATWG_ALIASES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252",
                   "us-ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
                   "iso-8859-9": "cp1254", "shift_jis": "cp932", "x-sjis": "cp932", "ks_c_5601-1987": "cp949",
                   "euc-kr": "cp949"}  # fmt: skip
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
# Deeper than any real page. Nothing below is read, which bounds every walk from an element to its ancestors.
_too_deep = etree.XPath("/*" * (MAX_TREE_DEPTH + 1))
_VOCABULARY = vocabulary("page")
_UNREAD_TAGS = frozenset(_VOCABULARY["unseenTags"]) - {"head", "title"}
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_TELLING_TAGS = ("script", "meta", "link", "base", "title", "h1")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")


@dataclass(frozen=True, slots=True)
class Text:
    """One text node that is not empty: its words in one line, and the element around it."""

    text: str
    element: Any


@dataclass(frozen=True)
class Page:
    """One parsed page. `url` is where it was fetched; references resolve against `base_url`."""

    url: str
    html: str
    root: Any

    @cached_property
    def tagged(self) -> dict[str, list[Any]]:
        """Return the elements of `_TELLING_TAGS` by tag, found in one walk, in document order."""
        found: dict[str, list[Any]] = {name: [] for name in _TELLING_TAGS}
        for element in self.root.iter(*_TELLING_TAGS):
            found[element.tag].append(element)
        return found

    @cached_property
    def base_url(self) -> str:
        """Return the document's base URL: `<base href>` where there is one."""
        for element in self.tagged["base"]:
            if href := element.get("href"):
                return absolute_url(href, self.url) or self.url
        return self.url

    @cached_property
    def texts(self) -> list[Text]:
        """Return the body's text nodes that are not empty, without those that nobody reads, in document order."""
        found: list[Text] = []
        body = self.root.find("body")
        if body is None:
            return found
        walk = etree.iterwalk(body, events=("start", "end"))
        for event, element in walk:
            if event == "start" and element.tag in _UNREAD_TAGS:
                walk.skip_subtree()
                continue
            text, owner = (element.text, element) if event == "start" else (element.tail, element.getparent())
            if text and not text.isspace() and owner is not self.root:
                found.append(Text(" ".join(text.split()), owner))
            if len(found) >= MAX_TEXTS:
                break
        return found

    @cached_property
    def named(self) -> list[tuple[Any, str]]:
        """Return the elements of the body with a class or an id, each with both as one text, in document order."""
        body = self.root.find("body")
        found = []
        for element in () if body is None else body.iterdescendants():
            name, own_id = element.get("class"), element.get("id")
            if name or own_id:
                found.append((element, f"{name or ''} {own_id or ''}"))
        return found

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Return the page without text that nobody reads, for the visible-text fallback; it is slow and made once."""
        root = copy.deepcopy(self.root)
        etree.strip_elements(root, *_UNREAD_TAGS, with_tail=False)
        return BeautifulSoup(etree.tostring(root, method="html", encoding="unicode"), "lxml")

    @cached_property
    def price_kinds(self) -> dict[int, str]:
        """Return the cache of the kinds of `soup`'s elements within a price, by `id()`; nested prices share it."""
        return {}

    @cached_property
    def named_elements(self) -> list[tuple[Tag, str]]:
        """Return every named element of `soup` and its names as one text."""
        tags = (tag for tag in self.soup.find_all(True) if tag.name not in ("html", "body"))
        return [(tag, names) for tag in tags if (names := names_of(tag))]

    @cached_property
    def meta(self) -> dict[str, list[str]]:
        """Return every `<meta>` value by lower-case property, name or http-equiv, in document order."""
        found: dict[str, list[str]] = {}
        for element in self.tagged["meta"]:
            name = element.get("property") or element.get("name") or element.get("http-equiv")
            content = element.get("content")
            if name and content and content.strip():
                found.setdefault(name.strip().lower(), []).append(content.strip())
        return found

    @cached_property
    def languages(self) -> dict[str, str]:
        """Return BCP 47 languages by the syntax that names them: `dom` for `<html lang>`, `opengraph`, `meta`."""
        named = {
            "dom": self.root.get("lang") or self.root.get("{http://www.w3.org/XML/1998/namespace}lang"),
            "opengraph": next(iter(self.meta.get(_VOCABULARY["localeMeta"], [])), None),
            "meta": next(iter(self.meta.get(_VOCABULARY["languageMeta"], [])), None),
        }
        return {syntax: tag for syntax, value in named.items() if (tag := language_tag(value))}

    @cached_property
    def region(self) -> str | None:
        """Return the country that the page addresses, which decides the currency of `$` and `kr`."""
        return region_of(self.url, next(iter(self.languages.values()), None))

    @cached_property
    def item_url(self) -> tuple[str, Syntax]:
        """Return the canonical URL of this page and the syntax that names it: `<link rel=canonical>` where plausible.

        It is ignored where it names another shop, the home page from a page further down, or nothing of the route in
        the page's own address.
        """
        own = canonical_url(self.url)
        linked = self.link("canonical")
        try:
            named = canonical_url(linked) if linked else own
        except UrlError:
            return own, "url"
        is_home = urlsplit(named).path == "/" and urlsplit(own).path != "/"
        has_no_route = "#" in own and "#" not in named
        is_foreign = shop_of(named) != shop_of(own)
        return (own, "url") if named == own or is_home or has_no_route or is_foreign else (named, "meta")

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Return every absolute URL of this page."""
        return frozenset((self.url.partition("#")[0], canonical_url(self.url), self.item_url[0]))

    @cached_property
    def headings(self) -> list[str]:
        """Return the page's names for itself: its `<h1>`s, `og:title`, and `<title>` whole and in parts."""
        found = [" ".join("".join(element.itertext()).split()) for element in self.tagged["h1"][:MAX_HEADINGS]]
        return [text for text in (*found, *self.titles) if text]

    @cached_property
    def titles(self) -> list[str]:
        """Return `og:title`, and `<title>` whole and in parts."""
        found = list(self.meta.get(_VOCABULARY["titleMeta"], []))
        for element in self.tagged["title"][:1]:
            title = " ".join("".join(element.itertext()).split())
            found += [title, *re.split(r"\s+[|–—·:-]\s+", title)]
        return [text for text in found if text]

    def absolute(self, reference: object) -> str | None:
        """Return a reference of this page as an absolute http(s) URL, or None."""
        # No address holds "&amp;": in JSON or text it means that a template escaped the address once too often.
        return absolute_url(reference.replace("&amp;", "&"), self.base_url) if isinstance(reference, str) else None

    def link(self, rel: str) -> str | None:
        """Return the absolute target of the first `<link rel=…>`, or None."""
        for element in self.tagged["link"]:
            if rel in (element.get("rel") or "").lower().split() and element.get("href"):
                target = absolute_url(element.get("href"), self.base_url)
                if target:
                    return target
        return None


def names_of(tag: Tag) -> str:
    """Return the class, id and test names of an element of `Page.soup`, as one text."""
    values = (tag.get(name) for name in _VOCABULARY["nameAttributes"])
    return " ".join(" ".join(value) if isinstance(value, list) else value for value in values if value)


def language_tag(value: str | None) -> str | None:
    """Return a BCP 47 tag in its usual case (`en_us` → `en-US`), or None for other text."""
    match = _LANGUAGE.fullmatch((value or "").split(",")[0].split(".")[0].strip())
    if not match:
        return None
    parts = [part for part in re.split("[-_]", match.group(2)) if part]
    return "-".join([match.group(1).lower(), *(part.upper() if len(part) == 2 else part.title() for part in parts)])


def parse_page(source: bytes | str, url: str, content_type: str | None = None) -> Page:
    """Return the parsed page; any input parses, and an empty one gives an empty document."""
    # lxml stops at NUL and refuses unpaired surrogates; an XML declaration would make it distrust decoded text.
    if isinstance(source, str):
        text, encoded = source[:MAX_PAGE_BYTES].replace("\x00", ""), None
    else:
        source = source[:MAX_PAGE_BYTES]
        text, codec = _decoded(source, content_type)
        is_whole = codec == "utf-8" and b"\x00" not in source and "\ufffd" not in text
        text, encoded = (text, source) if is_whole else (text.replace("\x00", ""), None)
    plain = _XML_DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    if encoded is None or len(plain) != len(text):
        encoded = plain.encode("utf-8", errors="ignore")
    return Page(url=url, html=plain, root=_tree(encoded))


def _tree(encoded: bytes) -> Any:
    """Return the root of any document; elements deeper than MAX_TREE_DEPTH are left out."""
    # Not lxml.html: its elements are made through a Python function, which doubles the time of every walk.
    parser = etree.HTMLParser(encoding="utf-8", remove_pis=True, remove_comments=True)
    try:
        root = etree.fromstring(encoded, parser)
        if root is not None and _met_a_limit(parser):
            # libxml2 stops at its own limits and drops the rest of the page; without them the depth is cut here.
            root = etree.fromstring(
                encoded, etree.HTMLParser(encoding="utf-8", remove_pis=True, remove_comments=True, huge_tree=True)
            )
            for element in cast(list[Any], _too_deep(root)):
                element.clear(keep_tail=True)
    except etree.XMLSyntaxError:
        root = None
    return etree.fromstring(b"<html><body></body></html>") if root is None else root


def _met_a_limit(parser: Any) -> bool:
    last = parser.error_log.last_error
    return last is not None and last.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT


def decode(source: bytes, content_type: str | None = None) -> str:
    """Return the page's text; a byte order mark wins over the header, the header over `<meta>`, then UTF-8."""
    return _decoded(source, content_type)[0]


def _decoded(source: bytes, content_type: str | None) -> tuple[str, str]:
    """Return the text and the codec that decoded the whole of `source`, or "" where it decoded only a part."""
    for bom, encoding in _BOMS:
        if source.startswith(bom):
            return source[len(bom) :].decode(encoding, errors="replace"), ""
    header = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", content_type or "", re.IGNORECASE)
    meta = _META_CHARSET.search(source[:4096])
    named = [header.group(1)] if header else []
    named += [meta.group(1).decode("ascii", "replace")] if meta else []
    for name in named:
        if known := _known_encoding(name, is_meta=not header):
            return source.decode(known, errors="replace"), known
    try:
        return source.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        # A cut at the size limit may split the last character; anything earlier is another encoding.
        codec = "utf-8" if error.start > len(source) - 4 else "cp1252"
        return source.decode(codec, errors="replace"), codec


def _known_encoding(name: str, *, is_meta: bool) -> str | None:
    lowered = name.strip().lower()
    if is_meta and lowered.startswith("utf-16"):
        return "utf-8"  # WHATWG: a meta element that could be read as ASCII is not in UTF-16.
    lowered = _WHATWG_ALIASES.get(lowered, lowered)
    try:
        codec = codecs.lookup(lowered)
    except LookupError:
        return None
    return codec.name if codec._is_text_encoding else None
