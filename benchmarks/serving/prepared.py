"""What a size of the serving benchmark needs on disk, made once."""

import json
import os
import shutil
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import hnswlib
import numpy as np
import orjson

from benchmarks.serving.catalogue import SEED, K, Truth, card_of, fill_catalogue, make_queries, make_shops
from server.encoding.bundle import Bundle
from server.search.index import RECALL, build_index
from server.search.replica import Replica
from server.settings import Settings

EFS = (64, 96, 128, 192, 256, 384, 512, 768, 1024)


@dataclass(frozen=True)
class Prepared:
    """A catalogue of one size in a folder, and queries."""

    folder: Path
    bundle: Bundle
    num_items: int

    @property
    def data_dir(self) -> Path:
        """Return this server's data directory."""
        return self.folder / "data"

    @property
    def minimal(self) -> Path:
        """Return the folder of the minimal endpoint."""
        return self.folder / "minimal"

    @cached_property
    def shops(self) -> dict[str, np.ndarray]:
        """Return {shop: float32 (n, dim)}."""
        vectors = np.load(self.folder / "vectors.npy", mmap_mode="r")
        return {shop: vectors[start:end] for shop, (start, end) in self.about["shops"].items()}

    @cached_property
    def queries(self) -> list[tuple[str, np.ndarray]]:
        """Return [(shop, float32 (dim,))]."""
        return list(zip(self.about["queries"], np.load(self.folder / "queries.npy"), strict=True))

    @cached_property
    def about(self) -> dict:
        """Return {"shops": {shop: [first row, end]}, "queries": [shop]}."""
        return json.loads((self.folder / "about.json").read_text())

    @cached_property
    def times(self) -> dict:
        """Return how long it took to make, in seconds, and the `ef` of the minimal endpoint."""
        return json.loads((self.folder / "times.json").read_text())

    @cached_property
    def truth(self) -> Truth:
        """Return the nearest by inner product of the vectors as they are."""
        return Truth(self.shops, self.queries)

    @property
    def settings(self) -> Settings:
        """Return the server's settings, all of them its defaults."""
        return Settings(data_dir=self.data_dir, bundle_dir=self.bundle.directory)


def prepare(folder: Path, bundle: Bundle, num_items: int) -> Prepared:
    """Return what is in `folder`, and make what is missing."""
    prepared = Prepared(folder, bundle, num_items)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "about.json").exists():
        _make_vectors(prepared)
    times = json.loads((folder / "times.json").read_text()) if (folder / "times.json").exists() else {}
    if not (prepared.data_dir / "catalogue.sqlite").exists():
        started = time.perf_counter()
        fill_catalogue(prepared.data_dir, prepared.shops, bundle.space)
        times["fillSeconds"] = round(time.perf_counter() - started, 1)
    replica = Replica(prepared.settings, bundle)
    replica.refresh()
    if replica.due():
        started = time.perf_counter()
        replica.build_snapshots()
        times["snapshotSeconds"] = round(time.perf_counter() - started, 1)
    replica.stop()
    if not (prepared.minimal / "settings.json").exists():
        times |= _make_minimal(prepared)
    (folder / "times.json").write_text(json.dumps(times))
    return prepared


def _make_vectors(prepared: Prepared) -> None:
    rng = np.random.default_rng(SEED)
    shops = make_shops(prepared.num_items, prepared.bundle.dim, rng, prepared.bundle.filler)
    queries = make_queries(shops, rng)
    ends = np.cumsum([len(vectors) for vectors in shops.values()]).tolist()
    rows = {shop: [end - len(shops[shop]), end] for shop, end in zip(shops, ends, strict=True)}
    np.save(prepared.folder / "vectors.npy", np.concatenate(list(shops.values())))
    np.save(prepared.folder / "queries.npy", np.stack([query for _, query in queries]))
    about = {"shops": rows, "queries": [shop for shop, _ in queries]}
    (prepared.folder / "about.json").write_text(json.dumps(about))


def _make_minimal(prepared: Prepared) -> dict:
    """Build an index of every shop, and choose the least `ef` that finds RECALL of the ten nearest."""
    folder = prepared.minimal
    folder.mkdir(exist_ok=True)
    started = time.perf_counter()
    indexes = {}
    for shop, vectors in prepared.shops.items():
        path = folder / f"{shop}.hnsw"
        if not path.exists():
            build_index(np.array(vectors), EFS[0]).hnsw.save_index(f"{path}.new")
            cards = b"\n".join(orjson.dumps(card_of(shop, number)) for number in range(len(vectors)))
            (folder / f"{shop}.cards").write_bytes(cards)
            Path(f"{path}.new").rename(path)
        indexes[shop] = hnswlib.Index(space="ip", dim=prepared.bundle.dim)
        indexes[shop].load_index(str(path))
    seconds = round(time.perf_counter() - started, 1)
    for ef in EFS:
        found = []
        for shop, query in prepared.queries:
            indexes[shop].set_ef(ef)
            found.append(indexes[shop].knn_query(query, k=K, num_threads=1)[0][0].astype(int).tolist())
        if prepared.truth.recall(found) >= RECALL:
            break
    (folder / "settings.json").write_text(json.dumps({"dim": prepared.bundle.dim}))
    return {"minimalSeconds": seconds, "minimalEf": ef}


def copied(prepared: Prepared, folder: Path) -> Path:
    """Return a copy of the data directory, for states that change it; snapshots, which never change, are linked."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(prepared.data_dir / "catalogue.sqlite", folder)

    def copy_or_link(source: str, to: str) -> str:
        if Path(source).suffix in (".columns", ".hnsw"):
            os.link(source, to)
            return to
        return shutil.copy2(source, to)

    shutil.copytree(prepared.data_dir / "shops", folder / "shops", copy_function=copy_or_link)
    return folder
