"""Every baseline and tower that ranks items for users, by one protocol after the other, on one department's data.

    python -m trainer prepare --format sequences --brand-from-first-word USER_SEQUENCE.txt ITEM_TEXT.txt \
        --out var/data/beauty
    python -m benchmarks.towers beauty --protocols both new_shop --seeds 0 1 2

A name such as beauty+sports reads both, as two shops, and of their customers those of both. Of data with images
(see simulated_shoppers.py), rows that read items are also evaluated with all words, then all images missing.

Each protocol's split is assigned once for all seeds, so that all rows answer the same questions; a seed decides how
towers start and shuffle, how baselines are searched and how ties fall. Every row is tuned or stopped early on "valid";
"test" is looked at once. What is finished stays in var/benchmarks/towers and is measured again only where the row's
settings in rows.py or the data have changed since; results/towers_NAME.json sums up what is there.
"""

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.documents import SliceFigures, Slices, SplitFigures
from benchmarks.record import environment, write
from benchmarks.towers.files import (
    NEAR_CLONES,
    WORK,
    done_file,
    fingerprint,
    folders_of,
    has_planted,
    images_of,
    interactions_of,
    is_done,
    says,
    split_fingerprint,
)
from benchmarks.towers.missing import MODALITIES, without
from benchmarks.towers.rows import (
    LONGER,
    NEW_SHOP_PROTOCOLS,
    PLANTED,
    PROTOCOLS,
    ROWS,
    WITH_IMAGES,
    K,
    settings_of,
    stacked,
)
from benchmarks.towers.simulated_shoppers import planted_scorer
from benchmarks.towers.summary import summary
from kernel.json_object import JsonMapping
from kernel.progress import TerminalProgress
from trainer import checkpoint
from trainer.baselines import BASELINES, fit_baselines
from trainer.baselines.content import content_embeddings, remake_content_scorer
from trainer.baselines.mixtures import fit_mixture, mixture_scorer
from trainer.baselines.sparse_interactions import num_users_per_item, user_items
from trainer.config.run import RunConfig
from trainer.dataset.near_clones import near_clone_pairs
from trainer.evaluation.protocol import Ranking, Scorer, rank, rank_metrics
from trainer.evaluation.ranking_metrics import coverage, diversity, novelty
from trainer.prepare import Prepared, prepare
from trainer.recipes import MODELS
from trainer.recipes.run_file import parse_config
from trainer.reports.document import SliceEntry
from trainer.reports.slices import Bootstrap, experiment_entry, slice_document, truncation_document
from trainer.runs.determinism import use_deterministic_algorithms
from trainer.runs.epochs import EpochLoop
from trainer.splits.files import save_split
from trainer.splits.rules import plan_split

SPLIT_SEED = 0


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the requested rows that are not measured yet, then sum up all measured rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.towers", description=__doc__.splitlines()[0])
    parser.add_argument("name", help="var/data/NAME, as `python -m trainer prepare` writes it; NAME+NAME for both")
    parser.add_argument(
        "--protocols", nargs="+", choices=PROTOCOLS, default=[], metavar="PROTOCOL", help=f"of {', '.join(PROTOCOLS)}"
    )
    rows = [*BASELINES, *ROWS, "stack", PLANTED, *LONGER]
    parser.add_argument("--rows", nargs="+", choices=rows, default=rows, metavar="ROW", help=f"of {', '.join(rows)}")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--summary", action="store_true", help="only sum up what is measured already")
    arguments = parser.parse_args(argv)
    if not arguments.protocols and not arguments.summary:
        parser.error(f"name one of the --protocols {', '.join(PROTOCOLS)}, or --summary")
    if arguments.summary and not any((WORK / arguments.name).glob("*/about.json")):
        parser.error(
            f"--summary: expected measured rows in {WORK / arguments.name}, found none; name --protocols first"
        )
    use_deterministic_algorithms()
    torch.set_num_threads(arguments.threads)
    if not arguments.summary:
        for seed in arguments.seeds:
            for protocol in arguments.protocols:
                _measure(arguments.name, protocol, seed, arguments.rows)
    write(f"towers_{arguments.name}", summary(arguments.name))


def _measure(name: str, protocol: str, seed: int, rows: Sequence[str]) -> None:
    where = WORK / name / protocol
    left_out = ([] if images_of(name) else [*WITH_IMAGES]) + ([] if has_planted(name) else [PLANTED, *LONGER])
    missing = [row for row in rows if row not in left_out and not is_done(where, name, row, seed)]
    if not missing:
        return
    with TerminalProgress() as progress:
        bench = _Bench(name, protocol, seed, where, progress)
        progress.say(f"{name} {protocol} seed {seed}: {', '.join(missing)}")
        for fit in bench.fits(missing):
            bench.evaluate(fit)
            done_file(where, fit.row, seed).write_text(fingerprint(name, protocol, fit.row), "utf-8")


@dataclass(frozen=True)
class _Fit:
    """One fitted row."""

    row: str
    scorer: Scorer
    about: JsonMapping  # what is to be said of it
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
        rule: JsonMapping | None = None,
    ) -> None:
        self.name, self.protocol, self.seed, self.where, self.progress = name, protocol, seed, where, progress
        where.mkdir(parents=True, exist_ok=True)
        split, rule = where / "split.npz", rule or PROTOCOLS[protocol]
        origin, wanted = where / "split.of", split_fingerprint(name, rule)
        if not split.exists() or not says(origin, wanted):
            first = prepare(self._config({}, rule, SPLIT_SEED), progress)
            save_split(plan_split(first.dataset, first.config.split, SPLIT_SEED), first.dataset, split)
            origin.write_text(wanted, "utf-8")
            (where / NEAR_CLONES).unlink(missing_ok=True)
        self.prepared = prepare(self._config({}, {"file": str(split)}, seed), progress)
        self.fitted: dict[str, Scorer] = {}
        _write(where / "about.json", _about(self.prepared))
        if not (where / NEAR_CLONES).exists():
            np.save(where / NEAR_CLONES, _have_near_clone(self.prepared), allow_pickle=False)

    def fits(self, rows: Sequence[str]) -> Iterator[_Fit]:
        """Yield these rows fitted: baselines first, each once however many mixtures it is part of."""
        yield from self._baselines([row for row in rows if row in BASELINES])
        for row in rows:
            if row == "stack":
                yield self._stack()
            elif row == PLANTED:
                scorer = planted_scorer(folders_of(self.name)[0], self.prepared.dataset.products)
                yield _Fit(row, scorer, {"fit_seconds": 0.0})
            elif row not in BASELINES:
                yield self._tower(row)

    def _stack(self) -> _Fit:
        names = stacked(self.protocol)
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
        settings = settings_of(row, self.protocol)
        out = self.where / "runs" / f"{row}-{self.seed}"
        wanted = fingerprint(self.name, self.protocol, row)
        if not says(out / "run.of", wanted):  # what was trained there was something else
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir(parents=True)
            (out / "run.of").write_text(wanted, "utf-8")
        config = self._config(settings, {"file": str(self.where / "split.npz")}, self.seed, out)
        prepared = replace(self.prepared, config=config)
        loop = EpochLoop(prepared, MODELS[config.model.type].build(prepared), out, self.progress)
        if checkpoint.exists(out / "last"):
            loop.resume()
        loop.run()
        best = checkpoint.load(out / "best")

        def rebuild(prepared: Prepared) -> Scorer | None:
            return MODELS[config.model.type].scorer(replace(prepared, config=config), best.towers)

        scorer = rebuild(self.prepared)
        if scorer is None:
            raise ValueError(f"{row} ranks nothing for users")
        self.fitted[row] = scorer
        about = {
            **settings,
            "fit_seconds": round(sum(sum(epoch.values()) for epoch in loop.seconds), 2),
            "best_epoch": loop.best_epoch,
            "valid": {loop.learner.stop_metric: round(loop.best_metric, 5)},
            "parameters": sum(w.numel() for tower in best.towers.values() for w in tower.parameters()),
        }
        return _Fit(row, scorer, about, rebuild)

    def evaluate(self, fit: _Fit) -> None:
        """Rank the test users' candidates and keep the result."""
        row, test = fit.row, self.prepared.split.test
        found = rank(fit.scorer, test, np.random.default_rng([self.seed, 2]), 2 * K)
        values = rank_metrics(found.ranks, test, (K, 2 * K)) | self._lists(found)
        bootstrap = Bootstrap([self.seed, 3], 0.95, 500)
        slices = slice_document(
            {row: found.ranks}, test, self.prepared.split.train, self.prepared.features, bootstrap
        ) | {
            "truncated": truncation_document({row: fit.scorer}, test, [self.seed, 2], bootstrap),
            **self._missing(fit, bootstrap),
        }
        with (self.where / f"{row}-{self.seed}.npz").open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **values)
        timing = {"score_seconds_per_1000_users": round(1000 * found.score_seconds / len(test), 4)}
        covered = {f"coverage@{K}": coverage(found.top[:, :K], len(test.candidates))}
        source = environment()
        about = {**fit.about, "commit": source["commit"], "dirty": source["dirty"]}
        _write(self.where / f"{row}-{self.seed}.json", {**about, **timing, **covered, "slices": _flat(row, slices)})
        self.progress.say(f"  {row}: NDCG@10 {values[f'ndcg@{K}'].mean():.4f}")

    def _missing(self, fit: _Fit, bootstrap: Bootstrap) -> dict[str, list[SliceEntry]]:
        """Return {"missing": the same users' rankings by items without text, without image}, where both are there."""
        if fit.rebuild is None or not (self.prepared.features.modality_mask.max(axis=0) > 0).all():
            return {}
        entries = []
        for modality in MODALITIES:
            scorer = fit.rebuild(without(self.prepared, modality))
            if scorer is not None:
                ties = [self.seed, 2]
                entries.append(experiment_entry(modality, {fit.row: scorer}, self.prepared.split.test, ties, bootstrap))
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

    def _config(self, row: JsonMapping, split: JsonMapping, seed: int, out: Path = Path("unused")) -> RunConfig:
        folders = folders_of(self.name)
        images = images_of(self.name)
        return parse_config(
            {
                "seed": seed,
                "encoders": "var/bundles/lite-minilm",
                "out": str(out),
                "data": {
                    "products": [str(folder / "products.jsonl") for folder in folders],
                    "interactions": str(interactions_of(self.name)),
                    **({"images": str(images)} if images else {}),
                },
                "split": dict(split),
                **row,
            }
        )


def _remade_content(chosen: JsonMapping, prepared: Prepared) -> Scorer:
    return remake_content_scorer(prepared.features, chosen, prepared.device)


def _have_near_clone(prepared: Prepared) -> NDArray[np.bool_]:
    """Return which test users have an account in training that is nearly theirs, (n,); what they choose is known."""
    split = prepared.split
    pairs = near_clone_pairs(prepared.dataset.interactions)
    # The split's users are numbered as the data set's, and training keeps all their names.
    learned = np.isin(pairs, np.unique(split.train.user_idx))
    found: NDArray[np.bool_] = np.isin(split.test.users, pairs[learned[:, ::-1]])
    return found


def _about(prepared: Prepared) -> SplitFigures:
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


def _flat(row: str, slices: Mapping[str, list[SliceEntry]]) -> Slices:
    """Return {kind: {slice: {users, ndcg@10: [mean, low, high]}}} of one row."""
    return {
        kind: {
            entry["slice"]: cast(
                SliceFigures,
                {
                    "users": entry["num_users"],
                    **{
                        metric: [round(found["mean"], 5), round(found["low"], 5), round(found["high"], 5)]
                        for metric, found in entry["models"].get(row, {}).items()
                    },
                },
            )
            for entry in entries
        }
        for kind, entries in slices.items()
    }


def _write(path: Path, document: JsonMapping) -> None:
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
