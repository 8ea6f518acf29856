"""What benchmarks/towers/measure.py measured, summed up over seeds, each tower beside the best baseline."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.documents import ProtocolResult, SpreadInterval, TowerRow, TowersResult, Verdict
from benchmarks.record import environment
from benchmarks.towers.files import NEAR_CLONES, WORK, images_of, is_done
from benchmarks.towers.rows import NO_IMAGES, PLANTED, WITH_IMAGES, K
from kernel.json_object import JsonMapping
from trainer.baselines import BASELINES
from trainer.evaluation.statistics import holm, seeds_interval


def summary(name: str) -> TowersResult:
    """Return the document results/towers_NAME.json: of every protocol the rows that are measured, best first."""
    return {
        **environment("torch", "numpy", "scipy", "scikit-learn", "implicit", "torch_geometric"),
        "data": name,
        "not_here": {} if images_of(name) else dict.fromkeys(WITH_IMAGES, NO_IMAGES),
        "protocols": {
            where.name: _protocol(name, where)
            for where in sorted((WORK / name).iterdir())
            if (where / "about.json").exists()
        },
    }


def _protocol(name: str, where: Path) -> ProtocolResult:
    values: dict[str, dict[int, Mapping[str, NDArray[np.float64]]]] = {}
    for path in sorted(where.glob("*-*.npz")):
        row, _, seed = path.stem.rpartition("-")
        if not is_done(where, name, row, int(seed)):
            continue
        with np.load(path, allow_pickle=False) as arrays:
            values.setdefault(row, {})[int(seed)] = {key: arrays[key] for key in arrays.files}
    near_clones = np.load(where / NEAR_CLONES, allow_pickle=False)
    rows = {row: _row(where, row, of_seed, near_clones) for row, of_seed in values.items()}
    ordered = dict(sorted(rows.items(), key=lambda item: -item[1]["test"][f"ndcg@{K}"]["mean"]))
    best = next((row for row in ordered if row in BASELINES), None)
    towers = [row for row in ordered if row not in BASELINES and row != PLANTED]
    found = {row: _difference(values[row], values[best]) for row in towers} if best else {}
    corrected = holm({row: each["p_value"] for row, each in found.items()})
    for row, each in found.items():
        sure = corrected[row] < 0.05
        verdict = ("beats it" if each["mean"] > 0 else "loses to it") if sure else "not told apart from it"
        against = {"baseline": best, **each, "p_holm": corrected[row], "verdict": verdict}
        ordered[row]["against_best_baseline"] = cast(Verdict, against)
    about = json.loads((where / "about.json").read_text("utf-8"))
    return {"about": about | {"test_users_with_near_clone": int(near_clones.sum())}, "rows": ordered}


def _row(
    where: Path, row: str, of_seed: Mapping[int, Mapping[str, NDArray[np.float64]]], near_clones: NDArray[np.bool_]
) -> TowerRow:
    seeds = sorted(of_seed)
    generator = np.random.default_rng(0)
    stacked = {metric: np.stack([of_seed[seed][metric] for seed in seeds]) for metric in of_seed[seeds[0]]}
    test = {metric: _over_seeds(values, generator) for metric, values in stacked.items()}
    ndcg = f"ndcg@{K}"
    details = {seed: json.loads((where / f"{row}-{seed}.json").read_text("utf-8")) for seed in seeds}
    first = details[seeds[0]]
    found = {
        "seeds": seeds,
        "test": test,
        "without_near_clones": {ndcg: _over_seeds(stacked[ndcg][:, ~near_clones], generator)},
        f"coverage@{K}": _mean_of(details, f"coverage@{K}"),
        "fit_seconds": _mean_of(details, "fit_seconds"),
        "score_seconds_per_1000_users": _mean_of(details, "score_seconds_per_1000_users"),
        "commits": sorted({details[seed]["commit"] for seed in seeds}),
        "dirty": any(details[seed]["dirty"] for seed in seeds),
        **{key: first[key] for key in ("tuned", "model", "training", "parameters") if key in first},
        **({"best_epochs": [details[seed]["best_epoch"] for seed in seeds]} if "best_epoch" in first else {}),
        f"slices_of_seed_{seeds[0]}": first["slices"],
    }
    return cast(TowerRow, found)


def _over_seeds(values: NDArray[np.float64], generator: np.random.Generator) -> SpreadInterval:
    """Return mean, spread over seeds and interval of (seeds, users)."""
    interval = seeds_interval(values, generator)
    return {
        "mean": round(interval.mean, 5),
        "sd": round(float(values.mean(axis=1).std(ddof=1)), 5) if len(values) > 1 else None,
        "low": round(max(interval.low, 0.0), 5),  # no metric is below 0, though stretched deviations may be
        "high": round(interval.high, 5),
    }


def _mean_of(details: Mapping[int, JsonMapping], key: str) -> float:
    return round(float(np.mean([each[key] for each in details.values()])), 4)


def _difference(
    ours: Mapping[int, Mapping[str, NDArray[np.float64]]], theirs: Mapping[int, Mapping[str, NDArray[np.float64]]]
) -> dict[str, float]:
    """Return the paired difference of NDCG@10 over the seeds that both have."""
    seeds = sorted(ours.keys() & theirs.keys())
    metric = f"ndcg@{K}"
    pairs = np.stack([ours[seed][metric] - theirs[seed][metric] for seed in seeds])
    found = seeds_interval(pairs, np.random.default_rng(0))
    return {key: round(value, 5) for key, value in asdict(found).items()}
