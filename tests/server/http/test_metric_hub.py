"""Sums over workers that come and go."""

import pytest
from running import wait_until

from server.http.metric_hub import HubClient, MetricHub, Report


@pytest.fixture
def hub():
    hub = MetricHub()
    hub.start()
    yield hub
    hub.close()


def leave(client):
    client.close()
    client._connection.close()


def test_counters_add_up_and_those_of_a_worker_that_ended_stay(hub):
    first = HubClient(hub.path, lambda: Report({"a": 2.0, "b": 1.0}, 7))
    second = HubClient(hub.path, lambda: Report({"a": 3.0}, 5))
    assert first.total() == Report({"a": 5.0, "b": 1.0}, 5)
    leave(second)
    # The number of the slowest is that of those that live.
    wait_until(lambda: first.total() == Report({"a": 5.0, "b": 1.0}, 7))
    third = HubClient(hub.path, lambda: Report({"a": 10.0}, 6))
    assert third.total() == Report({"a": 15.0, "b": 1.0}, 6)
    leave(first)
    leave(third)


def test_a_worker_without_a_hub_has_its_own_counters(hub):
    client = HubClient(hub.path, lambda: Report({"a": 2.0}, 7))
    hub.close()
    client._connection.close()
    assert client.total() == Report({"a": 2.0}, 7)
    client.close()


def test_counters_neither_fall_nor_double_where_the_hub_is_slow(hub):
    first = HubClient(hub.path, lambda: Report({"a": 2.0}, 7))
    second = HubClient(hub.path, lambda: Report({"a": 3.0}, 7))
    assert first.total() == Report({"a": 5.0}, 7)
    with hub._lock:
        for _ in range(3):
            assert first.total() == Report({"a": 5.0}, 7)
    wait_until(lambda: not first._is_owed and first.total() == Report({"a": 5.0}, 7))
    assert first.total() == Report({"a": 5.0}, 7)
    leave(first)
    leave(second)
