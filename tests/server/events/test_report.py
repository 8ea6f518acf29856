"""What an operator reads and exports: counts, what is held back, and files that the trainer reads."""

import csv
import json

import orjson
import pytest
from screens import SPACE, event

from server.errors import InputError
from server.events.export import INTERACTION_COLUMNS, LOG_COLUMNS, export_events
from server.events.report import end_decided, experiment_report, report, report_json
from trainer.dataset.dataset import KINDS, check_row


def fill(events, first, screens, clicked, shop="harbor.example", arm=""):
    """Add screens of two items; on `clicked` of them the first is clicked, on one of ten the second is dismissed."""
    for screen in range(first, first + screens):
        events.add(event(screen, items=((1, 0), (2, 1)), shop=shop, arm=arm))
        if screen < first + clicked:
            events.add(event(screen, "click", ((1, 0),), shop=shop, arm=arm))
        if screen % 10 == 0:
            events.add(event(screen, "dismiss", ((2, 1),), shop=shop, arm=arm))


def test_a_report_has_the_counts_of_shops_days_and_positions(events, clock):
    fill(events, 0, 40, 10)
    clock.advance(days=1)
    fill(events, 100, 20, 5)
    fill(events, 200, 30, 0, "quay.example")
    found = report(events, now=clock)
    harbor, quay = found.groups
    assert (harbor.shop, harbor.mode, harbor.space) == ("harbor.example", "own", SPACE)
    total = harbor.total
    assert (total.screens, total.impressions, total.clicks, total.dismissals) == (60, 120, 15, 6)
    assert (total.per_screen.value, total.per_impression.value) == (0.25, 0.125)
    assert total.per_screen.low < 0.25 < total.per_screen.high
    assert [counts.screens for counts in harbor.days.values()] == [40, 20]
    assert list(harbor.days) == ["2024-10-04", "2024-10-05"]
    assert [(p.position, p.impressions, p.clicks) for p in harbor.positions] == [(0, 60, 15), (1, 60, 0)]
    assert quay.total.per_screen.value == 0
    assert [group.total.screens for group in report(events, days=1, now=clock).groups] == [30, 20]
    json.loads(orjson.dumps(report_json(found)))


def test_a_report_that_is_shared_leaves_small_groups_and_days_out(events, clock):
    fill(events, 0, 25, 5)
    clock.advance(days=1)
    fill(events, 100, 9, 9)
    fill(events, 200, 9, 0, "quay.example")
    found = report(events, at_least=10, now=clock)
    (harbor,) = found.groups
    assert (harbor.total.screens, list(harbor.days)) == (34, ["2024-10-04"])
    assert found.num_left_out == 18
    assert "quay" not in json.dumps(report_json(found))


def read_rows(path):
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_a_log_has_every_impression_and_what_became_of_it(events, tmp_path, name):
    fill(events, 0, 12, 3)
    done = export_events(events, tmp_path / name, at_least=10)
    assert (done.num_screens, done.num_rows, done.num_left_out) == (12, 24, 0)
    rows = read_rows(tmp_path / name)
    assert tuple(rows[0]) == LOG_COLUMNS
    assert {row["time"] for row in rows} == {"2024-10-04T02:00:00Z"}
    clicked = [row for row in rows if int(row["clicked"])]
    assert [(row["itemId"], int(row["position"])) for row in clicked] == [(f"{1:016x}", 0)] * 3
    assert sum(int(row["dismissed"]) for row in rows) == 2
    assert len({row["screen"] for row in rows}) == 12


def test_no_two_exports_can_be_joined(events, tmp_path):
    """Neither with each other nor with the database."""
    fill(events, 0, 12, 3)
    ids = []
    for name in ("one.jsonl", "two.jsonl"):
        export_events(events, tmp_path / name, at_least=1)
        ids.append({row["screen"] for row in read_rows(tmp_path / name)})
    assert not ids[0] & ids[1]
    assert not ids[0] & {screen.to_bytes(16, "big").hex() for screen in range(12)}


def test_an_export_holds_small_shops_back(events, tmp_path):
    fill(events, 0, 12, 3)
    fill(events, 100, 9, 3, "quay.example")
    done = export_events(events, tmp_path / "log.csv", at_least=10)
    assert (done.num_screens, done.num_left_out) == (12, 9)
    assert "quay" not in (tmp_path / "log.csv").read_text()


@pytest.mark.parametrize("name", ["interactions.csv", "interactions.jsonl"])
def test_the_trainer_reads_exported_interactions(events, tmp_path, name):
    fill(events, 0, 20, 3)
    done = export_events(events, tmp_path / name, at_least=1, as_interactions=True)
    rows = read_rows(tmp_path / name)
    assert tuple(rows[0]) == INTERACTION_COLUMNS
    read = [check_row(row) for row in rows]
    assert sorted(KINDS[row.kind] for row in read) == ["dismiss"] * 2 + ["view"] * 3
    assert done.num_rows == 5
    assert {row.shop for row in read} == {"harbor.example"}


def test_another_kind_of_file_is_refused(events, tmp_path):
    with pytest.raises(InputError, match=r"\.csv or \.jsonl, got log\.parquet"):
        export_events(events, tmp_path / "log.parquet", at_least=1)
    assert not (tmp_path / "log.parquet").exists()


def start(events, name="wider", shops=(), arms=(0.2, 0.5), margin=0.1, max_screens=None):
    return events.experiments.start(name, shops, arms, margin, max_screens)


def run_screens(events, experiment, clicks, screens=400):
    """Tell of screens as a device does; of arm `clicks` every third is clicked, of the other one none."""
    for number in range(screens):
        arm = events.experiments.assign("harbor.example", number.to_bytes(16, "big")).name
        events.add(event(number, arm=arm))
        if arm.endswith(clicks) and number % 3 == 0:
            events.add(event(number, "click", arm=arm))


@pytest.mark.parametrize("better", ["a", "b"])
def test_an_experiment_ends_with_the_arm_that_is_clicked_more(events, clock, better):
    experiment = start(events)
    run_screens(events, experiment, better)
    (ended,) = end_decided(events)
    assert ended.finding.outcome == better
    assert events.experiments.find("wider").outcome == better
    assert events.experiments.find("wider").ended_at == int(clock())
    assert end_decided(events) == []
    assert sum(arm.screens for arm in ended.arms) == 400


def test_screens_that_are_summed_up_stay_in_their_experiment(events, clock):
    experiment = start(events)
    run_screens(events, experiment, "b", screens=60)
    before = experiment_report(events, experiment)
    clock.advance(days=40)
    assert events.sum_up(days=30) == 60
    assert experiment_report(events, experiment) == before


def test_screens_without_an_arm_are_in_no_experiment(events):
    experiment = start(events)
    fill(events, 1000, 50, 50)
    assert [arm.screens for arm in experiment_report(events, experiment).arms] == [0, 0]
