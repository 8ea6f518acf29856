"""Tests of extraction at scale: Dask gives the bytes of plain processes, even when its workers die."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings
from scraper.output.parquet import read_parquet

ROOT = Path(__file__).parents[3]
NUM_PAGES = 100


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return a listing of product pages, one of them missing and one that is not a product."""
    folder = tmp_path_factory.mktemp("pages")
    entries = []
    for number in range(NUM_PAGES):
        block = json.dumps({"@type": "Product", "name": f"Jug {number}", "offers": {"price": number}})
        body = f'<script type="application/ld+json">{block}</script>' + '<p class="price">€ 5</p>' * 400
        if number == 17:
            body = "<h1>About us</h1>"
        if number != 23:
            (folder / f"{number}.html").write_text(body)
        entries.append({"file": f"{number}.html", "url": f"https://shop.example/p/{number}"})
    listing = folder / "pages.jsonl"
    listing.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return listing


@pytest.fixture(scope="module")
def expected(pages, tmp_path_factory):
    """Return the output of one process."""
    out = tmp_path_factory.mktemp("expected") / "products.jsonl"
    command = [sys.executable, "-m", "scraper", "extract-many", pages, "--out", out, "--workers", "1"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False)
    assert result.returncode == 1 and b"line 24: cannot read" in result.stderr
    return out.read_bytes()


def verdicts(lines):
    return [json.loads(line)["verdict"] for line in lines.splitlines()]


def test_every_engine_writes_the_same_bytes_in_the_same_order(scraper, pages, expected, tmp_path):
    for engine in ("processes", "dask"):
        out = tmp_path / f"{engine}.jsonl"
        result = scraper("extract-many", pages, "--out", out, "--engine", engine, "--workers", 2)
        assert result.returncode == 1 and b"line 24: cannot read" in result.stderr, result.stderr
        assert b"Traceback" not in result.stderr
        assert out.read_bytes() == expected
    assert len(expected.splitlines()) == NUM_PAGES
    assert [n for n, verdict in enumerate(verdicts(expected)) if verdict != "product"] == [17, 23]


def wait_for(condition, *, process):
    deadline = time.monotonic() + 60
    while not (found := condition()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    return found


def worker_processes(process):
    """Return the processes that extract, which Dask's nannies have started."""
    family = psutil.Process(process.pid).children(recursive=True)
    return [child for child in family if any("spawn_main" in word for word in child.cmdline())]


def test_a_worker_killed_on_the_way_costs_no_line(pages, expected, tmp_path):
    out = tmp_path / "products.jsonl"
    command = [sys.executable, "-m", "scraper", "extract-many", str(pages), "--out", str(out), "--engine", "dask",
               "--workers", "2"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    begun = wait_for(lambda: [one for one in tmp_path.glob(".writing-*") if one.stat().st_size], process=process)
    victim = worker_processes(process)[0]
    assert begun[0].stat().st_size < len(expected) / 2
    victim.kill()
    stderr = process.communicate(timeout=120)[1]
    assert process.returncode == 1, stderr
    assert out.read_bytes() == expected


def test_ctrl_c_ends_the_cluster_and_leaves_the_old_output(pages, tmp_path):
    out = tmp_path / "products.jsonl"
    out.write_text("before")
    command = [sys.executable, "-m", "scraper", "extract-many", str(pages), "--out", str(out), "--engine", "dask",
               "--workers", "2"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: [one for one in tmp_path.glob(".writing-*") if one.stat().st_size], process=process)
    workers = worker_processes(process)
    os.killpg(process.pid, signal.SIGINT)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and b"Traceback" not in stderr, stderr
    assert out.read_text() == "before" and [path.name for path in tmp_path.iterdir()] == ["products.jsonl"]
    assert len(workers) >= 2 and psutil.wait_procs(workers, timeout=60)[1] == []


@pytest.fixture
def scheduler():
    """Return a scheduler on its own, and a function that starts one worker of it in a folder."""
    started = []

    def start(*words, cwd=ROOT, ready):
        process = subprocess.Popen([sys.executable, "-m", "distributed.cli." + words[0], *words[1:]], cwd=cwd,
                                   stderr=subprocess.PIPE, text=True)  # fmt: skip
        started.append(process)
        while ready not in (line := process.stderr.readline()):
            assert line, f"{words[0]} ended before it was ready"
        return line

    line = start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", ready="Scheduler at:")
    address = line.split()[-1]

    def add_worker(cwd=ROOT):
        start("dask_worker", address, "--host", "127.0.0.1", "--no-dashboard", "--no-nanny", "--nthreads", "1",
              cwd=cwd, ready="Registered to")  # fmt: skip

    yield address, add_worker
    for process in reversed(started):
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.long
def test_a_given_scheduler_is_used(scraper, pages, expected, tmp_path, scheduler):
    address, add_worker = scheduler
    add_worker()
    out = tmp_path / "products.jsonl"
    result = scraper("extract-many", pages, "--out", out, "--engine", "dask", "--scheduler", address)
    assert result.returncode == 1 and out.read_bytes() == expected, result.stderr


def test_workers_with_another_version_are_refused(scraper, pages, tmp_path, scheduler):
    address, add_worker = scheduler
    add_worker(cwd=tmp_path)
    result = scraper("extract-many", pages, "--out", tmp_path / "o", "--engine", "dask", "--scheduler", address)
    assert result.returncode == 2 and b"cannot import the scraper" in result.stderr
    assert b"Traceback" not in result.stderr and not (tmp_path / "o").exists()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x:1", "x"])
def test_a_scheduler_out_of_reach_is_one_clear_line(scraper, pages, tmp_path, address):
    result = scraper("extract-many", pages, "--out", tmp_path / "o", "--engine", "dask", "--scheduler", address)
    assert result.returncode == 2 and b"error: --scheduler:" in result.stderr and address.encode() in result.stderr
    assert b"Traceback" not in result.stderr


def test_without_dask_the_error_says_what_to_install(pages, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ImportError(\"No module named 'distributed'\")")
    command = [sys.executable, "-m", "scraper", "extract-many", pages, "--out", tmp_path / "o", "--engine", "dask"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False)
    assert result.returncode == 2 and b'pip install "dask[distributed]"' in result.stderr
    assert b"Traceback" not in result.stderr


def test_a_crawls_stored_pages_are_extracted_again(site, scraper, tmp_path):
    site.add("/", '<a href="/a">a</a><a href="/b">b</a>')
    block = json.dumps({"@type": "Product", "name": "A", "offers": {"price": "5", "priceCurrency": "EUR"}})
    site.add("/a", f'<script type="application/ld+json">{block}</script>')
    site.add("/b", '<meta name="robots" content="noindex">')
    folder = tmp_path / "crawl"
    crawl(CrawlSettings((site.url + "/",), folder, rate=500, pins={site.host: "127.0.0.1"}))
    result = scraper("extract-many", folder, "--out", tmp_path / "again.jsonl")
    assert result.returncode == 0, result.stderr
    lines = (tmp_path / "again.jsonl").read_text(encoding="utf-8").splitlines()
    assert verdicts("\n".join(lines)) == ["empty", "product"]
    assert lines[1] + "\n" == (folder / "products.jsonl").read_text(encoding="utf-8")
    assert scraper("extract-many", tmp_path, "--out", tmp_path / "o.jsonl").returncode == 2


def test_a_name_that_ends_in_parquet_gets_parquet(scraper, pages, expected, tmp_path):
    result = scraper("extract-many", pages, "--out", tmp_path / "products.parquet", "--workers", 2)
    assert result.returncode == 1, result.stderr
    assert list(read_parquet(tmp_path / "products.parquet")) == [json.loads(line) for line in expected.splitlines()]
