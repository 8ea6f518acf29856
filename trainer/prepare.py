"""Preparation of a run: reads and splits its data, encodes its items, chooses the device."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from glob import glob
from pathlib import Path

import numpy as np
import torch

from kernel.progress import Progress
from trainer.config.run import RunConfig
from trainer.dataset.dataset import Dataset, read_dataset
from trainer.dataset.numeric import numeric_features
from trainer.errors import ConfigError, DataError
from trainer.features.cache import FeatureCache
from trainer.features.encoders import Encoders
from trainer.features.item_features import ItemFeatures, build_features, find_images
from trainer.splits.cases import Split, no_split
from trainer.splits.files import load_split
from trainer.splits.leakage import refuse_leaks
from trainer.splits.rules import make_split


@dataclass(frozen=True)
class Prepared:
    """Data, split and features of a run, decided by its configuration alone."""

    config: RunConfig
    dataset: Dataset
    split: Split
    encoders: Encoders
    features: ItemFeatures
    device: torch.device
    images: Mapping[int, Path] = field(default_factory=dict)  # item_idx -> its image's file

    @property
    def data_hash(self) -> str:
        """SHA-256 of all data that was read: products, interactions and, where there are any, images."""
        if not self.features.images_hash:
            return self.dataset.data_hash
        return hashlib.sha256(f"{self.dataset.data_hash} {self.features.images_hash}".encode()).hexdigest()


def prepare(config: RunConfig, progress: Progress) -> Prepared:
    """Return the run's data, read, split and encoded."""
    device = _device(config.device)
    encoders = Encoders(Path(config.encoders))  # first, so that a missing bundle is reported before the data are read
    dataset = read_run_data(config)
    if dataset.num_unknown_items:
        progress.say(
            f"{dataset.num_unknown_items:,} interactions left out: their item is in none of the products files"
        )
    split = split_dataset(dataset, config)
    features, images = encode_items(dataset, split, encoders, config, progress)
    return Prepared(config, dataset, split, encoders, features, device, images)


def encode_items(
    dataset: Dataset, split: Split, encoders: Encoders, config: RunConfig, progress: Progress
) -> tuple[ItemFeatures, dict[int, Path]]:
    """Return the features of all items, and the image file of each item_idx that has one.

    Numbers are scaled by the items of training interactions alone.
    """
    images = Path(config.data.images) if config.data.images else None
    features = build_features(dataset.products, encoders, feature_cache(config), images, progress.update)
    numbers = numeric_features(dataset.products, np.unique(split.train.item_idx))
    features = replace(features, numeric=numbers.values, numeric_mask=numbers.mask, numeric_names=numbers.names)
    return features, find_images(dataset.products, images) if images else {}


def read_run_data(config: RunConfig) -> Dataset:
    """Return the products and interactions that a run names."""
    interactions = Path(config.data.interactions) if config.data.interactions else None
    products = find_files(config.data.products)
    return read_dataset(products, interactions, needs_interactions=config.model.needs_interactions)


def feature_cache(config: RunConfig) -> FeatureCache:
    """Return the cache that a run uses."""
    limit = config.cache_limit_gb
    return FeatureCache(Path(config.cache), None if limit is None else int(limit * 1e9))


def find_files(patterns: Sequence[str]) -> list[Path]:
    """Return the files of paths or glob patterns, each once; raises DataError for a pattern without a match."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        is_pattern = any(sign in pattern for sign in "*?[")
        matches = sorted(glob(pattern)) if is_pattern else [pattern]  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not matches:
            raise DataError(f"data.products: no file matches {pattern}")
        found |= dict.fromkeys(map(Path, matches))
    return list(found)


def split_dataset(dataset: Dataset, config: RunConfig) -> Split:
    """Return the split of the run's [split] table, empty without interactions; raises DataError where it leaks."""
    if not len(dataset.interactions):
        return no_split(dataset.interactions)
    if config.split.file is not None:
        split = load_split(Path(config.split.file), dataset)
    else:
        split = make_split(dataset, config.split, config.seed)
    refuse_leaks(split)
    return split


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError('device is "cuda", but torch finds no CUDA device; use "auto" or "cpu"')
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")
