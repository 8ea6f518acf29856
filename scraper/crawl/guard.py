"""Guard against connections to private addresses (SSRF): the checked address is the one that is connected to.

A check of the name alone would leave time for its answer to change before the connection (DNS rebinding). So the
socket is opened to the checked address, for every connection and every redirect.
"""

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection as urllib3_connection
from urllib3.util.retry import Retry

from scraper.errors import RefusedAddressError


def checked_address(host: str, port: int, pins: Mapping[str, str]) -> str:
    """Return the address to connect to; raises RefusedAddressError unless it is public or the operator pinned it."""
    pinned = pins.get(host.lower())
    if pinned:
        return pinned
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if not is_public(address):
            raise RefusedAddressError(
                f"{host} resolves to {address}, which is not a public address; "
                f"if you mean it, add --resolve {host}:{address}"
            )
    return found[0]


def is_public(address: str) -> bool:
    """Return whether an IP address is public; an address that wraps an IPv4 one counts as that one."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast


def guarded_session(pins: Mapping[str, str], user_agent: str) -> requests.Session:
    """Return a session that connects to checked addresses only, without proxies from the environment."""
    session = requests.Session()
    session.trust_env = False
    session.headers.clear()
    session.headers["User-Agent"] = user_agent
    session.headers["Accept"] = "text/html,application/xml;q=0.9,*/*;q=0.5"
    session.headers["Accept-Encoding"] = "gzip, deflate"
    adapter = _GuardedAdapter(pins)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _GuardedAdapter(HTTPAdapter):
    """Adapter with urllib3 connection classes that resolve through `checked_address`."""

    def __init__(self, pins: Mapping[str, str]) -> None:
        self._pins = pins
        # A broken connection gets two more tries. The crawl itself handles answers of any status and Retry-After,
        # which urllib3 would otherwise turn into an error.
        retries = Retry(
            total=2, connect=2, read=1, status=0, redirect=0, backoff_factor=0.5, respect_retry_after_header=False
        )
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pins = self._pins

        class GuardedHTTP(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                return _open(self, pins)

        class GuardedHTTPS(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                return _open(self, pins)

        class HTTPPool(HTTPConnectionPool):
            ConnectionCls = GuardedHTTP

        class HTTPSPool(HTTPSConnectionPool):
            ConnectionCls = GuardedHTTPS

        self.poolmanager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}


def _open(connection: HTTPConnection, pins: Mapping[str, str]) -> socket.socket:
    """Connect to the checked address; Host, SNI and the certificate keep the host name."""
    host, port = connection.host.strip("[]"), connection.port or 80
    try:
        address = checked_address(host, port, pins)
        return urllib3_connection.create_connection(
            (address, port), connection.timeout, connection.source_address, connection.socket_options
        )
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"connecting to {host} took too long") from error
    except OSError as error:
        raise NewConnectionError(connection, f"cannot connect to {host}: {error}") from error
