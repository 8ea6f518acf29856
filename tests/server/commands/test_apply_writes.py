"""The writer process: writes are applied once, in order, whoever is killed, and readers never wait for them."""

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import threading
import time

import orjson
import pytest
from running import call, children, wait_until, workers_of
from shelf import SHELF, make_product

from server.catalogue.database import Catalogue
from server.catalogue.queue import MAX_ATTEMPTS, Queue
from server.catalogue.writer import Writer
from server.commands.apply_writes import apply_next
from server.encoding.bundle import load_bundle
from server.errors import ProblemError
from server.settings import Settings

SHOP = "harbor.example"


@pytest.fixture
def catalogue(tmp_path):
    catalogue = Catalogue(tmp_path / "data")
    yield catalogue
    catalogue.close()


@pytest.fixture
def writer(tmp_path, tiny_bundle):
    writer = Writer(Settings(data_dir=tmp_path / "data"), load_bundle(tiny_bundle), threads=1)
    yield writer
    writer.close()


def add(catalogue, *titles):
    products = list(enumerate(make_product(title) for title in titles))
    return Queue(catalogue).add("put", orjson.dumps(products), b'{"accepted":1,"rejected":[]}')


def ids_of_writers(process):
    return [pid for pid, command in children(process.pid).items() if "apply_writes" in command]


def test_a_writer_that_ends_before_its_commit_has_written_nothing(catalogue, writer, monkeypatch):
    number = add(catalogue, "clay mug", "pen")

    def end(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Queue, "note_applied", end)
        with pytest.raises(KeyboardInterrupt):
            apply_next(catalogue, writer)
    assert catalogue.count_live() == 0
    assert apply_next(catalogue, writer)
    found = Queue(catalogue).find(number)
    assert (found.state, json.loads(found.report)["accepted"]) == ("applied", 2)
    assert not apply_next(catalogue, writer)
    assert catalogue.db.execute("SELECT count(*) FROM items").fetchone() == (2,)


def test_writes_are_applied_in_the_order_of_acceptance(catalogue, writer):
    mug = make_product("clay mug")
    add(catalogue, "clay mug")
    Queue(catalogue).add("delete", orjson.dumps([[SHOP, mug["itemId"]]]), b"{}")
    add(catalogue, "pen")
    while apply_next(catalogue, writer):
        pass
    assert catalogue.live_item_ids(SHOP) == [make_product("pen")["itemId"]]


def test_a_write_in_which_writers_end_is_set_aside_and_the_next_applied(catalogue, writer):
    queue = Queue(catalogue)
    bad, good = add(catalogue, "clay mug"), add(catalogue, "pen")
    for _ in range(MAX_ATTEMPTS):
        queue.begin(queue.next())
        queue.count_ended()
    while apply_next(catalogue, writer):
        pass
    assert [queue.find(number).state for number in (bad, good)] == ["failed", "applied"]
    assert "10 writer processes ended" in json.loads(queue.find(bad).report)["problem"]


def test_a_write_that_cannot_be_encoded_is_set_aside_with_the_reason(catalogue, writer, monkeypatch):
    queue, number = Queue(catalogue), add(catalogue, "clay mug")

    def fail(*_):
        raise RuntimeError("ONNX Runtime said no")

    monkeypatch.setattr(writer.encoder, "embed", fail)
    assert apply_next(catalogue, writer)
    found = queue.find(number)
    assert (found.state, json.loads(found.report)["problem"]) == ("failed", "ONNX Runtime said no")


def test_a_locked_database_is_no_reason_to_set_a_write_aside(catalogue, writer, tmp_path):
    number = add(catalogue, "clay mug")
    catalogue.db.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(tmp_path / "data" / "catalogue.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError):
        apply_next(catalogue, writer)
    other.execute("COMMIT")
    other.close()
    assert apply_next(catalogue, writer)
    assert Queue(catalogue).find(number).state == "applied"


def test_a_full_disk_is_no_reason_to_set_a_write_aside(catalogue, writer):
    number = add(catalogue, *(f"mug {i}" for i in range(200)))
    catalogue.db.execute("PRAGMA max_page_count = 1")  # it takes the present size for less
    with pytest.raises(sqlite3.OperationalError, match="full"):
        apply_next(catalogue, writer)
    assert Queue(catalogue).find(number).state == "waiting"
    catalogue.db.execute("PRAGMA max_page_count = 1000000")
    assert apply_next(catalogue, writer)
    assert (Queue(catalogue).find(number).state, catalogue.count_live()) == ("applied", 200)


def test_a_full_queue_refuses_more(catalogue, monkeypatch):
    monkeypatch.setattr("server.catalogue.queue.MAX_WAITING_BYTES", 1000)
    add(catalogue, "clay mug")
    with pytest.raises(ProblemError) as refused:
        add(catalogue, *(f"mug {i}" for i in range(9)))
    assert (refused.value.status, refused.value.code) == (503, "busy")


def test_killed_writers_lose_and_double_nothing(serve, tmp_path):
    port, process = serve("--workers", "1")
    numbers, killed, stop = [], set(), threading.Event()

    def kill():
        delays = random.Random(7)
        while not (stop.is_set() and len(killed) >= 3):
            for pid in set(ids_of_writers(process)) - killed:
                time.sleep(delays.uniform(0, 2))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                killed.add(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for i in range(40):
            status, raw = call(port, "/v1/items", {"products": [make_product(f"mug {i}")]}, "PUT")
            assert status == 202
            numbers.append(json.loads(raw)["write"])
    finally:
        stop.set()
        killer.join(timeout=60)
    wait_until(lambda: json.loads(call(port, f"/v1/writes/{numbers[-1]}")[1])["state"] == "applied")
    reports = [json.loads(call(port, f"/v1/writes/{number}")[1]) for number in numbers]
    assert [(report["state"], report["accepted"]) for report in reports] == [("applied", 1)] * 40
    database = sqlite3.connect(tmp_path / "data" / "catalogue.sqlite")
    assert database.execute("SELECT count(*), sum(deleted) FROM items").fetchone() == (len(SHELF) + 40, 0)
    database.close()


def test_an_image_host_that_never_answers_stops_no_reader(serve):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, _ = serve("--resolve", "silent.localhost:127.0.0.1", "--image-timeout-seconds", "600")
        address = f"http://silent.localhost:{silent.getsockname()[1]}/a.jpg"
        for i in range(3):
            body = {"products": [make_product(f"mug {i}", images=[address])]}
            assert call(port, "/v1/items", body, "PUT")[0] == 202
        for _ in range(20):
            assert call(port, "/v1/recommendations", {"mode": "own", "shop": SHOP, "k": 3})[0] == 200
        assert b'"waiting"' in call(port, "/v1/writes/1")[1]


def test_a_writer_that_ends_is_replaced_after_workers_were(serve):
    """Both are started by one process: what the one start has open must not be held by the other."""
    _, process = serve()
    for _ in range(2):
        (writer,) = wait_until(lambda: ids_of_writers(process))
        worker = workers_of(process)[-1]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda gone=worker: len(workers_of(process)) == 2 and gone not in workers_of(process))
        os.kill(writer, signal.SIGKILL)
        wait_until(lambda gone=writer: set(ids_of_writers(process)) - {gone})
