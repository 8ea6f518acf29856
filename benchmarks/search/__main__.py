"""How well search finds: `python -m benchmarks.search [--data DIR] [--bundle DIR] [--cache DIR] [--tuning]`.

Two shops are ingested as the server does it: fashion products with name and image, and titles of electronics offers.
Queries are drawn by a seed; their answers follow from attributes and product ids, which are not indexed (queries.py).
One half of the queries was for tuning; the other half is reported. NDCG@10 of each channel alone, of plain reciprocal
rank fusion, and of what the server does, with 95 % intervals of a bootstrap over queries. Beside them, FTS5's own BM25
with its own tokenizers: what a lexical channel without terms of ours would be.
"""

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypedDict

import numpy as np
import orjson
from numpy.typing import NDArray

from benchmarks.record import Environment, environment, write
from benchmarks.search import data
from benchmarks.search.data import FASHION, OFFERS, Entry
from benchmarks.search.queries import Gains, Query, fashion_queries, halves, offer_queries
from encoders.encoder import Encoder
from encoders.image_sources import LocalImages
from kernel.contract_types import Product
from server.catalogue.database import Catalogue
from server.catalogue.terms import query_words
from server.catalogue.writer import Writer
from server.encoding.bundle import Bundle, load_bundle
from server.query.fusion import Ranked, fused
from server.query.search import Wanted, by_vector, by_words, search
from server.search.filters import Filters
from server.search.replica import Replica
from server.search.shop_state import ShopState
from server.settings import Settings

K, NUM_RESAMPLES, BATCH = 10, 10_000, 64
COUNTS = {"attributes": 600, "title": 300}
NUM_OFFERS = 200
TOKENIZERS = {
    "BM25, unicode61": "unicode61 remove_diacritics 2",
    "BM25, porter": "porter unicode61 remove_diacritics 2",
    "BM25, trigram": "trigram",
}
Rows = NDArray[np.int64]
Method = Callable[[Query], Rows]


class Row(TypedDict):
    """NDCG@10 of one method: mean with its interval, and by kind of query."""

    mean: float
    low: float
    high: float
    kinds: dict[str, float]


class Gain(TypedDict):
    """What the server does over another method: the ratio of the means, with its interval (paired)."""

    ratio: float
    low: float
    high: float


class ShopResult(TypedDict):
    """Figures of one shop; `over` is by method."""

    items: int
    queries: int
    methods: dict[str, Row]
    over: dict[str, Gain]


class Result(TypedDict):
    """Content of results/search.json."""

    environment: Environment
    bundle: str
    seed: int
    half: str
    shops: dict[str, ShopResult]


class Searched:
    """A shop of the data with its state, and the place of each row's gain."""

    def __init__(self, state: ShopState, catalogue: Catalogue, encoder: Encoder, entries: Sequence[Entry]) -> None:
        self.state, self._catalogue = state, catalogue
        indexed = [entry for entry in entries if entry.is_indexed]
        places = {data.item_id(state.shop, entry.key): place for place, entry in enumerate(indexed)}
        cards = (orjson.loads(card + b"}") for card in state.cards_of(np.arange(state.num_rows)))
        self.place = np.array([places[card["itemId"]] for card in cards])
        self._encoder = encoder
        self._plain = {name: _plain_index([entry.title for entry in indexed], how) for name, how in TOKENIZERS.items()}

    def methods(self) -> dict[str, Method]:
        """Return what is compared, by name; each gives places of gains, best first."""
        rows: dict[str, Callable[[Query], Rows]] = {
            "words": self._words,
            "vector, item's form": self._vector_plain,
            "vector": self._vector,
            "fused, k = 60": self._plain_fusion,
            "search": self._search,
        }
        found: dict[str, Method] = {
            name: lambda query, index=index: _plain_rows(index, query.text)  # type: ignore[misc]  # bound early
            for name, index in self._plain.items()
        }
        return found | {name: lambda query, rank=rank: self.place[rank(query)[:K]] for name, rank in rows.items()}  # type: ignore[misc]  # as above

    def _item(self, query: Query) -> NDArray[np.float32]:
        return self._encoder.embed([query.text], [None])[0]

    def _words(self, query: Query) -> Rows:
        return by_words(self.state, self._catalogue.words, query_words(query.text), Filters()).rows

    def _vector(self, query: Query) -> Rows:
        return by_vector(self.state, self._item(query), None, Filters())

    def _vector_plain(self, query: Query) -> Rows:
        """Compare the query as an item with items, both without the shop's mean."""
        item = self._item(query)
        centred = item if self.state.metric is None else self.state.metric.centred(item[None])[0]
        scores = self.state.compared_of(np.arange(self.state.num_rows)) @ centred
        return np.argsort(-scores, kind="stable")[:K]

    def _plain_fusion(self, query: Query) -> Rows:
        return fused([Ranked(self._words(query)), Ranked(self._vector(query))])[0]

    def _search(self, query: Query) -> Rows:
        wanted = Wanted(query_words(query.text), self._item(query), None, K, Filters())
        return search(self.state, self._catalogue.words, wanted).rows


def _plain_index(titles: Sequence[str], tokenizer: str) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:")
    index.execute(f"CREATE VIRTUAL TABLE plain USING fts5(title, tokenize = '{tokenizer}')")
    index.executemany("INSERT INTO plain (rowid, title) VALUES (?, ?)", enumerate(titles))
    return index


def _plain_rows(index: sqlite3.Connection, text: str) -> Rows:
    # Words of one or two letters have no trigram, and an empty phrase finds nothing.
    wanted = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", text))
    rows = index.execute("SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?", (wanted, K))
    return np.array([row[0] for row in rows], dtype=np.int64)


def ndcg(gains: Gains, places: Rows) -> float:
    """Return NDCG@10 with the gain 2^g - 1."""
    worth, discounts = 2.0**gains - 1, 1 / np.log2(np.arange(K) + 2)
    ideal = np.sort(worth)[::-1][:K]
    return float(worth[places] @ discounts[: len(places)] / (ideal @ discounts[: len(ideal)]))


def measure(shop: Searched, queries: Sequence[Query]) -> ShopResult:
    """Return the figures of one shop."""
    values = {
        name: np.array([ndcg(query.gains, method(query)) for query in queries])
        for name, method in shop.methods().items()
    }
    drawn = np.random.default_rng(data.SEED).integers(len(queries), size=(NUM_RESAMPLES, len(queries)))
    means = {name: each[drawn].mean(axis=1) for name, each in values.items()}
    kinds = np.array([query.kind for query in queries])
    rows: dict[str, Row] = {
        name: {
            "mean": float(each.mean()),
            **_interval(means[name]),
            "kinds": {kind: float(each[kinds == kind].mean()) for kind in dict.fromkeys(kinds.tolist())},
        }
        for name, each in values.items()
    }
    over: dict[str, Gain] = {
        name: {"ratio": rows["search"]["mean"] / row["mean"], **_interval(means["search"] / means[name])}
        for name, row in rows.items()
        if name != "search"
    }
    return {"items": len(shop.state), "queries": len(queries), "methods": rows, "over": over}


class _Interval(TypedDict):
    low: float
    high: float


def _interval(resampled: NDArray[np.float64]) -> _Interval:
    low, high = np.quantile(resampled, [0.025, 0.975]).tolist()
    return {"low": low, "high": high}


def ingest(settings: Settings, bundle: Bundle, lines: Sequence[str], images: Path) -> None:
    """Write what is not yet in the catalogue."""
    products: list[Product] = [orjson.loads(line) for line in lines]
    writer = Writer(settings, bundle, LocalImages(images))
    with closing(Catalogue(settings.data_dir)) as catalogue:
        for start in range(0, len(products), BATCH):
            writer.write(catalogue, dict(enumerate(products[start : start + BATCH])))
            if start % (50 * BATCH) == 0:
                print(f"ingested {start:,} of {len(products):,}", file=sys.stderr, flush=True)
        while catalogue.fill_words():
            pass
    writer.close()


def main() -> int:
    """Measure both shops and write results/search.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite"))
    parser.add_argument("--cache", type=Path, default=Path("var/search-cache"), help="where both shops are kept")
    parser.add_argument("--tuning", action="store_true", help="measure the half that is for tuning; write nothing")
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.bundle)
    # Scanned exactly: an index would add its own misses.
    settings = Settings(
        data_dir=arguments.cache / bundle.space[:16], bundle_dir=arguments.bundle, exact_max_items=1_000_000
    )
    entries = {
        FASHION: data.read_fashion(arguments.data / "fashion-products"),
        OFFERS: data.read_offers(arguments.data / "pricerunner"),
    }
    images = data.unpack_images(arguments.data / "fashion-products" / "images.zip", arguments.cache / "images")
    lines = [line for shop, found in entries.items() for line in data.product_lines(shop, found)]
    ingest(settings, bundle, lines, images)
    queries = {
        FASHION: fashion_queries(entries[FASHION], COUNTS, data.SEED),
        OFFERS: offer_queries(entries[OFFERS], NUM_OFFERS, data.SEED),
    }
    replica = Replica(settings, bundle)
    replica.refresh()
    replica.build_snapshots()
    encoder = Encoder(bundle.directory, bundle.manifest, 1)
    shops: dict[str, ShopResult] = {}
    with closing(Catalogue(settings.data_dir)) as catalogue:
        for shop, found in entries.items():
            half = halves(queries[shop], data.SEED)[0 if arguments.tuning else 1]
            shops[shop] = measure(Searched(replica.shops[shop], catalogue, encoder, found), half)
    replica.stop()
    _print(shops)
    if not arguments.tuning:
        result: Result = {
            "environment": environment("numpy", "onnxruntime-gpu", "rapidfuzz"),
            "bundle": bundle.name,
            "seed": data.SEED,
            "half": "reporting",
            "shops": shops,
        }
        write("search", result)
    return 0


def _print(shops: dict[str, ShopResult]) -> None:
    for shop, found in shops.items():
        print(f"{shop}: {found['items']:,} items, {found['queries']} queries")
        for name, row in found["methods"].items():
            kinds = ", ".join(f"{kind} {value:.3f}" for kind, value in row["kinds"].items())
            gain = f", search is {found['over'][name]['ratio']:.3f} of it" if name in found["over"] else ""
            print(f"  {name:20} {row['mean']:.4f} ({row['low']:.4f} to {row['high']:.4f}); {kinds}{gain}")


if __name__ == "__main__":
    sys.exit(main())
