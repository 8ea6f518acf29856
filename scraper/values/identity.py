"""Identity of an item: canonical URL, shop and item id, as `contracts/urls.json` defines them for both languages.

URLs are read by ada, an implementation of the WHATWG URL standard, since a browser's `URL` does the same in JavaScript.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit

import ada_url
from publicsuffixlist import PublicSuffixList

from kernel.contracts import contract
from scraper.errors import UrlError

MAX_URL_LENGTH = 2048
_PROTOCOLS = ("http:", "https:")
_SUFFIXES = PublicSuffixList(only_icann=True, accept_unknown=True)


def canonical_url(url: str) -> str:
    """Return the canonical form of an absolute http(s) URL; raises UrlError for anything else."""
    try:
        parsed = ada_url.URL(_encodable(url))
    except ValueError as error:
        raise UrlError(f"expected an absolute http or https URL, got {url[:200]!r}") from error
    if parsed.protocol not in _PROTOCOLS:
        raise UrlError(f"expected an absolute http or https URL, got {url[:200]!r}")
    route = parsed.hash if re.match(contract("urls.json")["routePattern"], parsed.hash) else ""
    parsed.hash = parsed.username = parsed.password = ""
    query = _without_tracking(parsed.search.removeprefix("?"))
    result = parsed.href.partition("?")[0] + (f"?{query}" if query else "") + route
    if len(result) > MAX_URL_LENGTH:
        raise UrlError(f"expected at most {MAX_URL_LENGTH} characters in a URL, got {len(result)}")
    return result


def _without_tracking(query: str) -> str:
    rules = contract("urls.json")
    names = _lower_names(tuple(rules["trackingParameters"]))
    prefixes = tuple(rules["trackingPrefixes"])

    def is_tracking(piece: str) -> bool:
        name = unquote_plus(piece.partition("=")[0]).lower()
        return name in names or name.startswith(prefixes)

    return "&".join(piece for piece in query.split("&") if not is_tracking(piece))


@lru_cache(maxsize=4)
def _lower_names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def shop_of(url: str) -> str:
    """Return the shop of a canonical URL: its registrable domain, or host[:port] where there is none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_address = ":" in host or re.fullmatch(r"[0-9.]+", host) is not None
    domain = None if is_address else _SUFFIXES.privatesuffix(host)
    if domain:
        return str(domain)
    name = f"[{host}]" if ":" in host else host
    return name if parts.port is None else f"{name}:{parts.port}"


def item_id_of(url: str) -> str:
    """Return the item id of a canonical URL: 16 hex digits of its SHA-256."""
    return hashlib.sha256(url.encode("utf-8")).hexdigest()[:16]


def absolute_url(reference: str, base_url: str) -> str | None:
    """Return `reference` as an absolute http(s) URL without a fragment, or None where it cannot be one."""
    text = reference[: 4 * MAX_URL_LENGTH].strip()
    if not text or text.startswith("#"):
        return None
    try:
        parsed = ada_url.URL(_encodable(text), base=base_url)
    except ValueError:
        return None
    href = parsed.href.partition("#")[0]
    href = href if parsed.search else href.removesuffix("?")
    return href if parsed.protocol in _PROTOCOLS and len(href) <= MAX_URL_LENGTH else None


def _encodable(text: str) -> str:
    """Return text without lone surrogates, which JSON can hold; as in a browser, they become U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
