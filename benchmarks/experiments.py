"""How often a stopping rule errs, and how soon it finds a difference, when somebody looks all the time.

    python -m benchmarks.experiments

Simulated experiments of two arms; a look every 100 screens. Beside the server's rule: the usual test of two shares at
z = 1.96, repeated at every look and taken once at the end, and the asymptotic confidence sequence of Waudby-Smith,
Arbour, Sinha, Kennedy and Ramdas (2021) for the difference of the arms' shares.
"""

import math
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from server.events.intervals import Z
from server.events.sequential import ALPHA, log_e_value

RUNS = 2000
STEP = 100  # screens from one look to the next
SEED = 20261130
# Number of screens at which the asymptotic sequence is narrowest; its authors' free choice, like PRIOR here.
NARROWEST_AT = 5000


class Found(TypedDict):
    """How a rule did: the share of runs that it stopped, and the median of screens it took where it stopped half."""

    stopped: float
    medianScreens: int | None


class Case(TypedDict):
    """Arms with click-through rates, at most so many screens, and what each rule did."""

    rates: tuple[float, float]
    screens: int
    runs: int
    rules: dict[str, Found]


@dataclass(frozen=True)
class Runs:
    """Running sums of simulated experiments, each (runs, looks): screens and clicked screens of both arms."""

    screens_a: NDArray[np.int64]
    screens_b: NDArray[np.int64]
    clicked_a: NDArray[np.int64]
    clicked_b: NDArray[np.int64]


def simulate(rng: np.random.Generator, rates: tuple[float, float], num_looks: int, runs: int = RUNS) -> Runs:
    """Return experiments whose screens get their arm by a fair coin."""
    of_b = rng.binomial(STEP, 0.5, (runs, num_looks))
    steps = STEP - of_b, of_b, rng.binomial(STEP - of_b, rates[0]), rng.binomial(of_b, rates[1])
    return Runs(*(np.cumsum(step, axis=1) for step in steps))


def by_e_value(runs: Runs) -> NDArray[np.bool_]:
    """Return (runs, looks): whether the server's rule stops."""
    log_e = np.vectorize(lambda a, b: log_e_value(int(b), int(a + b)), otypes=[float])
    stops: NDArray[np.bool_] = log_e(runs.clicked_a, runs.clicked_b) >= -math.log(ALPHA)
    return stops


def _difference(runs: Runs) -> NDArray[np.float64]:
    difference: NDArray[np.float64] = runs.clicked_b / runs.screens_b - runs.clicked_a / runs.screens_a
    return difference


def by_z(runs: Runs) -> NDArray[np.bool_]:
    """Return (runs, looks): whether the usual test is significant at 5 %."""
    num_a, num_b = runs.screens_a, runs.screens_b
    pooled = (runs.clicked_a + runs.clicked_b) / (num_a + num_b)
    error = np.sqrt(pooled * (1 - pooled) * (1 / num_a + 1 / num_b))
    stops: NDArray[np.bool_] = np.abs(_difference(runs)) > Z * np.maximum(error, 1e-12)
    return stops


def by_asymptotic_sequence(runs: Runs) -> NDArray[np.bool_]:
    """Return (runs, looks): whether the asymptotic confidence sequence excludes a difference of zero."""
    rate_a, rate_b = runs.clicked_a / runs.screens_a, runs.clicked_b / runs.screens_b
    num = runs.screens_a + runs.screens_b
    # Of one screen's share in the difference, where each arm has half of the screens.
    variance = 2 * (rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    rho2 = (-(ALPHA**2) - 2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1 - ALPHA**2)) / NARROWEST_AT
    scale = num * rho2 + 1
    half = np.sqrt(variance * 2 * scale / (num**2 * rho2) * np.log(np.sqrt(scale) / ALPHA))
    stops: NDArray[np.bool_] = (np.abs(_difference(runs)) > half) & (variance > 0)
    return stops


def found(stops: NDArray[np.bool_]) -> Found:
    """Return what came of (runs, looks)."""
    ever = stops.any(axis=1)
    first = np.where(ever, stops.argmax(axis=1) + 1, np.iinfo(np.int64).max)
    median = int(np.sort(first)[len(first) // 2])
    is_found = median < np.iinfo(np.int64).max
    return {"stopped": round(float(ever.mean()), 4), "medianScreens": median * STEP if is_found else None}


def measure(rng: np.random.Generator, rates: tuple[float, float], screens: int) -> Case:
    """Return what every rule does with these rates."""
    runs = simulate(rng, rates, screens // STEP)
    z = by_z(runs)
    rules = {
        "e-value, at every look": found(by_e_value(runs)),
        "asymptotic sequence, at every look": found(by_asymptotic_sequence(runs)),
        "z = 1.96, at every look": found(z),
        "z = 1.96, once at the end": {"stopped": round(float(z[:, -1].mean()), 4), "medianScreens": None},
    }
    return {"rates": rates, "screens": screens, "runs": RUNS, "rules": rules}


def coverage(rng: np.random.Generator, rates: tuple[float, float], screens: int) -> float:
    """Return the share of runs in which the confidence sequence holds the true ratio at every look."""
    runs = simulate(rng, rates, screens // STEP)
    share = rates[1] / (rates[0] + rates[1])
    log_e = np.vectorize(lambda a, b: log_e_value(int(b), int(a + b), share), otypes=[float])
    return round(float((log_e(runs.clicked_a, runs.clicked_b) < -math.log(ALPHA)).all(axis=1).mean()), 4)


def main() -> None:
    """Measure, print and write results/experiments.json."""
    rng = np.random.default_rng(SEED)
    same = [measure(rng, (rate, rate), 10_000) for rate in (0.02, 0.05, 0.1, 0.3, 0.6)]
    lifted = [measure(rng, (0.1, round(0.1 * lift, 3)), 20_000) for lift in (1.1, 1.2, 1.3, 1.5)]
    lifted += [measure(rng, (0.4, 0.48), 20_000)]
    held = {f"{a:g} and {b:g}": coverage(rng, (a, b), 10_000) for a, b in ((0.1, 0.12), (0.02, 0.03), (0.3, 0.6))}
    for case in same + lifted:
        print(case["rates"], case["screens"])
        for name, one in case["rules"].items():
            print(f"  {name:<36} {one['stopped']:>7.1%}  median {one['medianScreens'] or '–'}")
    print("ratio held at every look:", held)
    result = {**record.environment("numpy"), "seed": SEED, "step": STEP, "same": same, "lifted": lifted, "held": held}
    print(record.write("experiments", result))


if __name__ == "__main__":
    main()
