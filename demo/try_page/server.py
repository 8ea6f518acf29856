"""Server of the try page: static files, the extension's own modules, cards of the shops, and the shops' pages."""

import http.client
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from demo.errors import DemoError, PortInUseError
from demo.mall.server import TAKEN_ERRNOS
from kernel.contract_types import Product

SITE = Path(__file__).parent / "site"
TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".json": "application/json; charset=utf-8", ".wasm": "application/wasm",
    ".onnx": "application/octet-stream", ".png": "image/png", ".svg": "image/svg+xml",
    ".md": "text/plain; charset=utf-8",
}  # fmt: skip
CARD_FIELDS = ("itemId", "url", "title", "brand", "price", "regularPrice", "availability")


class Home(ThreadingHTTPServer):
    """Server of the page. `shops` maps a shop's name to its mall port; it contacts only those."""

    daemon_threads = True

    def __init__(
        self, host: str, port: int, extension: Path, crawl: Path, shops: Mapping[str, int], server: str
    ) -> None:
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            if error.errno in TAKEN_ERRNOS:
                raise PortInUseError(port, "--home-port") from error
            raise DemoError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        self.extension = extension.resolve()
        self.crawl = crawl
        self.shops = shops
        self.recommender = server
        self._cards: dict[str, bytes] = {}

    def policy(self) -> str:
        """Return the Content-Security-Policy: own scripts, the shops' images, the one server; nothing else."""
        images = " ".join(f"http://{shop}.localhost:{port}" for shop, port in self.shops.items())
        return (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
            f"img-src 'self' {images}; connect-src 'self' {self.recommender}; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def settings(self) -> bytes:
        """Return the page's settings on this machine."""
        shops = {shop: f"http://{shop}.localhost:{port}" for shop, port in self.shops.items()}
        return json.dumps({"server": self.recommender, "shops": shops, "extension": str(self.extension)}).encode()

    def cards(self, shop: str) -> bytes:
        """Return the cards of one crawled shop, mixed by item id, which is a hash."""
        if shop not in self._cards:
            with (self.crawl / shop / "products.jsonl").open(encoding="utf-8") as lines:
                products = [json.loads(line) for line in lines]
            products = [one for one in products if one.get("verdict") == "product" and one.get("images")]
            shown = [_card(product) for product in sorted(products, key=lambda one: one["itemId"])]
            self._cards[shop] = json.dumps(shown, ensure_ascii=False).encode()
        return self._cards[shop]

    def shop_page(self, shop: str, path: str) -> tuple[int, bytes]:
        """Return (status, HTML) of a page of a shop of the mall."""
        connection = http.client.HTTPConnection("127.0.0.1", self.shops[shop], timeout=10)
        try:
            connection.request("GET", path, headers={"Host": f"{shop}.localhost:{self.shops[shop]}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _card(product: Product) -> dict[str, object]:
    fields: Mapping[str, object] = product
    return {name: fields[name] for name in CARD_FIELDS if name in fields} | {"image": product["images"][0]}


def file_for(root: Path, path: str) -> Path | None:
    """Return the file of a URL path below root; None for folders, missing files and paths that leave root."""
    parts = PurePosixPath(unquote(path)).parts
    if any(part in ("..", "/") or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        return None
    file = root.joinpath(*parts)
    if not file.is_file() or not file.resolve().is_relative_to(root.resolve()):
        return None
    return file


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "DemoHome"
    sys_version = ""
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Home

    def do_GET(self) -> None:
        """Answer from the site, the extension's folder, or a shop."""
        host = self.headers.get("Host", "").partition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            self._send(421, "text/plain; charset=utf-8", b"This page is served to this machine only.\n")
            return
        path = self.path.partition("?")[0]
        if path.startswith("/shop/"):
            self._send_shop(self.path.removeprefix("/shop/"))
        elif path.startswith("/cards/"):
            self._send_cards(path.removeprefix("/cards/"))
        elif path == "/settings.json":
            self._send(200, TYPES[".json"], self.server.settings())
        elif path.startswith("/extension/"):
            self._send_file(file_for(self.server.extension, path.removeprefix("/extension/")))
        else:
            self._send_file(file_for(SITE, path.removeprefix("/") or "index.html"))

    do_HEAD = do_GET  # noqa: N815 - the standard library's name

    def _send_shop(self, rest: str) -> None:
        shop, _, path = rest.partition("/")
        if shop not in self.server.shops:
            self._send(404, "text/plain; charset=utf-8", b"No such shop.\n")
            return
        try:
            status, body = self.server.shop_page(shop, "/" + path)
        except OSError:
            self._send(502, "text/plain; charset=utf-8", b"The mall does not answer; start `demo run` again.\n")
            return
        # Text, not HTML: the page parses it itself, and a shop's scripts must never run under this origin.
        self._send(status, "text/plain; charset=utf-8", body)

    def _send_cards(self, shop: str) -> None:
        if shop not in self.server.shops or not (self.server.crawl / shop / "products.jsonl").is_file():
            self._send(404, "text/plain; charset=utf-8", b"No such shop has been read.\n")
            return
        self._send(200, TYPES[".json"], self.server.cards(shop))

    def _send_file(self, file: Path | None) -> None:
        if file is None:
            self._send(404, "text/plain; charset=utf-8", b"There is nothing at this address.\n")
            return
        self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.server.policy())
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal belongs to the command that started the server."""
