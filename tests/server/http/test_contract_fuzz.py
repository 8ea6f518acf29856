"""Requests that nobody thought of: made from the contract, by schemathesis, and from broken bytes."""

import http.client
import random
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest
from running import call, children
from shelf import SHELF, TOKEN

from kernel.contracts import CONTRACTS
from server.encoding.bundle import load_bundle

HOST = b"Host: 127.0.0.1\r\n"
JSON = b"Content-Type: application/json\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST
RECOMMEND = b"POST /v1/recommendations HTTP/1.1\r\n" + HOST + JSON
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.slow
@pytest.mark.skipif(not find_spec("schemathesis"), reason="schemathesis does not fit the lowest versions of the server")
@pytest.mark.parametrize("known", [True, False])
def test_every_answer_of_a_running_server_is_one_that_the_contract_knows(serve, tiny_bundle, tmp_path, known):
    """With paths of things that are there, so that requests come far, and with any."""
    port, _ = serve()
    names = {"shop": SHELF[0]["shop"], "itemId": SHELF[0]["itemId"], "bundleId": load_bundle(tiny_bundle).bundle_id,
             "path": "manifest.json", "name": "list.json"}  # fmt: skip
    config = tmp_path / "fuzz" / "schemathesis.toml"
    config.parent.mkdir()
    lines = [f'"path.{name}" = "{value}"' for name, value in names.items()] if known else []
    config.write_text("\n".join(["[parameters]", *lines]))
    # A vector needs the bundle's dimension, a handshake its keys: not all that a request must have can be in a schema.
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", CONTRACTS / "openapi.yaml",
         "--url", f"http://127.0.0.1:{port}", "--header", f"Authorization: Bearer {TOKEN}", "--seed", "7",
         "--max-examples", "25", "--phases", "coverage,fuzzing", "--exclude-checks", "positive_data_acceptance",
         "--warnings", "off", "--request-timeout", "60", "--no-color"],
        cwd=config.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Selected: (\d+)/\1\s+Tested: \1\b", done.stdout), done.stdout
    assert re.search(r"[5-9]\d\d generated|\d{4,} generated", done.stdout), done.stdout


def ask(port, sent):
    """Return the status of the first answer to these bytes, None where the server closed the connection instead."""
    # A server that hangs makes this raise: it has limits of 15 and 20 seconds for heads and bodies.
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            connection.sendall(sent)
            response = http.client.HTTPResponse(connection)
            response.begin()
        except (ConnectionError, http.client.BadStatusLine):
            return None
        return response.status


def answers(port, sent):
    """Return everything that comes back until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


ODD = {
    "two lengths": RECOMMEND + b"Content-Length: 2\r\nContent-Length: 7\r\n\r\n{}",
    "a list of lengths": RECOMMEND + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": RECOMMEND + b"Content-Length: +2\r\n\r\n{}",
    "a negative length": RECOMMEND + b"Content-Length: -2\r\n\r\n{}",
    "a length in hex": RECOMMEND + b"Content-Length: 0x2\r\n\r\n{}",
    "no length": RECOMMEND + b"Content-Length: \r\n\r\n{}",
    "a length beyond 64 bits": RECOMMEND + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "the largest length": RECOMMEND + b"Content-Length: 18446744073709551615\r\n\r\n{}",
    "a length beyond the limit": RECOMMEND + b"Content-Length: 18446744073709551613\r\n\r\n{}",
    "a length that is not UTF-8": RECOMMEND + b"Content-Length: \xff\r\n\r\n{}",
    "another coding": RECOMMEND + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a coding with a space": RECOMMEND + b"Transfer-Encoding : chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a chunk beyond 64 bits": RECOMMEND + CHUNKED + b"\r\nFFFFFFFFFFFFFFFFF\r\n{}",
    "a negative chunk": RECOMMEND + CHUNKED + b"\r\n-2\r\n{}",
    "a chunk with a long extension": RECOMMEND + CHUNKED + b"\r\n2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": HEALTH + b"Host: evil.example\r\n\r\n",
    "a host that is not UTF-8": b"GET /healthz HTTP/1.1\r\nHost: \xff\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "all of the server": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "a method with a zero": b"G\0T /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long method": b"A" * 5000 + b" /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/9.9": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "a path that is too long": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path of bytes": b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path that is not UTF-8": b"GET /v1/shops/%ff%fe/pack HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path with half a character": b"GET /v1/shops/%ed%a0%80/pack HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path with a zero": b"GET /v1/shops/a%00/items/0000000000000000 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path with a line break": b"GET /v1/shops%0d%0aX:%20y HTTP/1.1\r\n" + HOST + b"\r\n",
    "a path with empty parts": b"GET //v1//shops HTTP/1.1\r\n" + HOST + b"\r\n",
    "a number beyond 64 bits": b"GET /v1/writes/99999999999999999999 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a head that is too long": HEALTH + b"X: " + b"a" * 500_000 + b"\r\n\r\n",
    "too many headers": HEALTH + b"".join(b"X%d: y\r\n" % i for i in range(2000)) + b"\r\n",
    "a folded header": HEALTH + b"X: a\r\n b\r\n\r\n",
    "a header with a zero": HEALTH + b"X: a\0b\r\n\r\n",
    "an odd content type": RECOMMEND.replace(JSON, b'Content-Type: application/json; charset="\xff\r\n') + b"\r\n",
    "an odd token": b"PUT /v1/items HTTP/1.1\r\n" + HOST + b"Authorization: Bearer \xff\r\nContent-Length: 0\r\n\r\n",
}


def test_odd_heads_and_lengths_are_refused_and_the_server_goes_its_way(serve):
    port, process = serve("--body-timeout-seconds", "1")
    before = set(children(process.pid))
    found = {name: ask(port, sent) for name, sent in ODD.items()}
    # A token that cannot be read is none; what is not understood at all may be closed without an answer.
    assert {name: status for name, status in found.items() if not 400 <= (status or 400) < 500} == {}
    answered = [name for name, status in found.items() if status is not None]
    assert len(answered) > len(ODD) - 5
    assert set(children(process.pid)) == before, "no worker was lost"
    assert call(port, "/healthz")[0] == 200


@pytest.mark.parametrize(
    "lengths",
    [b"Content-Length: 6\r\n" + CHUNKED, CHUNKED + b"Content-Length: 6\r\n", CHUNKED * 2 + b"Content-Length: 6\r\n"],
)
def test_a_request_that_is_hidden_behind_two_lengths_is_not_answered(serve, lengths):
    port, _ = serve("--body-timeout-seconds", "1")
    hidden = b"0\r\n\r\nGET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    came = answers(port, RECOMMEND + lengths + b"\r\n" + hidden)
    assert came.count(b"HTTP/1.1 ") == 1
    assert came.startswith(b"HTTP/1.1 4")


def test_pipelined_requests_are_answered_in_order(serve):
    port, _ = serve()
    bad = RECOMMEND + b"Content-Length: 4\r\n\r\nnull"
    last = HEALTH + b"Connection: close\r\n\r\n"
    came = answers(port, (HEALTH + b"\r\n" + bad) * 20 + last)
    assert re.findall(rb"HTTP/1\.1 (\d+)", came) == [b"200", b"422"] * 20 + [b"200"]


def test_http2_is_spoken_only_where_it_was_asked_for(serve):
    upgrade = HEALTH + b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
    port, _ = serve()
    came = answers(port, PREFACE)
    assert came == b"" or came.startswith(b"HTTP/1.1 400")
    assert answers(port, upgrade).startswith(b"HTTP/1.1 200")


def test_http2_is_spoken_with_its_flag(serve):
    port, _ = serve("--http2")
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(PREFACE)
        assert connection.recv(9)[3] == 4, "a frame of settings"
    assert call(port, "/healthz")[0] == 200


SOUND = [
    HEALTH + b"Connection: close\r\n\r\n",
    RECOMMEND + b'Content-Length: 44\r\n\r\n{"mode":"own","shop":"harbor.example","k":1}',
    RECOMMEND + CHUNKED + b'\r\n2c\r\n{"mode":"own","shop":"harbor.example","k":1}\r\n0\r\n\r\n',
    b"PUT /v1/items HTTP/1.1\r\n" + HOST + JSON + b"Authorization: Bearer x\r\nContent-Length: 15\r\n\r\n"
    + b'{"products":[]}',
    b"GET /v1/shops/harbor.example/pack HTTP/1.1\r\n" + HOST + b'If-None-Match: "x"\r\n\r\n',
    b"POST /v1/channel/request HTTP/1.1\r\n" + HOST
    + b"Content-Type: application/octet-stream\r\nContent-Length: 4\r\n\r\n\0\1ab",
]  # fmt: skip
PARTS = [
    b"\r\n",
    b"\n",
    b"\0",
    b":",
    b" ",
    b"\xff",
    b"%",
    b"/",
    b",",
    b"Content-Length: 9\r\n",
    CHUNKED,
    HOST,
    b"A" * 9000,
]


def broken(rng):
    """Return a sound request with some bytes changed, cut out, doubled or put in, and an end of its head."""
    sent = bytearray(rng.choice(SOUND))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(sent))
        kind = rng.randrange(4)
        if kind == 0:
            sent[at] = rng.randrange(256)
        elif kind == 1:
            del sent[at : at + rng.randint(1, 8)]
        elif kind == 2:
            sent[at:at] = sent[at : at + rng.randint(1, 40)]
        else:
            sent[at:at] = rng.choice(PARTS)
    return bytes(sent) + b"\r\n\r\n"


def test_broken_requests_never_fail_the_server(serve):
    port, process = serve("--body-timeout-seconds", "1")
    before = set(children(process.pid))
    rng = random.Random(20)
    cases = [broken(rng) for _ in range(400)]
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda sent: ask(port, sent), cases))
    failed = [case for case, status in zip(cases, statuses, strict=True) if (status or 0) >= 500]
    assert failed == []
    assert len({status for status in statuses if status is not None}) >= 5, "of many kinds"
    assert statuses.count(None) < 40
    assert set(children(process.pid)) == before, "no worker was lost"
    assert call(port, "/healthz")[0] == 200
