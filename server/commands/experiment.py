"""The command `experiment`: starts, shows and stops experiments of two arms."""

import math
import re
from collections.abc import Sequence

from kernel.json_object import JsonObject
from server.commands.events import opened, share_text
from server.errors import InputError
from server.events.report import ExperimentReport, counts_json, experiment_report
from server.settings import Settings

_OUTCOMES = {
    "a": "arm a has the higher click-through rate",
    "b": "arm b has the higher click-through rate",
    "equal": "the arms' click-through rates are equal within the margin",
    "inconclusive": "no difference was found within the largest number of screens",
    "uneven": "arms have uneven numbers of screens: events are lost or made, and nothing follows from their clicks",
    "stopped": "stopped by hand",
}


def read_arm(text: str) -> float:
    """Return the diversity of an arm, from a text such as diversity=0.5."""
    found = re.fullmatch(r"diversity=([0-9]*\.?[0-9]+)", text.strip())
    if found is None:
        raise InputError(f"expected an arm such as diversity=0.5, got {text!r}")
    return float(found[1])


def read_shops(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the shops of an experiment, none for all of them."""
    return () if "all" in texts else tuple(sorted(set(texts)))


def start(
    settings: Settings, name: str, shops: Sequence[str], arms: tuple[str, str], margin: float, max_screens: int | None
) -> str:
    """Start an experiment; return one sentence. A running server takes it up within a second."""
    with opened(settings) as events:
        chosen = read_shops(shops)
        one = events.experiments.start(name, chosen, (read_arm(arms[0]), read_arm(arms[1])), margin, max_screens)
        where = ", ".join(one.shops) or "all shops"
        return f"experiment {name} runs at {where}: a is diversity {one.a:g}, b is diversity {one.b:g}"


def stop(settings: Settings, name: str) -> str:
    """Stop an experiment by hand; return one sentence."""
    with opened(settings) as events:
        one = events.experiments.find(name)
        if one is None:
            raise InputError(f"there is no experiment {name}; `experiment status` names those that are")
        found = experiment_report(events, one)
        events.experiments.end(name, found.finding.outcome or "stopped")
        return status_text(experiment_report(events, events.experiments.find(name) or one))


def status(settings: Settings, name: str | None) -> list[ExperimentReport]:
    """Return what experiments say now, the newest first: one, or all where `name` is None."""
    with opened(settings) as events:
        found = [experiment_report(events, one) for one in events.experiments.all() if name in (None, one.name)]
    if name is not None and not found:
        raise InputError(f"there is no experiment {name}; `experiment status` names those that are")
    return found


def status_text(found: ExperimentReport) -> str:
    """Return an experiment in a few lines."""
    one, finding = found.experiment, found.finding
    state = _OUTCOMES[one.outcome] if one.outcome else _next(finding.outcome)
    lines = [f"{one.name} ({', '.join(one.shops) or 'all shops'}): {state}"]
    for letter, diversity, counts in zip("ab", (one.a, one.b), found.arms, strict=True):
        share = share_text(counts.per_screen)
        lines.append(f"  {letter}: diversity {diversity:g}, {counts.screens} screens, {share} with a click")
    ratio = "–" if finding.ratio is None else f"{finding.ratio:.2f}"
    high = "∞" if math.isinf(finding.high) else f"{finding.high:.2f}"
    lines.append(f"  b against a: {ratio} ({finding.low:.2f}–{high}, at every look), e-value {finding.e_value:.3g}")
    return "\n".join(lines)


def _next(outcome: str | None) -> str:
    if outcome is None:
        return "running"
    return f"{_OUTCOMES[outcome]}; the running server ends it within the hour, or `experiment stop` now"


def status_json(found: ExperimentReport) -> JsonObject:
    """Return an experiment as JSON; a bound that is not known is null."""
    one, finding = found.experiment, found.finding
    return {
        "name": one.name,
        "shops": list(one.shops),
        "isRunning": one.ended_at is None,
        "outcome": one.outcome or finding.outcome,
        "a": {"diversity": one.a, **counts_json(found.arms[0])},
        "b": {"diversity": one.b, **counts_json(found.arms[1])},
        "ratio": finding.ratio,
        "low": finding.low,
        "high": None if math.isinf(finding.high) else finding.high,
        "eValue": finding.e_value,
    }
