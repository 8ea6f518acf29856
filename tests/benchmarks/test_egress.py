"""A proxy's record beside a ledger: what one has and the other lacks is found, byte for byte."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.egress import Wire, compare, recorded, told
from docs.examples import record_requests
from kernel.paths import ROOT

SERVER = "http://127.0.0.1:8710/v1/channel"


def sent(url: str, body: bytes = b"", method: str = "GET", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(method=method, pretty_url=url, headers=named, raw_content=body)


def entry(url: str, body: str = "", method: str = "GET", **more: object) -> dict[str, object]:
    return {"method": method, "url": url, "body": body, **more}


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "requests.jsonl"
    for request in (
        sent("https://a.example/", Sec_Fetch_Dest="document"),
        sent("https://a.example/style.css", Referer="https://a.example/"),
        sent("https://a.example/products.json?page=1"),
        sent("https://a.example/1.jpg"),
        sent("https://a.example/1.jpg"),
        sent(SERVER, b"\x00\xff", "POST"),
    ):
        record_requests.write(path, request)
    return path


LEDGER = [
    entry("https://a.example/products.json?page=1", purpose="catalogue"),
    entry("https://a.example/", json.dumps(["https://a.example/1.jpg", "https://a.example/2.jpg"]), purpose="shown"),
    entry(
        "http://127.0.0.1:8710/v1/shops",
        sealed={"url": SERVER, "bytes": 2, "sha256": hashlib.sha256(b"\x00\xff").hexdigest()},
    ),
]


def compared(record: Path, ledger: list[dict[str, object]], *options: str) -> subprocess.CompletedProcess[str]:
    saved = record.with_name("ledger.json")
    saved.write_text(json.dumps(ledger), "utf-8")
    command = [sys.executable, "-m", "benchmarks.egress", str(record), str(saved), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_ledger_that_tells_of_everything_is_equal(record: Path) -> None:
    done = compared(record, LEDGER)
    assert (done.returncode, done.stdout) == (0, "4 requests are in the record and in the ledger\n")


@pytest.mark.parametrize("missing", range(3))
def test_a_request_that_the_ledger_lacks_is_found(record: Path, missing: int) -> None:
    done = compared(record, LEDGER[:missing] + LEDGER[missing + 1 :])
    assert done.returncode == 1
    assert "left the browser, and the ledger does not tell of it" in done.stdout


def test_one_other_byte_in_a_body_is_found(record: Path) -> None:
    record_requests.write(record, sent(SERVER, b"\x00\xfe", "POST"))
    assert compared(record, LEDGER).returncode == 1


def test_a_request_that_is_made_once_more_is_found() -> None:
    wire = Wire("GET", "https://a.example/robots.txt", hashlib.sha256(b"").hexdigest())
    assert compare([wire, wire], [wire], set()).only_recorded == [wire]


def test_what_was_noted_and_not_asked_is_told_and_no_fault(record: Path) -> None:
    done = compared(record, [*LEDGER, entry("https://a.example/robots.txt")])
    assert done.returncode == 0
    assert "the proxy did not see it: GET https://a.example/robots.txt" in done.stdout


def test_a_shortened_entry_is_compared_by_its_address_alone() -> None:
    asked, _ = told([entry(SERVER, "", "POST", isShortened=True)])
    assert compare([Wire("POST", SERVER, "ab")], asked, set()) == (1, [], [])


def test_other_hosts_can_be_left_out(record: Path) -> None:
    assert compared(record, LEDGER[2:], "--host", "127.0.0.1").returncode == 0


@pytest.mark.parametrize("line", ["{", '{"method": "GET"}', "[]"])
def test_a_file_that_is_no_record_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(ValueError, match="line 1: expected a request"):
        recorded([line])
