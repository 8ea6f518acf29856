"""Command lines of `events` and `experiment`."""

import argparse
import sys
from pathlib import Path

import orjson

from server.commands import experiment
from server.commands.events import opened, report_text
from server.events.export import export_events
from server.events.report import SHAREABLE_SCREENS, report, report_json
from server.settings import Settings, add_flags


def add_events(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `events`."""
    jobs = parser.add_subparsers(dest="job", required=True)
    shown = jobs.add_parser("report", help="print click-through by shop, mode and bundle")
    shown.add_argument("--days", type=int, help="the last so many days, today among them (default: all that is kept)")
    shown.add_argument("--json", action="store_true", help="print JSON")
    shown.add_argument(
        "--at-least", type=int, default=1, metavar="SCREENS",
        help=f"leave out what has fewer screens; give {SHAREABLE_SCREENS} before it leaves this machine (default: 1)",
    )  # fmt: skip
    add_flags(shown, "events")
    written = jobs.add_parser("export", help="write impressions and their clicks for the trainer")
    written.add_argument("--out", type=Path, required=True, metavar="FILE", help="a name with .csv or .jsonl")
    written.add_argument(
        "--interactions", action="store_true", help="write clicks and dismissals as the trainer's interactions"
    )
    written.add_argument(
        "--at-least", type=int, default=SHAREABLE_SCREENS, metavar="SCREENS",
        help=f"leave out shops, modes and bundles with fewer screens (default: {SHAREABLE_SCREENS})",
    )  # fmt: skip
    add_flags(written, "events")


def run_events(namespace: argparse.Namespace, settings: Settings) -> None:
    """Run `events report` or `events export`."""
    with opened(settings) as events:
        if namespace.job == "report":
            found = report(events, namespace.days, namespace.at_least)
            print(_json(report_json(found)) if namespace.json else report_text(found))  # noqa: T201 (a command)
            return
        done = export_events(events, namespace.out, namespace.at_least, as_interactions=namespace.interactions)
    if done.num_left_out:
        few = f"of shops, modes and bundles with fewer than {namespace.at_least}"
        print(f"left out: {done.num_left_out} screens {few}", file=sys.stderr)  # noqa: T201 (a command)
    print(_json({"screens": done.num_screens, "rows": done.num_rows, "leftOut": done.num_left_out}))  # noqa: T201 (a command)


def add_experiment(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `experiment`."""
    jobs = parser.add_subparsers(dest="job", required=True)
    started = jobs.add_parser("start", help="rank screens of two arms in two ways")
    started.add_argument("name", metavar="NAME", help="small letters, digits and hyphens")
    started.add_argument("--shop", action="append", required=True, help="a shop, or all; may be repeated")
    for letter in "ab":
        started.add_argument(f"--{letter}", required=True, metavar="ARM", help="such as diversity=0.5")
    started.add_argument(
        "--margin", type=float, default=0.1, help="arms whose ratio is within 1 ± MARGIN are equal (default: 0.1)"
    )
    started.add_argument("--max-screens", type=int, metavar="SCREENS", help="stop without an answer here")
    shown = jobs.add_parser("status", help="print what experiments say now; look as often as you like")
    shown.add_argument("name", nargs="?", metavar="NAME", help="default: all")
    shown.add_argument("--json", action="store_true", help="print JSON")
    stopped = jobs.add_parser("stop", help="stop an experiment by hand")
    stopped.add_argument("name", metavar="NAME")
    for job in (started, shown, stopped):
        add_flags(job, "experiment")


def run_experiment(namespace: argparse.Namespace, settings: Settings) -> None:
    """Run `experiment start`, `status` or `stop`."""
    if namespace.job == "start":
        arms = (namespace.a, namespace.b)
        said = experiment.start(
            settings, namespace.name, namespace.shop, arms, namespace.margin, namespace.max_screens
        )  # fmt: skip
        print(said)  # noqa: T201 (a command)
    elif namespace.job == "stop":
        print(experiment.stop(settings, namespace.name))  # noqa: T201 (a command)
    else:
        found = experiment.status(settings, namespace.name)
        if namespace.json:
            print(_json([experiment.status_json(one) for one in found]))  # noqa: T201 (a command)
        else:
            print("\n".join(map(experiment.status_text, found)) or "no experiments yet")  # noqa: T201 (a command)


def _json(document: object) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
