"""Arms: who gets which, who can change that, and which experiments may run beside each other."""

import random

import pytest
from scipy.stats import binomtest
from screens import event

from server.errors import InputError, ProblemError
from server.events.database import Events

SHOP = "harbor.example"


def start(events, name="wider", shops=(), arms=(0.2, 0.5), margin=0.1, max_screens=None):
    return events.experiments.start(name, shops, arms, margin, max_screens)


def test_screens_get_both_arms_alike_and_always_the_same(events):
    experiment = start(events)
    screens = [random.Random(2).randbytes(16) for _ in range(1)] + [n.to_bytes(16, "big") for n in range(4000)]
    arms = [experiment.arm_of(screen) for screen in screens]
    assert arms == [experiment.arm_of(screen) for screen in screens]
    assert binomtest(arms.count("b"), len(arms)).pvalue > 0.001


def test_arms_of_two_experiments_have_nothing_in_common(events):
    first, second = start(events, "one", ("a.example",)), start(events, "two", ("b.example",))
    screens = [n.to_bytes(16, "big") for n in range(4000)]
    same = sum(first.arm_of(screen) == second.arm_of(screen) for screen in screens)
    assert binomtest(same, len(screens)).pvalue > 0.001


def test_an_event_is_kept_in_the_arm_of_its_screen_and_in_no_other(events):
    start(events)
    arm = events.experiments.assign(SHOP, (7).to_bytes(16, "big")).name
    other = arm[:-1] + ("a" if arm.endswith("b") else "b")
    for wrong in (other, "wider.c", "wider", "unknown.a"):
        with pytest.raises(ProblemError) as raised:
            events.add(event(7, arm=wrong))
        assert (raised.value.status, raised.value.pointer) == (422, "/arm")
    assert events.sums() == []
    events.add(event(7, arm=arm))
    with pytest.raises(ProblemError, match="another shop, mode, space or arm"):
        events.add(event(7, "click"))  # it may not leave its arm either
    assert [s.arm for s in events.sums()] == [arm]


def test_an_arm_of_another_shops_experiment_is_refused(events):
    experiment = start(events, shops=("quay.example",))
    assert events.experiments.assign(SHOP, bytes(16)) is None
    with pytest.raises(ProblemError, match="expected the arm"):
        events.add(event(0, arm=f"wider.{experiment.arm_of(bytes(16))}"))


def test_events_of_an_experiment_that_has_ended_are_still_kept(events):
    """They are on their way when it ends."""
    start(events)
    arm = events.experiments.assign(SHOP, (7).to_bytes(16, "big")).name
    events.experiments.end("wider", "stopped")
    events.add(event(7, arm=arm))
    assert [s.arm for s in events.sums()] == [arm]


def test_other_processes_take_up_an_experiment_and_its_end(events, tmp_path, monkeypatch):
    monkeypatch.setattr("server.events.experiments._FRESH_SECONDS", -1.0)
    worker = Events(tmp_path / "data")
    assert worker.experiments.assign(SHOP, bytes(16)) is None
    start(events)
    assert worker.experiments.assign(SHOP, bytes(16)).name.startswith("wider.")
    events.experiments.end("wider", "stopped")
    assert worker.experiments.assign(SHOP, bytes(16)) is None
    worker.close()


def test_an_outcome_is_not_changed_later(events):
    start(events)
    events.experiments.end("wider", "b")
    events.experiments.end("wider", "a")
    assert events.experiments.find("wider").outcome == "b"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Wider!"}, "expected a name"),
        ({"name": "wider.a"}, "expected a name"),
        ({"arms": (0.2, 0.2)}, "two arms that differ"),
        ({"arms": (0.2, 1.5)}, "from 0 to 1"),
        ({"margin": 0}, "margin"),
        ({"margin": 1.0}, "margin"),
    ],
)
def test_an_experiment_that_cannot_work_is_refused(events, change, message):
    with pytest.raises(InputError, match=message):
        start(events, **change)
    assert events.experiments.all() == []


@pytest.mark.parametrize(
    ("first", "second"), [((), ("x.example",)), (("x.example",), ()), (("x.example",), ("x.example", "y.example"))]
)
def test_a_shop_has_one_experiment_at_a_time(events, first, second):
    start(events, "one", first)
    with pytest.raises(InputError, match="one runs at the same shop"):
        start(events, "two", second)
    events.experiments.end("one", "stopped")
    start(events, "two", second)


def test_a_name_is_used_once(events):
    start(events)
    events.experiments.end("wider", "b")
    with pytest.raises(InputError, match="already"):
        start(events)


def test_experiments_at_different_shops_run_beside_each_other(events):
    start(events, "one", ("x.example",))
    start(events, "two", ("y.example",))
    assert events.experiments.assign("y.example", bytes(16)).name.startswith("two.")
