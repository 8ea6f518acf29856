"""Server of the try page: it serves the files of the site to this machine only."""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from demo.errors import DemoError, PortInUseError
from demo.mall.server import TAKEN_ERRNOS

TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8", ".json": "application/json; charset=utf-8", ".wasm": "application/wasm",
    ".onnx": "application/octet-stream", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp",
}  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Home(ThreadingHTTPServer):
    """Server of the site. Its settings also name what runs beside it: the shops, and the extension's folder."""

    daemon_threads = True

    def __init__(self, host: str, port: int, site: Path, extension: Path, shops: Mapping[str, int]) -> None:
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            if error.errno in TAKEN_ERRNOS:
                raise PortInUseError(port, "--home-port") from error
            raise DemoError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
        self.site = site.resolve()
        self.extension = extension.resolve()
        self.shops = shops

    def settings(self) -> bytes:
        """Return the page's settings on this machine."""
        shops = {shop: f"http://{shop}.localhost:{port}" for shop, port in self.shops.items()}
        return json.dumps({"shops": shops, "extension": str(self.extension)}).encode()


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
        """Answer from the site's folder."""
        host = self.headers.get("Host", "").partition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            self._send(421, "text/plain; charset=utf-8", b"This page is served to this machine only.\n")
            return
        path = self.path.partition("?")[0].removeprefix("/")
        if path == "settings.json":
            self._send(200, TYPES[".json"], self.server.settings())
            return
        file = file_for(self.server.site, path or "index.html")
        if file is None:
            self._send(404, "text/plain; charset=utf-8", b"There is nothing at this address.\n")
            return
        self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    do_HEAD = do_GET  # noqa: N815 - the standard library's name

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: the terminal belongs to the command that started the server."""
