"""Fixtures: a small web server under the test's control, and the real command in its own process."""

import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


class Site:
    """Web server with `pages`: path → (status, headers, body), or a function of the handler that gives these."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes] | Callable] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.requests.append((self.path, dict(self.headers)))
                answer = site.pages.get(self.path, (404, {}, b"gone"))
                status, headers, body = answer(self) if callable(answer) else answer
                self.send_response(status)
                for name, value in ({"Content-Type": "text/html", "Content-Length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.host = "shop.test"
        self.url = f"http://{self.host}:{self.server.server_port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]

    def add(self, path: str, body: str = "", status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (status, named, body.encode())

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def other_site():
    site = Site()
    yield site
    site.close()


@pytest.fixture
def scraper():
    """Run `python -m scraper` with these arguments and return the completed process."""

    def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "scraper", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, timeout=120, check=False)

    return run
