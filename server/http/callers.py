"""Where a request comes from: its address, also behind a reverse proxy, and whether it is this machine's own."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from server.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_IPV6_PREFIX = 64  # one line of a provider has that many addresses, and more


@lru_cache(4096)
def _address_of(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@lru_cache(4096)
def is_this_machine(address: str) -> bool:
    """Return whether an address is a loopback one."""
    found = _address_of(address)
    return found is not None and found.is_loopback


def client_of(peer: str, forwarded_for: str | None, proxies: Sequence[Network]) -> str:
    """Return the address of the client, given that of the connection's other end and X-Forwarded-For.

    Each proxy appends the address that it was asked from, so only the entries that trusted proxies appended say
    anything: from the right, the first that is not such a proxy.
    """
    if forwarded_for is None or not _is_among(peer, proxies):
        return peer
    for entry in reversed(forwarded_for.split(",")):
        address = _address_of(entry)
        if address is None:
            return peer
        peer = str(address)
        if not _is_among(peer, proxies):
            break
    return peer


def _is_among(address: str, networks: Sequence[Network]) -> bool:
    found = _address_of(address)
    return found is not None and any(found in network for network in networks)


@lru_cache(4096)
def limited_as(address: str) -> str:
    """Return the name under which requests of an address are counted: IPv6 by its network of 64 bits."""
    found = _address_of(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return address if found is None else str(found)
