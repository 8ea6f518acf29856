"""Events are kept once, summed up without loss, bounded, and say nothing of who sent them."""

import random
import stat
import threading
from collections import Counter, defaultdict

import pytest
from screens import event

from server.errors import ProblemError
from server.events.database import DAYS_KEPT, FILE_NAME, Events


def counted(events):
    """Return (day, shop) -> screens, clicked, impressions, clicks, dismissals, and the three sums of products."""
    found = defaultdict(lambda: (0,) * 8)
    for s in events.sums():
        sums = (s.screens, s.clicked, s.impressions, s.clicks, s.dismissals, s.impressions2, s.clicks2, s.products)
        found[s.day, s.shop] = tuple(map(sum, zip(found[s.day, s.shop], sums, strict=True)))
    return dict(found)


def by_position(events):
    found = Counter()
    for p in events.positions():
        found[p.day, p.shop, p.position, "shown"] += p.impressions
        found[p.day, p.shop, p.position, "clicks"] += p.clicks
    return +found


def test_an_event_that_is_sent_again_counts_once(events):
    for _ in range(3):
        events.add(event(7, items=((1, 0), (2, 1))))
        events.add(event(7, "click", ((2, 1),)))
        events.add(event(7, "dismiss", ((1, 0),)))
    (counts,) = counted(events).values()
    assert counts == (1, 1, 2, 1, 1, 4, 1, 2)


def test_an_item_that_is_told_at_another_place_counts_once(events):
    for position in (3, 4):
        events.add(event(7, items=((1, position),)))
        events.add(event(7, "click", ((1, position),)))
    (counts,) = counted(events).values()
    assert counts[:4] == (1, 1, 1, 1)
    assert [(p.position, p.impressions, p.clicks) for p in events.positions()] == [(3, 1, 1)]


def test_a_list_that_is_shown_bit_by_bit_is_one_screen(events):
    events.add(event(7, items=((1, 0), (2, 1))))
    events.add(event(7, items=((2, 1), (3, 2))))
    (counts,) = counted(events).values()
    assert counts[:3] == (1, 0, 3)


@pytest.mark.parametrize("kind", ["click", "dismiss"])
def test_what_was_not_shown_does_not_count(events, kind):
    """Neither a click on a screen without impressions nor one on an item that is not among them."""
    events.add(event(7, kind))
    assert counted(events) == {}
    events.add(event(7, items=((2, 0),)))
    (counts,) = counted(events).values()
    assert counts[:5] == (1, 0, 1, 0, 0)


def test_an_impression_may_come_after_its_click(events):
    events.add(event(7, "click"))
    events.add(event(7))
    (counts,) = counted(events).values()
    assert counts[:4] == (1, 1, 1, 1)


@pytest.mark.parametrize("change", [{"shop": "other.example"}, {"space": "b" * 64}])
def test_an_id_of_another_screen_is_refused(events, change):
    events.add(event(7))
    with pytest.raises(ProblemError, match="make an id for each screen") as raised:
        events.add(event(7, "click", **change))
    assert raised.value.pointer == "/screen"
    (counts,) = counted(events).values()
    assert counts[:2] == (1, 0)


def random_stream(rng, clock_day):
    """Return events in a random order with repetitions, and by (day, shop) what a reader of the log would count."""
    sent, expected, positions = [], defaultdict(lambda: [0] * 8), Counter()
    for screen in range(300):
        day, shop = clock_day + rng.randrange(5), rng.choice(["harbor.example", "quay.example"])
        shown = [(rng.randrange(1, 10**9), position) for position in range(rng.randrange(1, 9))]
        clicks = [one for one in shown if rng.random() < 0.2]
        dismissed = [one for one in shown if rng.random() < 0.1]
        for kind, items in (("impression", shown), ("click", clicks), ("dismiss", dismissed)):
            sent += [(day, event(screen, kind, items, shop))] * rng.randrange(1, 3) if items else []
        n, c = len(shown), len(clicks)
        for place, value in enumerate((1, c > 0, n, c, len(dismissed), n * n, c * c, n * c)):
            expected[day, shop][place] += value
        positions.update((day, shop, position, "shown") for _, position in shown)
        positions.update((day, shop, position, "clicks") for _, position in clicks)
    rng.shuffle(sent)
    sent.sort(key=lambda pair: pair[0])  # days in their order, events of a day in any
    return sent, {key: tuple(values) for key, values in expected.items()}, positions


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_what_a_reader_of_the_log_counts_before_and_after(events, clock, seed):
    first_day = int(clock() // 86_400)
    sent, expected, positions = random_stream(random.Random(seed), first_day)
    for day, one in sent:
        clock.advance(days=day - clock() // 86_400)
        events.add(one)
    assert counted(events) == expected
    assert by_position(events) == positions
    num_old = sum(values[0] for (day, _), values in expected.items() if day < first_day + 3)
    clock.advance(days=first_day + 5 - clock() // 86_400)
    assert events.sum_up(days=2) == num_old
    assert events.sum_up(days=2) == 0
    assert {row[5] // 24 for row in events.impressions()} == {first_day + 3, first_day + 4}
    assert counted(events) == expected
    assert by_position(events) == positions


def test_a_day_that_is_summed_up_in_many_steps_loses_nothing(events, clock, monkeypatch):
    monkeypatch.setattr("server.events.database._SUMMED_AT_ONCE", 7)
    for screen in range(50):
        events.add(event(screen))
        events.add(event(screen, "click"))
    before = counted(events), by_position(events)
    clock.advance(days=31)
    assert events.sum_up(days=30) == 50
    assert (counted(events), by_position(events)) == before
    assert list(events.impressions()) == []


def test_sums_are_deleted_after_two_years(events, clock):
    events.add(event(1))
    clock.advance(days=DAYS_KEPT)
    events.sum_up(days=30)
    assert len(counted(events)) == 1
    clock.advance(days=1)
    events.sum_up(days=30)
    assert counted(events) == {}
    assert by_position(events) == {}


def test_a_report_of_recent_days_leaves_older_ones_out(events, clock):
    events.add(event(1))
    clock.advance(days=2)
    events.add(event(2))
    today = int(clock() // 86_400)
    assert [s.day for s in events.sums(today - 1)] == [today]
    assert sorted(s.day for s in events.sums(today - 2)) == [today - 2, today]


def test_a_sender_cannot_fill_more_than_the_limit(tmp_path, clock):
    """Whatever is sent, and however often: the file stays below the limit and one more event."""
    limit = 2**20
    events = Events(tmp_path / "data", limit, clock)
    rng = random.Random(5)
    refused = 0
    for _ in range(1200):
        items = [(rng.randrange(10**18), position) for position in range(100)]
        try:
            events.add(event(rng.randrange(2**120), items=items))
        except ProblemError as problem:
            assert (problem.status, problem.code) == (507, "no_room")
            refused += 1
    assert refused > 100
    assert events.num_bytes() < limit + 64 * 1024
    assert (tmp_path / "data" / FILE_NAME).stat().st_size < limit + 64 * 1024
    clock.advance(days=40)
    Events(tmp_path / "data", None, clock).sum_up(days=30)
    events.add(event(1))  # what was summed up makes room
    events.close()


def test_the_order_of_arrival_is_not_kept(events):
    """Rows lie in the order of ids, which are random; times are hours."""
    for screen in (9, 2, 5):
        events.add(event(screen))
    assert [row[0] for row in events.db.execute("SELECT * FROM screens")] == [n.to_bytes(16, "big") for n in (2, 5, 9)]
    columns = {row[1] for row in events.db.execute("PRAGMA table_info(screens)")}
    assert columns == {"screen", "shop", "mode", "space", "arm", "hour"}
    with pytest.raises(Exception, match="no such column"):
        events.db.execute("SELECT rowid FROM screens")


def test_only_its_owner_can_read_the_file(events, tmp_path):
    events.add(event(1))
    for path in (tmp_path / "data").glob(f"{FILE_NAME}*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_senders_at_once_lose_nothing(tmp_path, clock):
    def send(first):
        own = Events(tmp_path / "data", 64 * 2**20, clock, waits=True)
        for screen in range(first, first + 40):
            own.add(event(screen))
            own.add(event(screen - first, "click"))  # which all threads send
        own.close()

    threads = [threading.Thread(target=send, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = Events(tmp_path / "data", None, clock)
    (counts,) = counted(events).values()
    assert counts[:4] == (120, 40, 120, 40)
    events.close()


def test_who_finds_the_file_busy_is_told_to_come_again(events, tmp_path):
    events.db.execute("PRAGMA busy_timeout = 1")
    other = Events(tmp_path / "data")
    other.db.execute("BEGIN IMMEDIATE")
    with pytest.raises(ProblemError) as raised:
        events.add(event(1))
    assert (raised.value.status, raised.value.code) == (503, "busy")
    assert counted(events) == {}  # readers do not wait
    other.db.execute("ROLLBACK")
    events.add(event(1))
    other.close()
