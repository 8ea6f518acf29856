"""Copies that browsers keep on the server: who may, over what, how much, and what the files tell."""

import json
import logging
import stat
import threading

import pytest
from browser import Browser

from server.__main__ import main
from server.commands.rotate_keys import rotate_keys
from server.errors import InputError, ProblemError
from server.http.services import EXTENSION_KEY
from server.settings import Settings
from server.sync.at_rest import AtRest
from server.sync.copies import KEPT_VERSIONS, MAX_ENVELOPE_BYTES, MAX_SPACES, MAX_WRITES, Copies
from server.trust.database import TrustDatabase
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make

SPACE = "0123456789abcdef" * 2
URL = f"/v1/sync/{SPACE}"
CANARY = b"canary of kelp and oak"
OCTETS = {"Content-Type": "application/octet-stream"}
FIRST = {**OCTETS, "If-None-Match": "*"}


@pytest.fixture
def browse(client, tmp_path):
    database = TrustDatabase(tmp_path / "data")

    def paired():
        browser = Browser(client)
        code = Pairing(database, read_or_make(tmp_path / "data")).offer()
        assert browser.pair(code).status_code == 200
        return browser

    yield paired
    database.close()


@pytest.fixture
def browser(browse):
    return browse()


@pytest.fixture
def copies(tmp_path):
    copies = Copies(tmp_path / "data")
    yield copies
    copies.close()


def put(browser, content, etag=None):
    condition = FIRST if etag is None else {**OCTETS, "If-Match": etag}
    return browser.ask("PUT", URL, content, **condition)


def code_of(answer):
    return answer[0], json.loads(answer[2])["code"]


def test_what_one_browser_writes_another_reads(browse):
    first, second = browse(), browse()
    assert code_of(first.ask("GET", URL)) == (404, "no_copy")
    status, headers, _ = put(first, CANARY)
    assert status == 204
    assert second.ask("GET", URL)[1:] == ({**OCTETS, "ETag": headers["ETag"]}, CANARY)


def test_of_two_that_write_over_the_same_the_second_is_told(browse):
    first, second = browse(), browse()
    etag = put(first, b"one")[1]["ETag"]
    assert code_of(put(second, b"mine")) == (412, "changed")
    assert put(first, b"two", etag)[0] == 204
    assert code_of(put(second, b"three", etag)) == (412, "changed")
    assert second.ask("GET", URL)[2] == b"two"


def test_of_many_at_once_one_is_kept(tmp_path, copies):
    etag = copies.write(SPACE, b"start", None, "d").etag
    kept, refused = [], []

    def write(number):
        own = Copies(tmp_path / "data")
        try:
            kept.append(own.write(SPACE, b"%d" % number, etag, "d").etag)
        except ProblemError as error:
            refused.append(error.code)
        finally:
            own.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(kept), refused) == (1, ["changed"] * 7)


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}, {"If-None-Match": '"a"'}, {"If-Match": '"a", "b"'}])
def test_a_write_without_a_sound_condition_is_refused(browser, headers):
    assert code_of(browser.ask("PUT", URL, b"x", **OCTETS, **headers)) == (428, "no_condition")


def test_the_last_ten_are_kept_and_can_be_read(browser):
    etag = None
    for number in range(1, 13):
        etag = put(browser, b"%d" % number, etag)[1]["ETag"]
    versions = json.loads(browser.ask("GET", f"{URL}/versions")[2])["versions"]
    assert [one["version"] for one in versions] == list(range(12, 12 - KEPT_VERSIONS, -1))
    assert versions[0]["bytes"] == 2
    assert browser.ask("GET", f"{URL}/versions/5")[2] == b"5"
    assert code_of(browser.ask("GET", f"{URL}/versions/2")) == (404, "no_copy")


def test_deleting_a_space_leaves_nothing(browser, tmp_path):
    put(browser, CANARY)
    assert browser.ask("DELETE", URL)[0] == 204
    assert code_of(browser.ask("GET", URL)) == (404, "no_copy")
    assert json.loads(browser.ask("GET", f"{URL}/versions")[2]) == {"versions": []}
    assert browser.ask("DELETE", URL)[0] == 204


def test_a_large_envelope_is_refused(browser):
    assert put(browser, bytes(MAX_ENVELOPE_BYTES))[0] == 204
    etag = browser.ask("GET", URL)[1]["ETag"]
    assert code_of(put(browser, bytes(MAX_ENVELOPE_BYTES + 1), etag)) == (413, "body_too_large")


def test_spaces_have_a_limit(copies):
    for number in range(MAX_SPACES):
        copies.write(f"{number:032x}", b"x", None, "d")
    with pytest.raises(ProblemError, match="at most 16 spaces"):
        copies.write(f"{MAX_SPACES:032x}", b"x", None, "d")
    copies.write(f"{0:032x}", b"y", copies.versions(f"{0:032x}")[0].etag, "d")


def test_a_browser_writes_sixty_times_an_hour(tmp_path):
    now = [1_000_000.0]
    copies = Copies(tmp_path / "data", lambda: now[0])
    etag = None
    for number in range(MAX_WRITES):
        etag = copies.write(SPACE, b"%d" % number, etag, "one").etag
    with pytest.raises(ProblemError, match="60 writes an hour") as refused:
        copies.write(SPACE, b"more", etag, "one")
    assert (refused.value.status, refused.value.retry_after) == (429, 3601)
    etag = copies.write(SPACE, b"of another", etag, "two").etag
    now[0] += 3600
    copies.write(SPACE, b"later", etag, "one")
    now[0] -= 10_000_000
    copies.write(SPACE, b"after the clock was moved", copies.versions(SPACE)[0].etag, "one")
    copies.close()


@pytest.mark.parametrize("space", ["x", "0" * 31, "0" * 33, "A" * 32, "..%2f..%2fserver-key.pem"])
def test_what_is_not_a_space_is_not_found(browser, space):
    assert browser.ask("GET", f"/v1/sync/{space}")[0] == 404


def test_without_a_channel_nobody_reaches_a_copy(client, browser, operator):
    put(browser, CANARY)
    for headers in ({}, operator, {"carryover.device": "d"}, {"Carryover-Device": "d"}):
        for method in ("get", "put", "delete"):
            response = getattr(client, method)(URL, headers=headers)
            assert (response.status_code, response.json["code"]) == (403, "not_paired")
        assert client.get(f"{URL}/versions", headers=headers).status_code == 403
        assert client.get(f"{URL}/versions/1", headers=headers).status_code == 403
    assert browser.ask("GET", URL)[2] == CANARY


def files_with(folder, needle):
    return [path.name for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_an_envelope_lies_in_no_file_and_no_log(browser, tmp_path, caplog):
    """Even an envelope that its browser had not encrypted cannot be read from the server's files."""
    with caplog.at_level(logging.DEBUG):
        etag = put(browser, CANARY)[1]["ETag"]
        put(browser, CANARY * 2, etag)
        browser.ask("GET", URL)
        browser.ask("PUT", URL, CANARY, **OCTETS)
    data = tmp_path / "data"
    assert files_with(data, CANARY) == []
    assert CANARY.decode() not in caplog.text
    assert SPACE not in caplog.text
    names = ("at-rest.keys", "sync.sqlite", "trust.sqlite", "server-key.pem")
    assert {name: stat.S_IMODE((data / name).stat().st_mode) for name in names} == dict.fromkeys(names, 0o600)


def test_rotating_keys_keeps_everything_readable_and_drops_the_old_key(browser, copies, tmp_path, capsys):
    etag = put(browser, b"one")[1]["ETag"]
    put(browser, b"two", etag)
    keys = tmp_path / "data" / "at-rest.keys"
    before = keys.read_bytes()
    assert main(["rotate-keys", "--data", str(tmp_path / "data")]) == 0
    assert capsys.readouterr().out == "2 envelopes have a new key; the old ones are deleted\n"
    after = keys.read_bytes()
    assert before.strip() not in after
    assert len(after.split()) == 1
    assert browser.ask("GET", URL)[2] == b"two"
    assert browser.ask("GET", f"{URL}/versions/1")[2] == b"one"
    keys.write_bytes(before)
    with pytest.raises(InputError, match="no key for an envelope"):
        copies.read(SPACE)


def test_a_rotation_that_stopped_in_between_loses_nothing(copies, tmp_path, monkeypatch):
    copies.write(SPACE, b"kept", None, "d")
    monkeypatch.setattr(AtRest, "drop_old_keys", lambda self: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="full"):
        rotate_keys(Settings(data_dir=tmp_path / "data"))
    assert copies.read(SPACE)[1] == b"kept"
    monkeypatch.undo()
    rotate_keys(Settings(data_dir=tmp_path / "data"))
    assert copies.read(SPACE)[1] == b"kept"


def test_rotations_while_browsers_write_lose_nothing(copies, tmp_path):
    etag = [copies.write(SPACE, b"0", None, "d").etag]
    failures = []

    def write():
        own = Copies(tmp_path / "data")
        try:
            for number in range(1, 30):
                etag[0] = own.write(SPACE, b"%d" % number, etag[0], "d").etag
                assert own.read(SPACE)[1] == b"%d" % number
        except Exception as error:  # noqa: BLE001 (told by the assertion below)
            failures.append(error)
        finally:
            own.close()

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        rotate_keys(Settings(data_dir=tmp_path / "data"))
    writer.join()
    assert failures == []
    assert copies.read(SPACE)[1] == b"29"


def test_two_rotations_at_once_lose_nothing(copies, tmp_path, monkeypatch):
    copies.write(SPACE, b"kept", None, "d")
    settings = Settings(data_dir=tmp_path / "data")
    seal_again = Copies.seal_again
    has_second_begun, is_first_over = threading.Event(), threading.Event()
    failures = []

    def second():
        try:
            rotate_keys(settings)
        except Exception as error:  # noqa: BLE001 (told by the assertion below)
            failures.append(error)

    thread = threading.Thread(target=second)

    def sealed_again(self):
        if threading.current_thread() is thread:
            # The first would drop the old keys now, which everything is still encrypted with.
            has_second_begun.set()
            is_first_over.wait()
            return seal_again(self)
        count = seal_again(self)
        thread.start()
        has_second_begun.wait(0.5)
        return count

    monkeypatch.setattr(Copies, "seal_again", sealed_again)
    rotate_keys(settings)
    is_first_over.set()
    thread.join()
    assert failures == []
    assert copies.read(SPACE)[1] == b"kept"


def test_an_envelope_in_anothers_place_is_refused(copies):
    copies.write(SPACE, b"one", None, "d")
    other = "f" * 32
    copies.write(other, b"other", None, "d")
    copies.db.execute(
        "UPDATE envelopes SET sealed = (SELECT sealed FROM envelopes WHERE space = ?) WHERE space = ?", (SPACE, other)
    )
    with pytest.raises(InputError, match="in another's place"):
        copies.read(other)


def test_one_process_uses_the_key_that_another_made(shelf_app, browser, tmp_path):
    put(browser, b"one")
    rotate_keys(Settings(data_dir=tmp_path / "data"))
    assert shelf_app.extensions[EXTENSION_KEY].copies().read(SPACE)[1] == b"one"
