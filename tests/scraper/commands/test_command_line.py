"""Tests of the command line: arguments, outputs and exit codes."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
JUG = '<script type="application/ld+json">{"@type":"Product","name":"Jug %d"}</script>'
URL = "https://shop.example/p/%d"


def listing(tmp_path, entries):
    path = tmp_path / "pages.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_extract_prints_the_product_of_a_file_and_of_standard_input(scraper, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(JUG % 1)
    from_file = scraper("extract", page, "--url", URL % 1)
    from_stdin = scraper("extract", "-", "--url", URL % 1, stdin=page.read_bytes())
    assert from_file.returncode == from_stdin.returncode == 0
    assert json.loads(from_file.stdout) == json.loads(from_stdin.stdout)
    assert json.loads(from_file.stdout)["title"] == "Jug 1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("extract", "/nowhere.html", "--url", URL % 1),
        ("extract", "-", "--url", "ftp://x"),
        ("extract", "/", "--url", URL % 1),
        ("extract-many", "/nowhere.jsonl", "--out", "/tmp/never-written.jsonl"),
        ("crawl", "shop.example", "--out", "/tmp/never-made"),
        ("crawl", "http://a.test/", "--out", "/tmp/never-made", "--resolve", "a.test"),
        ("crawl", "http://a.test/", "--out", "/tmp/never-made", "--rate", "0"),
        ("extract",),
    ],
)
def test_bad_use_is_one_clear_line_and_exit_code_2(scraper, arguments):
    result = scraper(*arguments)
    assert result.returncode == 2 and result.stdout == b""
    assert b"Traceback" not in result.stderr and b"error:" in result.stderr
    assert not Path("/tmp/never-made").exists() and not Path("/tmp/never-written.jsonl").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_extract_many_gives_one_line_per_line_in_order(scraper, tmp_path, workers):
    entries = []
    for number in range(40):
        if number % 2:
            (tmp_path / f"{number}.html").write_text(JUG % number)
            entries.append({"file": f"{number}.html", "url": URL % number})
        else:
            (tmp_path / f"{number}.html.gz").write_bytes(gzip.compress((JUG % number).encode()))
            entries.append({"file": f"{number}.html.gz", "url": URL % number})
    result = scraper("extract-many", listing(tmp_path, entries), "--out", tmp_path / "out.jsonl", "--workers", workers)
    assert result.returncode == 0, result.stderr
    found = lines(tmp_path / "out.jsonl")
    assert [product["title"] for product in found] == [f"Jug {number}" for number in range(40)]
    assert [product["url"] for product in found] == [URL % number for number in range(40)]


def test_unreadable_page_keeps_its_line_and_fails_the_command(scraper, tmp_path):
    (tmp_path / "good.html").write_text(JUG % 1)
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8b no gzip")
    entries = [{"file": name, "url": URL % n} for n, name in enumerate(["missing.html", "good.html", "bad.gz", "."])]
    result = scraper("extract-many", listing(tmp_path, entries), "--out", tmp_path / "out.jsonl")
    assert result.returncode == 1
    assert [product["verdict"] for product in lines(tmp_path / "out.jsonl")] == ["empty", "product", "empty", "empty"]
    assert [product["url"] for product in lines(tmp_path / "out.jsonl")] == [URL % n for n in range(4)]
    assert b"line 1: cannot read" in result.stderr and b"line 3: cannot read" in result.stderr


@pytest.mark.parametrize(
    "line", ["not json", "[]", '{"file": "x"}', '{"file": 1, "url": "https://a.b/"}', '{"file": "x", "url": "/p"}', ""]
)
def test_malformed_line_stops_before_any_work_and_keeps_the_output(scraper, tmp_path, line):
    pages = tmp_path / "pages.jsonl"
    pages.write_text(
        f'{{"file": "x.html", "url": "https://shop.example/p"}}\n{line}\n{{"file":"x","url":"https://a.b/"}}\n'
    )
    (tmp_path / "out.jsonl").write_text("before")
    result = scraper("extract-many", pages, "--out", tmp_path / "out.jsonl")
    assert result.returncode == 2 and b"pages.jsonl:2: expected" in result.stderr
    assert (tmp_path / "out.jsonl").read_text() == "before"


@pytest.fixture
def long_extraction(tmp_path):
    """`extract-many` at work in a process group of its own; processes that are left are killed."""
    (tmp_path / "page.html").write_text(JUG % 1 + "<p class='price'>x</p>" * 3000)
    pages = listing(tmp_path, [{"file": "page.html", "url": URL % n} for n in range(3000)])
    out = tmp_path / "out" / "out.jsonl"
    out.parent.mkdir()
    out.write_text("before")
    command = [sys.executable, "-m", "scraper", "extract-many", str(pages), "--out", str(out), "--workers", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(out.parent.glob(".writing-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    yield process, out
    if process.poll() is None or group_of(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)


def group_of(leader):
    """Return the ids of processes of the group that have not ended, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(group) == leader and state not in "ZX":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["parent", "group"])
def test_interrupted_extract_many_keeps_the_old_output(long_extraction, send, number):
    process, out = long_extraction
    send(process.pid, number)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and b"Traceback" not in stderr and b"nothing was written" in stderr
    assert out.read_text() == "before" and [path.name for path in out.parent.iterdir()] == ["out.jsonl"]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="counts processes in /proc")
def test_killing_the_parent_ends_its_workers(long_extraction):
    process, _ = long_extraction
    deadline = time.monotonic() + 60
    while len(group_of(process.pid)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(group_of(process.pid)) >= 3, "expected the parent and two workers"
    process.kill()
    process.wait()
    while group_of(process.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert group_of(process.pid) == []
