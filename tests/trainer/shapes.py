"""Small planted images: shapes of one colour, each named by its own words."""

import itertools
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from trainer.dataset.dataset import Dataset, make_interactions
from trainer.features.encoders import Encoders
from trainer.features.item_features import build_features, find_images
from trainer.prepare import Prepared
from trainer.recipes.run_file import parse_config
from trainer.splits.rules import make_split

COLOURS = {"red": "#d22", "green": "#2a2", "blue": "#22d", "yellow": "#dd2", "black": "#111", "pink": "#f8b"}
SHAPES = ("circle", "square", "triangle", "cross")
SIZES = {"small": 20, "large": 38}


def prepared_shapes(
    bundle: Path, directory: Path, model: dict, training: dict | None = None, seed: int = 3
) -> Prepared:
    """Return a run on 96 products: each colour, shape and size twice, drawn at different places."""
    products = _draw(directory)
    encoders = Encoders(bundle)
    cache = directory / "cache"
    config = parse_config(
        {
            "seed": seed,
            "encoders": str(bundle),
            "out": str(directory / "run"),
            "cache": str(cache),
            "device": "cpu",
            "data": {"products": [], "interactions": ""},
            "split": {"rule": "users", "valid": 0.2, "test": 0.2},
            "model": model,
            "training": {"temperature": 0.1, **training},
        }
    )
    images = directory / "images"
    features = build_features(products, encoders, cache, images)
    generator = np.random.default_rng(seed)
    users, items = zip(*_visits(products, generator), strict=True)
    interactions = make_interactions(users, items, [0] * len(items), list(range(len(items))), [1.0] * len(items))
    dataset = Dataset(tuple(products), interactions, 0, "shapes")
    split = make_split(dataset, config.split, seed)
    return Prepared(
        config, dataset, split, encoders, features, device=torch.device("cpu"), images=find_images(products, images)
    )


def _draw(directory: Path) -> list[dict]:
    images = directory / "images"
    images.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(1)
    products = []
    kinds = list(itertools.product(COLOURS, SHAPES, SIZES)) * 2
    for number, (colour, shape, size) in enumerate(kinds):
        left, top = generator.integers(4, 20, size=2).tolist()
        image = Image.new("RGB", (64, 64), "white")
        _shape(ImageDraw.Draw(image), shape, (left, top, left + SIZES[size], top + SIZES[size]), COLOURS[colour])
        image.save(images / f"{number:016x}.png")
        products.append(
            {
                "shop": "shapes.localhost",
                "itemId": f"{number:016x}",
                "url": f"http://shapes.localhost/{number}",
                "title": f"{size} {colour} {shape}",
                "categoryPath": [shape],
                "attributes": {"color": colour},
                "verdict": "product",
                "provenance": {},
            }
        )
    (directory / "products.jsonl").write_text("".join(json.dumps(product) + "\n" for product in products))
    return products


def _shape(draw: ImageDraw.ImageDraw, shape: str, box: tuple, colour: str) -> None:
    left, top, right, bottom = box
    if shape == "circle":
        draw.ellipse(box, fill=colour)
    elif shape == "square":
        draw.rectangle(box, fill=colour)
    elif shape == "triangle":
        draw.polygon([(left, bottom), (right, bottom), ((left + right) / 2, top)], fill=colour)
    else:
        third = (right - left) / 3
        draw.rectangle((left + third, top, right - third, bottom), fill=colour)
        draw.rectangle((left, top + third, right, bottom - third), fill=colour)


def _visits(products: list[dict], generator: np.random.Generator) -> list[tuple[str, int]]:
    """Return (user, row) pairs: each of 40 users likes six items of one colour."""
    visits = []
    for user in range(40):
        colour = list(COLOURS)[user % len(COLOURS)]
        mine = [row for row, product in enumerate(products) if product["attributes"]["color"] == colour]
        visits += [(f"u{user:02d}", int(row)) for row in generator.choice(mine, 6, replace=False)]
    return visits
