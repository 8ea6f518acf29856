"""How often a caller may ask, whose address that is, and what a refused request gets."""

import http.client
import json
import math
import random

import pytest
from browser import Browser
from hypothesis import given
from hypothesis import strategies as st
from running import call, wait_until
from shelf import SHELF, TOKEN

from server.http.admission import Admission
from server.http.callers import client_of, is_this_machine, limited_as
from server.http.limits import Limits, RateLimit
from server.settings import Settings
from server.trust.database import TrustDatabase
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make


class Clock:
    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


class Bucket:
    """Oracle: a bucket that holds ten seconds' worth, and fills up steadily."""

    def __init__(self, rate, now):
        self.rate, self.level, self.at = rate, 10 * rate, now

    def take(self, now):
        self.level = min(10 * self.rate, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level < 1 - 1e-6:
            return False
        self.level -= 1
        return True


@given(st.integers(1, 4), st.lists(st.sampled_from([0, 0, 0, 0, 0, 125, 250, 875]), min_size=60, max_size=200))
def test_requests_pass_exactly_where_a_bucket_has_some_left(rate, gaps_ms):
    clock = Clock()
    limit, bucket = RateLimit(rate, clock), Bucket(rate, clock.at)
    for gap in gaps_ms:
        clock.at += gap / 1000
        assert (limit.wait_seconds("a") == 0) == bucket.take(clock.at)


def test_whoever_waits_as_long_as_told_is_let_in_and_not_before():
    clock = Clock()
    limit = RateLimit(4, clock)
    assert [limit.wait_seconds("a") for _ in range(40)] == [0.0] * 40
    wait = limit.wait_seconds("a")
    assert wait == pytest.approx(0.25)
    clock.at += wait - 0.01
    assert limit.wait_seconds("a") > 0
    clock.at += 0.01
    assert limit.wait_seconds("a") == 0
    assert limit.wait_seconds("b") == 0


def test_no_limit_is_no_limit():
    limit = RateLimit(0, Clock())
    assert {limit.wait_seconds("a") for _ in range(10_000)} == {0.0}


def test_more_callers_than_are_kept_share_one_limit_and_the_known_keep_theirs(monkeypatch):
    monkeypatch.setattr("server.http.limits._MAX_CALLERS", 100)
    clock = Clock()
    limit = RateLimit(1, clock)
    for i in range(100):
        limit.wait_seconds(f"known {i}")
    refused = sum(limit.wait_seconds(f"stranger {i}") > 0 for i in range(1000))
    assert refused == 990, "one bucket of ten for all strangers"
    assert limit.wait_seconds("known 5") == 0
    assert len(limit._full_again) <= 101
    clock.at += 60
    assert limit.wait_seconds("stranger 1") == 0
    assert len(limit._full_again) == 1, "those whose bucket is full are forgotten"


# Addresses

PROXIES = Settings(trusted_proxies=("10.0.0.0/8", "127.0.0.1", "2001:db8::/32")).proxy_networks()


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not a proxy of ours: it may say what it likes
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"),  # what the client itself sent is on the left
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.2.3.4", "198.51.100.1"),
        ("127.0.0.1", "2001:db8::7, 2001:db9::1, 2001:db8::9", "2001:db9::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.9.9.9", "10.9.9.9"),
    ],
)
def test_the_client_is_the_last_address_that_no_trusted_proxy_has(peer, forwarded, client):
    assert client_of(peer, forwarded, PROXIES) == client


@given(st.lists(st.sampled_from(["10.0.0.2", "198.51.100.1", "x", "127.0.0.1", "", "::1"]), max_size=6))
def test_nothing_that_a_client_sends_changes_which_address_it_has(sent):
    assert client_of("10.0.0.1", ", ".join([*sent, "203.0.113.9"]), PROXIES) == "203.0.113.9"


def test_a_line_of_ipv6_is_one_caller():
    assert limited_as("2001:db8:1:2:3:4:5:6") == limited_as("2001:db8:1:2:ffff::1") != limited_as("2001:db8:1:3::1")
    assert limited_as("::ffff:203.0.113.9") == limited_as("203.0.113.9") != limited_as("203.0.113.8")
    assert limited_as("odd") == "odd"
    assert [is_this_machine(text) for text in ("127.8.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "")] == [
        True, True, True, False, False,
    ]  # fmt: skip


# The door


class Headers:
    """Headers as granian gives them: a value that is not UTF-8 is left out of `items`, its name is not."""

    def __init__(self, *pairs):
        self.pairs = pairs

    def __contains__(self, name):
        return any(key == name for key, _ in self.pairs)

    def items(self):
        return [pair for pair in self.pairs if pair[1] is not None]

    def get(self, name):
        return next((value for key, value in self.pairs if key == name), None)


class Head:
    def __init__(self, client, *headers, path="/v1/shops"):
        self.client, self.method, self.path, self.headers = client, "GET", path, Headers(*headers)


def admission(counted=None, **settings):
    values = Settings(requests_per_second=1, **settings)
    counted = [] if counted is None else counted
    return Admission(values, Limits(values, counted.append), lambda method, status: counted.append((method, status)))


def refused(door, *head, **more):
    """Return which of 12 requests of a caller were refused."""
    return [i for i in range(12) if door.admit(Head(*head, **more)).refusal is not None]


def test_this_machine_is_not_limited_by_address_and_others_are():
    door = admission()
    assert refused(door, "127.0.0.1:5000") == []
    assert refused(door, "[::1]:5000") == []
    assert refused(door, "203.0.113.9:5000") == [10, 11]


@pytest.mark.parametrize(
    "header", [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", None), ("forwarded", "for=_x")]
)
def test_whoever_comes_through_a_proxy_is_not_this_machine(header):
    assert refused(admission(), "127.0.0.1:5000", header) == [10, 11]
    caller = admission().admit(Head("127.0.0.1:5000", header))
    assert (caller.address, caller.is_passed_on) == ("127.0.0.1", True)


def test_behind_a_trusted_proxy_each_client_has_its_own_limit():
    door = admission(trusted_proxies=("127.0.0.1",))
    assert refused(door, "127.0.0.1:1", ("x-forwarded-for", "203.0.113.9")) == [10, 11]
    assert refused(door, "127.0.0.1:1", ("x-forwarded-for", "203.0.113.8")) == [10, 11]
    two_headers = (("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "203.0.113.8"))
    assert len(refused(door, "127.0.0.1:1", *two_headers)) == 12, "the last entry, also over several headers"


def test_a_refusal_is_a_problem_that_says_when_to_try_again_and_is_counted():
    counted = []
    door = admission(counted, allow_origins=("http://localhost:8700",))
    for _ in range(11):
        refusal = door.admit(Head("203.0.113.9:5000", ("origin", "http://localhost:8700"))).refusal
    status, headers, body = refusal
    named = dict(headers)
    assert (status, named["Content-Type"], named["Retry-After"]) == (429, "application/problem+json", "1")
    assert named["Access-Control-Allow-Origin"] == "http://localhost:8700"
    assert json.loads(body)["code"] == "too_many_requests"
    assert counted == ["address", ("GET", 429)]


def test_a_paired_browser_that_asks_too_often_waits_and_others_do_not(ingest, make_app, tmp_path):
    ingest(SHELF)
    client = make_app(requests_per_second=1).test_client()
    database = TrustDatabase(tmp_path / "data")
    browsers = [Browser(client), Browser(client)]
    for browser in browsers:
        assert browser.pair(Pairing(database, read_or_make(tmp_path / "data")).offer()).status_code == 200
        assert browser.open().status_code == 200
    answers = [browsers[0].post("/v1/channel/request", browsers[0].sealed("GET", "/v1/shops")) for _ in range(12)]
    codes = [response.status_code for response in answers]
    assert codes[:10] == [200] * 10
    late = answers[codes.index(429)]
    assert late.json["code"] == "too_many_requests"
    assert math.isclose(int(late.headers["Retry-After"]), 1)
    assert browsers[1].ask("GET", "/v1/shops")[0] == 200
    database.close()


def test_a_real_server_limits_each_client_of_its_proxy(serve):
    port, _ = serve("--workers", "1", "--requests-per-second", "1", "--trusted-proxy", "127.0.0.1")

    def ask(client):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/v1/shops", headers={"X-Forwarded-For": client})
        response = connection.getresponse()
        found = response.status, response.headers.get("Retry-After"), response.read()
        connection.close()
        return found

    answers = [ask("203.0.113.9") for _ in range(40)]
    statuses = [status for status, *_ in answers]
    assert statuses[:10] == [200] * 10
    assert 429 in statuses
    assert answers[statuses.index(429)][1] == "1"
    assert ask("203.0.113.8")[0] == 200
    assert {call(port, "/v1/shops")[0] for _ in range(40)} == {200}, "this machine itself"
    counted = 'carryover_limited_requests_total{by="address"}'
    wait_until(lambda: counted in call(port, "/metrics")[1].decode())
    assert "203.0.113" not in call(port, "/metrics")[1].decode()


def test_wrong_tokens_are_counted_over_all_workers(serve):
    port, _ = serve("--workers", "2")

    def try_once():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer guess-{random.random()}", "Content-Type": "application/json"}
        connection.request("PUT", "/v1/items", b"{}", headers)
        status = connection.getresponse().status
        connection.close()
        return status

    statuses = [try_once() for _ in range(30)]
    assert statuses == [401] * 10 + [429] * 20
    assert call(port, "/v1/writes/1")[0] == 429, f"the configured token ({len(TOKEN)} characters) waits, too"
