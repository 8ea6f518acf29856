"""HTTP server on loopback that offers one bundle to the extension, and counts the bytes that it sends."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.browser.loopback import running
from kernel.contract_types import BundleManifest


class BundleServer:
    """The bundle in a directory at `url`; `sent` holds the bytes of each file that was asked for."""

    def __init__(self, directory: Path) -> None:
        raw = (directory / "manifest.json").read_bytes()
        self.directory = directory
        self.bundle_id = hashlib.sha256(raw).hexdigest()
        self.manifest: BundleManifest = json.loads(raw)
        self.sent: dict[str, int] = {}
        self.url = ""

    def answer(self, path: str) -> bytes | None:
        """Return the body for a path of contracts/openapi.yaml, None for another."""
        if path == "/v1/bundles":
            offered = {"bundleId": self.bundle_id, "name": self.manifest["name"], "space": self.manifest["space"]}
            return json.dumps({"bundles": [offered]}).encode()
        file = path.removeprefix(f"/v1/bundles/{self.bundle_id}/")
        if file != "manifest.json" and file not in self.manifest["files"]:
            return None
        body = (self.directory / file).read_bytes()
        self.sent[file] = len(body)
        return body


@contextmanager
def offered(directory: Path) -> Iterator[BundleServer]:
    """Serve a bundle until the block ends."""
    bundle = BundleServer(directory)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bundle.answer(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing: the benchmark's own lines are on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with running(server) as host:
        bundle.url = f"http://{host}"
        yield bundle
