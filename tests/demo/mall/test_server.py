"""The mall as a program: it answers over HTTP, keeps a log, and says plainly what is wrong."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_ports

ROOT = Path(__file__).parents[3]


def start_mall(*arguments: str) -> subprocess.Popen[str]:
    """Start the mall; it has said where it is when this returns."""
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "mall", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def mall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[list[int], Path]]:
    """Return a running mall: its ports and its access log."""
    ports, log = free_ports(3), tmp_path_factory.mktemp("mall") / "access.jsonl"
    with start_mall("--ports", ",".join(map(str, ports)), "--access-log", str(log)) as process:
        assert process.stdout
        for _ in range(4):
            assert process.stdout.readline()
        yield ports, log
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert process.stderr and process.stderr.read() == ""


def get(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Return (response, body) of one GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_each_port_serves_its_shop_under_both_names(mall: tuple[list[int], Path]) -> None:
    for port, shop, name in zip(
        mall[0], ("harbor", "linden", "meridian"), ("Harbour", "Linden", "MERIDIAN"), strict=True
    ):
        for host in (f"127.0.0.1:{port}", f"{shop}.localhost:{port}"):
            response, body = get(port, "/", Host=host)
            assert response.status == 200
            assert name in body.decode()
            assert f'<link rel="canonical" href="http://{host}/">' in body.decode()


def test_a_foreign_host_name_is_refused(mall: tuple[list[int], Path]) -> None:
    assert get(mall[0][0], "/", Host="evil.example")[0].status == 421


def test_an_unchanged_page_is_304(mall: tuple[list[int], Path]) -> None:
    first, _ = get(mall[0][0], "/collections/all")
    assert first.headers["Last-Modified"].endswith("GMT")
    again, body = get(mall[0][0], "/collections/all", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status, body) == (304, b"")


def test_head_has_the_length_and_no_body(mall: tuple[list[int], Path]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", mall[0][1], timeout=60)
    connection.request("HEAD", "/")
    response = connection.getresponse()
    assert response.read() == b""
    assert int(response.headers["Content-Length"]) > 1000
    connection.close()


def test_the_access_log_has_one_line_per_request(mall: tuple[list[int], Path]) -> None:
    get(mall[0][2], "/cart?probe=1", **{"User-Agent": "probe/1"})
    entries = [json.loads(line) for line in mall[1].read_text().splitlines()]
    (mine,) = [entry for entry in entries if entry["path"] == "/cart?probe=1"]
    assert (mine["status"], mine["userAgent"], mine["host"]) == (200, "probe/1", f"127.0.0.1:{mall[0][2]}")


def test_a_client_that_hangs_up_or_talks_nonsense_does_no_harm(mall: tuple[list[int], Path]) -> None:
    port = mall[0][0]
    for noise in (
        b"",
        b"\x16\x03\x01\x00\xff",
        b"GET /collections/all HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(noise)
    assert get(port, "/")[0].status == 200


@pytest.mark.parametrize(
    "path", ["/..%2f..%2f..%2fetc%2fpasswd", "/../../etc/passwd", "/theme.css/../../../mall.py", "/%00"]
)
def test_traversal_finds_nothing(mall: tuple[list[int], Path], path: str) -> None:
    response, body = get(mall[0][0], path)
    assert response.status == 404
    assert b"root:" not in body


def test_a_taken_port_gives_one_sentence_and_exit_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        taken = holder.getsockname()[1]
        others = free_ports(2)
        with start_mall("--ports", f"{others[0]},{taken},{others[1]}") as process:
            _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.count("\n") == 1
    assert str(taken) in stderr and "--ports" in stderr


@pytest.mark.parametrize("ports", ["8701", "1,2,x", "8701,8701,8702", "0,1,2", "70000,1,2"])
def test_bad_ports_give_one_sentence_and_exit_code_2(ports: str) -> None:
    with start_mall("--ports", ports) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert stderr.count("\n") == 1 and "--ports" in stderr


def test_sigterm_stops_the_mall_cleanly() -> None:
    with start_mall("--ports", ",".join(map(str, free_ports(3)))) as process:
        assert process.stdout and process.stdout.readline()
        os.kill(process.pid, signal.SIGTERM)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, "")
