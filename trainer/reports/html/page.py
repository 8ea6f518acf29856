"""Builder of report.html from a run directory or from training's prepared data.

All text on the page is untrusted. Jinja2 escapes every value, the page has no outside link and no script, and a
Content-Security-Policy lets it load and run nothing but its own style and images.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from torch import nn

from kernel.files import write_whole
from kernel.json_object import JsonMapping
from kernel.progress import Progress
from trainer import checkpoint
from trainer.checkpoint import Checkpoint
from trainer.errors import ConfigError, TrainerError
from trainer.evaluation.retrieval_metrics import SIMILARITY_CAVEAT
from trainer.learning.tuned_encoders import ENCODERS, tuned_features
from trainer.prepare import Prepared, prepare
from trainer.recipes import MODELS
from trainer.recipes.run_file import parse_config
from trainer.reports.document import RankingReport, RunReport, TrainingReport, differences_in
from trainer.reports.html import gallery, tables
from trainer.reports.html.embeddings import item_views
from trainer.reports.html.sections import ModelSections, PageContext
from trainer.reports.html.slice_tables import slice_losses, slice_tables
from trainer.reports.html.verdict import give_verdict, headline_metric, metric_title

PAGE = "report.html"
REPORT = "report.json"
SECTIONS = {
    "charts": ("training", "Training"), "metrics": ("metrics", "Comparison with baselines"),
    "slices": ("slices", "Results by slice"), "map": ("map", "Map"), "clusters": ("clusters", "Clusters"),
    "users": ("users", "Recommendations"), "pairs answers": ("answers", "Words and images"),
    "failures": ("failures", "Failures"), "ours": ("made", "Reproduce this run"),
}  # fmt: skip
HERE = Path(__file__).parent


def write_page(run: Path, progress: Progress, *, out: Path | None = None, prepared: Prepared | None = None) -> Path:
    """Write the page of a run directory and return its path; `prepared` saves reading the run's data again.

    Raises ConfigError where the directory has no finished run. Where the checkpoint or its data cannot be read, the
    page has a notice and leaves out the sections that need them.
    """
    report = read_report(run)
    sections, missing = _model_sections(run, progress, prepared)
    path = out or run / PAGE
    with write_whole(path) as file:
        file.write(render(context_of(run, report, sections, missing)).encode())
    return path


def read_report(run: Path) -> RunReport:
    """Return the content of report.json of a run directory; raises ConfigError where it cannot be read."""
    path = run / REPORT
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; give the directory of a finished run, the `out` of its run file"
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if not isinstance(report, dict) or not isinstance(report.get("run"), dict):
        raise ConfigError(f"{path}: expected a run's report, a JSON object with the run's settings under `run`")
    return cast(RunReport, report)


def render(context: PageContext) -> str:
    """Return the HTML of the page."""
    return _environment().get_template("page.html.j2").render(context)


def context_of(run: Path, report: RunReport, sections: ModelSections, missing: str = "") -> PageContext:
    """Return the template's context; a section without data is None."""
    settings: JsonMapping = report["run"]
    ours = str(settings.get("model", {}).get("type", "model"))
    test: RankingReport = report.get("test") or {}
    training: TrainingReport = report.get("training") or {}
    slices = slice_tables(ours, report)
    metric = headline_metric(list((test.get("models") or {}).get(ours, ())), training.get("stop_metric"))
    context = {
        "style": Markup((HERE / "page.css").read_text(encoding="utf-8")),  # noqa: S704  # our own file
        "name": run.resolve().name,
        "ours": ours,
        "written": datetime.fromtimestamp((run / REPORT).stat().st_mtime, UTC),
        "report": report,
        "facts": _facts(report),
        "totals": _totals(report),
        "verdict": give_verdict(ours, test, metric) if metric else None,
        "confidence": test.get("confidence", 0.95),
        "is_corrected": any(
            "holm_p_value" in difference
            for metrics in differences_in(test, ours).values()
            for difference in metrics.values()
        ),
        "charts": tables.training_charts(training),
        "epochs": tables.epoch_table(training),
        "metrics": tables.metric_tables(ours, test),
        "config": tables.flat_config(settings),
        "toml": tables.as_toml(settings),
        "missing": missing,
        "pairs": tables.pair_table(report.get("pairs") or {}),
        "pair_notes": tables.pair_notes(report),
        "similarity_caveat": SIMILARITY_CAVEAT,
        "slices": slices,
        "slice_losses": slice_losses(slices),
        "baselines": tables.flat_config(report.get("baselines") or {}),
        **dict.fromkeys(("map", "clusters", "users", "failures", "answers")),
        **sections,
    }
    contents = [entry for key, entry in SECTIONS.items() if any(context[part] for part in key.split())]
    return cast(PageContext, {**context, "contents": contents})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(percent=_percent, metric_title=metric_title)
    return environment


def _model_sections(run: Path, progress: Progress, prepared: Prepared | None) -> tuple[ModelSections, str]:
    """Return the sections that need the best checkpoint and its data, and the reason where they are missing, or ""."""
    try:
        saved = checkpoint.load(run / "best")
        prepared = prepared or prepare(parse_config(saved.run), progress)
    except TrainerError as error:
        return {}, str(error)
    if prepared.data_hash != saved.data_hash:
        return {}, "the data files have changed since the run"
    return _sections(prepared, saved, progress), ""


def _sections(prepared: Prepared, saved: Checkpoint, progress: Progress) -> ModelSections:
    towers: Mapping[str, nn.Module] = {name: tower.to(prepared.device).eval() for name, tower in saved.towers.items()}
    # The features come from tuned encoders where the model has them, so nothing is encoded twice.
    prepared = replace(prepared, features=tuned_features(prepared, towers))
    factory = gallery.TileFactory(prepared)
    sections: ModelSections = {}
    recipe = MODELS[prepared.config.model.type]
    scorer = recipe.scorer(prepared, {name: tower for name, tower in towers.items() if name not in ENCODERS})
    if scorer is not None and len(prepared.split.test):
        sections |= gallery.user_sections(scorer, prepared, factory)
    progress.update("report", 1, 4)
    views = item_views(prepared, towers)
    if views is not None:
        sections["map"] = gallery.map_section(views, prepared, factory)
        progress.update("report", 2, 4)
        sections["clusters"] = gallery.cluster_section(views, prepared, factory)
        progress.update("report", 3, 4)
        sections["answers"] = gallery.answer_section(views, prepared, towers, factory)
    progress.update("report", 4, 4)
    return sections


def _facts(report: RunReport) -> list[tuple[str, str]]:
    """Return the facts of the page's header as (name, value): the model and the origin of the run."""
    settings, (data, split) = report["run"], _counts(report)
    facts = (
        ("Model", settings.get("model", {}).get("type")),
        ("Seed", settings.get("seed")),
        ("Split", split.get("rule")),
        ("Commit", report.get("commit")),
        ("Data hash", data.get("hash")),
    )
    return [(name, str(value)) for name, value in facts if value is not None]


def _totals(report: RunReport) -> list[tuple[str, str]]:
    data, split = _counts(report)
    totals = (
        ("Items", data.get("num_items")),
        ("With an image", data.get("num_items_with_image")),
        ("Users", data.get("num_users")),
        ("Interactions", data.get("num_interactions")),
        ("Test users", split.get("num_test_users")),
        ("Items ranked for each", split.get("num_test_candidates")),
    )
    return [(name, f"{value:,}") for name, value in totals if isinstance(value, int)]


def _counts(report: RunReport) -> tuple[JsonMapping, JsonMapping]:
    """Return the sections `data` and `split`; older reports may lack them, and each of their keys."""
    return report.get("data") or {}, report.get("split") or {}


def _percent(part: float) -> str:
    """Return a share in whole percent; only exactly 1 is "100 %", and only exactly 0 is "0 %"."""
    return f"{round(part * 100) if part in (0, 1) else min(99, max(1, round(part * 100)))} %"
