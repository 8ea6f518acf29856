"""Hyperparameter search: many short runs, each chosen from the results of earlier ones on "valid" alone."""

import contextlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import optuna
import tomli_w
from optuna.trial import TrialState

from kernel.files import write_whole
from kernel.json_object import JsonMapping, JsonObject
from kernel.progress import Progress
from trainer.config.run import RunConfig, as_document
from trainer.errors import ConfigError, TrainingError
from trainer.prepare import Prepared, feature_cache, prepare
from trainer.recipes import MODELS
from trainer.recipes.run_file import parse_config
from trainer.runs.epochs import EpochLoop, flat
from trainer.runs.tracking import TENSORBOARD_DIRECTORY, TensorBoardTracker

STORAGE_FILE = "tune.sqlite3"
BEST_FILE = "best.toml"
TUNABLE = ("model.", "training.")  # other settings change the cases of "valid", so trials could not be compared
EPOCHS_BEFORE_PRUNING = 2
# Settings that may differ between a search and its continuation: no trial's result depends on them.
FREE_ON_RESUME = frozenset({"out", "cache", "cache_limit_gb", "device", "evaluation", "tracking"})


class BestTrial(TypedDict):
    """Best trial of a search: the `value` of `metric` on "valid", and the values of the tuned settings."""

    trial: int
    metric: str
    value: float | None
    parameters: JsonObject
    best_epoch: int
    num_trials: int
    num_pruned: int


@dataclass(frozen=True)
class Parameter:
    """One setting and its search space: numbers from low to high, or a list of values."""

    name: str  # "training.learning_rate"
    low: float | int | None = None
    high: float | int | None = None
    is_log: bool = False
    values: tuple[Any, ...] = ()

    def suggest(self, trial: optuna.Trial) -> Any:
        """Return the value of this setting in a trial."""
        if self.values:
            return trial.suggest_categorical(self.name, self.values)
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(self.name, self.low, self.high, log=self.is_log)
        if self.low is None or self.high is None:
            raise ValueError(f"{self.name} has neither values nor a range")
        return trial.suggest_float(self.name, self.low, self.high, log=self.is_log)


def parse_parameter(text: str) -> Parameter:
    """Parse NAME=LOW..HIGH, NAME=LOW..HIGH:log or NAME=VALUE,VALUE; raises ConfigError."""
    name, sign, where = text.partition("=")
    if not sign or not where:
        raise ConfigError(f"--param {text}: expected NAME=LOW..HIGH[:log] or NAME=VALUE,VALUE,...")
    if not name.startswith(TUNABLE):
        raise ConfigError(
            f"--param {text}: only settings of model and training can be tuned, for example training.learning_rate"
        )
    if ".." not in where:
        return Parameter(name, values=tuple(_value(part) for part in where.split(",")))
    bounds, _, scale = where.partition(":")
    low, high = (_value(part) for part in bounds.split("..", 1))
    numbers = all(isinstance(bound, int | float) and not isinstance(bound, bool) for bound in (low, high))
    if not numbers or scale not in ("", "log"):
        raise ConfigError(f"--param {text}: expected two numbers, for example 1e-4..1e-2 or 1e-4..1e-2:log")
    if not low < high or (scale and low <= 0):
        raise ConfigError(f"--param {text}: the first must be below the second, and above 0 for :log")
    return Parameter(name, low, high, bool(scale))


def tune(
    config: RunConfig, parameters: Sequence[Parameter], num_trials: int, progress: Progress, *, resume: bool = False
) -> BestTrial:
    """Run trials up to `num_trials` in all and return the best one.

    Each trial is a run in its own directory under `config.out`, on the same data and split. The objective is the best
    epoch's stop metric on "valid"; test cases are never used. Trials are chosen by seeded TPE (Bergstra et al. 2011)
    and stopped early where they are below the median of the others at the same epoch. Finished trials are kept in
    tune.sqlite3 even if the search is interrupted, and best.toml is a run file for `train`.
    """
    out = Path(config.out)
    parameters = [_with_setting_type(parameter, config) for parameter in parameters]
    for parameter in parameters:  # check both ends, so that a wrong name or bound fails now and not in the last trial
        for value in parameter.values or (parameter.low, parameter.high):
            _with_values(config, {parameter.name: value}, out)
    study = _study(config, out, resume)
    prepared = prepare(config, progress)

    def objective(trial: optuna.Trial) -> float:
        values = {parameter.name: parameter.suggest(trial) for parameter in parameters}
        directory = out / f"trial-{trial.number:04d}"
        with contextlib.suppress(FileNotFoundError):  # left by a crash under the same number
            directory.rename(out / f"{directory.name}.interrupted-{len(list(out.glob(f'{directory.name}.*')))}")
        progress.say(f"trial {trial.number}: " + ", ".join(f"{name} = {value}" for name, value in values.items()))
        try:
            return _run_trial(trial, replace(prepared, config=_with_values(config, values, directory)), progress)
        except (ConfigError, TrainingError) as error:
            # Incompatible values, or a loss that is not a number: this trial fails, the search continues.
            progress.say(f"trial {trial.number}: {error}")
            raise optuna.TrialPruned from error

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        while (num_finished := _num_finished(study)) < num_trials:
            # Seeded by the number of finished trials, so that a resumed search tries the same values as an
            # uninterrupted one.
            study.sampler = optuna.samplers.TPESampler(seed=(config.seed * 1_000_003 + num_finished) % 2**32)
            study.optimize(objective, n_trials=1)
    finally:
        _write_best(study, config, out)
    finished = study.get_trials(states=(TrialState.COMPLETE,))
    if not finished:
        raise TrainingError(f"none of {num_finished} trials finished; read their messages, and widen --param")
    return _describe_best(study)


def _study(config: RunConfig, out: Path, resume: bool) -> optuna.Study:
    storage = out / STORAGE_FILE
    if storage.exists() and not resume:
        raise ConfigError(f"{out} already holds trials; continue with --resume, or choose another directory with --out")
    if resume and not storage.exists():
        raise ConfigError(f"{storage}: nothing to resume; start without --resume")
    out.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name="tune",
        storage=f"sqlite:///{storage.resolve()}",
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=EPOCHS_BEFORE_PRUNING),
    )
    mine = as_document(config)
    if _fixed_settings(json.loads(study.user_attrs.get("run", "null")) or mine) != _fixed_settings(mine):
        raise ConfigError(f"{out}: its trials are of another run file; choose another directory with --out")
    study.set_user_attr("run", json.dumps(mine, sort_keys=True))
    return study


def _fixed_settings(document: JsonMapping) -> JsonObject:
    """Return the settings that all trials share; settings newer than the search get their defaults."""
    given = {key: value for key, value in document.items() if key not in FREE_ON_RESUME}
    whole = as_document(parse_config({**given, "out": ""}))
    return {key: value for key, value in whole.items() if key not in FREE_ON_RESUME}


def _num_finished(study: optuna.Study) -> int:
    """Return the number of trials that completed or were pruned; interrupted ones do not count."""
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _with_setting_type(parameter: Parameter, config: RunConfig) -> Parameter:
    """Return the parameter with float bounds where the setting is a float."""
    if parameter.low is None or parameter.high is None:
        return parameter
    if isinstance(flat(as_document(config)).get(parameter.name), float):
        return replace(parameter, low=float(parameter.low), high=float(parameter.high))
    return parameter


def _run_trial(trial: optuna.Trial, prepared: Prepared, progress: Progress) -> float:
    out = Path(prepared.config.out)
    learner = MODELS[prepared.config.model.type].build(prepared)
    loop, tracker = EpochLoop(prepared, learner, out, progress), TensorBoardTracker(out / TENSORBOARD_DIRECTORY)
    feature_cache(prepared.config).prune()  # the trial may have added to it, as in `train`
    try:
        while not loop.epochs or not loop.is_over:
            loop.run_epoch([tracker])
            trial.report(loop.best_metric, loop.epoch)
            if loop.epoch and trial.should_prune():
                progress.say(f"trial {trial.number}: below the median of the others, stopped")
                raise optuna.TrialPruned
    finally:
        tracker.close()
    trial.set_user_attr("stop_metric", loop.learner.stop_metric)
    trial.set_user_attr("best_epoch", loop.best_epoch)
    return loop.best_metric


def _with_values(config: RunConfig, values: JsonMapping, out: Path) -> RunConfig:
    """Return the run with these settings, validated like a run file."""
    document = as_document(config)
    for name, value in values.items():
        table, _, key = name.partition(".")
        document[table] = {**document[table], key: value}
    try:
        return parse_config({**document, "out": str(out)})
    except ConfigError as error:
        raise ConfigError(f"--param {', '.join(values)}: {error}") from error


def _describe_best(study: optuna.Study) -> BestTrial:
    best = study.best_trial
    return {
        "trial": best.number,
        "metric": best.user_attrs["stop_metric"],
        "value": best.value,
        "parameters": best.params,
        "best_epoch": best.user_attrs["best_epoch"],
        "num_trials": _num_finished(study),
        "num_pruned": len(study.get_trials(states=(TrialState.PRUNED,))),
    }


def _write_best(study: optuna.Study, config: RunConfig, out: Path) -> None:
    finished = [trial for trial in study.get_trials(states=(TrialState.COMPLETE,)) if math.isfinite(trial.value or 0)]
    if not finished:
        return
    found = _describe_best(study)
    best = as_document(_with_values(config, found["parameters"], out / "best"))
    head = f"# Trial {found['trial']} of {found['num_trials']}: valid {found['metric']} {found['value']:.4f}\n"
    with write_whole(out / BEST_FILE) as file:
        file.write((head + tomli_w.dumps(best)).encode())


def _value(text: str) -> Any:
    """Parse the text as TOML would: a bool, int or float, else a string."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text
