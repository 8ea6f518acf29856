"""Recording HTTP proxy. It sees every request of the browser, those of offscreen documents and side panels included."""

import http.client
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# Sign-in, push messages and updates of Chromium; settings of Firefox. No flag and no preference turns them off.
BROWSERS_OWN = frozenset(
    (
        "accounts.google.com",
        "android.clients.google.com",
        "update.googleapis.com",
        "firefox.settings.services.mozilla.com",
    )
)
HOP_BY_HOP = frozenset(("connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "upgrade"))


@dataclass(frozen=True)
class Request:
    """One request as it left the browser."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    at: float = 0.0  # seconds of a clock that only goes forward

    @property
    def host(self) -> str:
        """Return host and port."""
        return self.url if self.method == "CONNECT" else urlsplit(self.url).netloc

    @property
    def is_browsers_own(self) -> bool:
        """Return whether the browser itself made the request, which would be made without the extension too."""
        name = self.host.rpartition(":")[0] or self.host
        return name in BROWSERS_OWN

    @property
    def is_of_the_page(self) -> bool:
        """Return whether a page made this request to its own site: a navigation, or a file that it loads.

        The extension's requests have no referrer of a page: those of its worker and pages are `none` or `cross-site`.
        """
        is_navigation = self.header("Sec-Fetch-Dest") == "document"
        referrer = urlsplit(self.header("Referer")).netloc
        return is_navigation or (self.header("Sec-Fetch-Site") == "same-origin" and referrer == self.host)

    @property
    def path(self) -> str:
        """Return the path without the query."""
        return urlsplit(self.url).path

    def header(self, name: str) -> str:
        """Return a header by its name in any case, or "" where it is absent."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")

    def everything(self) -> str:
        """Return URL, headers and body as one text."""
        return "\n".join([self.url, *self.headers.values(), self.body.decode("utf-8", "replace")])


@dataclass
class RecordingProxy:
    """Proxy that forwards to this machine only. Every request is recorded; one to another host is answered with 502."""

    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                """Write nothing to the terminal."""

            def forward(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                proxy.requests.append(
                    Request(self.command, self.path, dict(self.headers.items()), body, time.monotonic())
                )
                parts = urlsplit(self.path)
                name = (parts.hostname or "").lower()
                if parts.scheme != "http" or not (name == "127.0.0.1" or name.endswith("localhost")):
                    self.send_error(502, "only this machine")
                    return
                try:
                    self.relay(parts.netloc, parts.port or 80, self.path.split(parts.netloc, 1)[1] or "/", body)
                except OSError:
                    self.send_error(502, "nobody answers")

            def relay(self, host: str, port: int, target: str, body: bytes) -> None:
                upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
                headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP}
                upstream.request(self.command, target, body=body or None, headers={**headers, "Host": host})
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in (*HOP_BY_HOP, "content-length"):
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_CONNECT = forward  # noqa: N815

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # a browser opens many connections at once

            def handle_error(self, request: object, client_address: object) -> None:
                """Ignore a browser that hangs up in the middle of an answer, and report everything else."""
                if not isinstance(sys.exc_info()[1], ConnectionError):
                    super().handle_error(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Return the address for the browser's proxy setting."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
