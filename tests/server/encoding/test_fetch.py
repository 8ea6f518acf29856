import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server.encoding.fetch import Fetcher, is_public
from server.errors import FetchError


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
     "255.255.255.255", "::", "ff02::1"],
)  # fmt: skip
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public_addresses_are(address):
    assert is_public(address)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Quiet."""

    def do_GET(self):
        steps = {"/to-metadata": "http://169.254.169.254/latest", "/to-file": "file:///etc/passwd", "/loop": "/loop",
                 "/hop": "/image"}  # fmt: skip
        if self.path in steps:
            self.send_response(302)
            self.send_header("Location", steps[self.path])
            self.end_headers()
            return
        if self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b"x")
                    self.server.stop.wait(0.05)
                    if self.server.stop.is_set():
                        return
            except OSError:
                return
        if self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x")
            return
        self.send_response(404 if self.path == "/missing" else 200)
        body = self.headers["Host"].encode() if self.path == "/host" else b"p" * 500
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.stop = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.stop.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def fetch(port):
    fetcher = Fetcher(max_bytes=1000, timeout_seconds=60, pinned_hosts={"harbor.localhost": "127.0.0.1"})
    return lambda path: fetcher.fetch(f"http://harbor.localhost:{port}{path}")


def test_a_pinned_host_is_fetched_from_its_address_under_its_own_name(fetch, port):
    assert fetch("/image") == b"p" * 500
    assert fetch("/host") == f"harbor.localhost:{port}".encode()


def test_a_redirect_is_followed(fetch):
    assert fetch("/hop") == b"p" * 500


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/to-metadata", "not a public address"),
        ("/to-file", "http or https"),
        ("/loop", "redirects"),
        ("/missing", "404"),
        ("/short", "early"),
    ],
)
def test_what_cannot_or_must_not_be_fetched_says_why(fetch, path, message):
    with pytest.raises(FetchError, match=message):
        fetch(path)


def test_a_body_over_the_limit_is_refused(port):
    fetcher = Fetcher(max_bytes=499, timeout_seconds=60, pinned_hosts={"h": "127.0.0.1"})
    with pytest.raises(FetchError, match="499 bytes"):
        fetcher.fetch(f"http://h:{port}/image")


def test_a_server_that_drips_does_not_outlast_the_deadline(port):
    fetcher = Fetcher(max_bytes=10_000, timeout_seconds=0.3, pinned_hosts={"h": "127.0.0.1"})
    with pytest.raises(FetchError, match="not finished"):
        fetcher.fetch(f"http://h:{port}/drip")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/x", "http://[::1]/x", "http://[::ffff:127.0.0.1]/x", "http://localhost/x",
            "http://2130706433/x", "http://0x7f.1/x", "http://0/x"],
)  # fmt: skip
def test_private_addresses_in_any_spelling_are_refused_without_connecting(url, monkeypatch):
    def refuse(*_, **__):
        pytest.fail("a connection was attempted")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(FetchError):
        Fetcher(1000, 1).fetch(url)


@pytest.mark.parametrize("url", ["ftp://h/x", "file:///etc/passwd", "http://[::1", "http:///x", "http://h:99999/", "x"])
def test_odd_addresses_are_one_error(url):
    with pytest.raises(FetchError):
        Fetcher(1000, 1, {"h": "127.0.0.1"}).fetch(url)


def test_another_port_is_refused_unless_the_host_is_pinned():
    with pytest.raises(FetchError, match="port 80 or 443"):
        Fetcher(1000, 1).fetch("http://93.184.215.14:22/")


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch):
    """A name that resolves to a public address first and a private one later gains nothing."""
    answers = iter([[(2, 1, 6, "", ("93.184.215.14", 80))], [(2, 1, 6, "", ("127.0.0.1", 80))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    connected = []

    def connect(address, timeout):
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchError, match="no network"):
        Fetcher(1000, 1).fetch("http://rebinding.example/x")
    assert connected == [("93.184.215.14", 80)]


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    answers = [(2, 1, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(FetchError, match=r"10\.0\.0\.1"):
        Fetcher(1000, 1).fetch("http://mixed.example/x")


def test_a_name_that_is_not_resolved_does_not_outlast_the_deadline(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60) and [])
    with pytest.raises(FetchError, match="not resolved in time"):
        Fetcher(1000, 0.2).fetch("http://slow.example/x")
    answered.set()


@pytest.mark.parametrize("drip", [b"", b"\x16\x03\x03\x40\x00"])
def test_a_tls_handshake_does_not_outlast_the_deadline(drip):
    """A peer that begins a record of 16 kB and sends it byte by byte would restart a timeout of single reads."""
    stopping = threading.Event()

    def answer(listener):
        with listener.accept()[0] as connection, contextlib.suppress(OSError):
            connection.sendall(drip)
            while not stopping.wait(0.05):
                connection.sendall(b"\x00" if drip else b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        fetcher = Fetcher(max_bytes=1000, timeout_seconds=0.5, pinned_hosts={"h": "127.0.0.1"})
        try:
            with pytest.raises(FetchError):
                fetcher.fetch(f"https://h:{listener.getsockname()[1]}/x")
        finally:
            stopping.set()
            thread.join()
