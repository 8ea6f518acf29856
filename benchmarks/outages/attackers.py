"""Hostile clients and hosts: bodies that never end, answers that nobody reads, images that never come or explode."""

import contextlib
import io
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image, PngImagePlugin

from benchmarks.browser.loopback import running as serving
from benchmarks.outages.stage import Stage

_HEADS = (
    "PUT /v1/items HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
    "POST /v1/recommendations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Transfer-Encoding: chunked\r\n\r\n3e8\r\n",
    "POST /v1/channel HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\n",
    "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\n\r\n",
    "GET /v1/shops HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",  # a head that does not end
)
_MEGAPIXELS_40 = (8000, 5000)


class SlowBodies(threading.Thread):
    """Keeps `count` connections open that send half of a request, one in two of them then a byte a second."""

    def __init__(self, port: int, count: int) -> None:
        super().__init__(daemon=True)
        self._port, self._count, self._stopping = port, count, threading.Event()
        self._open: list[socket.socket] = []
        self.opened = 0
        self.refused = 0

    def run(self) -> None:
        """Attack until stopped; a connection that the server closes is opened again."""
        while not self._stopping.wait(1.0):
            for number, connection in enumerate(list(self._open)):
                if not self._is_alive(connection, drips=number % 2 == 0):
                    connection.close()
                    self._open.remove(connection)
            while len(self._open) < self._count and not self._stopping.is_set():
                try:
                    connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
                except OSError:
                    self.refused += 1
                    break
                self._open.append(connection)
                with contextlib.suppress(OSError):  # closed already: it is opened again
                    connection.sendall(_HEADS[self.opened % len(_HEADS)].encode())
                self.opened += 1

    @staticmethod
    def _is_alive(connection: socket.socket, *, drips: bool) -> bool:
        try:
            if drips:
                connection.sendall(b"a")
            connection.setblocking(False)
            return connection.recv(4096) == b"never"  # whatever it answers, it is done
        except BlockingIOError:
            connection.setblocking(True)
            return True
        except OSError:
            return False

    def by_worker(self, stage: Stage) -> dict[str, int]:
        """Return how many of the connections each worker holds."""
        workers = stage.of("worker")
        counts = {f"worker {i + 1}": 0 for i in range(len(workers))}
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                pid = stage.worker_of(connection.getsockname()[1], workers)
                if pid is not None:
                    counts[f"worker {workers.index(pid) + 1}"] += 1
        return counts

    def stop(self) -> None:
        """Close all connections."""
        self._stopping.set()
        self.join()
        for connection in self._open:
            connection.close()


@contextmanager
def dead_hosts() -> Iterator[dict[str, int]]:
    """Yield ports of hosts by what they do: accept and say nothing, drip an answer, drip a head, end at once."""
    behaviours: dict[str, Callable[[socket.socket], None]] = {
        "silent": lambda _: time.sleep(3600),
        "dripping": lambda peer: _drip(peer, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
        "headless": lambda peer: _drip(peer, b""),
        "closing": lambda _: None,
    }
    listeners = {name: socket.create_server(("127.0.0.1", 0), backlog=256) for name in behaviours}
    for name, listener in listeners.items():
        threading.Thread(target=_accept, args=(listener, behaviours[name]), daemon=True).start()
    try:
        yield {name: listener.getsockname()[1] for name, listener in listeners.items()}
    finally:
        for listener in listeners.values():
            listener.close()


def _accept(listener: socket.socket, behave: Callable[[socket.socket], None]) -> None:
    def handle(peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            peer.recv(4096)
            behave(peer)

    with contextlib.suppress(OSError):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=handle, args=(peer,), daemon=True).start()


def _drip(peer: socket.socket, head: bytes) -> None:
    peer.sendall(head)
    while True:
        peer.sendall(b"H")
        time.sleep(1)


def bombs() -> dict[str, bytes]:
    """Return small files that become large, or end decoders, by name."""
    found = {}
    image = Image.new("RGBA", _MEGAPIXELS_40, (10, 200, 30, 128))
    found["rgba40.png"] = _saved(image, "PNG", compress_level=9)
    found["rgba40.webp"] = _saved(image, "WEBP", quality=1, method=0)
    rgb = Image.new("RGB", _MEGAPIXELS_40, (200, 10, 30))
    found["rgb40.jpg"] = _saved(rgb, "JPEG", quality=1, progressive=True)
    found["rgb40.avif"] = _saved(rgb, "AVIF", quality=1, speed=10)
    found["palette400.png"] = _saved(Image.new("1", (20_000, 20_000)), "PNG", compress_level=9)
    small = Image.new("RGB", (64, 64), (1, 2, 3))
    texts = PngImagePlugin.PngInfo()
    for number in range(8):
        texts.add(b"zTXt", b"Comment%d\0\0" % number + zlib.compress(bytes(60_000_000), 9))
    found["text.png"] = _saved(small, "PNG", pnginfo=texts)
    found["frames.gif"] = _saved(small, "GIF", save_all=True, append_images=[small.rotate(i) for i in range(400)])
    found["cut.avif"] = found["rgb40.avif"][: len(found["rgb40.avif"]) // 2]
    found["cut.png"] = found["rgba40.png"][:-2000]
    return found


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, form, **options)  # type: ignore[arg-type]
    return content.getvalue()


@contextmanager
def image_host(files: dict[str, bytes]) -> Iterator[int]:
    """Serve files over HTTP until the block ends; yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path.rpartition("/")[2], b"")
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as address:
        yield int(address.rpartition(":")[2])


class Deaf:
    """Connections that ask for something large and never read the answer."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self._open = []
        for _ in range(count):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(10)
            connection.connect(("127.0.0.1", port))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            self._open.append(connection)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._open:
            connection.close()
