"""Fetcher of images from untrusted addresses, which never connects to private networks.

The name is resolved once, every address must be public, and the connection goes to exactly the address that was
checked, so that a name that resolves differently a moment later (DNS rebinding) gains nothing. Redirects are checked
the same way. A host that the operator pinned with --resolve is exempt, because that is an explicit decision.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urljoin, urlsplit

from server.errors import FetchError

MAX_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 64 * 1024
_USER_AGENT = "Carryover/0.1 (catalogue images)"


@dataclass(frozen=True)
class Fetcher:
    """Downloader with fixed limits; `pinned_hosts` maps host to address."""

    max_bytes: int
    timeout_seconds: float
    pinned_hosts: Mapping[str, str] = field(default_factory=dict)

    def fetch(self, url: str) -> bytes:
        """Return the body of `url`; raises FetchError with the reason of a failure."""
        deadline = time.monotonic() + self.timeout_seconds
        for _ in range(MAX_REDIRECTS + 1):
            try:
                outcome = self._request(url, deadline)
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise FetchError(f"{_shown(url)}: {error or type(error).__name__}") from error
            if isinstance(outcome, bytes):
                return outcome
            url = urljoin(url, outcome)
        raise FetchError(f"{_shown(url)}: more than {MAX_REDIRECTS} redirects")

    def _request(self, url: str, deadline: float) -> bytes | str:
        """Return the body, or the URL of a redirect."""
        parts = urlsplit(url)
        connection = self._connect(parts, deadline)
        # Socket timeouts restart with every byte: a server that sends single bytes would never reach them.
        watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [connection.sock])
        watchdog.daemon = True
        watchdog.start()
        try:
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"Host": parts.netloc.rpartition("@")[2], "User-Agent": _USER_AGENT, "Accept": "image/*"}
            connection.request("GET", _ascii_target(target), headers=headers)
            # A response that ends with its connection owns the socket: closing the connection alone would leak it.
            with connection.getresponse() as response:
                if response.status in _REDIRECTS:
                    location = response.getheader("Location")
                    if location is None:
                        raise FetchError(f"{_shown(url)}: status {response.status} without Location")
                    return location
                if response.status != 200:
                    raise FetchError(f"{_shown(url)}: expected status 200, got {response.status}")
                return self._read(response, url, deadline)
        finally:
            watchdog.cancel()
            connection.close()

    def _read(self, response: http.client.HTTPResponse, url: str, deadline: float) -> bytes:
        body = bytearray()
        while chunk := response.read1(_CHUNK_BYTES):
            body += chunk
            if len(body) > self.max_bytes:
                raise FetchError(f"{_shown(url)}: expected at most {self.max_bytes} bytes")
        if time.monotonic() >= deadline:
            raise FetchError(f"{_shown(url)}: not finished after {self.timeout_seconds} s")
        if response.length:
            raise FetchError(f"{_shown(url)}: connection closed {response.length} bytes early")
        return bytes(body)

    def _connect(self, parts: SplitResult, deadline: float) -> http.client.HTTPConnection:
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or not host:
            raise FetchError(f"expected an http or https address, got {parts.scheme or 'none'}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._allowed_address(host, port, deadline)
        remaining = max(0.001, deadline - time.monotonic())
        sock = socket.create_connection((address, port), timeout=remaining)
        if parts.scheme == "https":
            try:
                # The handshake comes later, under the watchdog.
                sock = ssl.create_default_context().wrap_socket(
                    sock, server_hostname=host, do_handshake_on_connect=False
                )
            except OSError:
                sock.close()
                raise
        connection = http.client.HTTPConnection(host, port, timeout=remaining)
        connection.sock = sock
        return connection

    def _allowed_address(self, host: str, port: int, deadline: float) -> str:
        pinned = self.pinned_hosts.get(host)
        if pinned is not None:
            return pinned
        if port not in (80, 443):
            raise FetchError(f"{host}: expected port 80 or 443, got {port}; --resolve {host}:ADDR allows it")
        found = _addresses(host, port, deadline)
        for address in sorted(found):
            if not is_public(address):
                raise FetchError(f"{host}: {address} is not a public address; --resolve {host}:ADDR allows it")
        return sorted(found)[0]


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet, also inside IPv6 forms that carry IPv4."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        nat64 = ipaddress.ip_network("64:ff9b::/96")
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if parsed in nat64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if parsed.teredo is not None:
            return False
    return parsed.is_global and not parsed.is_multicast


def _addresses(host: str, port: int, deadline: float) -> set[str]:
    """Return the addresses of a name; raises FetchError at the deadline, which the system's resolver does not know."""
    found: Future[set[str]] = Future()

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except BaseException as error:  # noqa: BLE001 (raised again where it is waited for)
            found.set_exception(error)
        else:
            found.set_result({str(answer[4][0]) for answer in answers})

    threading.Thread(target=resolve, name="resolve", daemon=True).start()
    try:
        return found.result(max(0.0, deadline - time.monotonic()))
    except FutureTimeoutError as error:
        raise FetchError(f"{host}: its name was not resolved in time") from error


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # already closed by the other side
        socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not that of TLS, which another thread is reading


def _ascii_target(target: str) -> str:
    """Percent-encode characters that a request line cannot carry, control characters included."""
    return "".join(
        char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        for char in target
    )


def _shown(url: str) -> str:
    """Return the address without its query, which may carry signatures."""
    return url.partition("?")[0].partition("#")[0][:200]
