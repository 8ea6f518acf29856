"""Shops, their truth, and a catalogue filled with them: what every part starts from."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

from benchmarks.outages import goods
from benchmarks.outages.truth import Change, Shelf
from encoders.encoder import Encoder
from kernel.contract_types import Product
from kernel.json_object import JsonObject
from kernel.paths import ROOT
from kernel.shop_metric import moments_from
from server.encoding.bundle import Bundle, load_bundle
from server.search.snapshots import directory_of


@dataclass
class World:
    """The shops of a run: what the checker knows of them, and where the server keeps them."""

    bundle: Bundle
    data: Path
    seed: int
    shelves: dict[str, Shelf] = field(default_factory=dict)
    next_number: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._encoder = Encoder(self.bundle.directory, self.bundle.manifest, 1, on_cpu=True)
        self._snapshots: dict[str, str] = {}
        self._following = threading.Lock()

    def shelf(self, shop: str, *, scored: bool = True) -> Shelf:
        """Return a shop's truth, of no item at first."""
        if shop not in self.shelves:
            self.shelves[shop] = Shelf(shop, self.bundle.dim, self.bundle.metric, scored)
        return self.shelves[shop]

    def embed(self, products: Sequence[Product]) -> Any:
        """Return float32 (n, dim): the vectors of products without an image."""
        return self._encoder.embed([self._encoder.text_of(one) for one in products], [None] * len(products))

    def changes(self, products: Sequence[Product]) -> list[Change]:
        """Return what writing these products changes."""
        vectors = self.embed(products)
        return [Change(one["itemId"], one, vector) for one, vector in zip(products, vectors, strict=True)]

    def fill(self, sizes: dict[str, int], *flags: str) -> None:
        """Ingest new shops of these sizes, with the command that an operator uses."""
        products = [goods.product(shop, i) for shop, size in sizes.items() for i in range(size)]
        for shop, size in sizes.items():
            changes = self.changes([one for one in products if one["shop"] == shop])
            write = self.shelf(shop).begin(changes, time.monotonic())
            write.applied_after = write.applied_by = 0.0  # before the first reader
            self.next_number[shop] = size
        ingest(self.bundle.directory, self.data, products, *flags)
        self.follow_metrics()

    def follow_metrics(self, data: Path | None = None) -> None:
        """Take in the moments that the server has estimated since the last call."""
        if self.bundle.metric is None:
            return
        blocks = self.bundle.metric.own.blocks
        with self._following:
            for shop, shelf in self.shelves.items():
                # A snapshot that has been replaced or removed in between comes with the next call.
                with suppress(FileNotFoundError):
                    name, moments, counts = _newest_moments(data or self.data, shop, self.bundle.space)
                    if self._snapshots.get(shop) != name:
                        self._snapshots[shop] = name
                        found = moments_from(moments, blocks, self.bundle.dim, counts)
                        shelf.add_metric(self.bundle.metric.of_shop(found))

    def query(self, draw: Any, shop: str) -> Any:
        """Return float32 (dim,), unit length: the mean of four of a shop's vectors, and noise."""
        vectors = self.shelves[shop].view().vectors
        mean = vectors[draw.integers(len(vectors), size=4)].mean(axis=0) + 0.02 * draw.normal(size=self.bundle.dim)
        return (mean / np.linalg.norm(mean)).astype(np.float32)


def _newest_moments(data: Path, shop: str, space: str) -> tuple[str, bytes, list[int]]:
    """Return name, moments and their counts of a shop's newest snapshot, read by the format's own library."""
    folder = directory_of(data, shop, space)
    name = json.loads((folder / "CURRENT").read_text())["columns"]["sha256"]
    with safe_open(folder / f"{name}.columns", "numpy") as file:
        return name, file.get_tensor("moments").tobytes(), json.loads(file.metadata()["about"])["counts"]


def new_world(bundle_dir: Path, data: Path, seed: int) -> World:
    """Return a world without shops."""
    return World(load_bundle(bundle_dir), data, seed)


def ingest(bundle: Path, data: Path, products: Iterable[Product], *flags: str) -> JsonObject:
    """Run `python -m server ingest` on products; return its summary."""
    data.mkdir(parents=True, exist_ok=True)
    path = goods.write_lines(data.parent / f"products-{time.monotonic_ns()}.jsonl", list(products))
    command = [sys.executable, "-m", "server", "ingest", str(path), "--data", str(data), "--bundle", str(bundle)]
    done = subprocess.run([*command, *flags], cwd=ROOT, capture_output=True, text=True, check=False)
    path.unlink()
    if done.returncode != 0:
        raise RuntimeError(f"ingest ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)
