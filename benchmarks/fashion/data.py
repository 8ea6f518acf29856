"""The "Fashion Product Images" as products, features and one fixed split, for the benchmarks that train on them."""

import csv
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import record
from kernel.contract_types import Product
from kernel.json_object import JsonMapping
from trainer.dataset.dataset import Dataset, make_interactions
from trainer.features.encoders import Encoders
from trainer.features.item_features import ItemFeatures, build_features, find_images
from trainer.learning.pairs import Pairs
from trainer.prepare import Prepared
from trainer.recipes.run_file import parse_config
from trainer.splits.cases import Cases, Split

SHOP = "fashion.example"
NUM_VALID, NUM_TEST = 500, 1500
SPLIT_SEED = 7
Array = NDArray[Any]


@dataclass(frozen=True)
class Fashion:
    """All products with an image; only the name is given to text encoders, the other columns are answers."""

    rows: list[dict[str, str]]
    products: list[Product]
    encoders: Encoders
    features: ItemFeatures
    images: Mapping[int, Path]
    cache: Path
    hashes: Mapping[str, str]

    def column(self, name: str) -> Array:
        """Return one column of styles.csv, (num_products,)."""
        return np.array([row[name] for row in self.rows])

    def labels(self, *names: str) -> NDArray[np.int64]:
        """Return a number for each different combination of these columns, (num_products,)."""
        values = np.array(["/".join(row[name] for name in names) for row in self.rows])
        return np.unique(values, return_inverse=True)[1].astype(np.int64)

    @property
    def parts(self) -> dict[str, NDArray[np.int64]]:
        """Return the rows of train, valid and test."""
        order = np.random.default_rng(SPLIT_SEED).permutation(len(self.rows))
        num_train = len(order) - NUM_VALID - NUM_TEST
        return {
            "train": np.sort(order[:num_train]),
            "valid": np.sort(order[num_train:-NUM_TEST]),
            "test": np.sort(order[-NUM_TEST:]),
        }

    def pairs(self, labels: NDArray[np.int64]) -> Pairs:
        """Return the pairs for training and validation; the test products are in neither."""
        return Pairs(self.parts["train"], self.parts["valid"], labels)

    def prepared(self, model: JsonMapping, training: JsonMapping, seed: int) -> Prepared:
        """Return a run of the trainer on these products, without interactions."""
        config = parse_config(
            {
                "seed": seed,
                "encoders": str(self.encoders.directory),
                "out": "",
                "cache": str(self.cache),
                "data": {"products": [], "interactions": ""},
                "model": dict(model),
                "training": dict(training),
            }
        )
        nobody = make_interactions([], [], [], [], [])
        none = np.empty(0, dtype=np.int64)
        cases = Cases(none, nobody, np.empty(0), np.zeros(1, dtype=np.int64), none, none)
        dataset = Dataset(tuple(self.products), nobody, 0, " ".join(self.hashes.values()))
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        split = Split("none", nobody, cases, cases)
        return Prepared(config, dataset, split, self.encoders, self.features, device, images=self.images)


def read(data: Path, bundle: Path, cache: Path) -> Fashion:
    """Read styles.csv, unpack the images once, and encode both; raises FileNotFoundError naming what is missing."""
    for name in ("styles.csv", "images.zip"):
        if not (data / name).is_file():
            raise FileNotFoundError(f"expected styles.csv and images.zip in {data}; name their folder with --data")
    with (data / "styles.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["has_image"] == "1" and row["productDisplayName"].strip()]
    images = cache / "fashion-products" / "images"
    if not images.is_dir():
        with zipfile.ZipFile(data / "images.zip") as archive:
            archive.extractall(images.parent)
    products = [  # as much of a Product as encoders read
        cast(Product, {"shop": SHOP, "itemId": row["id"], "title": " ".join(row["productDisplayName"].split())[:500]})
        for row in rows
    ]
    encoders = Encoders(bundle)
    features = build_features(products, encoders, cache / "features", images, _tell)
    return Fashion(
        rows=rows,
        products=products,
        encoders=encoders,
        features=features,
        images=find_images(products, images),
        cache=cache / "features",
        hashes={name: record.sha256(data / name) for name in ("styles.csv", "images.zip")},
    )


def _tell(what: str, done: int, total: int) -> None:
    if done % 3200 == 0 or done == total:
        print(f"encoding {what}: {done:,} of {total:,}", file=sys.stderr, flush=True)
