"""Slow, large and odd clients of real processes: whoever does not finish a request stops nobody else."""

import base64
import http.client
import io
import json
import socket
import threading

import pytest
from PIL import Image
from running import call, wait_until
from shelf import SHELF, TOKEN

from server.encoding.bundle import load_bundle

SHOP = "harbor.example"
RECOMMEND = {"mode": "own", "shop": SHOP, "k": 3}


@pytest.fixture
def half_sent():
    """Return a function that opens a connection and sends half of a request."""
    connections = []

    def send(port, head, body=b"half"):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connections.append(connection)
        connection.sendall(f"{head} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode() + body)
        return connection

    yield send
    for connection in connections:
        connection.close()


def problem_on(connection):
    """Return status and code of the answer on a connection."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    with response:
        return response.status, json.loads(response.read())["code"]


def test_two_hundred_half_sent_bodies_stop_nothing(serve, half_sent):
    port, _ = serve("--body-timeout-seconds", "120")
    for i in range(200):
        head = ("PUT /v1/items", "POST /v1/recommendations", "POST /v1/channel", "GET /healthz")[i % 4]
        half_sent(port, head, b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\nhalf of a bo")
    for _ in range(10):
        assert call(port, "/healthz")[0] == 200
        assert call(port, "/metrics")[0] == 200
        assert call(port, "/v1/recommendations", RECOMMEND)[0] == 200


@pytest.mark.parametrize(
    "length", [b"Content-Length: 1000\r\n\r\nhalf", b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"]
)
def test_a_body_that_does_not_arrive_in_time_gets_408(serve, half_sent, length):
    port, _ = serve("--body-timeout-seconds", "1")
    connection = half_sent(port, "POST /v1/recommendations", b"Content-Type: application/json\r\n" + length)
    assert problem_on(connection) == (408, "body_too_slow")
    wait_until(lambda: 'route="/v1/recommendations",status="408"' in call(port, "/metrics")[1].decode())


def test_too_large_bodies_get_413_whether_they_say_so_or_not(serve, half_sent):
    port, _ = serve("--max-body-bytes", "2000", "--max-bodies-bytes", "3000")
    head = b"Content-Type: application/json\r\n"
    said = half_sent(port, "PUT /v1/items", head + b"Content-Length: 2001\r\n\r\n")
    assert problem_on(said) == (413, "body_too_large")
    unsaid = half_sent(port, "PUT /v1/items", head + b"Transfer-Encoding: chunked\r\n\r\n7d1\r\n" + bytes(2001))
    assert problem_on(unsaid) == (413, "body_too_large")
    # On each of two workers; what was refused is not counted any more, so others are read.
    for _ in range(20):
        assert call(port, "/v1/recommendations", RECOMMEND)[0] == 200


def test_bodies_of_all_requests_together_are_bounded(serve, half_sent):
    port, _ = serve("--workers", "1", "--max-bodies-bytes", "3000", "--body-timeout-seconds", "120")
    head = b"Content-Type: application/json\r\nContent-Length: 2000\r\n\r\n"
    half_sent(port, "PUT /v1/items", head + bytes(1999))
    assert problem_on(half_sent(port, "PUT /v1/items", head + bytes(1999))) == (503, "busy")
    assert call(port, "/v1/recommendations", RECOMMEND)[0] == 200


def test_requests_reach_the_application_as_they_were_sent(serve, tiny_bundle):
    """Paths with percent signs, repeated headers, HEAD, whole files and ranges of them."""
    port, _ = serve()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(method, path, **headers):
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Host": "127.0.0.1", **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response, response.read()

    manifest = (tiny_bundle / "manifest.json").read_bytes()
    address = f"/v1/bundles/{load_bundle(tiny_bundle).bundle_id}/manifest.json"
    response, content = ask("GET", address)
    assert (response.status, content) == (200, manifest)
    assert response.headers["Content-Length"] == str(len(manifest))
    response, content = ask("HEAD", address)
    assert (response.status, content, response.headers["Content-Length"]) == (200, b"", str(len(manifest)))
    response, content = ask("GET", address, Range="bytes=10-29")
    assert (response.status, content) == (206, manifest[10:30])
    response, content = ask("GET", address, If_None_Match=response.headers["ETag"])
    assert (response.status, content) == (304, b"")
    response, content = ask("GET", f"/v1/shops/harbor%2Eexample/items/{SHELF[0]['itemId']}")
    assert (response.status, json.loads(content)) == (200, SHELF[0])
    assert ask("GET", "/healthz", Origin="https://evil.example")[0].status == 403
    assert ask("GET", "/healthz", Host="evil.example")[0].status == 400
    response, _ = ask("DELETE", "/v1/items", Authorization=f"Bearer {TOKEN}", CONTENT_LENGTH="0")
    assert response.status == 400
    connection.close()


def test_searches_that_wait_hold_no_other_request(serve):
    """A worker's search threads are busy with images that never finish decoding; recommendations are answered."""
    port, _ = serve("--workers", "1", "--search-threads", "1")
    assert call(port, "/v1/search", {"shop": SHOP, "text": "navy tee"})[0] == 200
    answers = []
    wide = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(wide, "PNG")
    slow = {"shop": SHOP, "image": base64.b64encode(wide.getvalue()).decode()}
    threads = [threading.Thread(target=lambda: answers.append(call(port, "/v1/search", slow)[0])) for _ in range(80)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        assert call(port, "/v1/recommendations", RECOMMEND)[0] == 200
    for thread in threads:
        thread.join()
    # 64 at once in one worker; the others, and those whose deadline passed, are told to come again.
    assert set(answers) <= {200, 503}
    assert 503 in answers
    assert call(port, "/v1/search", {"shop": SHOP, "text": "navy tee"})[0] == 200
