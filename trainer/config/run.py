"""Configuration of a run: one frozen dataclass for each table of the run file.

An unknown key is an error that names the nearest valid one.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel.json_object import JsonMapping, JsonObject
from trainer.config.checks import between, one_of
from trainer.config.model import ModelConfig
from trainer.errors import ConfigError

ModelTypes = Mapping[str, type[ModelConfig]]

DEFAULT_MODEL_TYPE = "two_tower"
SPLIT_WORDS = {
    "rule": ("catalogue", "cold_shop", "cold_items", "items", "users", "temporal"),
    "by": ("hash", "brand", "shop"),
    "train_sees": ("both", "a"),
    "rank": ("all", "cold"),
    "assignment": ("hash", "stratified", "k_fold"),
    "near_clones": ("keep", "report", "drop"),
}


@dataclass(frozen=True)
class DataConfig:
    """Training data. Paths are relative to the directory in which the command runs."""

    products: tuple[str, ...]  # products.jsonl files or patterns such as var/crawl/*/products.jsonl
    interactions: str | None = None  # .csv, .jsonl or .parquet; not needed by models of text and image alone
    # A directory of {itemId}.jpg|jpeg|png|webp, or of a crawl with images.jsonl; without it no item has an image.
    images: str | None = None


@dataclass(frozen=True)
class SplitConfig:
    """What is hidden from training: trainer/splits/rules.py has the rules."""

    rule: str = "catalogue"  # catalogue | cold_shop | cold_items | items | users | temporal
    valid: float = 0.1  # share of users (items: of items; temporal: of interactions)
    test: float = 0.2
    shop_b: float = 0.5  # catalogue: share of items in the shop that test users have never seen
    # catalogue: items go to a shop one by one (hash), all of a brand together (brand), or shop B is the real `shop`
    by: str = "hash"
    train_sees: str = "both"  # catalogue: training users shop in both, or only in shop A (a), as before B has opened
    hide_valid_shop: bool = False  # train_sees a, cold_shop: training also leaves out the shop that valid asks for
    shop: str | None = None  # cold_shop, by shop: which; without it one is drawn
    cold: float = 0.2  # cold_items: share of items that training never sees
    rank: str = "all"  # cold_items: candidates are all items, or only the cold ones (cold)
    # users go to train, valid, test by hash, by hash in each length of history (stratified), or in folds (k_fold)
    assignment: str = "hash"
    folds: int = 5  # k_fold: in so many parts, of which the one of number `fold` is test
    fold: int = 0
    max_valid_users: int | None = None  # a sample of the cases, the same for the same seed
    max_test_users: int | None = None
    near_clones: str = "report"  # accounts that are nearly another one: keep, report how many, or drop
    file: str | None = None  # a split that `python -m trainer split` has saved, instead of all of the above

    def __post_init__(self) -> None:
        for name, valid in SPLIT_WORDS.items():
            one_of(f"split.{name}", getattr(self, name), valid)
        for name in ("valid", "test", "shop_b", "cold"):
            between(f"split.{name}", getattr(self, name), 0, 1)
        between("split.folds", self.folds, 2, 1000)
        between("split.fold", self.fold, 0, self.folds - 1)
        for name in ("max_valid_users", "max_test_users"):
            if (number := getattr(self, name)) is not None:
                between(f"split.{name}", number, 1, 2**31)
        if self.valid + (1 / self.folds if self.assignment == "k_fold" else self.test) >= 1:
            raise ConfigError("split.valid + split.test must leave something to train on, so be below 1")
        if self.by == "shop" and (self.rule, self.train_sees) != ("catalogue", "both"):
            raise ConfigError(
                'split.by "shop" is for the catalogue rule with train_sees "both"; a shop that training has never seen '
                'is rule "cold_shop"'
            )
        if self.assignment != "hash" and self.rule in ("items", "temporal"):
            raise ConfigError(f"split.assignment is about held-out users, and the {self.rule} rule holds out none")


@dataclass(frozen=True)
class TrainingConfig:
    """Options of training."""

    epochs: int = 30
    patience: int = 4  # epochs without a better metric on "valid" before stopping
    batch_size: int = 512  # examples; each also serves the others as a negative
    accumulate: int = 1  # batches for each optimiser step
    optimiser: str = "adamw"  # adamw | adam | sgd
    learning_rate: float = 1e-3
    momentum: float = 0.9  # sgd
    nesterov: bool = False  # sgd
    weight_decay: float = 0.01  # of matrices only; adamw: decoupled, adam and sgd: as part of the gradient
    schedule: str = "constant"  # constant | linear | cosine | plateau: the learning rate after warm-up
    warmup_steps: int = 0  # steps in which the learning rate rises from 0
    final_share: float = 0.0  # linear, cosine: share of the learning rate at the last step
    plateau_factor: float = 0.5  # plateau: factor of each reduction
    plateau_patience: int = 2  # plateau: after so many epochs without a better metric on "valid"
    temperature: float = 0.07  # logits are cosine / temperature
    grad_clip: float = 1.0  # largest gradient norm
    precision: str = "fp32"  # fp32 | bf16 | fp16 (CUDA only): precision of the towers; weights stay float32
    max_items: int = 100  # the user tower sees at most this many interactions, most recent first
    modality_dropout: float = 0.2  # share of items with text and image that lose one, so that either alone suffices

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "max_items", "accumulate", "plateau_patience"):
            between(f"training.{name}", getattr(self, name), 1, 100_000)
        between("training.batch_size", self.batch_size, 2, 1_000_000)
        between("training.warmup_steps", self.warmup_steps, 0, 10_000_000)
        between("training.weight_decay", self.weight_decay, 0, 10)
        for name in ("modality_dropout", "momentum", "final_share", "plateau_factor"):
            between(f"training.{name}", getattr(self, name), 0, 1)
        for name in ("learning_rate", "temperature", "grad_clip"):
            between(f"training.{name}", getattr(self, name), 1e-9, 1e6)
        one_of("training.optimiser", self.optimiser, ("adamw", "adam", "sgd"))
        one_of("training.schedule", self.schedule, ("constant", "linear", "cosine", "plateau"))
        one_of("training.precision", self.precision, ("fp32", "bf16", "fp16"))
        if self.nesterov and not self.momentum:
            raise ConfigError("training.nesterov needs training.momentum above 0")


@dataclass(frozen=True)
class EvaluationConfig:
    """Options of evaluation and report."""

    k: tuple[int, ...] = (10, 20)
    confidence: float = 0.95
    bootstrap_samples: int = 1000

    def __post_init__(self) -> None:
        if not self.k:
            raise ConfigError("evaluation.k must name at least one cut-off")
        for k in self.k:
            between("evaluation.k", k, 1, 100_000)
        between("evaluation.confidence", self.confidence, 0.5, 0.9999)
        between("evaluation.bootstrap_samples", self.bootstrap_samples, 100, 1_000_000)


@dataclass(frozen=True)
class TrackingConfig:
    """Trackers of a run besides TensorBoard."""

    wandb: bool = False  # Weights & Biases; needs the package
    project: str = "carryover"  # project of the run at Weights & Biases


@dataclass(frozen=True)
class RunConfig:
    """Configuration of one training run. It alone decides the result."""

    seed: int
    encoders: str  # a bundle directory: its text and image encoders make the features
    out: str  # the run directory: best/, last/, report.json
    data: DataConfig
    cache: str = "var/cache/features"
    cache_limit_gb: float | None = None  # above it, the least recently used features are removed
    device: str = "auto"  # auto | cpu | cuda
    split: SplitConfig = field(default_factory=SplitConfig)
    model: ModelConfig = field(kw_only=True)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)

    def __post_init__(self) -> None:
        between("seed", self.seed, 0, 2**63 - 1)
        if self.cache_limit_gb is not None:
            between("cache_limit_gb", self.cache_limit_gb, 0, 1e6)
        one_of("device", self.device, ("auto", "cpu", "cuda"))
        if self.data.interactions is None and self.model.needs_interactions:
            raise ConfigError(
                f"missing key data.interactions: a {self.model.type} model learns from interactions; name their file"
            )


def parse_run(values: JsonMapping, model_types: ModelTypes) -> RunConfig:
    """Return the run that a mapping describes, as read from TOML or from a checkpoint's `run`; raises ConfigError.

    `model_types` has the dataclass of the [model] table for each `type`, which is two_tower where the run names none.
    """
    config: RunConfig = _parse(RunConfig, {"model": {}, **values}, "", model_types)
    return config


def as_document(config: RunConfig) -> JsonObject:
    """Return the run as plain JSON types; `parse_config` reads it back."""
    document: JsonObject = _plain(dataclasses.asdict(config))
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    return list(value) if isinstance(value, tuple) else value


def _parse(kind: Any, values: JsonMapping, prefix: str, model_types: ModelTypes) -> Any:
    hints = typing.get_type_hints(kind)
    for key in values:
        if key not in hints:
            near = difflib.get_close_matches(key, hints, n=1, cutoff=0)[0]
            raise ConfigError(f"unknown key {prefix}{key}; did you mean {prefix}{near}?")
    required = {f.name for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING}
    if missing := sorted(required - values.keys()):
        raise ConfigError(f"missing key {prefix}{missing[0]}")
    return kind(**{key: _convert(hints[key], value, f"{prefix}{key}", model_types) for key, value in values.items()})


def _convert(hint: Any, value: Any, name: str, model_types: ModelTypes) -> Any:
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{name} must be a table, got {value!r}")
        return _parse(_model_type(value, model_types) if hint is ModelConfig else hint, value, f"{name}.", model_types)
    if isinstance(hint, types.UnionType):  # only ever `str | None`
        hint = typing.get_args(hint)[0]
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{name} must be a list, got {value!r}")
        return tuple(_convert(typing.get_args(hint)[0], item, name, model_types) for item in value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise ConfigError(f"{name} must be {hint.__name__}, got {value!r}")
    return value


def _model_type(values: JsonMapping, model_types: ModelTypes) -> type[ModelConfig]:
    kind = values.get("type", DEFAULT_MODEL_TYPE)
    one_of("model.type", kind, tuple(model_types))
    return model_types[kind]
