"""Which constants the content tower gets: neighbours of fashion products under several choices.

    python -m benchmarks.fashion.content_tower [--data ../shared/data/fashion-products] [--cache DIR]

For 500 query products, how many of their ten nearest have the same article type and the same base colour, by text only,
image only and both. Only the product's name is given to the text encoder. Products with an even id are those that the
choice was made on; the odd ones say how it does on products nobody looked at. Encoding takes minutes: --cache keeps it.
"""

import argparse
import csv
import io
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer

from benchmarks import record
from exporter import content_basis, sample_texts
from exporter.content_basis import Basis
from exporter.encoder_inputs import pixels, token_feeds
from trainer.pretrained import efficientnet, minilm
from trainer.towers.content import ContentItemTower

NUM_QUERIES, NUM_NEIGHBOURS = 500, 10
BATCH = 64
Array = NDArray[Any]


@dataclass(frozen=True)
class Choice:
    """One way to make an item embedding."""

    name: str
    text: Basis
    image: Basis
    text_weight: float = content_basis.TEXT_WEIGHT


@dataclass(frozen=True)
class Products:
    """What is known of the products: features and the answers."""

    ids: Array
    text: torch.Tensor
    image: torch.Tensor
    article_type: Array
    colour: Array

    def where(self, chosen: Array) -> "Products":
        """Return the products of a boolean mask."""
        return Products(*(part[chosen] for part in vars(self).values()))


def main() -> int:
    """Print a table and write results/content_tower.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/fashion-products"))
    parser.add_argument("--cache", type=Path, help="keeps the features for the next time")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    styles = arguments.data / "styles.csv"
    if not styles.is_file():
        print(f"expected styles.csv and images.zip in {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="carryover-content-") as scratch:
        cache = arguments.cache or Path(scratch)
        cache.mkdir(parents=True, exist_ok=True)
        products = read(arguments.data, cache)
        choices = make_choices(cache)
    halves = {"even": products.where(products.ids % 2 == 0), "odd": products.where(products.ids % 2 == 1)}
    table = {}
    for half, some in halves.items():
        table[half] = {"plain concatenation, 1664 dims": evaluate_plain(some, arguments.seed)}
        table[half] |= {choice.name: evaluate(choice, some, arguments.seed) for choice in choices}
        show(half, table[half])
    result = {
        **record.environment("torch", "timm", "tokenizers", "numpy"),
        "about": "share of the ten nearest with the same [articleType, baseColour]; chosen on even ids",
        "seed": arguments.seed,
        "data": {name: record.sha256(arguments.data / name) for name in ("styles.csv", "images.zip")},
        "products": {half: len(some.ids) for half, some in halves.items()},
        "queries": NUM_QUERIES,
        "neighbours": NUM_NEIGHBOURS,
        "halves": table,
    }
    print(f"written: {record.write('content_tower', result)}")
    return 0


def make_choices(cache: Path) -> list[Choice]:
    """Return the chosen one first, then the alternatives with one thing changed at a time."""
    classifier = efficientnet.load_classifier()
    composed = torch.from_numpy(
        cached(cache / "phrases.npy", lambda: texts(sample_texts.compose(content_basis.NUM_PHRASES, 0)))
    )
    words = torch.from_numpy(cached(cache / "words.npy", lambda: texts(whole_words())))
    text, image = content_basis.of_texts(composed), content_basis.of_classifier(classifier)
    uncentred = Basis(torch.zeros_like(image.mean), image.directions)
    random_text, random_image = (
        random_basis(384, content_basis.TEXT_DIM, 0),
        random_basis(1280, content_basis.IMAGE_DIM, 1),
    )
    name = "chosen: 128 directions of phrases, half whitened; 127 of the classifier; half and half"
    return [
        Choice(name, text, image),
        Choice("random directions for both", random_text, random_image),
        Choice("random directions for images", text, random_image),
        Choice("directions of the vocabulary's whole words", content_basis.of_texts(words), image),
        Choice("the same, not whitened", content_basis.of_texts(words, whitening=0.0), image),
        Choice("phrases, not whitened", content_basis.of_texts(composed, whitening=0.0), image),
        Choice("phrases, fully whitened", content_basis.of_texts(composed, whitening=1.0), image),
        Choice("texts not centred", Basis(torch.zeros_like(text.mean), text.directions), image),
        Choice("images not centred", text, uncentred),
        Choice("text weight 0.4", text, image, 0.4),
        Choice("text weight 0.6", text, image, 0.6),
        Choice(
            "160 text and 95 image directions",
            content_basis.of_texts(composed, 160),
            content_basis.of_classifier(classifier, 95),
        ),
        Choice(
            "dim 512: 256 and 255", content_basis.of_texts(composed, 256), content_basis.of_classifier(classifier, 255)
        ),
    ]


def both_of(composed: torch.Tensor, classifier: Any, text_dim: int, image_dim: int) -> tuple[Basis, Basis]:
    """Return the chosen kinds of directions in other numbers."""
    return content_basis.of_texts(composed, text_dim), content_basis.of_classifier(classifier, image_dim)


class Shares(TypedDict):
    """[same article type, same colour] by modality. `meanImageCosine`: 0 where the images' part is centred."""

    text: list[float]
    image: list[float]
    both: list[float]
    meanImageCosine: NotRequired[float]


def evaluate(choice: Choice, products: Products, seed: int) -> Shares:
    """Return both shares by text, image and both, and the similarity of two random images' blocks (0 is centred)."""
    tower = ContentItemTower(
        choice.text.mean, choice.text.directions, choice.image.mean, choice.image.directions, choice.text_weight
    ).eval()
    found: dict[str, Any] = {}
    for name, present in (("text", [1.0, 0.0]), ("image", [0.0, 1.0]), ("both", [1.0, 1.0])):
        mask = torch.tensor([present]).expand(len(products.ids), 2)
        with torch.inference_mode():
            embeddings = tower(products.text, products.image, mask)[:, :-1].numpy()  # without the filler
        found[name] = shares(embeddings, products, seed)
        if name == "image":
            mean = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).mean(axis=0)
            found["meanImageCosine"] = round(float(mean @ mean), 3)
    return cast(Shares, found)


def evaluate_plain(products: Products, seed: int) -> Shares:
    """Return the figures of the encoders' outputs as they are."""
    text, image = (part / part.norm(dim=1, keepdim=True) for part in (products.text, products.image))
    parts = {"text": text, "image": image, "both": torch.cat((text, image), dim=1)}
    return cast(Shares, {name: shares(part.numpy(), products, seed) for name, part in parts.items()})


def shares(embeddings: Array, products: Products, seed: int) -> list[float]:
    """Return the shares [same article type, same colour] among the nearest, by exact search."""
    embeddings = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    queries = np.random.default_rng(seed).choice(len(embeddings), NUM_QUERIES, replace=False)
    scores = embeddings[queries] @ embeddings.T
    scores[np.arange(NUM_QUERIES), queries] = -np.inf
    nearest = np.argpartition(-scores, NUM_NEIGHBOURS, axis=1)[:, :NUM_NEIGHBOURS]
    answers = (products.article_type, products.colour)
    return [round(float((answer[nearest] == answer[queries][:, None]).mean()), 3) for answer in answers]


def read(data: Path, cache: Path) -> Products:
    """Return all products that have an image, with their features."""
    with zipfile.ZipFile(data / "images.zip") as archive:
        images = {Path(name).stem: name for name in archive.namelist() if name.endswith(".jpg")}
        with (data / "styles.csv").open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["id"] in images and row["productDisplayName"]]
        opened = (Image.open(io.BytesIO(archive.read(images[row["id"]]))) for row in rows)
        image = cached(cache / "images.npy", lambda: image_features(opened, len(rows)))
    text = cached(cache / "texts.npy", lambda: texts([row["productDisplayName"] for row in rows]))
    if not len(rows) == len(text) == len(image):
        raise SystemExit(f"{cache}: holds features of other products; name an empty folder with --cache")
    return Products(
        np.array([int(row["id"]) for row in rows]),
        torch.from_numpy(text),
        torch.from_numpy(image),
        np.array([row["articleType"] for row in rows]),
        np.array([row["baseColour"] for row in rows]),
    )


def cached(path: Path, make: Callable[[], Array]) -> Array:
    """Return the result of `make`, cached in a file."""
    if not path.is_file():
        np.save(path, make())
    kept: Array = np.load(path, allow_pickle=False)
    return kept


def texts(sentences: list[str]) -> Array:
    """Return MiniLM's features."""
    tokenizer = Tokenizer.from_file(str(minilm.model_dir() / "tokenizer.json"))
    tokenizer.enable_truncation(minilm.MAX_TOKENS)
    tokenizer.no_padding()
    encoder, found = minilm.load(), []
    with torch.inference_mode():
        for start in range(0, len(sentences), BATCH):
            feeds = token_feeds(tokenizer, sentences[start : start + BATCH])
            found.append(encoder(*(torch.from_numpy(value) for value in feeds.values())).numpy())
            tell("texts", start, len(sentences))
    return np.concatenate(found)


def image_features(images: Iterator[Image.Image], count: int) -> Array:
    """Return EfficientNet's features."""
    encoder, found = efficientnet.ImageEncoder(efficientnet.load_classifier()), []
    with torch.inference_mode():
        for start in range(0, count, BATCH):
            batch = [next(images) for _ in range(min(BATCH, count - start))]
            found.append(encoder(torch.from_numpy(pixels(batch, efficientnet.IMAGE))).numpy())
            tell("images", start, count)
    return np.concatenate(found)


def whole_words() -> list[str]:
    """Return the tokenizer's whole words, without pieces, numbers and foreign scripts."""
    vocabulary = Tokenizer.from_file(str(minilm.model_dir() / "tokenizer.json")).get_vocab()
    return sorted(word for word in vocabulary if word.isalpha() and word.isascii() and len(word) >= 3)


def random_basis(features: int, dim: int, seed: int) -> Basis:
    """Return random orthonormal directions and no centre."""
    noise = np.random.default_rng(seed).normal(size=(features, dim))
    return Basis(torch.zeros(features), torch.from_numpy(np.linalg.qr(noise)[0]).float())


def show(half: str, rows: dict[str, Shares]) -> None:
    """Print the table."""
    print(f"\n{half} ids: type / colour".ljust(92) + "text".ljust(14) + "image".ljust(14) + "both")
    for name, row in rows.items():
        cells = ("{:.3f} {:.3f}".format(*row[key]).ljust(14) for key in ("text", "image", "both"))
        print(name.ljust(91) + "".join(cells))


def tell(what: str, done: int, count: int) -> None:
    """Print a progress line now and then."""
    if done % (BATCH * 25) == 0:
        print(json.dumps({"encoding": what, "done": done, "of": count}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
