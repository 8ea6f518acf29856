"""Parser of sitemaps (XML, gzipped or plain text): the pages and further sitemaps that they name."""

import io
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from kernel.contracts import contract
from scraper.values.identity import absolute_url

MAX_URLS: int = contract("feeds.json")["sitemap"]["maxUrls"]
SITEMAP_PATH: str = contract("feeds.json")["sitemap"]["path"]
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The URLs of one sitemap; a broken file gives those before the break."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def parse_sitemap(body: bytes, url: str, *, max_bytes: int) -> Sitemap:
    """Return the absolute URLs of a sitemap; unpacking stops at `max_bytes`, reading at 50,000 URLs."""
    content = _unpacked(body, max_bytes) if body.startswith(b"\x1f\x8b") else body
    if not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = content.decode("utf-8-sig", errors="replace").splitlines()
        return Sitemap(pages=_absolute([line for line in lines if re.match(r"\s*https?://", line)], url))
    found: dict[str, list[str]] = {"url": [], "sitemap": []}
    # No entities, no DTD, no network: a sitemap is a stranger's XML.
    safely = {"recover": True, "resolve_entities": False, "no_network": True, "load_dtd": False}
    events = etree.iterparse(io.BytesIO(content.lstrip()), events=("end",), **safely)
    try:
        for _, element in events:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            parent = element.getparent()
            if name == "loc" and parent is not None and isinstance(parent.tag, str):
                kind = etree.QName(parent).localname
                if kind in found and element.text and len(found[kind]) < MAX_URLS:
                    found[kind].append(element.text)
            elif name in found:
                element.clear()
    except etree.XMLSyntaxError:
        # `recover` still raises for an empty or hopeless document; what was found is kept.
        return Sitemap(_absolute(found["url"], url), _absolute(found["sitemap"], url))
    return Sitemap(_absolute(found["url"], url), _absolute(found["sitemap"], url))


def _absolute(texts: list[str], base_url: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for text in texts[:MAX_URLS] if (url := absolute_url(text, base_url))))


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(body, max_bytes)
    except zlib.error:
        return b""
