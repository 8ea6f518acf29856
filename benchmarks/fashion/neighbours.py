"""Ingest a real catalogue as one shop, then ask whether an item's neighbours are of its kind.

    python -m benchmarks.fashion.neighbours [--data ../shared/data/fashion-products] [--bundle var/bundles/lite-minilm]

The data set is "Fashion Product Images": styles.csv and, for some products, an image. Only the product's name is given
to the text encoder, never `articleType` and `baseColour`, which are the answers. Neighbours are evaluated for 500
query products among all products that have an image, by text only, image only and both.
"""

import argparse
import csv
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import record
from benchmarks.documents import MetricIntervals
from encoders.encoder import Encoder
from encoders.pixels import decode_image, to_pixels
from kernel.contract_types import Product
from server.catalogue.database import Catalogue
from server.commands.ingest import Summary
from server.encoding.bundle import load_bundle

SHOP = "fashion.example"
NUM_QUERIES = 500
NUM_NEIGHBOURS = 10
BATCH = 64

Floats = NDArray[np.float32]


def main() -> int:
    """Print the tables and write results/fashion.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/fashion-products"))
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite-minilm"))
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    styles = arguments.data / "styles.csv"
    if not styles.is_file():
        print(f"expected styles.csv and images.zip in {arguments.data}; name their folder with --data", file=sys.stderr)
        return 2
    with styles.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["productDisplayName"].strip()]
    with tempfile.TemporaryDirectory(prefix="carryover-fashion-") as scratch:
        result = measure(rows, arguments, Path(scratch))
    print(json.dumps(result, indent=1))
    print(f"written: {record.write('fashion', result)}")
    return 0


class Ingest(Summary):
    """The server's summary of an ingest, and what it took."""

    wallSeconds: float  # noqa: N815  # a key of the file
    diskMb: float  # noqa: N815  # a key of the file


class NeighboursResult(record.Environment):
    """Content of fashion.json. `neighbours`: numbers of queries, gallery and nearest, and the shares by modality."""

    seed: int
    data: dict[str, str]
    bundle: str
    ingest: Ingest
    neighbours: dict[str, int | MetricIntervals]


def measure(rows: list[dict[str, str]], arguments: argparse.Namespace, scratch: Path) -> NeighboursResult:
    """Ingest, then evaluate neighbours."""
    products = [product_of(row) for row in rows]
    (scratch / "products.jsonl").write_text("".join(json.dumps(product) + "\n" for product in products), "utf-8")
    with zipfile.ZipFile(arguments.data / "images.zip") as archive:
        archive.extractall(scratch)
    ingest = run_ingest(scratch, arguments.bundle)
    imaged = [row["has_image"] == "1" for row in rows]
    both = stored_embeddings(scratch / "server", [p["itemId"] for p, has in zip(products, imaged, strict=True) if has])
    with_image = [row for row, has in zip(rows, imaged, strict=True) if has]
    spaces = {**single_modalities(with_image, scratch / "images", arguments.bundle), "both": both}
    queries = np.random.default_rng(arguments.seed).choice(len(with_image), NUM_QUERIES, replace=False)
    return {
        **record.environment("onnxruntime-gpu", "hnswlib", "numpy"),
        "seed": arguments.seed,
        "data": {name: record.sha256(arguments.data / name) for name in ("styles.csv", "images.zip")},
        "bundle": load_bundle(arguments.bundle).bundle_id,
        "ingest": ingest,
        "neighbours": {
            "queries": NUM_QUERIES,
            "gallery": len(with_image),
            "of": NUM_NEIGHBOURS,
            **{name: agreement(space, with_image, queries, arguments.seed) for name, space in spaces.items()},
        },
    }


def product_of(row: dict[str, str]) -> Product:
    """Return a Product with a name only; `sku` names the image."""
    url = f"https://{SHOP}/p/{row['id']}"
    return {
        "shop": SHOP,
        "itemId": hashlib.sha256(url.encode()).hexdigest()[:16],
        "url": url,
        "title": " ".join(row["productDisplayName"].split())[:500],
        "sku": row["id"],
        "verdict": "product",
        "provenance": {"title": "feed"},
    }


def run_ingest(scratch: Path, bundle: Path) -> Ingest:
    """Run the operator's ingest command and return its summary."""
    words = ["ingest", str(scratch / "products.jsonl"), "--bundle", str(bundle), "--data", str(scratch / "server")]
    command = [sys.executable, "-m", "server", *words, "--images", str(scratch / "images")]
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    summary: Summary = json.loads(done.stdout)
    files = [path for path in (scratch / "server").rglob("*") if path.is_file()]
    return {
        **summary,
        "wallSeconds": round(time.perf_counter() - started, 1),
        "diskMb": round(sum(path.stat().st_size for path in files) / 2**20, 1),
    }


def stored_embeddings(data_dir: Path, item_ids: list[str]) -> Floats:
    """Return the embeddings in the catalogue, (len(item_ids), dim)."""
    catalogue = Catalogue(data_dir)
    try:
        stored = [catalogue.stored(SHOP, item_id) for item_id in item_ids]
    finally:
        catalogue.close()
    return np.stack([np.frombuffer(row.embedding, dtype=np.float32) for row in stored if row is not None])


def single_modalities(rows: list[dict[str, str]], images: Path, bundle_dir: Path) -> dict[str, Floats]:
    """Return the same products embedded by name alone and by image alone."""
    bundle = load_bundle(bundle_dir)
    encoder = Encoder(bundle.directory, bundle.manifest)
    text, image = [], []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        text.append(encoder.embed([encoder.text_of(product_of(row)) for row in batch], [None] * len(batch)))
        raw = [(images / f"{row['id']}.jpg").read_bytes() for row in batch]
        pixels = [to_pixels(decode_image(data, 10**7), bundle.manifest["image"]) for data in raw]
        image.append(encoder.embed([""] * len(batch), pixels))
    return {"text": np.concatenate(text), "image": np.concatenate(image)}


def agreement(space: Floats, rows: list[dict[str, str]], queries: NDArray[np.int64], seed: int) -> MetricIntervals:
    """Return the shares of the ten nearest with the query's type and colour: mean, 95 % bootstrap interval."""
    scores = space[queries] @ space.T
    scores[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :NUM_NEIGHBOURS]
    generator = np.random.default_rng(seed)
    result: MetricIntervals = {}
    for field in ("articleType", "baseColour"):
        values = np.array([row[field] for row in rows])
        shares = (values[nearest] == values[queries, None]).mean(axis=1)
        resampled = generator.choice(shares, (2000, len(shares))).mean(axis=1)
        low, high = np.percentile(resampled, [2.5, 97.5])
        result[field] = {"mean": round(float(shares.mean()), 4), "ci95": [round(float(low), 4), round(float(high), 4)]}
    return result


if __name__ == "__main__":
    sys.exit(main())
