"""Client of the serving benchmark: whole requests made beforehand, sent over sockets, one or many connections."""

import selectors
import socket
import statistics
import time

import numpy as np


def request_bytes(path, body, content_type="application/json"):
    """Return a whole HTTP request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {content_type}"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def get_request(path):
    """Return a whole GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class Connection:
    """A connection that sends one request after the other."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()

    def send(self, request):
        """Send a request."""
        self.socket.sendall(request)

    def receive(self):
        """Read what has come; return a whole answer's body, or None."""
        chunk = self.socket.recv(1 << 20)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._buffer += chunk
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self._buffer[:end]).lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return None
        body = bytes(self._buffer[end + 4 :])
        self._buffer.clear()
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"{head[:40]!r}: {body[:200]!r}")
        return body

    def close(self):
        """Close the connection."""
        self.socket.close()


def one_by_one(port, requests):
    """Return the seconds and the bodies of requests over one connection."""
    connection = Connection(port)
    seconds, bodies = [], []
    for request in requests:
        started = time.perf_counter()
        connection.send(request)
        while (body := connection.receive()) is None:
            pass
        seconds.append(time.perf_counter() - started)
        bodies.append(body)
    connection.close()
    return seconds, bodies


def many_at_once(port, requests, num_connections):
    """Return the seconds of each request over several connections, and the seconds of all together."""
    seconds, waiting = [], iter(requests)
    started = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        num_open = 0
        for _ in range(num_connections):
            connection = Connection(port)
            selector.register(connection.socket, selectors.EVENT_READ, [connection, time.perf_counter()])
            connection.send(next(waiting))
            num_open += 1
        while num_open:
            for key, _ in selector.select():
                connection, sent = key.data
                if connection.receive() is None:
                    continue
                seconds.append(time.perf_counter() - sent)
                request = next(waiting, None)
                if request is None:
                    selector.unregister(connection.socket)
                    connection.close()
                    num_open -= 1
                else:
                    key.data[1] = time.perf_counter()
                    connection.send(request)
    return seconds, time.perf_counter() - started


def percentiles(seconds):
    """Return percentiles in milliseconds."""
    p50, p95, p99 = np.percentile(np.array(seconds) * 1000, [50, 95, 99])
    return {"p50Ms": round(float(p50), 3), "p95Ms": round(float(p95), 3), "p99Ms": round(float(p99), 3)}


def combine(runs):
    """Return the median of each figure over the repeats, with the smallest and largest."""
    return {
        name: {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for name in runs[0]
        for values in [[run[name] for run in runs]]
    }
