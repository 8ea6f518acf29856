"""The same product in another shop, and whether a trained head helps shops it has not seen.

    python -m benchmarks.offers.same_product [--seeds 0 1 2] [--data ../shared/data] [--bundle var/bundles/lite-minilm]

One offer of a product is the question; the gallery holds the offers of all shops, and the right answers are those of
the same product at other shops (electronics: PriceRunner; all sorts: Walmart-Amazon). Compared: TF-IDF of words and of
letters, the published text encoder as it is, and one linear head on it, trained contrastively on pairs of offers of the
same product. The head is trained on two thirds of PriceRunner's categories less a fifth of their products, and
asked about the held-out products, the held-out categories, and whole other domains. The second table is transfer: heads
trained on each domain (fashion: names to images; the two offer data sets: offers of one product), and on all but one
(leave one domain out), asked about all of them, against the untrained encoder. A head that gains at home and loses
abroad may not be anybody's default.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks import record
from benchmarks.documents import DrawnInterval
from benchmarks.fashion.data import Fashion, read
from benchmarks.offers.data import Offers, across_shops, read_pairs, read_pricerunner
from benchmarks.offers.text_heads import Domain, Embed, plain, same_products, texts_and_images, trained_head
from kernel.contract_types import Product
from trainer.evaluation.retrieval_metrics import retrieval_metrics
from trainer.evaluation.statistics import unpaired_seeds_interval
from trainer.features.cache import FeatureCache
from trainer.features.encoders import Encoders
from trainer.features.item_features import build_features

NAME = "same_product"
METRICS = ("recall@1", "recall@5", "recall@10", "hit_rate@1", "hit_rate@5", "hit_rate@10", "mrr", "ndcg@10")
NUM_NEIGHBOURS = 10
Floats = NDArray[np.float32]
Metrics = dict[str, DrawnInterval]  # by metric


class HeldOut(TypedDict):
    """Metrics of encoder and head on unseen products and categories; `seconds`: a head's mean training time."""

    products: dict[str, Metrics]
    categories: dict[str, Metrics]
    seconds: float


def main() -> int:
    """Print both tables and write results/same_product.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite-minilm"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    arguments = parser.parse_args()
    paths = {
        "pricerunner": arguments.data / "pricerunner" / "offers.csv",
        "walmart_amazon": arguments.data / "product-matching" / "Walmart-Amazon",
    }
    if missing := [path for path in paths.values() if not path.exists()]:
        print(f"expected {missing[0]}; name the folder of the data sets with --data", file=sys.stderr)
        return 2
    fashion = read(arguments.data / "fashion-products", arguments.bundle, arguments.cache)
    offers = {
        "pricerunner": read_pricerunner(paths["pricerunner"]),
        "walmart_amazon": read_pairs(paths["walmart_amazon"]),
    }
    encoders = Encoders(arguments.bundle)
    features = {name: encoded(found, encoders, arguments.cache) for name, found in offers.items()}
    result = {
        **record.environment("torch", "scikit-learn", "onnxruntime-gpu", "numpy"),
        "seeds": arguments.seeds,
        "data": {"offers.csv": record.sha256(paths["pricerunner"]), **fashion.hashes},
        "pairs": {path.name: record.sha256(path) for path in sorted(paths["walmart_amazon"].glob("*.txt"))},
        "encoders": encoders.space,
        "offers": {name: len(found) for name, found in offers.items()},
        "whole": {name: whole(offers[name], features[name], arguments.seeds) for name in offers},
        "held_out": held_out(offers["pricerunner"], features["pricerunner"], arguments.seeds),
        "transfer": transfer(offers, features, fashion, arguments.seeds),
    }
    print(json.dumps({key: result[key] for key in ("whole", "held_out", "transfer")}, indent=1))
    print(f"written: {record.write(NAME, result)}")
    return 0


def encoded(offers: Offers, encoders: Encoders, cache: Path) -> Floats:
    """Return text features of the titles, (n, text_dim)."""
    products = [  # as much of a Product as encoders read
        cast(Product, {"shop": "offers.example", "itemId": str(i), "title": title})
        for i, title in enumerate(offers.titles)
    ]
    return np.array(build_features(products, encoders, FeatureCache(cache / "features")).text)


def whole(offers: Offers, features: Floats, seeds: list[int]) -> dict[str, Metrics]:
    """Return the figures of all offers with nothing trained: word TF-IDF, letter TF-IDF and the encoder."""
    found = {}
    for name, space in {**tf_idf(offers), "encoder": features}.items():
        found[name] = over_seeds([ask(offers, lambda rows, space=space: space[rows], seed) for seed in seeds])
    return found


def tf_idf(offers: Offers) -> dict[str, csr_matrix]:
    """Return sparse unit rows of two kinds."""
    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    letters = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(2, 4), min_df=2)
    return {
        "tf_idf_words": words.fit_transform(offers.titles),
        "tf_idf_letters": letters.fit_transform(offers.titles),
    }


def ask(offers: Offers, vectors: Callable[[Any], Any], seed: int) -> dict[str, NDArray[np.float64]]:
    """Return each metric's value per query; `vectors` gives unit rows, dense or sparse."""
    question = across_shops(offers, seed)
    queries, gallery = vectors(question.queries), vectors(question.gallery)
    if isinstance(queries, np.ndarray):
        return _chosen(retrieval_metrics(queries, gallery, question.relevant, seed=seed))
    scores = np.asarray((queries @ gallery.T).todense(), dtype=np.float32)
    # Scores as they are: each query is a row of the identity, and the gallery is the score matrix's columns.
    eye = np.eye(len(question.queries), dtype=np.float32)
    return _chosen(retrieval_metrics(eye, np.ascontiguousarray(scores.T), question.relevant, seed=seed))


def _chosen(values: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    return {name: values[name] for name in METRICS}


def over_seeds(runs: list[dict[str, NDArray[np.float64]]]) -> Metrics:
    """Return mean, deviation and interval of each metric over seeds; each seed draws its own queries."""
    table: Metrics = {}
    for name in runs[0]:
        means = [float(run[name].mean()) for run in runs]
        interval = unpaired_seeds_interval([run[name] for run in runs], np.random.default_rng(0))
        table[name] = {
            "mean": round(interval.mean, 4),
            "sd": round(float(np.std(means, ddof=1)), 4) if len(means) > 1 else None,
            "ci95": [round(interval.low, 4), round(interval.high, 4)],
            "queries": [len(run[name]) for run in runs],
        }
    return table


def held_out(offers: Offers, features: Floats, seeds: list[int]) -> HeldOut:
    """Evaluate a head trained on some categories on other products of these and on other categories."""
    runs: dict[str, dict[str, list[Any]]] = {}
    seconds = []
    for seed in seeds:
        parts = product_parts(offers, seed)
        start = time.perf_counter()
        domain = offer_domain(offers, features, parts["train"], parts["valid"])
        head = trained_head([domain], features.shape[1], seed)
        seconds.append(time.perf_counter() - start)
        for part in ("products", "categories"):
            mine = offers.where(parts[part])
            for name, embed in {"encoder": plain, "head": head}.items():
                space = embed(features[parts[part]])
                found = ask(mine, lambda rows, space=space: space[rows], seed)
                runs.setdefault(part, {}).setdefault(name, []).append(found)
    table = {part: {name: over_seeds(found) for name, found in models.items()} for part, models in runs.items()}
    return cast(HeldOut, {**table, "seconds": round(float(np.mean(seconds)), 1)})


def product_parts(offers: Offers, seed: int) -> dict[str, NDArray[np.bool_]]:
    """Return masks; training has two thirds of the categories, less a fifth of products and a validation tenth."""
    generator = np.random.default_rng([seed, 1])
    categories, products = np.unique(offers.category), np.unique(offers.product)
    new = generator.permutation(categories)[: len(categories) // 3]
    fate = dict(zip(products, generator.random(len(products)), strict=True))
    chance = np.array([fate[product] for product in offers.product])
    is_new = np.isin(offers.category, new)
    return {
        "categories": is_new,
        "products": ~is_new & (chance < 0.2),
        "valid": ~is_new & (chance >= 0.2) & (chance < 0.3),
        "train": ~is_new & (chance >= 0.3),
    }


def offer_domain(offers: Offers, features: Floats, train: NDArray[Any], valid: NDArray[Any]) -> Domain:
    """Return the domain of the `train` offers, validated by MRR across shops on the `valid` ones."""
    held_out_offers = offers.where(valid)

    def validate(embed: Embed) -> float:
        found = embed(features[valid])
        return float(ask(held_out_offers, lambda rows: found[rows], 0)["mrr"].mean())

    return same_products(features[train], offers.product[train], validate)


def fashion_domain(fashion: Fashion, seed: int) -> Domain:
    """Return the domain of fashion's training names and images, validated by the types of neighbours."""
    train, valid = fashion.parts["train"], fashion.parts["valid"]
    text, image = (np.array(part[train]) for part in (fashion.features.text, fashion.features.image))

    def validate(embed: Embed) -> float:
        return float(fashion_neighbours(fashion, embed, valid)["same_type@10"].mean())

    return texts_and_images(text, image, validate, seed)


def transfer(
    offers: Mapping[str, Offers], features: Mapping[str, Floats], fashion: Fashion, seeds: list[int]
) -> dict[str, dict[str, Metrics]]:
    """Evaluate text heads on all domains, trained on each and on all but each; rows are the training domains."""
    runs: dict[str, dict[str, list[Any]]] = {}
    for seed in seeds:
        parts = {name: _product_split(found, seed) for name, found in offers.items()}
        domains = {
            **{
                name: offer_domain(found, features[name], parts[name]["train"], parts[name]["valid"])
                for name, found in offers.items()
            },
            "fashion": fashion_domain(fashion, seed),
        }
        groups = {name: [name] for name in domains}
        groups |= {f"all but {left_out}": [name for name in domains if name != left_out] for left_out in domains}
        dim = fashion.features.text.shape[1]
        heads: dict[str, Embed] = {"untrained": plain}
        for group, names in groups.items():
            heads[group] = trained_head([domains[name] for name in names], dim, seed)
        for trained_on, embed in heads.items():
            row = runs.setdefault(trained_on, {})
            for name, found in offers.items():
                asked = parts[name]["test"]
                space = embed(features[name][asked])
                row.setdefault(name, []).append(ask(found.where(asked), lambda rows, space=space: space[rows], seed))
            row.setdefault("fashion", []).append(fashion_neighbours(fashion, embed, fashion.parts["test"]))
    return {name: {asked: over_seeds(found) for asked, found in row.items()} for name, row in runs.items()}


def _product_split(offers: Offers, seed: int) -> dict[str, NDArray[np.bool_]]:
    generator = np.random.default_rng([seed, 2])
    products = np.unique(offers.product)
    fate = dict(zip(products, generator.random(len(products)), strict=True))
    chance = np.array([fate[product] for product in offers.product])
    return {"test": chance < 0.4, "valid": (chance >= 0.4) & (chance < 0.5), "train": chance >= 0.5}


def fashion_neighbours(fashion: Fashion, embed: Embed, products: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return the share of each product's ten nearest by text with its type, and with its colour."""
    space = embed(np.array(fashion.features.text[products]))
    scores = space @ space.T
    np.fill_diagonal(scores, -np.inf)
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NUM_NEIGHBOURS]
    found = {}
    for name, column in (("same_type@10", "articleType"), ("same_colour@10", "baseColour")):
        values = fashion.column(column)[products]
        found[name] = (values[nearest] == values[:, None]).mean(axis=1).astype(np.float64)
    return found


if __name__ == "__main__":
    sys.exit(main())
