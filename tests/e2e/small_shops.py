"""The small shops of tests/e2e/shops, served as shops are, and what a shopper does in them."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.e2e.chromium import PATIENCE_S

FOLDER = Path(__file__).with_name("shops")
STEPS: dict[str, list[tuple[list[str], list[str]]]] = json.loads((FOLDER / "steps.json").read_text("utf-8"))["shops"]
PERMISSIONS = [f"*://*.{shop}.localhost/*" for shop in STEPS]
IDS = {"Stoneware": "mug", "Pine": "bowl", "Brass": "lamp", "Navy": "towel"}
IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200"><rect width="200" height="200"/></svg>'
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
# Longer than a page takes to be still, and than a shop takes to answer a click.
QUIET_S = 2.2


def file_of(shop: str, path: str) -> Path:
    """Return the file behind a path: a shop built as one page answers every address with its one document."""
    inside = path.removeprefix("/") if path.startswith("/shared/") else f"{shop}{path}"
    file = FOLDER / inside
    return file if file.suffix in TYPES and file.exists() else FOLDER / shop / "index.html"


@contextmanager
def small_shops() -> Iterator[int]:
    """Run all shops, each under its name.localhost, until the block ends; gives the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            file = file_of(self.headers.get("Host", "").partition(".")[0], path)
            is_image = path.endswith((".svg", ".ico"))
            body = IMAGE if is_image else file.read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "image/svg+xml" if is_image else TYPES[file.suffix])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def known_of(profile: dict[str, Any], shop: str) -> list[str]:
    """Return what an exported profile holds of a shop: kind, product, how often, price."""
    return sorted(
        f"{one['kind']} {IDS[one['product']['title'].split()[0]]} {one['weight']} {one['product']['price']['amount']}"
        for one in profile["interactions"]
        if one["product"]["shop"].startswith(f"{shop}.")
    )


def drive(shop: str, do: Callable[[list[str]], None], exported: Callable[[], dict[str, Any]]) -> None:
    """Take a shopper's steps in a shop, and compare what is known after each of them."""
    before: list[str] | None = None
    for step, expected in STEPS[shop]:
        do(step)
        if expected == before:
            time.sleep(QUIET_S)  # nothing may be learned, now or a little later
        deadline = time.monotonic() + PATIENCE_S
        while (known := known_of(exported(), shop)) != expected and time.monotonic() < deadline:
            time.sleep(0.2)
        assert known == expected, f"{shop}, after {' '.join(step)}: {known}, expected {expected}"
        before = expected
        time.sleep(0.8)  # a second click within this time is the same one
    time.sleep(QUIET_S)
    assert known_of(exported(), shop) == before, f"{shop}, a little later"
