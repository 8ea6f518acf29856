"""Every baseline and tower that ranks items for users, by one protocol after the other, on one department's data.

    python -m trainer prepare --format sequences --brand-from-first-word USER_SEQUENCE.txt ITEM_TEXT.txt \
        --out var/data/beauty
    python -m benchmarks.towers beauty --protocols both new_shop --seeds 0 1 2

A name such as beauty+sports reads both, as two shops, and of their customers those of both. Of data with pictures
(benchmarks/simulated_shoppers.py), rows that read items are also judged with all words, then all pictures missing.

Each protocol's split is dealt once and for all seeds, so that all rows answer the same questions; a seed decides how
towers start and shuffle, how baselines are searched and how ties fall. Every row is tuned or stopped early on "valid";
"test" is looked at once. What is finished stays in var/benchmarks/towers and is measured again only where the row's
settings in tower_rows.py or the data have changed since; results/towers_NAME.json sums up what is there.
"""

import argparse
import csv
import io
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.missing import MODALITIES, without
from benchmarks.record import environment, write
from benchmarks.simulated_shoppers import planted_scorer
from benchmarks.tower_rows import (
    LONGER,
    NEW_SHOP,
    NEW_SHOP_PROTOCOLS,
    NO_PICTURES,
    PROTOCOLS,
    ROWS,
    SEEN_PROTOCOLS,
    STACKED,
    STACKED_UNSEEN,
    WITH_PICTURES,
)
from trainer import checkpoint
from trainer.baselines import BASELINES, fit_baselines
from trainer.baselines.content import content_embeddings, remake_content_scorer
from trainer.baselines.mixtures import fit_mixture, mixture_scorer
from trainer.baselines.sparse_interactions import num_users_per_item, user_items
from trainer.config import RunConfig, parse_config
from trainer.course import Course
from trainer.determinism import one_seed_one_result
from trainer.evaluation import Ranking, Scorer, rank, rank_metrics
from trainer.metrics import coverage, diversity, novelty
from trainer.prepare import Prepared, prepare
from trainer.progress import TerminalProgress
from trainer.recipes import RECIPES
from trainer.slices import Judge, experiment_entry, slice_document, truncation_document
from trainer.split_files import save_split
from trainer.split_rules import plan_split
from trainer.statistics import holm, seeds_interval
from trainer.whole_files import write_whole

WORK = Path("var/benchmarks/towers")
K = 10
SPLIT_SEED = 0
PLANTED = "planted_taste"  # of simulated shoppers alone: what is there to be found, and no method's row


def main(argv: Sequence[str] | None = None) -> None:
    """Measure what is asked for and not there yet, then sum up everything that is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.towers", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="var/data/NAME, as `python -m trainer prepare` writes it; NAME+NAME for both")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, required=True)
    rows = [*BASELINES, *ROWS, "stack", PLANTED, *LONGER]
    parser.add_argument("--rows", nargs="+", choices=rows, default=rows, metavar="ROW", help=f"of {', '.join(rows)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--summary", action="store_true", help="only sum up")
    arguments = parser.parse_args(argv)
    one_seed_one_result()
    torch.set_num_threads(arguments.threads)
    if not arguments.summary:
        for seed in arguments.seeds:
            for protocol in arguments.protocols:
                _measure(arguments.name, protocol, seed, arguments.rows)
    write(f"towers_{arguments.name}", _summary(arguments.name))


def _measure(name: str, protocol: str, seed: int, rows: Sequence[str]) -> None:
    where = WORK / name / protocol
    left_out = ([] if _images(name) else [*WITH_PICTURES]) + ([] if _planted(name) else [PLANTED, *LONGER])
    missing = [row for row in rows if row not in left_out and not _is_done(where, name, row, seed)]
    if not missing:
        return
    with TerminalProgress() as progress:
        bench = _Bench(name, protocol, seed, where, progress)
        progress.say(f"{name} {protocol} seed {seed}: {', '.join(missing)}")
        for fit in bench.fits(missing):
            bench.judge(fit)
            _done(where, fit.row, seed).write_text(_fingerprint(name, protocol, fit.row))


def _done(where: Path, row: str, seed: int) -> Path:
    return where / f"{row}-{seed}.done"


def _is_done(where: Path, name: str, row: str, seed: int) -> bool:
    done = _done(where, row, seed)
    return done.exists() and done.read_text() == _fingerprint(name, where.name, row)


@cache
def _fingerprint(name: str, protocol: str, row: str) -> str:
    """Return a hash of what decides a row besides the code and the seed: data, protocol, the settings of its towers."""
    parts = [row] if row != "stack" else [part for part in _stacked(protocol) if part in ROWS]
    settings = [PROTOCOLS[protocol], [_settings(part, protocol) for part in parts if part in ROWS | LONGER]]
    digest = sha256(json.dumps([row, *settings], sort_keys=True).encode())
    for folder in _folders(name):
        for file in ("products.jsonl", "interactions.csv"):
            digest.update((folder / file).read_bytes())
    return digest.hexdigest()


def _stacked(protocol: str) -> Sequence[str]:
    return STACKED if protocol in SEEN_PROTOCOLS else STACKED_UNSEEN


def _settings(row: str, protocol: str) -> dict[str, Any]:
    """Return a tower's {"model": …, "training": …}."""
    special = NEW_SHOP.get(row, {}) if protocol not in SEEN_PROTOCOLS else {}
    return {table: {**(ROWS | LONGER)[row][table], **special.get(table, {})} for table in ("model", "training")}


@dataclass(frozen=True)
class _Fit:
    """One fitted row."""

    row: str
    scorer: Scorer
    about: dict[str, Any]  # what is to be said of it
    rebuild: Callable[[Prepared], Scorer | None] | None = None  # on other items' data, where it reads items


class _Bench:
    """One protocol with one seed."""

    def __init__(
        self,
        name: str,
        protocol: str,
        seed: int,
        where: Path,
        progress: TerminalProgress,
        rule: Mapping[str, Any] | None = None,
    ) -> None:
        self.name, self.protocol, self.seed, self.where, self.progress = name, protocol, seed, where, progress
        where.mkdir(parents=True, exist_ok=True)
        split = where / "split.npz"
        if not split.exists():
            first = prepare(self._config({}, rule or PROTOCOLS[protocol], SPLIT_SEED), progress)
            save_split(plan_split(first.dataset, first.config.split, SPLIT_SEED), first.dataset, split)
        self.prepared = prepare(self._config({}, {"file": str(split)}, seed), progress)
        self.fitted: dict[str, Scorer] = {}
        _write(where / "about.json", _about(self.prepared))

    def fits(self, rows: Sequence[str]) -> Iterator[_Fit]:
        """Yield these rows fitted: baselines first, each once however many mixtures it is part of."""
        yield from self._baselines([row for row in rows if row in BASELINES])
        for row in rows:
            if row == "stack":
                yield self._stack()
            elif row == PLANTED:
                scorer = planted_scorer(_folders(self.name)[0], self.prepared.dataset.products)
                yield _Fit(row, scorer, {"fit_seconds": 0.0})
            elif row not in BASELINES:
                yield self._tower(row)

    def _stack(self) -> _Fit:
        names = _stacked(self.protocol)
        parts, chooser = self._parts(names), self
        started = time.perf_counter()
        if self.protocol in NEW_SHOP_PROTOCOLS:
            # On "valid", training users know the items that are asked for, and who learns ids shines. The weights come
            # from the same parts trained once more, without the shop that "valid" asks for.
            rule = {**PROTOCOLS[self.protocol], "hide_valid_shop": True}
            chooser = _Bench(self.name, self.protocol, self.seed, self.where / "hidden", self.progress, rule)
        tuned = fit_mixture(chooser._parts(names), chooser.prepared.split.valid, self.seed).tuned
        weights, standards = ([tuned["chosen"][key][name] for name in names] for key in ("weights", "standards"))
        scorer = mixture_scorer([parts[name] for name in names], weights, standards)
        about = {"tuned": {key: value for key, value in tuned.items() if key != "grid"}}
        return _Fit("stack", scorer, {**about, "fit_seconds": round(time.perf_counter() - started, 2)})

    def _parts(self, names: Sequence[str]) -> dict[str, Scorer]:
        """Return these rows' scorers, fitted now where they are not yet."""
        for fit in self._baselines([name for name in names if name in BASELINES and name not in self.fitted]):
            self.fitted[fit.row] = fit.scorer
        return {name: self.fitted.get(name) or self._tower(name).scorer for name in names}

    def _baselines(self, names: Sequence[str]) -> Iterator[_Fit]:
        for name, fit in fit_baselines(self.prepared, names, lambda done, total: None).items():
            tuned = {key: value for key, value in fit.fitted.tuned.items() if key != "grid"}
            self.fitted[name] = fit.fitted.scorer
            rebuild = partial(_remade_content, tuned["chosen"]) if name == "content" else None
            yield _Fit(name, fit.fitted.scorer, {"tuned": tuned, "fit_seconds": round(fit.fit_seconds, 2)}, rebuild)

    def _tower(self, row: str) -> _Fit:
        settings = _settings(row, self.protocol)
        out = self.where / "runs" / f"{row}-{self.seed}"
        if _done(self.where, row, self.seed).exists() and not _is_done(self.where, self.name, row, self.seed):
            shutil.rmtree(out, ignore_errors=True)  # what was trained there was something else
        config = self._config(settings, {"file": str(self.where / "split.npz")}, self.seed, out)
        course = Course(replace(self.prepared, config=config), out, self.progress)
        if checkpoint.exists(out / "last"):
            course.resume()
        course.run()
        best = checkpoint.load(out / "best")

        def rebuild(prepared: Prepared) -> Scorer | None:
            return RECIPES[config.model.type].scorer(replace(prepared, config=config), best.towers)

        scorer = rebuild(self.prepared)
        if scorer is None:
            raise ValueError(f"{row} ranks nothing for users")
        self.fitted[row] = scorer
        about = {
            **settings,
            "fit_seconds": round(sum(sum(epoch.values()) for epoch in course.seconds), 2),
            "best_epoch": course.best_epoch,
            "valid": {course.learner.stop_metric: round(course.best_metric, 5)},
            "parameters": sum(w.numel() for tower in best.towers.values() for w in tower.parameters()),
        }
        return _Fit(row, scorer, about, rebuild)

    def judge(self, fit: _Fit) -> None:
        """Rank the test users' candidates and keep what came of it."""
        row, test = fit.row, self.prepared.split.test
        found = rank(fit.scorer, test, np.random.default_rng([self.seed, 2]), 2 * K)
        values = rank_metrics(found.ranks, test, (K, 2 * K)) | self._lists(found)
        judge = Judge([self.seed, 3], 0.95, 500)
        slices = slice_document({row: found.ranks}, test, self.prepared.split.train, self.prepared.features, judge) | {
            "truncated": truncation_document({row: fit.scorer}, test, [self.seed, 2], judge),
            **self._missing(fit, judge),
        }
        with (self.where / f"{row}-{self.seed}.npz").open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **values)
        timing = {"score_seconds_per_1000_users": round(1000 * found.score_seconds / len(test), 4)}
        covered = {f"coverage@{K}": coverage(found.top[:, :K], len(test.candidates))}
        source = environment()
        about = fit.about | {"commit": source["commit"], "dirty": source["dirty"]}
        _write(self.where / f"{row}-{self.seed}.json", {**about, **timing, **covered, "slices": _flat(row, slices)})
        self.progress.say(f"  {row}: NDCG@10 {values[f'ndcg@{K}'].mean():.4f}")

    def _missing(self, fit: _Fit, judge: Judge) -> dict[str, list[dict[str, Any]]]:
        """Return {"missing": the same users' rankings by items without text, without picture}, where both are there."""
        if fit.rebuild is None or not (self.prepared.features.modality_mask.max(axis=0) > 0).all():
            return {}
        entries = []
        for modality in MODALITIES:
            scorer = fit.rebuild(without(self.prepared, modality))
            if scorer is not None:
                ties = [self.seed, 2]
                entries.append(experiment_entry(modality, {fit.row: scorer}, self.prepared.split.test, ties, judge))
        return {"missing": entries}

    def _lists(self, found: Ranking) -> dict[str, NDArray[np.float64]]:
        liked = user_items(self.prepared.split.train, len(self.prepared.dataset.products))
        embeddings = content_embeddings(self.prepared.features, self.prepared.device)
        counts = num_users_per_item(liked).astype(np.int64)
        top = found.top[:, :K]
        return {
            f"diversity@{K}": diversity(top, embeddings),
            f"novelty@{K}": novelty(top, counts, liked.shape[0]),
        }

    def _config(
        self, row: Mapping[str, Any], split: Mapping[str, Any], seed: int, out: Path = Path("unused")
    ) -> RunConfig:
        folders = _folders(self.name)
        images = _images(self.name)
        return parse_config(
            {
                "seed": seed,
                "encoders": "var/bundles/lite",
                "out": str(out),
                "data": {
                    "products": [str(folder / "products.jsonl") for folder in folders],
                    "interactions": str(_interactions(self.name)),
                    **({"images": str(images)} if images else {}),
                },
                "split": dict(split),
                **row,
            }
        )


def _folders(name: str) -> list[Path]:
    return [Path("var/data") / each for each in name.split("+")]


def _images(name: str) -> Path | None:
    """Return the data set's folder of pictures, None where it has none; of several none, for a run reads one folder."""
    folders = _folders(name)
    return images if len(folders) == 1 and (images := folders[0] / "images").is_dir() else None


def _planted(name: str) -> bool:
    return len(_folders(name)) == 1 and (_folders(name)[0] / "tastes.jsonl").exists()


def _interactions(name: str) -> Path:
    """Return the interactions; of several data sets those of users who are in all, put together.

    What others did says nothing of one department by the other, and is most of the data.
    """
    folders = _folders(name)
    if len(folders) == 1:
        return folders[0] / "interactions.csv"
    together = WORK / name / "interactions.csv"
    headers, rows = zip(*(_csv(folder / "interactions.csv") for folder in folders), strict=True)
    common = set.intersection(*({row[0] for row in each} for each in rows))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers[0])
    writer.writerows(row for each in rows for row in each if row[0] in common)
    together.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(together) as file:
        file.write(text.getvalue().encode("utf-8"))
    return together


def _csv(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def _remade_content(chosen: Mapping[str, Any], prepared: Prepared) -> Scorer:
    return remake_content_scorer(prepared.features, chosen, prepared.device)


def _about(prepared: Prepared) -> dict[str, Any]:
    split = prepared.split
    return {
        "data_hash": prepared.data_hash,
        "rule": split.rule,
        "train_interactions": len(split.train),
        "valid_users": len(split.valid),
        "test_users": len(split.test),
        "candidates": len(split.test.candidates),
        "info": dict(split.info),
        "split_seed": SPLIT_SEED,
    }


def _flat(row: str, slices: Mapping[str, Any]) -> dict[str, Any]:
    """Return {kind: {slice: {users, ndcg@10: [mean, low, high]}}} of one row."""
    return {
        kind: {
            entry["slice"]: {
                "users": entry["num_users"],
                **{
                    m: [round(v[x], 5) for x in ("mean", "low", "high")]
                    for m, v in entry["models"].get(row, {}).items()
                },
            }
            for entry in entries
        }
        for kind, entries in slices.items()
    }


def _summary(name: str) -> dict[str, Any]:
    result = environment("torch", "numpy", "scipy", "scikit-learn", "implicit", "torch_geometric") | {"data": name}
    result["not_here"] = {} if _images(name) else dict.fromkeys(WITH_PICTURES, NO_PICTURES)
    result["protocols"] = {
        where.name: _protocol(name, where)
        for where in sorted((WORK / name).iterdir())
        if (where / "about.json").exists()
    }
    return result


def _protocol(name: str, where: Path) -> dict[str, Any]:
    values: dict[str, dict[int, Mapping[str, NDArray[np.float64]]]] = {}
    for path in sorted(where.glob("*-*.npz")):
        row, _, seed = path.stem.rpartition("-")
        if not _is_done(where, name, row, int(seed)):
            continue
        with np.load(path, allow_pickle=False) as arrays:
            values.setdefault(row, {})[int(seed)] = {key: arrays[key] for key in arrays.files}
    rows = {row: _row(where, row, of_seed) for row, of_seed in values.items()}
    ordered = dict(sorted(rows.items(), key=lambda item: -item[1]["test"][f"ndcg@{K}"]["mean"]))
    best = next((row for row in ordered if row in BASELINES), None)
    towers = [row for row in ordered if row not in BASELINES and row != PLANTED]
    found = {row: _difference(values[row], values[best]) for row in towers} if best else {}
    corrected = holm({row: each["p_value"] for row, each in found.items()})
    for row, each in found.items():
        sure = corrected[row] < 0.05
        ordered[row]["against_best_baseline"] = {
            "baseline": best,
            **each,
            "p_holm": corrected[row],
            "verdict": ("beats it" if each["mean"] > 0 else "loses to it") if sure else "not told apart from it",
        }
    return {"about": json.loads((where / "about.json").read_text("utf-8")), "rows": ordered}


def _row(where: Path, row: str, of_seed: Mapping[int, Mapping[str, NDArray[np.float64]]]) -> dict[str, Any]:
    seeds = sorted(of_seed)
    generator = np.random.default_rng(0)
    test = {}
    for metric in of_seed[seeds[0]]:
        stacked = np.stack([of_seed[seed][metric] for seed in seeds])
        interval = seeds_interval(stacked, generator)
        means = stacked.mean(axis=1)
        test[metric] = {
            "mean": round(interval.mean, 5),
            "sd": round(float(means.std(ddof=1)), 5) if len(seeds) > 1 else None,
            "low": round(interval.low, 5),
            "high": round(interval.high, 5),
        }
    details = {seed: json.loads((where / f"{row}-{seed}.json").read_text("utf-8")) for seed in seeds}
    first = details[seeds[0]]
    return {
        "seeds": seeds,
        "test": test,
        f"coverage@{K}": _mean_of(details, f"coverage@{K}"),
        "fit_seconds": _mean_of(details, "fit_seconds"),
        "score_seconds_per_1000_users": _mean_of(details, "score_seconds_per_1000_users"),
        "commits": sorted({details[seed]["commit"] for seed in seeds}),
        "dirty": any(details[seed]["dirty"] for seed in seeds),
        **{key: first[key] for key in ("tuned", "model", "training", "parameters") if key in first},
        **({"best_epochs": [details[seed]["best_epoch"] for seed in seeds]} if "best_epoch" in first else {}),
        f"slices_of_seed_{seeds[0]}": first["slices"],
    }


def _mean_of(details: Mapping[int, Mapping[str, Any]], key: str) -> float:
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


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
