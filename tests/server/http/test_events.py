"""POST /v1/events and experiments over HTTP: what is accepted, who waits for whom, and what is not kept."""

import json
import logging
import re

import numpy as np
import pytest
from browser import Browser
from shelf import SHELF

from server.__main__ import main
from server.commands.events import tidy_events
from server.encoding.bundle import load_bundle
from server.events.database import FILE_NAME, Events
from server.http.services import EXTENSION_KEY
from server.http.views import events as view
from server.settings import Settings
from server.trust.database import TrustDatabase
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make

SHOP = "harbor.example"
SCREEN = "0123456789abcdef" * 2
ITEMS = [{"itemId": product["itemId"], "position": n} for n, product in enumerate(SHELF[:3])]


@pytest.fixture
def body(tiny_bundle):
    space = load_bundle(tiny_bundle).space
    return {"screen": SCREEN, "shop": SHOP, "mode": "own", "space": space, "kind": "impression", "items": ITEMS}


@pytest.fixture
def kept(tmp_path):
    """Return a function that reads the sums of all events."""

    def read():
        events = Events(tmp_path / "data")
        sums = events.sums()
        events.close()
        return sums

    return read


def test_impressions_and_clicks_are_kept_once(client, body, kept):
    for _ in range(2):
        assert client.post("/v1/events", json=body).status_code == 204
        answer = client.post("/v1/events", json={**body, "kind": "click", "items": ITEMS[1:2]})
        assert (answer.status_code, answer.data) == (204, b"")
    (sums,) = kept()
    assert (sums.shop, sums.screens, sums.impressions, sums.clicks) == (SHOP, 1, 3, 1)


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"screen": None}, 422, "invalid_request", "/screen"),
        ({"screen": "short"}, 422, "invalid_request", "/screen"),
        ({"screen": "G" * 32}, 422, "invalid_request", "/screen"),
        ({"shop": ""}, 422, "invalid_request", "/shop"),
        ({"shop": "nowhere.example"}, 404, "unknown_shop", None),
        ({"mode": "page"}, 422, "invalid_request", "/mode"),
        ({"mode": ["own"]}, 422, "invalid_request", "/mode"),
        ({"space": "f" * 64}, 409, "space_mismatch", "/space"),
        ({"space": 3}, 409, "space_mismatch", "/space"),
        ({"kind": "buy"}, 422, "invalid_request", "/kind"),
        ({"arm": 1}, 422, "invalid_request", "/arm"),
        ({"arm": "x'; --"}, 422, "invalid_request", "/arm"),
        ({"arm": "wider.a"}, 422, "invalid_request", "/arm"),
        ({"items": []}, 422, "invalid_request", "/items"),
        ({"items": ITEMS * 34}, 422, "invalid_request", "/items"),
        ({"items": [{"itemId": "x", "position": 0}]}, 422, "invalid_request", "/items/0/itemId"),
        ({"items": [{**ITEMS[0], "position": -1}]}, 422, "invalid_request", "/items/0/position"),
        ({"items": [{**ITEMS[0], "position": 1000}]}, 422, "invalid_request", "/items/0/position"),
        ({"items": [{**ITEMS[0], "seconds": 3}]}, 422, "invalid_request", "/items/0/seconds"),
        ({"vector": [1.0]}, 422, "invalid_request", "/vector"),
        ({"time": "2026-03-01T09:30:00Z"}, 422, "invalid_request", "/time"),
        ({"user": "me"}, 422, "invalid_request", "/user"),
    ],
)
def test_what_is_not_an_event_is_refused_and_not_kept(client, body, kept, change, status, code, pointer):
    answer = client.post("/v1/events", json={**body, **change})
    assert (answer.status_code, answer.json["code"], answer.json.get("pointer")) == (status, code, pointer)
    assert kept() == []


def test_the_checks_know_exactly_the_members_of_the_contract():
    import yaml

    from kernel.contracts import CONTRACTS

    schemas = yaml.safe_load((CONTRACTS / "openapi.yaml").read_text())["components"]["schemas"]
    schema = schemas["ScreenEvent"]
    assert set(view.REQUIRED) == set(schema["required"])
    assert set(view.REQUIRED + view.OPTIONAL) == set(schema["properties"])
    assert schema["properties"]["items"]["maxItems"] == view.MAX_ITEMS
    assert schemas["ScreenItem"]["properties"]["position"]["maximum"] == view.MAX_POSITION


def start_experiment(tmp_path, *arguments):
    return main(["experiment", "start", "wider", "--data", str(tmp_path / "data"), *arguments])


@pytest.fixture
def wider(client, tmp_path, capsys):
    assert start_experiment(tmp_path, "--shop", "all", "--a", "diversity=0", "--b", "diversity=1") == 0
    return capsys.readouterr().out


def test_arms_are_ranked_with_what_they_say(recommend, wider, tiny_bundle, shelf_app):
    """Arm a ranks as diversity 0 does, arm b as diversity 1 does, and both arms come."""
    state = shelf_app.extensions[EXTENSION_KEY].replica.shops[SHOP]
    row = np.array([state.row_of(SHELF[0]["itemId"])])
    vector = [float(x) for x in state.stored_of(row)[0]]
    taste = {"vector": vector, "space": load_bundle(tiny_bundle).space, "k": 4}

    def order(answer):
        return [item["itemId"] for item in answer.json["items"]]

    by_arm = {f"wider.{arm}": order(recommend(diversity=value, **taste)) for arm, value in (("a", 0), ("b", 1))}
    assert by_arm["wider.a"] != by_arm["wider.b"]
    seen = set()
    for number in range(20):
        answer = recommend(screen=f"{number:032x}", **taste)
        seen.add(answer.json["arm"])
        assert order(answer) == by_arm[answer.json["arm"]]
        assert recommend(screen=f"{number:032x}", **taste).json["arm"] == answer.json["arm"]
    assert seen == set(by_arm)


def test_a_request_takes_part_only_where_it_leaves_the_choice(recommend, wider):
    assert "arm" not in recommend().json
    assert "arm" not in recommend(screen=SCREEN, diversity=0.2).json
    assert "arm" in recommend(screen=SCREEN).json


def test_without_an_experiment_no_arm_is_said(recommend):
    assert "arm" not in recommend(screen=SCREEN).json
    refused = recommend(screen="mine")
    assert (refused.status_code, refused.json["pointer"]) == (422, "/screen")


def test_the_diversity_of_requests_that_name_none_is_a_setting(ingest, make_app):
    assert ingest(SHELF)[0] == 0
    request = {"mode": "own", "shop": SHOP, "k": 3}

    def order(app, **more):
        items = app.test_client().post("/v1/recommendations", json={**request, **more}).json["items"]
        return [item["itemId"] for item in items]

    own = make_app(diversity=1.0)
    assert order(own) == order(own, diversity=1)
    assert order(own, diversity=0) == order(make_app(), diversity=0)


def test_arms_come_back_with_events(client, recommend, body, wider, kept):
    arm = recommend(screen=SCREEN).json["arm"]
    assert client.post("/v1/events", json={**body, "arm": arm}).status_code == 204
    other = {"a": "wider.b", "b": "wider.a"}[arm[-1]]
    refused = client.post("/v1/events", json={**body, "screen": "f" * 32, "arm": other})
    assert refused.status_code in (204, 422)  # which depends on the arm of that other screen
    again = client.post("/v1/events", json={**body, "arm": other})
    assert (again.status_code, again.json["pointer"]) == (422, "/arm")
    assert sum(sums.screens for sums in kept() if sums.arm == arm) >= 1


def test_feedback_that_cannot_be_opened_stops_no_recommendation(ingest, make_app, tmp_path, body):
    assert ingest(SHELF)[0] == 0
    (tmp_path / "data" / FILE_NAME).write_bytes(b"not a database" * 100)
    client = make_app().test_client()
    answer = client.post("/v1/recommendations", json={"mode": "own", "shop": SHOP, "k": 3, "screen": SCREEN})
    assert (answer.status_code, len(answer.json["items"])) == (200, 3)
    assert client.post("/v1/events", json=body).status_code == 500


def test_recommendations_do_not_wait_for_who_writes_events(client, recommend, body, wider, tmp_path):
    """Another process sums up, as long as it likes: lists are ranked with their arms, events refused for now."""
    client.application.extensions[EXTENSION_KEY].events().db.execute("PRAGMA busy_timeout = 1")
    other = Events(tmp_path / "data")
    other.db.execute("BEGIN IMMEDIATE")
    assert recommend(screen=SCREEN).json["arm"].startswith("wider.")
    refused = client.post("/v1/events", json=body)
    assert (refused.status_code, refused.json["code"], refused.headers["Retry-After"]) == (503, "busy", "5")
    other.db.execute("ROLLBACK")
    other.close()
    assert client.post("/v1/events", json=body).status_code == 204


def test_the_hourly_work_sums_up_and_ends_experiments(client, body, wider, tmp_path):
    settings = Settings(data_dir=tmp_path / "data", events_days=1)
    for number in range(400):
        screen = number.to_bytes(16, "big")
        arm = client.application.extensions[EXTENSION_KEY].events().experiments.assign(SHOP, screen).name
        mine = {**body, "screen": screen.hex(), "arm": arm}
        assert client.post("/v1/events", json=mine).status_code == 204
        if arm.endswith("b") and number % 2:
            assert client.post("/v1/events", json={**mine, "kind": "click"}).status_code == 204
    events = Events(tmp_path / "data")
    events.db.execute("UPDATE screens SET hour = hour - 72")
    events.db.execute("UPDATE experiments SET started_at = started_at - 259200")
    tidy_events(settings)
    assert events.experiments.find("wider").outcome == "b"
    assert list(events.impressions()) == []
    assert sum(sums.screens for sums in events.sums()) == 400
    events.close()


def test_the_hourly_work_survives_a_damaged_file(tmp_path, caplog):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FILE_NAME).write_bytes(b"not a database" * 100)
    tidy_events(Settings(data_dir=tmp_path / "data"))
    assert "the feedback is not summed up" in caplog.text


def test_full_feedback_is_507_and_reads_continue(ingest, make_app, body):
    assert ingest(SHELF)[0] == 0
    client = make_app(events_max_bytes=2**20).test_client()
    items = [{"itemId": f"{n:016x}", "position": n} for n in range(100)]
    answers = [client.post("/v1/events", json={**body, "screen": f"{n:032x}", "items": items}) for n in range(400)]
    assert answers[0].status_code == 204
    assert (answers[-1].status_code, answers[-1].json["code"]) == (507, "no_room")
    recommended = client.post("/v1/recommendations", json={"mode": "own", "shop": SHOP, "k": 3, "screen": SCREEN})
    assert recommended.status_code == 200


def test_on_a_full_disk_events_get_507(client, body):
    parts = client.application.extensions[EXTENSION_KEY]
    parts.events().db.execute("PRAGMA max_page_count = 1")  # it takes the present size for less
    items = [{"itemId": f"{n:016x}", "position": n} for n in range(100)]
    codes = [client.post("/v1/events", json={**body, "screen": f"{n:032x}", "items": items}).json for n in range(30)]
    assert codes[-1]["code"] == "disk_full"
    assert client.post("/v1/recommendations", json={"mode": "own", "shop": SHOP, "k": 3}).status_code == 200


def test_neither_device_nor_ticket_nor_address_is_kept(client, body, kept, tmp_path, caplog):
    """A paired browser tells of a screen through the channel; the file and the log do not say which browser."""
    caplog.set_level(logging.DEBUG)
    database = TrustDatabase(tmp_path / "data")
    browser = Browser(client)
    assert browser.pair(Pairing(database, read_or_make(tmp_path / "data")).offer()).status_code == 200
    said = json.dumps(body).encode()
    answer = browser.ask("POST", "/v1/events", said, **{"Content-Type": "application/json"})
    assert answer[0] == 204
    (sums,) = kept()
    assert sums.screens == 1
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").glob(f"{FILE_NAME}*"))
    assert SHOP.encode() in content  # it is what is searched
    device = database.devices()[0].id
    for secret in (device.encode(), bytes.fromhex(device) if re.fullmatch("(..)+", device) else b"\0" * 99,
                   browser.ticket, b"127.0.0.1", b"Firefox"):  # fmt: skip
        assert secret not in content
    assert SCREEN not in caplog.text
    assert ITEMS[0]["itemId"] not in caplog.text
    database.close()


def test_the_commands_report_export_and_stop(client, recommend, body, wider, tmp_path, capsys):
    for number in range(12):
        screen = f"{number:032x}"
        mine = {**body, "screen": screen, "arm": recommend(screen=screen).json["arm"]}
        assert client.post("/v1/events", json=mine).status_code == 204
        if number % 3 == 0:
            client.post("/v1/events", json={**mine, "kind": "click", "items": ITEMS[:1]})
    data = ("--data", str(tmp_path / "data"))
    assert main(["events", "report", *data]) == 0
    text = capsys.readouterr().out
    assert "harbor.example, mode own" in text
    assert "33.3%" in text
    assert main(["events", "report", "--json", "--at-least", "10", *data]) == 0
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert (group["total"]["screens"], group["total"]["clicks"]) == (12, 4)
    assert main(["events", "export", "--out", str(tmp_path / "log.csv"), *data]) == 0
    assert json.loads(capsys.readouterr().out) == {"screens": 12, "rows": 36, "leftOut": 0}
    assert main(["experiment", "status", *data]) == 0
    assert "wider (all shops): running" in capsys.readouterr().out
    assert main(["experiment", "stop", "wider", *data]) == 0
    assert "stopped by hand" in capsys.readouterr().out
    assert main(["experiment", "status", "wider", "--json", *data]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["isRunning"], one["outcome"], one["a"]["screens"] + one["b"]["screens"]) == (False, "stopped", 12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--shop", "all", "--a", "diversity=0.2", "--b", "bundle=x"), "expected an arm such as diversity=0.5"),
        (("--shop", "all", "--a", "diversity=0.2", "--b", "diversity=0.2"), "two arms that differ"),
    ],
)
def test_an_arm_that_cannot_be_is_refused(tmp_path, capsys, arguments, message):
    assert start_experiment(tmp_path, *arguments) == 2
    assert message in capsys.readouterr().err
    assert main(["experiment", "stop", "wider", "--data", str(tmp_path / "data")]) == 2
    assert "there is no experiment wider" in capsys.readouterr().err
