"""Who is paired, and what everybody else gets."""

import json
import os
import stat

import pytest
from browser import OCTETS, Browser

from server.__main__ import main
from server.commands.pair import pair
from server.errors import HandshakeError, InputError, PairingError
from server.http.services import EXTENSION_KEY
from server.settings import Settings
from server.trust.codes import normal
from server.trust.database import TrustDatabase
from server.trust.frames import open_answer
from server.trust.noise import P256, Handshake
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make

RECOMMEND = json.dumps({"mode": "own", "shop": "harbor.example", "k": 3}).encode()


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(shelf_app, monkeypatch):
    clock = Clock()
    object.__setattr__(shelf_app.extensions[EXTENSION_KEY].channels, "now", clock)
    return clock


@pytest.fixture
def database(tmp_path):
    database = TrustDatabase(tmp_path / "data")
    yield database
    database.close()


@pytest.fixture
def offer(database, tmp_path, clock):
    return Pairing(database, read_or_make(tmp_path / "data"), clock).offer


@pytest.fixture
def paired(client, offer):
    browser = Browser(client)
    assert browser.pair(offer()).status_code == 200
    return browser


def code_of(response):
    return response.status_code, response.json["code"]


def test_a_paired_browser_asks_through_the_channel(paired, client):
    status, headers, body = paired.ask("POST", "/v1/recommendations", RECOMMEND, **{"Content-Type": "application/json"})
    assert (status, headers["Content-Type"]) == (200, "application/json")
    direct = client.post("/v1/recommendations", data=RECOMMEND, content_type="application/json")
    assert json.loads(body) == direct.json


def test_several_requests_go_through_one_channel(paired):
    assert [paired.ask("GET", "/v1/shops")[0] for _ in range(3)] == [200, 200, 200]


def test_problems_come_through_the_channel_as_they_are(paired):
    status, headers, body = paired.ask("POST", "/v1/recommendations", b"{", **{"Content-Type": "application/json"})
    assert (status, headers["Content-Type"]) == (400, "application/problem+json")
    assert json.loads(body)["code"] == "invalid_json"


def test_nothing_of_a_request_can_be_read_on_its_way(paired):
    paired.open()
    request = paired.sealed("POST", "/v1/recommendations", RECOMMEND)
    assert b"harbor" not in request
    assert b"recommendations" not in request
    assert b"harbor" not in paired.post("/v1/channel/request", request).data


def test_a_code_is_tried_once(client, offer):
    code = offer()
    first, second = Browser(client), Browser(client)
    _, started = first.start(code)
    assert code_of(second.start(code)[0]) == (409, "pairing_over")
    attempt, handshake = started
    assert first.post("/v1/pairing/finish", attempt + handshake.write(b"Firefox")).status_code == 200


def test_a_wrong_code_shows_nothing_and_uses_the_code_up(client, offer, database):
    code = offer()
    wrong = ("1" if code[0] == "0" else "0") + code[1:]
    with pytest.raises(HandshakeError):
        Browser(client).start(wrong)
    assert code_of(Browser(client).start(code)[0]) == (409, "pairing_over")
    assert database.devices() == []


def test_without_the_code_a_third_message_does_not_open(client, offer, database):
    """Another program answers the second message with a key of its own and a code that it guessed."""
    offer()
    browser = Browser(client)
    handshake = Handshake("XXpsk2", True, b"carryover pairing 1", browser.key, psk=bytes(32))
    answer = browser.post("/v1/pairing", handshake.write()).data
    with pytest.raises(HandshakeError):
        handshake.read(answer[32:])
    response = browser.post("/v1/pairing/finish", answer[:16] + handshake.write(b"Mallory"))
    assert code_of(response) == (400, "handshake_failed")
    assert code_of(browser.post("/v1/pairing/finish", answer[:16] + bytes(100))) == (409, "pairing_over")
    assert database.devices() == []


def test_a_code_is_over_after_two_minutes(client, offer, clock, database):
    code = offer()
    clock.now += 120
    assert code_of(Browser(client).start(code)[0]) == (409, "pairing_over")
    code = offer()
    browser = Browser(client)
    attempt, handshake = browser.start(code)[1]
    clock.now += 120
    response = browser.post("/v1/pairing/finish", attempt + handshake.write(b"late"))
    assert code_of(response) == (409, "pairing_over")
    assert database.devices() == []


def test_a_pairing_sent_again_is_refused(client, offer, database):
    code = offer()
    browser = Browser(client)
    attempt, handshake = browser.start(code)[1]
    last = attempt + handshake.write(b"Firefox")
    assert browser.post("/v1/pairing/finish", last).status_code == 200
    assert code_of(browser.post("/v1/pairing/finish", last)) == (409, "pairing_over")
    offer()
    assert code_of(browser.post("/v1/pairing/finish", last)) == (409, "pairing_over")
    assert len(database.devices()) == 1


def test_without_a_code_nobody_is_paired(client):
    assert code_of(Browser(client).start("K7QF29XM4T")[0]) == (409, "pairing_over")


def test_a_request_sent_again_is_refused(paired):
    paired.open()
    request = paired.sealed("GET", "/v1/shops")
    assert paired.post("/v1/channel/request", request).status_code == 200
    assert code_of(paired.post("/v1/channel/request", request)) == (409, "request_repeated")


def test_a_request_is_taken_once_over_several_processes(paired, shelf_app, make_app, monkeypatch):
    other = make_app()
    key = shelf_app.extensions[EXTENSION_KEY].channels.ticket_key
    object.__setattr__(other.extensions[EXTENSION_KEY].channels, "ticket_key", key)
    object.__setattr__(other.extensions[EXTENSION_KEY].channels, "now", Clock())
    paired.open()
    request = paired.sealed("GET", "/v1/shops")
    assert paired.post("/v1/channel/request", request).status_code == 200
    again = other.test_client().post("/v1/channel/request", data=request, content_type=OCTETS)
    assert code_of(again) == (409, "request_repeated")


def test_a_stolen_ticket_opens_and_seals_nothing(paired, client):
    paired.open()
    request = paired.sealed("GET", "/v1/shops")
    thief = Browser(client)
    thief.ticket, thief.keys = paired.ticket, (bytes(32), bytes(32))
    assert code_of(thief.post("/v1/channel/request", thief.sealed("GET", "/v1/shops"))) == (400, "handshake_failed")
    # It has not used up the number of the true request.
    response = paired.post("/v1/channel/request", request)
    assert response.status_code == 200
    with pytest.raises(HandshakeError):
        open_answer(bytes(32), request, response.data)


@pytest.mark.parametrize("at", [0, 1, 2, 20, 150, 160, 400, -1])
def test_a_changed_request_is_refused(paired, at):
    paired.open()
    request = bytearray(paired.sealed("GET", "/v1/shops"))
    request[at] ^= 1
    assert paired.post("/v1/channel/request", bytes(request)).status_code in (400, 401)


def test_a_ticket_is_over_after_ten_minutes(paired, clock):
    paired.open()
    clock.now += 600
    response = paired.post("/v1/channel/request", paired.sealed("GET", "/v1/shops"))
    assert code_of(response) == (401, "channel_expired")


def test_a_ticket_is_over_with_its_server(paired, make_app):
    paired.open()
    paired.client = make_app().test_client()
    response = paired.post("/v1/channel/request", paired.sealed("GET", "/v1/shops"))
    assert code_of(response) == (401, "channel_expired")


def test_a_browser_that_is_not_paired_gets_no_channel(client, paired):
    stranger = Browser(client)
    stranger.server_key = paired.server_key
    assert code_of(stranger.open()) == (403, "unknown_device")


def test_a_server_with_another_key_cannot_open_the_handshake(paired):
    paired.server_key = P256.generate().public
    assert code_of(paired.open()) == (400, "handshake_failed")


def test_a_forgotten_browser_is_refused_at_once(paired, database):
    paired.open()
    request = paired.sealed("GET", "/v1/shops")
    assert database.forget_device(paired.device)
    assert code_of(paired.post("/v1/channel/request", request)) == (401, "channel_expired")
    assert code_of(paired.open()) == (403, "unknown_device")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/metrics", {}),
        ("POST", "/v1/channel", {}),
        ("POST", "/v1/pairing", {}),
        ("POST", "/v1/%63hannel", {}),
        ("POST", "/v1/p%61iring", {}),
        ("PATCH", "/v1/shops", {}),
        ("GET", "/v1/shops", {"Authorization": "Bearer x"}),
        ("GET", "/v1/shops", {"If-Match": "a\nHost: b"}),
    ],
)
def test_what_may_not_be_asked_through_the_channel_is_refused(paired, method, path, headers):
    paired.open()
    response = paired.post("/v1/channel/request", paired.sealed(method, path, **headers))
    assert code_of(response) == (400, "handshake_failed")


@pytest.mark.parametrize("path", ["/v1/pairing", "/v1/pairing/finish", "/v1/channel", "/v1/channel/request"])
def test_nonsense_is_refused_with_a_problem(client, path):
    for body in (b"", b"x", bytes(162), bytes(81), b"\xff" * 300):
        response = client.post(path, data=body, content_type=OCTETS)
        assert response.status_code in (400, 401, 409), body
    assert client.post(path, json={}).status_code == 415
    assert client.post(path, data=bytes(9 * 2**20), content_type=OCTETS).status_code == 413


def test_the_keys_are_readable_by_their_owner_alone(paired, tmp_path):
    for name in ("server-key.pem", "trust.sqlite"):
        assert stat.S_IMODE((tmp_path / "data" / name).stat().st_mode) == 0o600, name


def test_the_server_key_is_made_once_and_a_readable_one_is_refused(tmp_path):
    first = read_or_make(tmp_path)
    assert read_or_make(tmp_path).public == first.public
    (tmp_path / "server-key.pem").chmod(0o644)
    with pytest.raises(InputError, match="other users"):
        read_or_make(tmp_path)


def test_the_code_is_nowhere_on_the_disk(offer, tmp_path):
    code = offer().encode()
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [path for path in files if code in path.read_bytes()]


def test_pair_says_with_whom(client, tmp_path, shelf_app):
    lines = []

    def browse(_):
        if len(lines) == 2:
            code = normal(lines[0].removeprefix("code: "))
            assert Browser(client, "Firefox \x1b[31m on a laptop").pair(code).status_code == 200

    pair(Settings(data_dir=tmp_path / "data"), lines.append, browse)
    assert lines[-1] == "paired with Firefox [31m on a laptop"


def test_pair_says_that_the_code_was_tried_in_vain(client, tmp_path, shelf_app):
    lines = []

    def browse(_):
        with pytest.raises(HandshakeError):
            Browser(client).start("0000000000")
        database = TrustDatabase(tmp_path / "data")
        database.db.execute("UPDATE pairing SET expires_at = 0")
        database.close()

    with pytest.raises(PairingError, match="could not prove it"):
        pair(Settings(data_dir=tmp_path / "data"), lines.append, browse)


def test_paired_browsers_are_listed_and_forgotten_by_command(paired, tmp_path, capsys):
    data = ["--data", str(tmp_path / "data")]
    assert main(["pair", "--list", *data]) == 0
    assert paired.device in capsys.readouterr().out
    assert main(["pair", "--forget", paired.device, *data]) == 0
    assert main(["pair", "--forget", paired.device, *data]) == 2
    capsys.readouterr()
    assert main(["pair", "--list", *data]) == 0
    assert capsys.readouterr().out == "no browser is paired\n"


def test_rights_hold_under_a_careless_umask(tmp_path):
    before = os.umask(0)
    try:
        TrustDatabase(tmp_path).close()
        read_or_make(tmp_path)
    finally:
        os.umask(before)
    for path in tmp_path.iterdir():
        assert not path.stat().st_mode & 0o077, path.name
