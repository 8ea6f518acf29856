"""Who an item is: canonical URL, shop and item id, as `contracts/urls.json` defines them for both languages.

The URL text follows the WHATWG URL standard, because a browser's `URL` does the same job in JavaScript.
"""

import hashlib
import ipaddress
import posixpath
import re
import socket
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote_plus, urljoin, urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from scraper.contract_data import contract
from scraper.errors import UrlError

MAX_URL_LENGTH = 2048
DEFAULT_PORTS = {"http": 80, "https": 443}
# WHATWG's percent-encode sets; "%" is safe because existing escapes keep their spelling.
PATH_SAFE = "%/:@!$&'()*+,;=~-._|[]\\^"
QUERY_SAFE = "%/:@!$&()*+,;=~-._|[]\\^?`{}"
_CONTROL_AND_SPACE = "".join(map(chr, range(0x21)))
_SUFFIXES = PublicSuffixList(only_icann=True, accept_unknown=True)


def canonical_url(url: str) -> str:
    """Return the canonical form of an absolute http(s) URL; raises UrlError for anything else."""
    text = re.sub(r"[\t\r\n]", "", url.strip(_CONTROL_AND_SPACE))
    if not re.match(r"https?:", text, re.IGNORECASE):
        raise UrlError(f"expected an absolute http or https URL, got {url[:200]!r}")
    try:
        parts = urlsplit(text.replace("\\", "/") if "?" not in text else text)
        port = parts.port
    except ValueError as error:
        raise UrlError(f"not a valid URL: {url[:200]!r} ({error})") from error
    if not parts.hostname:
        raise UrlError(f"expected a URL with a host, got {url[:200]!r}")
    scheme = parts.scheme.lower()
    host = _canonical_host(parts.hostname)
    authority = host if port is None or port == DEFAULT_PORTS[scheme] else f"{host}:{port}"
    query = _without_tracking(quote(parts.query, safe=QUERY_SAFE))
    result = f"{scheme}://{authority}{_canonical_path(parts.path)}" + (f"?{query}" if query else "")
    if len(result) > MAX_URL_LENGTH:
        raise UrlError(f"expected at most {MAX_URL_LENGTH} characters in a URL, got {len(result)}")
    return result


def _canonical_host(host: str) -> str:
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError as error:
            raise UrlError(f"not an IPv6 address: {host[:100]!r}") from error
    try:
        ascii_host = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UrlError(f"not a host name: {host[:100]!r} ({error})") from error
    if len(ascii_host) > 253 or not re.fullmatch(r"[a-z0-9._-]+", ascii_host) or ".." in ascii_host:
        raise UrlError(f"not a host name: {host[:100]!r}")
    if re.fullmatch(r"\d+|0x[0-9a-f]*", ascii_host.rstrip(".").rsplit(".", 1)[-1]):
        try:
            return str(ipaddress.IPv4Address(socket.inet_aton(ascii_host.rstrip("."))))
        except OSError as error:
            raise UrlError(f"not an IPv4 address: {host[:100]!r}") from error
    return ascii_host


def _canonical_path(path: str) -> str:
    if not path:
        return "/"
    if re.search(r"(^|/)\.\.?(/|$)", path):
        trailing = "/" if path.endswith(("/", "/.", "/..")) else ""
        path = posixpath.normpath("/" + path.lstrip("/")).rstrip("/") + trailing
    return quote(path or "/", safe=PATH_SAFE)


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


def _browser_authority(parts: SplitResult) -> str:
    """Return the authority as a browser writes it: host in lower case, without the scheme's own port."""
    user, at, host = parts.netloc.rpartition("@")
    return user + at + host.lower().removesuffix(f":{DEFAULT_PORTS[parts.scheme.lower()]}")


def absolute_url(reference: str, base_url: str) -> str | None:
    """Return `reference` as an absolute http(s) URL without a fragment, or None where it cannot be one."""
    text = re.sub(r"[\t\r\n]", "", reference.strip(_CONTROL_AND_SPACE))
    if not text or text.startswith("#"):
        return None
    try:
        joined = urljoin(base_url, text).partition("#")[0]
        parts = urlsplit(joined)
        if parts.scheme.lower() not in DEFAULT_PORTS or not parts.hostname:
            return None
        encoded = parts._replace(
            netloc=_browser_authority(parts),
            path=quote(parts.path, safe=PATH_SAFE),
            query=quote(parts.query, safe=QUERY_SAFE),
        )
    except ValueError:
        return None
    return encoded.geturl() if len(encoded.geturl()) <= MAX_URL_LENGTH else None
