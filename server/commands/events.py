"""The command `events`: what came of the recommendations, as a table, as JSON, or as a file for the trainer."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from server.errors import CatalogueError
from server.events.database import Events
from server.events.intervals import Share
from server.events.report import Counts, Report, end_decided
from server.settings import Settings

logger = logging.getLogger(__name__)

_HEAD = f"{'screens':>8} {'shown':>9} {'clicks':>7} {'dismissed':>9}  {'of screens':<21}  {'of shown':<21}"


@contextmanager
def opened(settings: Settings) -> Iterator[Events]:
    """Open the feedback of the data directory for a command."""
    events = Events(settings.data_dir, waits=True)
    try:
        yield events
    finally:
        events.close()


def tidy_events(settings: Settings) -> None:
    """Sum up what is old, and end the experiments whose rule says so. A failure is logged."""
    try:
        with opened(settings) as events:
            for one in end_decided(events):
                logger.info("experiment %s has ended: %s", one.experiment.name, one.finding.outcome)
            events.sum_up(settings.events_days)
    except (CatalogueError, OSError, sqlite3.Error) as error:
        logger.error("the feedback is not summed up: %s", error)


def report_text(report: Report) -> str:
    """Return a report as a table: groups, their days and positions."""
    lines = []
    for group in report.groups:
        lines += [f"{group.shop}, mode {group.mode}, space {group.space[:12]}…", f"  {'':<12}{_HEAD}"]
        lines.append(f"  {'all':<12}{counts_text(group.total)}")
        lines += [f"  {day:<12}{counts_text(counts)}" for day, counts in group.days.items()]
        lines.append(f"  {'position':<12}{'shown':>8} {'clicks':>9}  of shown")
        lines += [
            f"  {one.position + 1:<12}{one.impressions:>8} {one.clicks:>9}  {share_text(one.share)}"
            for one in group.positions
        ]
    if report.num_left_out:
        lines.append(f"left out: {report.num_left_out} screens of groups and days with fewer than {report.at_least}")
    return "\n".join(lines) or "no screens yet"


def counts_text(counts: Counts) -> str:
    """Return counts as a row of the table."""
    return (
        f"{counts.screens:>8} {counts.impressions:>9} {counts.clicks:>7} {counts.dismissals:>9}"
        f"  {share_text(counts.per_screen):<21}  {share_text(counts.per_impression):<21}"
    ).rstrip()


def share_text(share: Share) -> str:
    """Return a share with its interval, in per cent."""
    if share.value is None or share.low is None or share.high is None:
        return "–"
    return f"{share.value:.1%} ({share.low:.1%}–{share.high:.1%})"
