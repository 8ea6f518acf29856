"""The server as people run it: real processes, real sockets."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import onnx
import pytest
from running import ROOT, call, children, has_ended, start, stop, wait_until, workers_of
from shelf import SHELF, TOKEN, make_product
from tiny_bundle import write_manifest

from server.__main__ import main
from tests.ports import free_port

SHOP = "harbor.example"


@pytest.fixture
def served(serve):
    """Return a running server with two workers: its port and its process."""
    return serve()


def titles(port, k=100):
    status, raw = call(port, "/v1/recommendations", {"mode": "own", "shop": SHOP, "k": k})
    assert status == 200, raw
    return {item["title"] for item in json.loads(raw)["items"]}


def test_a_second_server_on_the_same_data_is_refused_with_the_pid(served, tmp_path, tiny_bundle):
    port, process = served
    second = start("--data", tmp_path / "data", "--bundle", tiny_bundle, "--port", free_port())
    assert second.wait(timeout=60) == 1
    errors = second.stderr.read()
    second.stderr.close()
    assert len(errors.splitlines()) == 1
    assert str(process.pid) in errors
    assert titles(port) == {product["title"] for product in SHELF}


def test_both_workers_learn_of_a_write_and_readers_never_fail(served):
    """Each request may land on either worker: twenty in a row must all know the new item before we believe it."""
    port, _ = served
    failures, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            try:
                if len(titles(port)) < len(SHELF):
                    failures.append("items were missing")
            except (OSError, AssertionError) as error:
                failures.append(repr(error))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    try:
        for i in range(15):
            assert call(port, "/v1/items", {"products": [make_product(f"mug {i}")]}, "PUT")[0] == 202
        expected = {f"mug {i}" for i in range(15)}
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not all(expected <= titles(port) for _ in range(20)):
            time.sleep(0.05)
        assert all(expected <= titles(port) for _ in range(20))
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []


def test_metrics_add_up_over_workers(served):
    """A worker reports at least once a second, and whenever it answers."""
    port, _ = served
    for _ in range(20):
        titles(port)
    counted = 'carryover_requests_total{method="POST",route="/v1/recommendations",status="200"} 20.0'
    wait_until(lambda: counted in call(port, "/metrics")[1].decode())
    assert f'carryover_items{{shop="{SHOP}"}} 5.0' in call(port, "/metrics")[1].decode()


def test_the_catalogue_seq_is_that_of_workers_that_live(served):
    """A worker that was never asked for metrics, or was killed, must not hold the number back."""
    port, process = served
    os.kill(workers_of(process)[-1], signal.SIGKILL)
    wait_until(lambda: call(port, "/v1/items", {"products": [make_product("clay mug")]}, "PUT")[0] == 202)
    for _ in range(3):
        wait_until(lambda: "carryover_catalogue_seq 6.0" in call(port, "/metrics")[1].decode())


def test_a_killed_worker_is_replaced_and_nothing_accepted_is_lost(served):
    port, process = served
    assert call(port, "/v1/items", {"products": [make_product("clay mug")]}, "PUT")[0] == 202
    os.kill(workers_of(process)[-1], signal.SIGKILL)
    deadline = time.monotonic() + 60
    good = 0
    while good < 20 and time.monotonic() < deadline:
        try:
            good = good + 1 if "clay mug" in titles(port) else 0
        except (OSError, AssertionError):
            good = 0
            time.sleep(0.05)
    assert good == 20


def test_a_server_whose_workers_end_again_and_again_serves_on(served):
    """Granian gives up where a worker ends twice within seconds."""
    port, process = served
    for _ in range(4):
        os.kill(wait_until(lambda: workers_of(process))[0], signal.SIGKILL)
        time.sleep(0.5)
    wait_until(lambda: len(workers_of(process)) == 2 and call(port, "/readyz")[0] == 200)
    assert process.poll() is None
    assert titles(port) == {product["title"] for product in SHELF}


def test_all_processes_end_with_a_server_that_is_killed(served, tmp_path, tiny_bundle):
    port, process = served
    wait_until(lambda: any("apply_writes" in command for command in children(process.pid).values()))
    family = list(children(process.pid))
    process.kill()
    process.wait()
    wait_until(lambda: all(has_ended(pid) for pid in family))
    # Neither the lock nor the port is held by what is left.
    again = start("--data", tmp_path / "data", "--bundle", tiny_bundle, "--port", port)
    try:
        wait_until(lambda: call(port, "/readyz")[0] == 200)
    finally:
        stop(again)


def test_the_log_holds_no_item_and_no_vector(served):
    port, process = served
    vector = [0.0625123] + [0.0] * 15
    call(port, "/v1/recommendations", {"mode": "own", "shop": SHOP, "k": 3, "vector": vector})
    call(port, f"/v1/shops/{SHOP}/items/{SHELF[0]['itemId']}")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)
    log = process.stderr.read()
    assert "0.0625123" not in log
    assert SHELF[0]["itemId"] not in log
    assert "Traceback" not in log


def test_a_stop_during_the_start_leaves_no_process(ingest, tmp_path, tiny_bundle):
    ingest(SHELF)
    for serves, delay_seconds in ((False, 0.4), (True, 0.1), (True, 0.2), (True, 0.4)):
        arguments = ["run", "--data", str(tmp_path / "data"), "--bundle", str(tiny_bundle), "--port", str(free_port())]
        process = subprocess.Popen(
            [sys.executable, "-m", "server", *arguments], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True
        )
        if serves:  # before it, the probes run; after it, the workers start
            assert process.stderr.readline().startswith(b"serving")
        time.sleep(delay_seconds)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        wait_for_end(process.pid)


def wait_for_end(group):
    """Wait until no process of a group is left; one that was killed may take a moment to be gone."""
    deadline = time.monotonic() + 60
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.05)


def test_a_bundle_with_another_user_tower_is_not_served(tmp_path, tiny_bundle, monkeypatch, capsys):
    """Hashes and space are right; only the probes tell that the tower takes the largest number, not the mean."""
    bundle = shutil.copytree(tiny_bundle, tmp_path / "swapped")
    tower = onnx.load(bundle / "user.onnx")
    tower.graph.node[0].op_type = "ReduceMax"
    onnx.save(tower, bundle / "user.onnx")
    write_manifest(bundle, json.loads((bundle / "manifest.json").read_text()))
    monkeypatch.setenv("CARRYOVER_OPERATOR_TOKEN", TOKEN)
    assert main(["run", "--data", str(tmp_path / "data"), "--bundle", str(bundle), "--port", str(free_port())]) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(r"error: .*probes\.json: users\[0\]: its vector has the cosine -?0\.\d{6} .*\n", said)


def test_a_taken_port_is_one_clear_error(ingest, tmp_path, tiny_bundle):
    ingest(SHELF)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        arguments = ["run", "--data", str(tmp_path / "data"), "--bundle", str(tiny_bundle), "--port", str(port)]
        done = subprocess.run(
            [sys.executable, "-m", "server", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}")


SERVE_ONLY = """
import re, sys
from importlib import metadata

def closure(names):
    from packaging.requirements import Requirement
    found, waiting = set(), list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        found.add(name)
        for text in metadata.distribution(name).requires or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found

from packaging.requirements import Requirement
lines = [line.split("#")[0].strip() for line in open("requirements-serve.txt")]
wanted = [Requirement(line) for line in lines if line]
allowed = closure([r.name for r in wanted if r.marker is None or r.marker.evaluate()])
owners = metadata.packages_distributions()
for name in [name for name in sys.modules if name.split(".")[0] == "packaging"]:
    del sys.modules[name]

class Refuse:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        names = {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners.get(top, [])}
        if names and not names & allowed:
            raise ModuleNotFoundError(f"{top} is not in requirements-serve.txt", name=top)
        return None

sys.meta_path.insert(0, Refuse())
try:
    import torch
    raise SystemExit("the guard does not guard")
except ModuleNotFoundError:
    pass
from pathlib import Path
from server.__main__ import main
from server.http.app import create_app
import server.commands.run
from server.settings import Settings
products, bundle, data = sys.argv[1:]
assert main(["ingest", products, "--bundle", bundle, "--data", data, "--images", bundle]) == 0
app = create_app(Settings(data_dir=Path(data), bundle_dir=Path(bundle)))
services = app.extensions["carryover"]
assert services.replica.wait_until_ready(60)
response = app.test_client().post("/v1/recommendations", json={"mode": "own", "shop": "harbor.example", "k": 3})
assert len(response.json["items"]) == 3, response.text
services.close()
siblings = {"torch", "scraper", "trainer", "exporter", "demo", "transformers", "timm", "open_clip"} & set(sys.modules)
assert not siblings, siblings
"""


def test_serving_needs_only_its_own_requirements(tmp_path, tiny_bundle):
    from shelf import write_products

    products = write_products(tmp_path / "products.jsonl", SHELF)
    done = subprocess.run(
        [sys.executable, "-c", SERVE_ONLY, str(products), str(tiny_bundle), str(tmp_path / "data")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_serving_starts_without_loading_onnxruntime(tmp_path, tiny_bundle, ingest):
    ingest(SHELF)
    script = (
        "import sys; from pathlib import Path; from server.http.app import create_app;"
        "from server.settings import Settings;"
        "app = create_app(Settings(data_dir=Path(sys.argv[1]), bundle_dir=Path(sys.argv[2])));"
        "assert app.extensions['carryover'].replica.wait_until_ready(60); app.extensions['carryover'].close();"
        "assert not {'onnxruntime', 'tokenizers', 'hnswlib'} & set(sys.modules)"
    )
    arguments = [sys.executable, "-c", script, str(tmp_path / "data"), str(tiny_bundle)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_worker_accepts_requests_only_after_the_catalogue_is_loaded(tmp_path, tiny_bundle, ingest):
    ingest(SHELF)
    script = (
        "import time; from server.search.replica import Replica; loaded = Replica.refresh;"
        "Replica.refresh = lambda replica: (time.sleep(0.5), loaded(replica));"
        "from server.commands.run import worker_app; app = worker_app().app;"
        "answer = app.test_client().get('/v1/shops', base_url='http://127.0.0.1');"
        "assert answer.status_code == 200 and answer.json['shops'][0]['items'], answer.text;"
        "app.extensions['carryover'].close()"
    )
    environment = os.environ | {"CARRYOVER_DATA_DIR": str(tmp_path / "data"), "CARRYOVER_BUNDLE_DIR": str(tiny_bundle)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
