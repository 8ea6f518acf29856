"""Counts of a checker: what was right, wrong, late or failed, and how stale."""

import threading
from collections import Counter, defaultdict

import numpy as np

from kernel.json_object import JsonObject

LATE_SECONDS = 1.0
_KEPT_WRONG = 20


class Tally:
    """Counts of all readers, by phase of the part; methods may be called from any thread.

    A phase is a name such as `up` or `restarting`: what is asked while a server is meant to be down is counted apart.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.phase = "up"
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.stale: list[float] = []
        self.hits: Counter[str] = Counter()
        self.of: Counter[str] = Counter()
        self.wrong: list[JsonObject] = []

    def answered(self, phase: str, kind: str, seconds: float) -> None:
        """Count an answer of status 200 or 304."""
        with self._lock:
            self.counts[phase][f"late {kind}" if seconds > LATE_SECONDS else "answered"] += 1
            self.counts["kinds"][kind] += 1
            self.seconds[phase].append(seconds)

    def failed(self, phase: str, how: str) -> None:
        """Count a request without an answer, or with another status."""
        with self._lock:
            self.counts[phase][f"failed {how}"] += 1

    def noted(self, problem: str | None, staleness: float, details: JsonObject) -> None:
        """Count an answer as right or wrong."""
        with self._lock:
            self.counts["verdicts"]["right" if problem is None else "wrong"] += 1
            self.stale.append(staleness)
            if problem is not None and len(self.wrong) < _KEPT_WRONG:
                self.wrong.append({"problem": problem, **details})

    def ranked(self, strategy: str, hits: int, of: int) -> None:
        """Count items of the true top k."""
        with self._lock:
            self.hits[strategy] += hits
            self.of[strategy] += of

    def num_wrong(self) -> int:
        """Return how many answers were wrong."""
        return self.counts["verdicts"]["wrong"]

    def availability(self, phase: str = "up") -> float:
        """Return the share of a phase's requests that were answered within a second."""
        with self._lock:
            total = sum(self.counts[phase].values())
            return self.counts[phase]["answered"] / total if total else 1.0

    def summary(self) -> JsonObject:
        """Return the counts for a result file."""
        phases = sorted(set(self.counts) - {"kinds", "verdicts"})
        return {
            "right": self.counts["verdicts"]["right"],
            "wrong": self.num_wrong(),
            **({"wrongAnswers": self.wrong} if self.wrong else {}),
            "availability": round(self.availability(), 6),
            "phases": {
                phase: {**dict(sorted(self.counts[phase].items())), "latency": latency(self.seconds[phase])}
                for phase in phases
            },
            "kinds": dict(sorted(self.counts["kinds"].items())),
            "staleAnswers": sum(one > 0 for one in self.stale),
            "staleness": quantiles(self.stale),
            "recall": {name: round(self.hits[name] / total, 5) for name, total in sorted(self.of.items()) if total},
        }


def latency(seconds: list[float]) -> dict[str, float]:
    """Return quantiles in milliseconds."""
    if not seconds:
        return {}
    found = np.quantile(np.array(seconds) * 1000, [0.5, 0.99, 0.999, 1])
    return dict(zip(("p50Ms", "p99Ms", "p999Ms", "maxMs"), (round(float(one), 2) for one in found), strict=True))


def quantiles(seconds: list[float]) -> dict[str, float]:
    """Return quantiles in seconds."""
    if not seconds:
        return {}
    found = np.quantile(np.array(seconds), [0.5, 0.99, 0.999, 1])
    return dict(zip(("p50", "p99", "p999", "max"), (round(float(one), 4) for one in found), strict=True))
