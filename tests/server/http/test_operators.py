"""What a request needs to do what an operator does: a token, its scope, its time, and patience after wrong tries."""

import pytest
from shelf import SHELF, TOKEN, make_product

from server.http.services import EXTENSION_KEY
from server.trust.database import TrustDatabase
from server.trust.operators import MAX_TRIES_OF_ADDRESS, MAX_TRIES_OF_ALL, WINDOW_SECONDS
from server.trust.tokens import DAY, Tokens

PUT = {"products": [make_product("clay mug")]}
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def database(tmp_path):
    opened = TrustDatabase(tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def tokens(database):
    return Tokens(database)


def put(client, secret, address="127.0.0.1"):
    headers = {"Authorization": f"Bearer {secret}"}
    return client.put("/v1/items", json=PUT, headers=headers, environ_base={"REMOTE_ADDR": address})


def answer(response):
    return response.status_code, None if response.status_code < 400 else response.json["code"]


def test_a_made_token_writes_where_its_scope_is_to_write(client, tokens):
    assert answer(put(client, tokens.make("ci", ["write"], DAY))) == (202, None)
    response = put(client, tokens.make("grafana", ["read"], DAY))
    assert answer(response) == (403, "insufficient_scope")
    assert "grafana has the scopes read; this needs write" in response.json["detail"]


def test_what_became_of_a_write_is_told_to_those_who_may_write(client, tokens):
    secret = tokens.make("ci", ["write"], DAY)
    where = put(client, secret).headers["Location"]
    assert client.get(where).status_code == 401
    reads = {"Authorization": f"Bearer {tokens.make('grafana', ['read'], DAY)}"}
    assert answer(client.get(where, headers=reads)) == (403, "insufficient_scope")
    assert client.get(where, headers={"Authorization": f"Bearer {secret}"}).json["state"] == "waiting"


def test_the_configured_token_has_every_scope(client):
    assert answer(put(client, TOKEN)) == (202, None)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/metrics", headers=headers, environ_base=ELSEWHERE).status_code == 200


def test_without_any_token_nobody_is_an_operator(ingest, make_app, tokens):
    ingest(SHELF)
    client = make_app(operator_token=None).test_client()
    assert answer(put(client, TOKEN)) == (403, "forbidden")
    assert answer(put(client, tokens.make("ci", ["write"], DAY))) == (202, None)


def test_what_was_revoked_opens_nothing_from_the_next_request_on(client, tokens):
    secret = tokens.make("ci", ["write"], DAY)
    assert answer(put(client, secret)) == (202, None)
    tokens.revoke("ci")
    assert answer(put(client, secret)) == (401, "unauthorised")


def test_a_token_whose_time_is_over_is_told_so(client, database):
    secret = Tokens(database, lambda: 1_600_000_000.0).make("ci", ["write"], DAY)
    response = put(client, secret)
    assert answer(response) == (401, "unauthorised")
    assert "the token ci ended at 2020-09-14" in response.json["detail"]
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_metrics_are_for_this_machine_and_for_those_who_may_read(client, tokens):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base=ELSEWHERE).status_code == 401
    reads = {"Authorization": f"Bearer {tokens.make('grafana', ['read'], DAY)}"}
    assert client.get("/metrics", headers=reads, environ_base=ELSEWHERE).status_code == 200
    writes = {"Authorization": f"Bearer {tokens.make('ci', ['write'], DAY)}"}
    assert answer(client.get("/metrics", headers=writes, environ_base=ELSEWHERE)) == (403, "insufficient_scope")


def test_after_wrong_tries_an_address_waits_and_not_even_the_right_configured_token_helps(client):
    for _ in range(MAX_TRIES_OF_ADDRESS):
        assert answer(put(client, "wrong", "203.0.113.9")) == (401, "unauthorised")
    for guess in ("wrong", TOKEN):
        response = put(client, guess, "203.0.113.9")
        assert answer(response) == (429, "too_many_requests")
        assert 0 < int(response.headers["Retry-After"]) <= WINDOW_SECONDS
    assert answer(put(client, TOKEN)) == (202, None), "another address"
    metrics = client.get("/metrics").text
    assert 'carryover_limited_requests_total{by="failed_tries"} 2.0' in metrics
    assert "203.0.113.9" not in metrics


def test_a_made_token_cannot_be_locked_out(client, tokens):
    secret = tokens.make("ci", ["write"], DAY)
    for _ in range(MAX_TRIES_OF_ADDRESS):
        put(client, "wrong")
    assert answer(put(client, "wrong")) == (429, "too_many_requests")
    assert answer(put(client, secret)) == (202, None)


def test_tries_from_many_addresses_count_together(client):
    for i in range(MAX_TRIES_OF_ALL):
        assert answer(put(client, "wrong", f"203.0.113.{i}")) == (401, "unauthorised")
    assert answer(put(client, TOKEN, "198.51.100.1")) == (429, "too_many_requests")


def test_the_wait_ends_with_its_window_and_another_process_counts_the_same(shelf_app, database):
    now = [1_800_000_000.0]
    operators = type(shelf_app.extensions[EXTENSION_KEY].operators)(
        "secret-of-16-letters", b"key of a start", lambda: now[0]
    )
    for _ in range(MAX_TRIES_OF_ADDRESS):
        operators.note_failed("203.0.113.9", database)
        now[0] += 1
    other = TrustDatabase(shelf_app.extensions[EXTENSION_KEY].settings.data_dir)
    assert operators.wait_seconds("203.0.113.9", other) == WINDOW_SECONDS - MAX_TRIES_OF_ADDRESS
    assert operators.wait_seconds("203.0.113.8", other) == 0
    now[0] += WINDOW_SECONDS - MAX_TRIES_OF_ADDRESS
    assert operators.wait_seconds("203.0.113.9", other) == 0
    now[0] -= DAY
    assert operators.wait_seconds("203.0.113.9", other) == 0, "a clock that was moved back locks nobody out"
    kept = other.db.execute("SELECT address FROM failed_tries").fetchall()
    assert not any(b"203.0.113" in address for (address,) in kept)
    other.close()


def test_a_token_that_asks_too_often_waits(ingest, make_app, tokens):
    ingest(SHELF)
    client = make_app(requests_per_second=1).test_client()
    busy, other = tokens.make("busy", ["write"], DAY), tokens.make("other", ["write"], DAY)
    answers = [answer(put(client, busy)) for _ in range(12)]
    assert answers[:10] == [(202, None)] * 10, "ten seconds' worth at once"
    assert (429, "too_many_requests") in answers
    assert answer(put(client, other)) == (202, None)
