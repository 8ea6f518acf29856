"""Server of the three shops: one port each, a thread per connection, and an optional JSON line per request."""

import json
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import unquote

from demo.errors import DemoError, PortInUseError
from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.shops import open_shop
from demo.mall.shops.storefront import Response, Storefront

NOT_OURS = Response(
    421, "text/plain; charset=utf-8", b"This port serves one shop of the demo mall, and not under this Host name.\n"
)


class AccessLog:
    """Log with one JSON line per request; safe for many threads."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, **entry: Any) -> None:
        """Write one line, at once, so that a reader sees it while the mall runs."""
        if self._stream is None:
            return
        line = json.dumps({"time": datetime.now(UTC).isoformat(), **entry})
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


class ShopServer(ThreadingHTTPServer):
    """Server of one shop on one port."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str, port: int, shop: str, products: list[DemoProduct], log: AccessLog) -> None:
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            if error.errno in TAKEN_ERRNOS:
                raise PortInUseError(port, "--ports") from error
            raise DemoError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        self.shop = shop
        self.products = products
        self.log = log
        self.names = {f"{shop}.localhost", "127.0.0.1", "localhost", host}
        self.storefront = lru_cache(maxsize=8)(self._storefront)
        self.page = lru_cache(maxsize=1024)(self._page)

    def answer(self, host: str, target: str) -> Response:
        """Answer one GET for a Host and a request target."""
        name, _, port = host.partition(":")
        if name not in self.names or port not in ("", str(self.server_port)):
            return NOT_OURS
        path, _, query = target.partition("?")
        if _is_image(path):  # images have their own cache, and must not push pages out of theirs
            return self.storefront(name).respond(unquote(path), query)
        return self.page(name, path, query)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up during a response, and log every other error."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)

    def _storefront(self, name: str) -> Storefront:
        return open_shop(self.shop, self.products, f"http://{name}:{self.server_port}")

    def _page(self, name: str, path: str, query: str) -> Response:
        return self.storefront(name).respond(unquote(path), query)


def _is_image(path: str) -> bool:
    return path.endswith((".jpg", ".png", ".webp"))


TAKEN_ERRNOS = {48, 98, 10013, 10048}  # EADDRINUSE on macOS, Linux; WSAEACCES, WSAEADDRINUSE on Windows


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "DemoMall"
    sys_version = ""
    timeout = 30
    wbufsize = -1  # headers and body leave in one packet; without it every answer waits for an ACK
    disable_nagle_algorithm = True
    server: ShopServer

    def do_GET(self) -> None:
        """Answer with a page, or 304 where the client has it already."""
        host = self.headers.get("Host", "")
        answer = self.server.answer(host, self.path)
        unchanged = answer.headers.get("ETag") and self.headers.get("If-None-Match") == answer.headers["ETag"]
        status = 304 if unchanged and answer.status == 200 else answer.status
        self.server.log.write(
            host=host, path=self.path, status=status, userAgent=self.headers.get("User-Agent", ""), method=self.command
        )
        self.send_response(status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if status != 304 and self.command == "GET":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the access log records requests."""


def open_mall(host: str, ports: Sequence[int], seed: int, log: AccessLog) -> list[ShopServer]:
    """Return the three servers, listening but not yet answering. If one port fails, all are closed."""
    products = build(seed)
    servers: list[ShopServer] = []
    try:
        for shop, port in zip(SHOPS, ports, strict=True):
            servers.append(ShopServer(host, port, shop, products, log))
    except DemoError:
        for server in servers:
            server.server_close()
        raise
    return servers


def serve_mall(host: str, ports: Sequence[int], seed: int, access_log: Path | None, say: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with _log_stream(access_log) as stream:
        servers = open_mall(host, ports, seed, AccessLog(stream))
        threads = [threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}) for server in servers]
        for thread in threads:
            thread.start()
        for server in servers:
            count = sum(product.shop == server.shop for product in server.products)
            say(f"{server.shop}: http://{server.shop}.localhost:{server.server_port}/  ({count} products)")
        say("Ctrl-C stops the mall.")
        stop.wait()
        for server in servers:
            server.shutdown()
            server.server_close()


def _log_stream(path: Path | None) -> AbstractContextManager[TextIO | None]:
    if path is None:
        return nullcontext()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a", encoding="utf-8")
    except OSError as error:
        raise DemoError(f"Cannot write the access log {path}: {error.strerror}.") from error


def is_port_free(host: str, port: int) -> bool:
    """Return whether nobody listens on the port now."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) != 0
