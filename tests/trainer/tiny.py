"""Tiny run that every model and baseline can train on: 22 products, 30 users, some texts and images missing."""

import dataclasses
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tests.trainer.planted import planted_products
from trainer.dataset.dataset import Dataset, make_interactions
from trainer.features.encoders import Encoders
from trainer.features.item_features import build_features, find_images
from trainer.prepare import Prepared
from trainer.recipes import MODELS
from trainer.recipes.run_file import parse_config
from trainer.splits.rules import make_split

NUM_USERS = 30
NO_TEXT, NO_IMAGE, NOTHING = (3,), (4, 5, 6), (7,)  # rows of the products that lack them
# Sizes that keep a model fast. One that has none of these options is built as it is.
SMALL = {
    **{"dim": 16, "hidden": 16, "width": 16, "attention_dim": 8, "num_heads": 2, "num_words": 64},
    **{"max_degree": 4, "fan_out": [2, 2], "labels_per_batch": 2, "per_label": 3, "held_out": 0.3},
    **{"text_width": 16, "text_layers": 1, "text_heads": 2, "image_width": 8, "image_size": 32},
    **{"cnn_dim": 8, "cnn_width": 8, "cnn_layers": 2, "num_negatives": 3, "hard_neighbours": 3},
}


class Silent:
    """Progress without output."""

    def update(self, what: str, done: int, total: int) -> None: ...

    def say(self, line: str) -> None: ...


def small_model(name: str) -> dict:
    """Return the [model] table of a model, its sizes small."""
    options = {field.name for field in dataclasses.fields(MODELS[name].config)}
    return {"type": name, **{key: value for key, value in SMALL.items() if key in options}}


def prepared_tiny(bundle: Path, directory: Path, model: dict | None = None, seed: int = 3) -> Prepared:
    """Return a run on the tiny data with the encoders of `bundle`; images and cache lie under `directory`."""
    products = _products(directory / "images")
    encoders = Encoders(bundle)
    config = parse_config(
        {
            "seed": seed,
            "encoders": str(bundle),
            "out": str(directory / "run"),
            "cache": str(directory / "cache"),
            "device": "cpu",
            "data": {"products": [], "interactions": ""},
            "split": {"rule": "users", "valid": 0.2, "test": 0.3},
            "model": model or {},
            "training": {"batch_size": 16, "max_items": 6, "learning_rate": 0.01},
        }
    )
    features = build_features(products, encoders, directory / "cache", directory / "images")
    dataset = Dataset(tuple(products), _interactions(len(products)), 0, "tiny")
    split = make_split(dataset, config.split, seed=3)
    images = find_images(products, directory / "images")
    return Prepared(config, dataset, split, encoders, features, torch.device("cpu"), images)


def _products(images: Path) -> list[dict]:
    """Return two tastes with a brand, a category and an image each, and draw the images."""
    images.mkdir(parents=True, exist_ok=True)
    products, tastes = planted_products(11)
    generator = np.random.default_rng(4)
    for row, (product, taste) in enumerate(zip(products, tastes, strict=True)):
        if row in NO_TEXT + NOTHING:
            product["title"] = ""
        else:
            product["brand"] = ("Coral", "Black")[taste]
        product["categoryPath"] = ["Shop", ("soft", "large")[taste]]
        path = images / f"{product['itemId']}.png"
        if row not in NO_IMAGE + NOTHING and not path.exists():
            pixels = generator.integers(0, 120, (12, 9, 3)) + np.array([120, 0, 60]) * taste
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    return products


def _interactions(num_items: int):
    """Return rows of users who like three to seven items of one taste and dismiss one of the other."""
    generator = np.random.default_rng(5)
    rows = []
    for user in range(NUM_USERS):
        liked = np.arange(user % 2, num_items, 2)
        chosen = generator.permutation(liked)[: 3 + user % 5]
        rows += [(f"u{user:02d}", int(item), int(place % 3)) for place, item in enumerate(chosen)]
        rows.append((f"u{user:02d}", int((chosen[0] + 1) % num_items), 5))
    users, items, kinds = zip(*rows, strict=True)
    times = [float(row) / 3 for row in range(len(rows))]
    return make_interactions(list(users), list(items), list(kinds), times, [1.0] * len(rows))
