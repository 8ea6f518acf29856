"""Click-through of what was recommended, for the operator's eyes: by shop, mode and bundle, in all and by day."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kernel.json_object import JsonObject
from server.events.database import Events, PositionSums, Sums
from server.events.experiments import Experiment
from server.events.intervals import Share, clustered, wilson
from server.events.sequential import Finding, find

# What may leave the operator's machine counts at least so many screens.
SHAREABLE_SCREENS = 10
_SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class Counts:
    """Screens, items shown, items clicked and items dismissed.

    per_screen: the share of screens with a click. per_impression: the share of shown items that were clicked; items of
    one screen are taken together.
    """

    screens: int
    impressions: int
    clicks: int
    dismissals: int
    per_screen: Share
    per_impression: Share


@dataclass(frozen=True)
class Position:
    """Items shown at one position, from 0, and how many of them were clicked."""

    position: int
    impressions: int
    clicks: int
    share: Share


@dataclass(frozen=True)
class Group:
    """What came of the recommendations of one shop, mode and bundle (`space`). days: date (UTC) -> counts."""

    shop: str
    mode: str
    space: str
    total: Counts
    days: dict[str, Counts]
    positions: tuple[Position, ...]


@dataclass(frozen=True)
class Report:
    """Groups with the most screens first. num_left_out: screens of groups and days with fewer than `at_least`."""

    at_least: int
    num_left_out: int
    groups: tuple[Group, ...]


def report(events: Events, days: int | None = None, at_least: int = 1, now: Callable[[], float] = time.time) -> Report:
    """Return the click-through of the last `days` days (UTC, today among them), None for all that is kept.

    at_least: groups, days and positions with fewer screens are left out; SHAREABLE_SCREENS for what leaves the machine.
    """
    since = 0 if days is None else int(now()) // _SECONDS_PER_DAY - days + 1
    by_group: dict[tuple[str, str, str], list[Sums]] = defaultdict(list)
    for sums in events.sums(since):
        by_group[sums.shop, sums.mode, sums.space].append(sums)
    positions: dict[tuple[str, str, str], list[PositionSums]] = defaultdict(list)
    for row in events.positions(since):
        positions[row.shop, row.mode, row.space].append(row)
    groups, num_left_out = [], 0
    for key, parts in by_group.items():
        total = _counts(parts)
        if total.screens < at_least:
            num_left_out += total.screens
            continue
        by_day: dict[int, list[Sums]] = defaultdict(list)
        for sums in parts:
            by_day[sums.day].append(sums)
        found = {_date(day): _counts(by_day[day]) for day in sorted(by_day)}
        kept = {day: counts for day, counts in found.items() if counts.screens >= at_least}
        num_left_out += sum(counts.screens for day, counts in found.items() if day not in kept)
        groups.append(Group(*key, total, kept, _positions(positions[key], at_least)))
    groups.sort(key=lambda group: (-group.total.screens, group.shop, group.mode, group.space))
    return Report(at_least, num_left_out, tuple(groups))


def _counts(parts: Iterable[Sums]) -> Counts:
    rows = [
        (s.screens, s.clicked, s.impressions, s.clicks, s.dismissals, s.impressions2, s.clicks2, s.products)
        for s in parts
    ]
    screens, clicked, impressions, clicks, dismissals, *squares = (sum(column) for column in zip(*rows, strict=True))
    per_impression = clustered(screens, impressions, clicks, (squares[0], squares[1], squares[2]))
    return Counts(screens, impressions, clicks, dismissals, wilson(clicked, screens), per_impression)


def _positions(rows: Iterable[PositionSums], at_least: int) -> tuple[Position, ...]:
    """Return the sums by position. A screen has each position once, so impressions are screens here."""
    shown: dict[int, int] = defaultdict(int)
    clicks: dict[int, int] = defaultdict(int)
    for row in rows:
        shown[row.position] += row.impressions
        clicks[row.position] += row.clicks
    return tuple(
        Position(place, shown[place], clicks[place], wilson(clicks[place], shown[place]))
        for place in sorted(shown)
        if shown[place] >= at_least
    )


def _date(day: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


@dataclass(frozen=True)
class ExperimentReport:
    """An experiment, its arms' counts, and what they say now; `finding.outcome` may differ from what ended it."""

    experiment: Experiment
    arms: tuple[Counts, Counts]
    finding: Finding


def experiment_report(events: Events, experiment: Experiment) -> ExperimentReport:
    """Return what an experiment says now."""
    since = experiment.started_at // _SECONDS_PER_DAY
    of_arm: dict[str, list[Sums]] = {f"{experiment.name}.{arm}": [] for arm in ("a", "b")}
    for sums in events.sums(since):
        if sums.arm in of_arm:
            of_arm[sums.arm].append(sums)
    a, b = of_arm.values()
    screens = sum(s.screens for s in a), sum(s.screens for s in b)
    clicked = sum(s.clicked for s in a), sum(s.clicked for s in b)
    finding = find(screens, clicked, experiment.margin, experiment.max_screens)
    return ExperimentReport(experiment, (_counts(a or [_NONE]), _counts(b or [_NONE])), finding)


_NONE = Sums(0, "", "", "", "", *[0] * 8)


def end_decided(events: Events) -> list[ExperimentReport]:
    """End the running experiments that their rule tells to stop, and return them."""
    running = [experiment_report(events, one) for one in events.experiments.all() if one.ended_at is None]
    decided = [one for one in running if one.finding.outcome is not None]
    for one in decided:
        events.experiments.end(one.experiment.name, str(one.finding.outcome))
    return decided


def report_json(found: Report) -> JsonObject:
    """Return a report as JSON, with the members named as on the wire."""
    return {
        "atLeast": found.at_least,
        "leftOut": found.num_left_out,
        "groups": [
            {
                "shop": group.shop,
                "mode": group.mode,
                "space": group.space,
                "total": counts_json(group.total),
                "days": {day: counts_json(counts) for day, counts in group.days.items()},
                "positions": [
                    {
                        "position": p.position,
                        "impressions": p.impressions,
                        "clicks": p.clicks,
                        "share": _share_json(p.share),
                    }
                    for p in group.positions
                ],
            }
            for group in found.groups
        ],
    }


def counts_json(counts: Counts) -> JsonObject:
    """Return counts as JSON."""
    return {
        "screens": counts.screens,
        "impressions": counts.impressions,
        "clicks": counts.clicks,
        "dismissals": counts.dismissals,
        "perScreen": _share_json(counts.per_screen),
        "perImpression": _share_json(counts.per_impression),
    }


def _share_json(share: Share) -> JsonObject:
    return {"value": share.value, "low": share.low, "high": share.high}
