"""The ingest command on good and bad files, and what a kill in the middle leaves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shelf import SHELF, make_product, write_products
from tiny_bundle import make_tiny_bundle, write_manifest

from encoders.encoder import Encoder
from server.__main__ import main
from server.catalogue.bundles import Bundles
from server.catalogue.database import Catalogue
from server.encoding.bundle import load_bundle

ROOT = Path(__file__).resolve().parents[3]
SHOP = "harbor.example"


def encoder_of(directory):
    bundle = load_bundle(directory)
    return Encoder(bundle.directory, bundle.manifest)


def contents(data_dir):
    """Everything a later reader depends on: (shop, id) -> product, content hash, embedding."""
    catalogue = Catalogue(data_dir)
    try:
        return {
            (shop, item_id): (
                catalogue.product(shop, item_id),
                catalogue.stored(shop, item_id).content_hash,
                catalogue.stored(shop, item_id).embedding,
            )
            for shop in catalogue.shop_versions()
            for item_id in catalogue.live_item_ids(shop)
        }
    finally:
        catalogue.close()


def test_ingest_embeds_what_the_encoder_says_of_the_items_text(ingest, tmp_path, tiny_bundle):
    code, summary, _ = ingest(SHELF)
    assert code == 0
    assert (summary["accepted"], summary["unchanged"], summary["rejected"]) == (5, 0, 0)
    expected = encoder_of(tiny_bundle).embed(["navy striped tee. Kelp. Women Tops"], [None])[0]
    stored = contents(tmp_path / "data")[SHOP, SHELF[0]["itemId"]]
    assert np.frombuffer(stored[2], "<f4") == pytest.approx(expected, abs=1e-5)


def test_a_second_ingest_of_the_same_file_changes_and_embeds_nothing(ingest, tmp_path):
    ingest(SHELF)
    before = contents(tmp_path / "data")
    later = [{**product, "fetchedAt": "2026-11-21T10:00:00Z"} for product in SHELF]
    _, summary, _ = ingest(later)
    assert (summary["accepted"], summary["unchanged"], summary["embedded"]) == (0, 5, 0)
    assert contents(tmp_path / "data") == before


def test_a_new_price_is_stored_without_embedding_again(ingest, tmp_path):
    ingest(SHELF)
    before = contents(tmp_path / "data")
    cheaper = [{**SHELF[0], "price": {"amount": "9.00", "currency": "EUR"}}, *SHELF[1:]]
    _, summary, _ = ingest(cheaper)
    assert (summary["accepted"], summary["unchanged"], summary["embedded"]) == (1, 4, 0)
    key = (SHOP, SHELF[0]["itemId"])
    after = contents(tmp_path / "data")
    assert json.loads(after[key][0])["price"]["amount"] == "9.00"
    assert after[key][2] == before[key][2]


def test_another_bundle_is_refused_and_takes_nothing_from_the_server(ingest, tmp_path):
    ingest(SHELF)
    before = contents(tmp_path / "data")
    code, _, errors = ingest(SHELF, bundle=make_tiny_bundle(tmp_path / "other", seed=8))
    assert code == 2
    assert "tiny-5 in" in errors
    assert "bundle tiny-8" in errors
    assert "bundle add" in errors
    assert contents(tmp_path / "data") == before


def test_a_catalogue_without_a_noted_space_belongs_to_its_items(ingest, tmp_path, tiny_bundle):
    """Catalogues of earlier versions say only by their items what is served."""
    ingest(SHELF)
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        catalogue.db.execute("DELETE FROM bundles")
    assert ingest(SHELF, bundle=make_tiny_bundle(tmp_path / "other", seed=8))[0] == 2
    assert ingest(SHELF)[1]["unchanged"] == 5


def test_the_served_bundle_that_an_earlier_version_noted_stays(ingest, tmp_path, tiny_bundle):
    ingest(SHELF)
    space = load_bundle(tiny_bundle).space
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        catalogue.db.execute("DROP TABLE bundles")
        catalogue.db.execute("DROP TABLE vectors")
        catalogue.db.execute("CREATE TABLE served (one INTEGER PRIMARY KEY, space TEXT NOT NULL, name TEXT NOT NULL)")
        catalogue.db.execute("INSERT INTO served VALUES (1, ?, 'tiny-5')", (space,))
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        found = Bundles(catalogue).served()
        assert (found.space, found.name, found.directory) == (space, "tiny-5", None)
    assert ingest(SHELF)[1]["unchanged"] == 5
    with closing(Catalogue(tmp_path / "data")) as catalogue:
        assert Bundles(catalogue).served().directory == tiny_bundle.resolve()


def test_bad_lines_are_named_by_number_and_nothing_else_is_lost(ingest, tmp_path):
    lines = [
        json.dumps(SHELF[0]),
        json.dumps(make_product("x", title=None)),
        "{broken",
        "[1, 2]",
        "",
        json.dumps({**SHELF[1], "price": {"amount": 12}}),
        json.dumps(make_product("y", verdict="listing")),
        json.dumps(make_product("z", verdict="blocked", title=None)),
        json.dumps({"verdict": "product", "title": "no identity"}),
        '"' + "x" * (5 * 2**20) + '"',
        json.dumps(SHELF[2]),
    ]
    path = tmp_path / "mixed.jsonl"
    path.write_text("\n".join(lines))
    code, summary, errors = ingest(path)
    assert code == 0
    assert (summary["accepted"], summary["rejected"]) == (2, 6)
    assert summary["skipped"] == {"blocked": 1, "listing": 1}
    named = {int(line.split(":")[1]): line for line in errors.splitlines() if "rejected" in line}
    assert sorted(named) == [2, 3, 4, 6, 9, 10]
    assert "title is missing" in named[2]
    assert "price" in named[6]
    assert "Traceback" not in errors


def test_of_two_lines_with_one_id_the_later_stays(ingest, tmp_path):
    renamed = {**SHELF[0], "title": "renamed"}
    for flags in ([], ["--batch-size", "1"]):
        ingest([SHELF[0], renamed], *flags)
        assert [json.loads(entry[0])["title"] for entry in contents(tmp_path / "data").values()] == ["renamed"]


def test_prune_removes_what_the_file_no_longer_has_and_only_in_its_shops(ingest, tmp_path):
    ingest([*SHELF, make_product("pen", "b.example")])
    unclear = make_product("wool scarf", verdict="blocked", title=None)
    gone = make_product("steel lamp", verdict="not_found", title=None)
    assert ingest([SHELF[0], unclear, gone])[1]["pruned"] == 0
    _, summary, _ = ingest([SHELF[0], unclear, gone], "--prune")
    assert summary["pruned"] == 3
    left = {json.loads(entry[0])["title"] for entry in contents(tmp_path / "data").values()}
    assert left == {"navy striped tee", "wool scarf", "pen"}


def test_prune_is_refused_when_a_line_could_not_be_read(ingest, tmp_path):
    ingest(SHELF)
    path = tmp_path / "torn.jsonl"
    path.write_text(json.dumps(SHELF[0]) + '\n{"shop": "harb')
    _, summary, errors = ingest(path, "--prune")
    assert summary["pruned"] == 0
    assert "not pruned" in errors
    assert len(contents(tmp_path / "data")) == 5


@pytest.mark.parametrize("name", [SHELF[2]["itemId"] + ".png", "OAK-1.jpg"])
def test_images_come_from_the_directory_by_item_id_or_sku(ingest, tmp_path, name):
    product = {**SHELF[2], "sku": "OAK-1"}
    ingest([product])
    before = contents(tmp_path / "data")
    Image.new("RGB", (20, 20), (200, 100, 50)).save(tmp_path / "images" / name)
    _, summary, _ = ingest([product])
    assert (summary["accepted"], summary["withImage"]) == (1, 1)
    assert contents(tmp_path / "data") != before
    assert ingest([product])[1]["unchanged"] == 1


def test_a_sku_cannot_reach_outside_the_directory(ingest, tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "secret.png")
    _, summary, _ = ingest([{**SHELF[2], "sku": "../secret"}])
    assert (summary["accepted"], summary["withImage"]) == (1, 0)


def test_a_broken_image_leaves_the_product_with_its_text(ingest, tmp_path):
    (tmp_path / "images" / f"{SHELF[2]['itemId']}.png").write_bytes(b"not an image")
    _, summary, _ = ingest(SHELF)
    assert (summary["accepted"], summary["withImage"]) == (5, 0)


class Images(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Quiet."""

    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.image)


def test_images_come_from_pinned_hosts_and_failed_ones_are_retried(ingest, tmp_path):
    Image.new("RGB", (20, 20), (200, 100, 50)).save(tmp_path / "oak.png")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Images)
    server.image = (tmp_path / "oak.png").read_bytes()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        url = f"http://harbor.localhost:{server.server_port}/oak.png"
        shelf = [{**SHELF[2], "images": [url]}]
        server.status = 503
        pinned = ["--resolve", "harbor.localhost:127.0.0.1"]
        assert ingest(shelf, *pinned, images=None)[1]["withImage"] == 0
        server.status = 200
        assert ingest(shelf, images=None)[1]["withImage"] == 0  # not pinned: a private address, another port
        _, summary, _ = ingest(shelf, *pinned, images=None)
        assert (summary["accepted"], summary["withImage"]) == (1, 1)
        assert ingest(shelf, *pinned, images=None)[1]["unchanged"] == 1
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--batch-size", "0"], "batch_size"),
        (["--batch-size", "many"], "--batch-size"),
        (["--resolve", "nonsense"], "HOST:ADDR"),
        (["--data", "/dev/null/x"], "/dev/null/x"),
    ],
)
def test_bad_usage_is_one_line(ingest, flags, message):
    code, _, errors = ingest(SHELF, *flags)
    assert code in (1, 2)
    assert message in errors
    assert len(errors.splitlines()) == 1


def test_missing_files_are_named(ingest, tmp_path):
    code, _, errors = ingest(tmp_path / "nowhere.jsonl")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "nowhere.jsonl" in errors
    code, _, errors = ingest(SHELF, bundle=tmp_path / "no-bundle")
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "no-bundle" in errors


def test_a_file_that_is_no_catalogue_is_refused_and_left_alone(ingest, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "catalogue.sqlite").write_bytes(b"something else entirely" * 100)
    code, _, errors = ingest(SHELF)
    assert code == 1
    assert "catalogue.sqlite" in errors
    assert (tmp_path / "data" / "catalogue.sqlite").read_bytes().startswith(b"something else")


def command(products, bundle, data, *flags):
    return [
        sys.executable, "-m", "server", "ingest", str(products), "--bundle", str(bundle), "--data", str(data), *flags,
    ]  # fmt: skip


def committed(data_dir):
    if not (data_dir / "catalogue.sqlite").exists():
        return 0
    catalogue = Catalogue(data_dir)
    try:
        return catalogue.count_live()
    finally:
        catalogue.close()


def test_killed_ingest_keeps_commits_and_resumes_to_the_same_result(ingest, tmp_path, tiny_bundle):
    path = write_products(tmp_path / "many.jsonl", [make_product(f"thing {i}") for i in range(3000)])
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(
        command(path, tiny_bundle, killed, "--batch-size", "2"), cwd=ROOT, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while committed(killed) < 50 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = contents(killed)
    assert 50 <= len(kept) < 3000
    code, summary, _ = ingest(path, data=killed, images=None)
    assert code == 0
    assert summary["unchanged"] == len(kept)
    assert summary["accepted"] == 3000 - len(kept)
    ingest(path, data=whole, images=None)
    resumed, uninterrupted = contents(killed), contents(whole)
    assert kept.items() <= resumed.items()
    assert resumed.keys() == uninterrupted.keys()
    for key, (product, content_hash, embedding) in uninterrupted.items():
        assert resumed[key][:2] == (product, content_hash)
        assert np.frombuffer(resumed[key][2], "<f4") == pytest.approx(np.frombuffer(embedding, "<f4"), abs=1e-5)


def test_a_second_ingest_at_the_same_time_is_refused_with_the_pid(ingest, tmp_path):
    from server.locks import held_lock

    (tmp_path / "data").mkdir()
    with held_lock(tmp_path / "data" / "ingest.lock", "busy"):
        code, _, errors = ingest(SHELF)
    assert code == 1
    assert str(os.getpid()) in errors
    assert ingest(SHELF)[0] == 0


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from server.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_during_ingest_is_one_clear_error(tmp_path, tiny_bundle):
    path = write_products(tmp_path / "many.jsonl", [make_product(f"thing {i}") for i in range(2000)])
    arguments = command(path, tiny_bundle, tmp_path / "data")[3:]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1].startswith("error:")


def test_tombstones_are_purged_and_a_reader_that_missed_them_starts_over(ingest, make_app, tmp_path):
    from server.http.services import EXTENSION_KEY

    ingest(SHELF)
    app = make_app(poll_interval_ms=60_000)
    replica = app.extensions[EXTENSION_KEY].replica
    catalogue = Catalogue(tmp_path / "data")
    catalogue.delete([(SHOP, SHELF[0]["itemId"])])
    catalogue.delete([(SHOP, SHELF[1]["itemId"])])
    # The newest one stays: its time is the time of the shop's packs.
    assert catalogue.purge_tombstones(older_than_seconds=0) == 1
    assert catalogue.purge_tombstones(older_than_seconds=0) == 0
    catalogue.close()
    replica.refresh()
    assert len(replica.shops[SHOP]) == 3
    assert replica.shops[SHOP].row_of(SHELF[0]["itemId"]) is None


def test_the_real_lite_bundle_puts_like_beside_like(ingest, make_app, lite_bundle):
    products = [
        make_product("Navy striped cotton T-shirt", categoryPath=["Women", "Tops"]),
        make_product("Striped long sleeve tee", categoryPath=["Women", "Tops"]),
        make_product("Cast iron frying pan", categoryPath=["Kitchen", "Pans"]),
        make_product("Carbon steel wok", categoryPath=["Kitchen", "Pans"]),
    ]
    assert ingest(products, bundle=lite_bundle)[1]["accepted"] == 4
    app = make_app(bundle_dir=lite_bundle)
    client = app.test_client()
    body = {"mode": "own", "shop": SHOP, "k": 4, "include": ["vectors"]}
    embedding = encoder_of(lite_bundle).embed(["Non-stick skillet. Kitchen Pans"], [None])[0]
    body |= {"vector": embedding.tolist(), "space": load_bundle(lite_bundle).space, "diversity": 0}
    titles = [item["title"] for item in client.post("/v1/recommendations", json=body).json["items"]]
    assert set(titles[:2]) == {"Cast iron frying pan", "Carbon steel wok"}


def test_item_in_two_batches_in_a_row_counts_as_in_one_after_the_other(ingest, tmp_path):
    """A batch is prepared while the one before is encoded, except where both hold one item."""
    first, second = make_product("a", title="Navy tee"), make_product("b", title="Oak chair")
    again, changed = dict(first), {**second, "title": "Walnut chair"}
    _, summary, _ = ingest([first, again, second, changed], "--batch-size", "1")
    assert (summary["accepted"], summary["unchanged"], summary["embedded"]) == (3, 1, 3)
    assert {json.loads(row[0])["title"] for row in contents(tmp_path / "data").values()} == {"Navy tee", "Walnut chair"}


def test_a_bundle_whose_towers_were_swapped_embeds_nothing(tmp_path, tiny_bundle, capsys):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "swapped")
    shutil.copy(make_tiny_bundle(tmp_path / "other", seed=8) / "item.onnx", bundle / "item.onnx")
    write_manifest(bundle, json.loads((bundle / "manifest.json").read_text()))
    products, data = write_products(tmp_path / "products.jsonl", SHELF), tmp_path / "data"
    assert main(["ingest", str(products), "--bundle", str(bundle), "--data", str(data)]) == 2
    said = capsys.readouterr().err
    assert re.fullmatch(r"error: .*probes\.json: items\[0\]: its vector has the cosine -?0\.\d{6} .*\n", said)
    assert not data.exists()
