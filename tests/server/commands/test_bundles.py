"""Another bundle beside the served one: filled, switched to, rolled back, dropped, in process and under load."""

import base64
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import numpy as np
import pytest
from PIL import Image
from readers import Readers
from running import ROOT, call, start, wait_until
from shelf import SHELF, make_product
from tiny_bundle import make_tiny_bundle

from encoders.encoder import Encoder
from encoders.errors import ImageError
from server.__main__ import main
from server.catalogue.bundles import Bundles
from server.catalogue.database import Catalogue, Item
from server.catalogue.writer import Writer
from server.commands.apply_writes import apply_next
from server.commands.repair import check
from server.encoding.bundle import load_bundle
from server.errors import SpacesChangedError
from server.http.services import EXTENSION_KEY
from server.search import snapshots
from server.settings import Settings
from tests.ports import free_port

SHOP = "harbor.example"


@pytest.fixture(scope="module")
def other_bundle(tmp_path_factory):
    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "other", seed=8)


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def bundle(data, capsys, monkeypatch):
    """Return a function that runs `bundle` in this process, without probes and network; it gives code and texts."""
    monkeypatch.setattr("server.commands.bundles.check_probes", lambda bundle: None)

    def run(*arguments):
        images = ["--images", str(data.parent / "images")] if arguments[0] == "add" else []
        code = main(["bundle", *map(str, arguments), "--data", str(data), *images])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def both(ingest, bundle, other_bundle):
    """Leave a catalogue whose items have vectors of both bundles."""
    ingest(SHELF)
    assert bundle("add", other_bundle)[0] == 0


def vectors_of(data_dir, directory):
    """Return item id -> vector of every live item in a bundle's space."""
    space = load_bundle(directory).space
    with closing(Catalogue(data_dir)) as catalogue:
        labels = [label for shop in catalogue.live_shops() for label in catalogue.live_labels(shop)]
        damaged = []
        rows = list(catalogue.rows_of(sorted(labels), damaged, space))
    assert damaged == []
    return {row.item_id: np.frombuffer(row.embedding, "<f4") for row in rows if row.space == space}


def encoder_of(directory):
    bundle = load_bundle(directory)
    return Encoder(bundle.directory, bundle.manifest)


def expected_vectors(directory, products):
    """Return what the bundle's encoder says of each product, one at a time."""
    encoder = encoder_of(directory)
    return {product["itemId"]: encoder.embed([encoder.text_of(product)], [None])[0] for product in products}


def assert_vectors(data_dir, directory, products):
    found, expected = vectors_of(data_dir, directory), expected_vectors(directory, products)
    assert found.keys() == expected.keys()
    for item_id, vector in expected.items():
        assert found[item_id] == pytest.approx(vector, abs=1e-5)


def spaces_on_disk(data_dir):
    return {path.name for path in (data_dir / "shops").glob("*/")}


def request_in(directory, seed=3):
    vector = np.random.default_rng(seed).normal(size=16)
    vector /= np.linalg.norm(vector)
    return {"mode": "own", "shop": SHOP, "k": 5, "diversity": 0, "include": ["vectors"], "vector": vector.tolist(),
            "space": load_bundle(directory).space}  # fmt: skip


# In process


def test_an_added_bundle_has_a_vector_of_every_item(ingest, bundle, data, tiny_bundle, other_bundle):
    ingest(SHELF)
    before = vectors_of(data, tiny_bundle)
    code, out, _ = bundle("add", other_bundle, "--batch-size", "2")
    added = json.loads(out)
    assert (code, added["state"], added["embedded"], added["withoutVector"]) == (0, "ready", 5, 0)
    assert_vectors(data, other_bundle, SHELF)
    assert {key: value.tolist() for key, value in vectors_of(data, tiny_bundle).items()} == {
        key: value.tolist() for key, value in before.items()
    }
    assert json.loads(bundle("add", other_bundle)[1])["embedded"] == 0
    lines = bundle("list")[1].splitlines()
    assert [line.split()[:2] for line in lines] == [["served", "tiny-5"], ["ready", "tiny-8"]]
    assert all("5 items" in line for line in lines)


def test_items_that_are_written_later_are_in_both_spaces(both, ingest, data, tiny_bundle, other_bundle):
    """Whichever of the registered bundles the command names; content that is unchanged costs nothing."""
    shelf = [{**SHELF[0], "title": "green raincoat"}, *SHELF[1:], make_product("clay mug")]
    assert ingest(shelf)[1]["accepted"] == 2
    assert ingest(shelf, bundle=other_bundle)[1]["unchanged"] == 6
    for directory in (tiny_bundle, other_bundle):
        assert_vectors(data, directory, shelf)


def test_a_new_price_keeps_the_vectors_of_both_spaces(both, ingest, data, other_bundle, monkeypatch):
    before = vectors_of(data, other_bundle)[SHELF[0]["itemId"]].tolist()
    monkeypatch.setattr(Encoder, "embed", None)
    assert ingest([{**SHELF[0], "price": {"amount": "9.00", "currency": "EUR"}}])[1]["accepted"] == 1
    assert vectors_of(data, other_bundle)[SHELF[0]["itemId"]].tolist() == before


def test_each_request_is_answered_in_the_space_that_it_names(both, make_app, tiny_bundle, other_bundle):
    client = app_of(make_app).test_client()
    answers = {}
    for directory in (tiny_bundle, other_bundle):
        body = request_in(directory)
        answer = client.post("/v1/recommendations", json=body).json
        assert answer["space"] == body["space"]
        cosines = {
            key: float(np.dot(vector, body["vector"])) for key, vector in expected_vectors(directory, SHELF).items()
        }
        assert [item["itemId"] for item in answer["items"]] == sorted(cosines, key=cosines.get, reverse=True)
        for item in answer["items"]:
            assert item["score"] == pytest.approx(cosines[item["itemId"]], abs=2e-4)
        answers[directory] = [item["itemId"] for item in answer["items"]]
    assert answers[tiny_bundle] != answers[other_bundle]
    plain = {"mode": "own", "shop": SHOP, "k": 5}
    assert client.post("/v1/recommendations", json=plain).json["space"] == load_bundle(tiny_bundle).space
    unknown = client.post("/v1/recommendations", json={**request_in(tiny_bundle), "space": "ab" * 32})
    assert (unknown.status_code, unknown.json["code"]) == (409, "space_mismatch")


def app_of(make_app, **changes):
    """Return an application that has loaded all bundles that answer."""
    app = make_app(**changes)
    app.extensions[EXTENSION_KEY].spaces.refresh()
    return app


def test_a_search_is_in_the_space_of_its_taste(both, make_app, tiny_bundle, other_bundle):
    client = app_of(make_app).test_client()
    body = {"shop": SHOP, "text": "navy tee", "facets": False}
    assert client.post("/v1/search", json=body).json["space"] == load_bundle(tiny_bundle).space
    for directory in (tiny_bundle, other_bundle):
        taste = {name: request_in(directory)[name] for name in ("vector", "space")}
        answer = client.post("/v1/search", json={**body, "taste": taste}).json
        assert answer["space"] == taste["space"]
        assert answer["items"][0]["itemId"] in {SHELF[0]["itemId"], SHELF[1]["itemId"]}
    unknown = {**taste, "space": "ab" * 32}
    assert client.post("/v1/search", json={**body, "taste": unknown}).json["code"] == "space_mismatch"


def test_feedback_is_taken_of_every_space_that_answers(both, make_app, tiny_bundle, other_bundle):
    client = app_of(make_app).test_client()
    items = [{"itemId": SHELF[0]["itemId"], "position": 0}]
    event = {"shop": SHOP, "mode": "own", "kind": "impression", "items": items}
    for space in (load_bundle(tiny_bundle).space, load_bundle(other_bundle).space):
        answer = client.post("/v1/events", json={**event, "screen": space[:32], "space": space})
        assert answer.status_code == 204, answer.text
    assert client.post("/v1/events", json={**event, "screen": "ab" * 16, "space": "ab" * 32}).status_code == 409


def test_a_switch_and_a_rollback_change_what_is_served(both, bundle, make_app, tiny_bundle, other_bundle):
    app = app_of(make_app, poll_interval_ms=60_000)
    client, spaces = app.test_client(), app.extensions[EXTENSION_KEY].spaces
    plain = {"mode": "own", "shop": SHOP, "k": 5}
    names = {tiny_bundle: "tiny-5", other_bundle: "tiny-8"}
    for command, served, kept in (
        (("switch", other_bundle), other_bundle, tiny_bundle),
        (("rollback",), tiny_bundle, other_bundle),
        (("rollback",), other_bundle, tiny_bundle),
        (("switch", "tiny-5"), tiny_bundle, other_bundle),
    ):
        code, out, _ = bundle(*command)
        assert (code, out) == (
            0,
            f"bundle {names[served]} is served; {names[kept]} keeps answering for vectors of its space\n",
        )
        spaces.refresh()
        space = load_bundle(served).space
        assert client.post("/v1/recommendations", json=plain).json["space"] == space
        assert [entry["name"] for entry in client.get("/v1/bundles").json["bundles"]] == [names[served], names[kept]]
        assert client.get("/v1/shop-means").json["space"] == space
        assert client.get(f"/v1/shop-means?space={load_bundle(kept).space}").json["space"] == load_bundle(kept).space
        assert client.get("/v1/shop-means?space=none").status_code == 409
        pack = client.get(f"/v1/shops/{SHOP}/pack/list.json").json[0]
        assert client.get(f"/v1/shops/{SHOP}/pack/{pack['manifest']}").json["space"] == space
        for directory in (tiny_bundle, other_bundle):
            assert (
                client.post("/v1/recommendations", json=request_in(directory)).json["space"]
                == load_bundle(directory).space
            )
            with client.get(f"/v1/bundles/{load_bundle(directory).bundle_id}/manifest.json") as files:
                assert files.json["name"] == names[directory]
    assert bundle("switch", "tiny-5")[1] == "bundle tiny-5 is served already\n"


def test_a_served_bundle_decides_what_is_new_after_a_switch(both, bundle, ingest, data, tiny_bundle, other_bundle):
    bundle("switch", "tiny-8")
    assert ingest(SHELF)[1]["unchanged"] == 5
    shelf = [*SHELF, make_product("clay mug")]
    assert ingest(shelf)[1]["accepted"] == 1
    with closing(Catalogue(data)) as catalogue:
        assert catalogue.stored(SHOP, shelf[-1]["itemId"]).space == load_bundle(other_bundle).space
    for directory in (tiny_bundle, other_bundle):
        assert_vectors(data, directory, shelf)


def test_a_dropped_bundle_leaves_the_items_of_the_other_and_nothing_of_its_own(
    both, bundle, ingest, make_app, data, tiny_bundle, other_bundle
):
    """Also where the vectors that the rows were written with were its own."""
    assert bundle("drop", "tiny-5")[0] == 2  # it is served
    bundle("switch", "tiny-8")
    app = app_of(make_app, poll_interval_ms=60_000)
    with closing(Catalogue(data)) as catalogue:
        seq = catalogue.seq()
    assert bundle("drop", "tiny-5")[:2] == (0, "bundle tiny-5 is dropped, with 5 vectors\n")
    app.extensions[EXTENSION_KEY].spaces.refresh()
    client = app.test_client()
    assert [entry["name"] for entry in client.get("/v1/bundles").json["bundles"]] == ["tiny-8"]
    assert client.post("/v1/recommendations", json=request_in(tiny_bundle)).status_code == 409
    assert len(client.post("/v1/recommendations", json=request_in(other_bundle)).json["items"]) == 5
    assert vectors_of(data, tiny_bundle) == {}
    assert_vectors(data, other_bundle, SHELF)
    with closing(Catalogue(data)) as catalogue:
        assert catalogue.seq() == seq
        assert catalogue.db.execute("SELECT count(*) FROM vectors").fetchone() == (0,)
    assert check(Settings(data_dir=data))["damaged"] == []
    assert ingest(SHELF, bundle=other_bundle)[1]["unchanged"] == 5
    assert ingest(SHELF, bundle=tiny_bundle)[0] == 2
    assert bundle("rollback")[0] == 2


def test_snapshots_are_made_before_a_bundle_answers_and_go_with_it(ingest, bundle, data, tiny_bundle, other_bundle):
    ingest([make_product(f"thing {i}") for i in range(1200)])
    space = load_bundle(other_bundle).space
    bundle("add", other_bundle)
    loaded = snapshots.load_current(snapshots.directory_of(data, SHOP, space), SHOP, space, 16, None)
    assert len(loaded.columns.rows) == 1200
    assert spaces_on_disk(data) == {space[:16], load_bundle(tiny_bundle).space[:16]}
    bundle("drop", "tiny-8")
    assert spaces_on_disk(data) == {load_bundle(tiny_bundle).space[:16]}


def test_an_item_without_a_vector_in_a_registered_space_is_not_written(both, data, tiny_bundle, other_bundle):
    item = Item(
        SHOP, "0" * 16, b"{}", b"{}", 0, np.ones(16, np.float32) / 4, load_bundle(tiny_bundle).space, "", "", False
    )  # fmt: skip
    with closing(Catalogue(data)) as catalogue:
        with pytest.raises(SpacesChangedError):
            catalogue.write([item])
        assert catalogue.count_live() == 5


def test_a_bundle_that_is_registered_meanwhile_gets_its_vectors(ingest, data, tiny_bundle, other_bundle):
    ingest(SHELF)
    mug = make_product("clay mug")
    writer = Writer(Settings(data_dir=data), load_bundle(tiny_bundle), threads=1)
    with closing(writer), closing(Catalogue(data)) as catalogue:
        prepared = writer.prepare(catalogue, {0: mug})
        Bundles(catalogue).register(load_bundle(other_bundle))
        report = writer.finish(catalogue, prepared)
        assert (report.accepted, report.rejected) == (1, [])
        assert not Bundles(catalogue).set_ready(load_bundle(other_bundle).space)
    assert_vectors(data, other_bundle, [mug])


def test_an_image_is_read_once_for_all_bundles_and_again_after_a_failure(data, both, tiny_bundle, other_bundle):
    class Source:
        def __init__(self):
            self.reads, self.content = [], b"no image"

        def identity(self, product):
            return product["itemId"]

        def read(self, product):
            self.reads.append(product["title"])
            if self.content == b"no image":
                raise ImageError("not now")
            return self.content

    source, mug = Source(), make_product("clay mug")
    writer = Writer(Settings(data_dir=data, image_processes=1), load_bundle(tiny_bundle), source, threads=1)
    with closing(writer), closing(Catalogue(data)) as catalogue:
        writer.write(catalogue, {0: mug})
        assert source.reads == ["clay mug"]
        file = io.BytesIO()
        Image.new("RGB", (20, 20), (200, 100, 50)).save(file, "PNG")
        source.content = file.getvalue()
        assert writer.write(catalogue, {0: mug}).num_images == 1
        assert source.reads == ["clay mug"] * 2
        assert writer.write(catalogue, {0: mug}).unchanged == 1
        vectors = catalogue.stored(SHOP, mug["itemId"]).vectors
    assert {vector.has_image for vector in vectors.values()} == {True}
    assert len(vectors) == 2


def test_wrong_commands_are_one_line_that_says_what_to_do(ingest, bundle, data, tmp_path, other_bundle):
    code, _, errors = bundle("list")
    assert (code, "ingest" in errors) == (2, True)
    ingest(SHELF)
    for arguments, said in (
        (("switch", "nowhere"), "registered are: tiny-5"),
        (("switch", other_bundle), "bundle add"),
        (("rollback",), "no bundle was served before"),
        (("drop", "tiny-5"), "is served"),
        (("add", tmp_path / "nowhere"), "nowhere"),
    ):
        code, out, errors = bundle(*arguments)
        assert (code, out, len(errors.splitlines())) == (2, "", 1)
        assert said in errors


def test_a_bundle_whose_files_are_gone_is_not_switched_to(both, bundle, data, other_bundle, tmp_path):
    with closing(Catalogue(data)) as catalogue:
        catalogue.db.execute("UPDATE bundles SET directory = ? WHERE name = 'tiny-8'", (str(tmp_path / "gone"),))
    assert bundle("switch", "tiny-8")[0] == 2
    assert bundle("list")[1].startswith("served    tiny-5")


def test_a_damaged_vector_costs_its_item_in_its_space_alone(both, data, make_app, ingest, tiny_bundle, other_bundle):
    with closing(Catalogue(data)) as catalogue:
        catalogue.db.execute("UPDATE vectors SET embedding = ? WHERE label = 3", (bytes(64),))
    client = app_of(make_app).test_client()
    assert len(client.post("/v1/recommendations", json=request_in(tiny_bundle)).json["items"]) == 5
    items = client.post("/v1/recommendations", json=request_in(other_bundle)).json["items"]
    assert {item["itemId"] for item in items} == {item["itemId"] for item in SHELF} - {SHELF[2]["itemId"]}
    found = check(Settings(data_dir=data))
    assert [(row["itemId"], row["isQueued"]) for row in found["damaged"]] == [(SHELF[2]["itemId"], True)]
    assert ingest(SHELF)[1]["accepted"] == 1
    assert_vectors(data, other_bundle, SHELF)


def test_a_repair_keeps_the_vectors_of_every_space(both, data, capsys, tiny_bundle, other_bundle):
    before = {directory: vectors_of(data, directory) for directory in (tiny_bundle, other_bundle)}
    with closing(Catalogue(data)) as catalogue:
        catalogue.db.execute("UPDATE vectors SET embedding = ? WHERE label = 3", (bytes(64),))
    assert main(["repair", "--data", str(data)]) == 1
    capsys.readouterr()
    writer = Writer(Settings(data_dir=data), load_bundle(tiny_bundle), threads=1)
    with closing(writer), closing(Catalogue(data)) as catalogue:
        assert [one.name for one in Bundles(catalogue).kept()] == ["tiny-5", "tiny-8"]
        while apply_next(catalogue, writer):
            pass
    for directory, vectors in before.items():
        found = vectors_of(data, directory)
        assert found.keys() == vectors.keys()
        assert all(found[key] == pytest.approx(vectors[key], abs=1e-5) for key in vectors)


# As people run it


def command(action, *arguments, data):
    return subprocess.Popen(
        [sys.executable, "-m", "server", "bundle", action, *map(str, arguments), "--data", str(data)], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(process):
    """Wait for a command that must succeed, and return what it printed."""
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return out


class Oracle:
    """Check of answers by each bundle's own encoder: nothing in one answer may be of another space."""

    def __init__(self, directories):
        self._encoders = {load_bundle(directory).space: encoder_of(directory) for directory in directories}
        self._known, self._lock = {}, threading.Lock()

    def _vector(self, space, title):
        with self._lock:
            if (space, title) not in self._known:
                product = next((one for one in SHELF if one["title"] == title), make_product(title))
                encoder = self._encoders[space]
                self._known[space, title] = encoder.embed([encoder.text_of(product)], [None])[0]
            return self._known[space, title]

    def problem(self, body, status, answer):
        """Return what is wrong with an answer, None if nothing."""
        if status != 200:
            return f"{status} {answer}"
        space, is_personal = answer["space"], "vector" in body
        if space not in self._encoders or (is_personal and space != body["space"]):
            return f"mixed: an answer of {space[:8]} to {body.get('space', 'no vector')[:8]}"
        if answer["strategy"] != ("exact" if is_personal else "first_screen") or not answer["items"]:
            return f"mixed: {answer['strategy']} with {len(answer['items'])} items"
        for item in answer["items"]:
            vector = self._vector(space, item["title"])
            compared = np.frombuffer(base64.b64decode(item["vectorInt8"]), np.int8) / 127
            score = float(np.dot(vector, body["vector"])) if is_personal else 0.0
            if np.abs(compared - vector).max() > 0.01 or abs(item["score"] - score) > 1e-3:
                return f"mixed: {item['title']} is not of {space[:8]}"
        return None


def served_space(port):
    return json.loads(call(port, "/v1/recommendations", {"mode": "own", "shop": SHOP, "k": 1})[1])["space"]


def wait_for_bundles(port, names):
    """Wait until every worker has these bundles: each of twenty requests may land on either."""

    def names_now():
        return [entry["name"] for entry in json.loads(call(port, "/v1/bundles")[1])["bundles"]]

    wait_until(lambda: all(names_now() == names for _ in range(20)))


def write_mugs(port, numbers):
    """Put mugs, and return when the last one is applied."""
    for i in numbers:
        status, raw = call(port, "/v1/items", {"products": [make_product(f"mug {i}")]}, "PUT")
        assert status == 202
    write = json.loads(raw)["write"]
    wait_until(lambda: json.loads(call(port, f"/v1/writes/{write}")[1])["state"] == "applied")


def test_a_switch_under_load_fails_no_request_and_mixes_no_answer(serve, data, tiny_bundle, other_bundle):
    """Two workers; readers of both spaces and of neither; writes before, between and after."""
    port, _ = serve()
    old, new = load_bundle(tiny_bundle).space, load_bundle(other_bundle).space
    plain = {"mode": "own", "shop": SHOP, "k": 5, "include": ["vectors"]}
    oracle = Oracle((tiny_bundle, other_bundle))
    with Readers(port, [plain, request_in(tiny_bundle), plain], oracle.problem) as readers:
        filling = command("add", other_bundle, "--batch-size", "1", data=data)
        write_mugs(port, range(10))
        finished(filling)
        write_mugs(port, range(10, 15))
        wait_for_bundles(port, ["tiny-5", "tiny-8"])
        with Readers(port, [request_in(other_bundle)] * 2, oracle.problem) as others:
            steps = (
                ("switch", "tiny-8", new),
                ("rollback", None, old),
                ("switch", "tiny-8", new),
                ("rollback", None, old),
            )
            for place, (action, name, space) in enumerate(steps):
                finished(command(action, *filter(None, [name]), data=data))
                write_mugs(port, [20 + place])
                wait_until(lambda: all(served_space(port) == space for _ in range(20)))  # noqa: B023 (called at once)
                readers.wait_for_more(30)
                others.wait_for_more(20)
        finished(command("drop", "tiny-8", data=data))
        wait_for_bundles(port, ["tiny-5"])
        readers.wait_for_more(30)
    assert readers.failures == []
    assert others.failures == []
    assert spaces_on_disk(data) <= {old[:16]}


def test_items_that_are_written_during_a_fill_are_in_both_spaces(serve, data, tiny_bundle, other_bundle):
    port, _ = serve()
    filling = command("add", other_bundle, "--batch-size", "1", data=data)
    write_mugs(port, range(30))
    finished(filling)
    shelf = [*SHELF, *(make_product(f"mug {i}") for i in range(30))]
    for directory in (tiny_bundle, other_bundle):
        assert_vectors(data, directory, shelf)


def test_a_fill_that_is_killed_at_any_moment_is_resumed(ingest, data, tiny_bundle, other_bundle):
    shelf = [make_product(f"thing {i}") for i in range(400)]
    ingest(shelf)
    space, moments = load_bundle(other_bundle).space, random.Random(5)
    num_killed = 0
    for _ in range(6):
        process = command("add", other_bundle, "--batch-size", "4", data=data)
        wanted = moments.randrange(1, 60)
        with closing(Catalogue(data)) as catalogue:
            before = catalogue.count_live(space)
            while process.poll() is None and catalogue.count_live(space) < before + wanted:
                time.sleep(0.002)
            process.kill()
            process.communicate()
            num_killed += process.returncode == -signal.SIGKILL
            assert catalogue.count_live(space) >= before
            found = Bundles(catalogue).of_space(space)
            assert found.state == "filling" or catalogue.num_lacking(space) == 0
    assert num_killed >= 3
    added = json.loads(finished(command("add", other_bundle, data=data)))
    assert (added["state"], added["withoutVector"]) == ("ready", 0)
    for directory in (tiny_bundle, other_bundle):
        assert_vectors(data, directory, shelf)


def test_a_start_serves_what_the_catalogue_says(both, serve, bundle, data, tmp_path, tiny_bundle, other_bundle):
    """It notes where a bundle lies, and refuses one that is not registered."""
    bundle("switch", "tiny-8")
    moved = shutil.copytree(other_bundle, tmp_path / "moved")
    for directory in (tiny_bundle, moved):
        port, process = serve(bundle=directory)
        assert served_space(port) == load_bundle(other_bundle).space
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    with closing(Catalogue(data)) as catalogue:
        assert Bundles(catalogue).served().directory == moved
    unknown = start("--data", data, "--bundle", make_tiny_bundle(tmp_path / "third", seed=9), "--port", free_port())
    assert unknown.wait(timeout=60) == 2
    said = unknown.stderr.read()
    unknown.stderr.close()
    assert len(said.splitlines()) == 1
    assert "bundle add" in said
