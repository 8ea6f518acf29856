"""SIGHUP replaces the workers and SIGTERM ends the server, under load and without a failed request."""

import os
import signal
import socket
import time

import pytest
from readers import REFUSED, Readers
from running import call, wait_until, workers_of
from shelf import SHELF

from server.http import drain

SHOP = "harbor.example"
BODY = {"mode": "own", "shop": SHOP, "k": 3}


def test_a_reload_under_load_replaces_every_worker_and_fails_no_request(serve):
    port, process = serve()
    for _ in range(2):
        before = set(workers_of(process))
        with Readers(port, [BODY] * 6) as readers:
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(now := set(workers_of(process))) == 2 and not now & before)  # noqa: B023 (called at once)
            readers.wait_for_more(100)
        assert readers.failures == []
    assert process.poll() is None


def test_a_stop_answers_what_has_arrived_and_refuses_the_rest(serve):
    """A reader sees whole answers until it is refused: no answer is cut off, and no connection that was taken is."""
    port, process = serve()
    slow = socket.create_connection(("127.0.0.1", port))
    raw = b'{"mode":"own","shop":"harbor.example","k":3}'
    head = "POST /v1/recommendations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    slow.sendall(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw[:10])
    call(port, "/healthz")
    with Readers(port, [BODY] * 6) as readers:
        readers.wait_for_more(50)
        process.send_signal(signal.SIGTERM)
        time.sleep(drain.DRAIN_SECONDS / 4)
        slow.sendall(raw[10:])
        answer = b""
        while part := slow.recv(65536):
            answer += part
        assert process.wait(timeout=60) == 0
    slow.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer.lower()
    assert set(readers.failures) <= {REFUSED}


def test_connections_go_to_the_living_worker_while_a_killed_one_is_replaced(serve):
    port, process = serve()
    killed = max(set(workers_of(process)))
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: call(port, "/v1/recommendations", BODY, timeout=10)[0] == 200)
    wait_until(lambda: len(now := set(workers_of(process))) == 2 and killed not in now)
    assert all(call(port, "/v1/recommendations", BODY)[0] == 200 for _ in range(len(SHELF) * 4))


@pytest.mark.parametrize("version", ["1.1", "2"])
def test_only_answers_of_a_worker_that_ends_close_their_connection(version):
    ending = drain.Drain()
    assert ending.headers(version, [("a", "b")]) == [("a", "b")]
    ending.has_begun = True
    assert (("connection", "close") in ending.headers(version, [("a", "b")])) == (version == "1.1")
