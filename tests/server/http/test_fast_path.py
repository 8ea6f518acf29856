"""The fast path against Flask over the same requests: the same bytes, and Flask alone wherever it might differ."""

import itertools
import struct

import numpy as np
import orjson
import pytest
from shelf import SHELF

from benchmarks.serving.client import Connection
from server.encoding.bundle import load_bundle
from server.http import fast_path
from server.http.services import EXTENSION_KEY

SHOP, DIM = "harbor.example", 16
UNIT = [1.0] + [0.0] * (DIM - 1)


def raw_request(body, content_type="application/json", headers=()):
    lines = ["POST /v1/recommendations HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {content_type}", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def answer_to(port, request):
    """Return the whole answer as it came, without its Date."""
    connection = Connection(port)
    connection.send(request)
    raw = b""
    while b"\r\n\r\n" not in raw or len(raw.split(b"\r\n\r\n", 1)[1]) < length_of(raw):
        raw += connection.socket.recv(1 << 16)
    connection.close()
    head, body = raw.split(b"\r\n\r\n", 1)
    lines = head.split(b"\r\n")
    return lines[0], sorted(line.lower() for line in lines[1:] if not line.lower().startswith(b"date")), body


def length_of(raw):
    head = raw.split(b"\r\n\r\n", 1)[0].lower()
    return int(head[head.index(b"content-length:") + 15 :].split(b"\r\n")[0])


@pytest.fixture(scope="module")
def bodies():
    """Return bodies of every kind, valid or not."""
    rng = np.random.default_rng(11)
    vector = rng.normal(size=DIM)
    taste = (vector / np.linalg.norm(vector)).tolist()
    base = {"mode": "own", "shop": SHOP, "k": 3}

    def with_space(space, **extra):
        return {**base, "space": space, "vector": taste, **extra}

    return lambda space: (
        [
            orjson.dumps(body)
            for body in (
                base,
                {**base, "k": 1000},
                {**base, "filters": {"inStock": True}},
                with_space(space),
                with_space(space, diversity=0),
                with_space(space, diversity=1, k=50),
                with_space(space, k=51),
                with_space(space, include=["vectors"]),
                with_space(space, filters={"priceMax": 20, "currency": "EUR"}),
                with_space(space, filters={"brands": ["nobody"]}),
                with_space(space, vector=UNIT),
                with_space(space, vector=[2.0] * DIM),
                with_space(space, vector=UNIT[:-1]),
                with_space("0" * 64),
                with_space(space, shop="nowhere.example"),
                with_space(space, extra=1),
                {**base, "k": 0},
            )
        ]
        + [b"", b"{", b"[]", b"\xff", b"nul\x00"]
    )


def test_every_answer_is_byte_for_byte_that_of_flask(serve, tiny_bundle, bodies):
    """The first request with a head goes through Flask, and those with another head always do the first time."""
    port, _ = serve("--workers", "1")
    space = load_bundle(tiny_bundle).space
    number = itertools.count()
    for headers in (
        (),
        ("Origin: chrome-extension://abcdefghijklmnopabcdefghijklmnop",),
        ("Origin: https://evil.example",),
    ):
        # This head is known from here on.
        answer_to(port, raw_request(bodies(space)[0], headers=headers))
        for body in bodies(space):
            new_head = (*headers, f"X-Number: {next(number)}")
            by_flask = answer_to(port, raw_request(body, headers=new_head))
            assert answer_to(port, raw_request(body, headers=headers)) == by_flask


def test_the_fast_path_answers_what_the_test_is_about(shelf_app, tiny_bundle, bodies):
    """It answers all that succeeds with at most 50 items, and nothing else."""
    fast = fast_path.FastPath(shelf_app)
    head = ("1.1", "", (("host", "127.0.0.1"),))
    space = load_bundle(tiny_bundle).space
    assert all(fast.answer(head, body) is None for body in bodies(space))
    fast.keep(head, "application/json", 200, [("Content-Type", "application/json"), ("Content-Length", "3")])
    answered = [fast.answer(head, body) is not None for body in bodies(space)]
    assert answered == [True, False, True, True, True, True, False, True, True, True, True] + [False] * 11
    fast.keep(("1.1", "x", ()), "application/json", 403, [])
    assert fast.answer(("1.1", "x", ()), bodies(space)[0]) is None


def test_more_heads_than_are_kept_are_answered_all_the_same(shelf_app):
    fast = fast_path.FastPath(shelf_app)
    body = orjson.dumps({"mode": "own", "shop": SHOP, "k": 3})
    for i in range(1000):
        head = ("1.1", "", (("x", str(i)),))
        fast.keep(head, "application/json", 200, [])
        assert fast.answer(head, body) is not None
    assert len(fast._answers) <= 256


def octets(document, numbers):
    raw = orjson.dumps(document)
    return struct.pack("<I", len(raw)) + raw + np.asarray(numbers, "<f4").tobytes()


def test_a_vector_in_bytes_gives_the_answer_of_its_numbers(client, tiny_bundle):
    space = load_bundle(tiny_bundle).space
    base = {"mode": "own", "shop": SHOP, "k": 5, "space": space}
    expected = client.post("/v1/recommendations", json={**base, "vector": UNIT})
    found = client.post("/v1/recommendations", data=octets(base, UNIT), content_type="application/octet-stream")
    assert found.status_code == 200
    assert found.data == expected.data
    assert len(found.json["items"]) == len(SHELF)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "invalid_octets"),
        (b"\x00\x00", 400, "invalid_octets"),
        (struct.pack("<I", 2**32 - 1) + b"{}", 400, "invalid_octets"),
        (struct.pack("<I", 2) + b"{}" + b"\x00" * 3, 400, "invalid_octets"),
        (struct.pack("<I", 2) + b"{]", 400, "invalid_json"),
        (octets({"mode": "own", "shop": SHOP, "k": 1}, UNIT), 422, "invalid_request"),
        (octets({"mode": "own", "shop": SHOP, "k": 1, "space": "?", "vector": UNIT}, UNIT), 422, "invalid_request"),
        (octets({"mode": "own", "shop": SHOP, "k": 1, "space": "SPACE"}, UNIT[:3]), 422, "vector_length"),
        (octets({"mode": "own", "shop": SHOP, "k": 1, "space": "SPACE"}, [float("nan")] * DIM), 422, "invalid_request"),
        (octets({"mode": "own", "shop": SHOP, "k": 1, "space": "SPACE"}, []), 422, "vector_length"),
    ],
)  # fmt: skip
def test_octets_that_are_no_request_are_named(client, tiny_bundle, raw, status, code):
    space = load_bundle(tiny_bundle).space
    if b"SPACE" in raw:
        length = int.from_bytes(raw[:4], "little") + len(space) - len("SPACE")
        raw = struct.pack("<I", length) + raw[4:].replace(b"SPACE", space.encode())
    answer = client.post("/v1/recommendations", data=raw, content_type="application/octet-stream")
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_kept_first_screen_goes_with_its_state(client, write):
    """A first screen is kept with the state that it is of, so a deletion shows at once."""
    body = {"mode": "own", "shop": SHOP, "k": 5}
    first = client.post("/v1/recommendations", json=body).json["items"]
    assert client.post("/v1/recommendations", json=body).json["items"] == first
    write("DELETE", {"items": [{"shop": SHOP, "itemId": first[0]["itemId"]}]})
    client.application.extensions[EXTENSION_KEY].replica.refresh()
    left = client.post("/v1/recommendations", json=body).json["items"]
    assert [item["itemId"] for item in left if item["itemId"] == first[0]["itemId"]] == []
    assert len(left) == len(first) - 1
