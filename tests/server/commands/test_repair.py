"""Damage of the catalogue: found, left out, named, and repaired; everything else is served."""

import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from shelf import SHELF

from server.__main__ import main
from server.catalogue.database import Catalogue
from server.catalogue.queue import Queue
from server.catalogue.writer import Writer
from server.commands.apply_writes import apply_next
from server.encoding.bundle import load_bundle
from server.search.replica import Replica
from server.settings import Settings

SHOP = "harbor.example"
BAD = SHELF[2]["itemId"]


@pytest.fixture
def shelf(ingest, tmp_path):
    assert ingest(SHELF)[0] == 0
    return tmp_path / "data"


@pytest.fixture
def damage(shelf):
    """Return a function that changes one row behind the catalogue's back."""

    def change(assignment, *values):
        with closing(sqlite3.connect(shelf / "catalogue.sqlite")) as database, database:
            database.execute(f"UPDATE items SET {assignment} WHERE item_id = ?", (*values, BAD))

    return change


@pytest.fixture
def command(shelf, capsys):
    def run(name):
        code = main([name, "--data", str(shelf)])
        return code, json.loads(capsys.readouterr().out)

    return run


ROWS = [
    ("card = ?", b"{broken"),
    ("card = ?", None),
    ("card = replace(card, 'oak', 'elm')",),
    ("embedding = ?", b"short"),
    ("embedding = ?", np.full(16, np.nan, "<f4").tobytes()),
    ("rating_count = ?", "many"),
    ("shop = ?", "other.example"),
    ("item_id = item_id, embedding = CAST(? AS BLOB)", bytes(64)),
]


@pytest.mark.parametrize("change", ROWS)
def test_a_damaged_row_is_left_out_and_all_others_are_served(damage, make_app, caplog, change):
    damage(*change)
    client = make_app().test_client()
    items = client.post("/v1/recommendations", json={"mode": "own", "shop": SHOP, "k": 10}).json["items"]
    assert {item["itemId"] for item in items} == {item["itemId"] for item in SHELF} - {BAD}
    assert [shop["items"] for shop in client.get("/v1/shops").json["shops"]] == [4]
    assert "carryover_damaged_rows{shop=" in client.get("/metrics").text
    assert "is damaged and not served" in caplog.text


@pytest.mark.parametrize("change", [ROWS[0], ROWS[1], ROWS[4], ("card = ?", b'{"price":{"amount":"x"}}')])
def test_rows_without_a_checksum_are_checked_by_their_form(damage, make_app, change):
    """As those of catalogues of earlier versions."""
    damage("row_sum = NULL, product_sum = NULL")
    damage(*change)
    assert make_app().test_client().get("/readyz").json["items"] == 4


def test_a_damaged_product_is_not_served(damage, make_app):
    damage("product = replace(product, 'oak', 'elm')")
    client = make_app().test_client()
    assert client.get(f"/v1/shops/{SHOP}/items/{BAD}").status_code == 500
    assert client.get(f"/v1/shops/{SHOP}/items/{SHELF[0]['itemId']}").json == SHELF[0]


def test_an_ingest_mends_a_damaged_row(damage, ingest, make_app):
    damage("embedding = ?", np.zeros(16, "<f4").tobytes())
    _, summary, _ = ingest(SHELF)
    assert (summary["accepted"], summary["unchanged"]) == (1, 4)
    assert make_app().test_client().get("/readyz").json["items"] == 5


def test_check_names_what_is_damaged(damage, command):
    assert command("check") == (0, {"live": 5, "withoutChecksum": 0, "damaged": [], "pages": []})
    damage("card = ?", b"{broken")
    code, found = command("check")
    assert (code, found["live"]) == (1, 4)
    assert [(row["shop"], row["itemId"], row["problem"]) for row in found["damaged"]] == [
        (SHOP, BAD, "its checksum differs")
    ]


def test_repair_leaves_sound_rows_and_queues_those_whose_product_is(damage, command, shelf, tiny_bundle, make_app):
    damage("card = ?", b"{broken")
    with closing(Catalogue(shelf)) as catalogue:
        Queue(catalogue).add("delete", b"[]", b"{}")
    code, found = command("repair")
    assert (code, [row["isQueued"] for row in found["damaged"]]) == (1, [True])
    assert len(list(shelf.glob("catalogue-damaged-*.sqlite"))) == 1
    code, found = command("check")
    assert (code, found["live"]) == (0, 4)
    writer = Writer(Settings(data_dir=shelf), load_bundle(tiny_bundle), threads=1)
    with closing(Catalogue(shelf)) as catalogue:
        assert Queue(catalogue).num_waiting() == 2
        while apply_next(catalogue, writer):
            pass
    client = make_app().test_client()
    assert client.get("/readyz").json["items"] == 5
    assert client.get(f"/v1/shops/{SHOP}/items/{BAD}").json == SHELF[2]


def test_single_flipped_bits_never_change_an_answer(shelf, tmp_path, tiny_bundle):
    """Of each of 150 catalogues with one flipped bit: an error when it is opened, or rows that are all as they were."""
    bundle = load_bundle(tiny_bundle)

    def served(directory):
        replica = Replica(Settings(data_dir=directory, bundle_dir=tiny_bundle), bundle)
        try:
            replica.refresh()
            rows = [(shop, state.live_rows()) for shop, state in replica.shops.items()]
        finally:
            replica.stop()
        return {
            (shop, int(live.item_ids[row])): (live.card(row), live.vectors.stored(slice(row, row + 1)).tobytes())
            for shop, live in rows
            for row in range(len(live))
        }

    expected = served(shelf)
    with closing(sqlite3.connect(shelf / "catalogue.sqlite")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = (shelf / "catalogue.sqlite").read_bytes()
    rng = np.random.default_rng(3)
    num_wrong = num_complete = 0
    for i in range(150):
        flipped = bytearray(whole)
        flipped[int(rng.integers(len(flipped)))] ^= 1 << int(rng.integers(8))
        directory = tmp_path / f"flip-{i}"
        directory.mkdir()
        (directory / "catalogue.sqlite").write_bytes(flipped)
        try:
            found = served(directory)
        except Exception:  # noqa: BLE001 (whatever it says, it did not answer)
            continue
        num_wrong += any(expected.get(key) != value for key, value in found.items())
        num_complete += found == expected
    assert num_wrong == 0
    assert num_complete > 75
