"""Index parameters, where a scan and an index cross, and what an item costs."""

import time

import hnswlib
import numpy as np

from benchmarks.serving.catalogue import SEED, K, Truth, make_queries, unit
from benchmarks.serving.prepared import Prepared
from server.catalogue.vectors import ScanQuery, vectors_of
from server.search.filters import Filters
from server.search.index import EF_CONSTRUCTION, RECALL, M, build_index
from server.search.replica import Replica
from server.search.retrieval import highest, recommend

SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000, 150_000)
_EFS = (32, 64, 128, 256, 512)
_NUM_QUERIES = 300


def measure(prepared: Prepared) -> dict:
    """Return the sweep over the largest shop, and scan and index at growing sizes."""
    return {"sweep": list(_parameters(prepared)), "crossing": list(_crossing(prepared))}


def _parameters(prepared: Prepared):
    shop = max(prepared.shops, key=lambda name: len(prepared.shops[name]))
    vectors = np.array(prepared.shops[shop])
    noisy = unit(vectors + 0.05 * np.random.default_rng(SEED).standard_normal(vectors.shape, dtype=np.float32))
    for data, rows in (("rank 24", vectors), ("full rank", noisy)):
        queries = make_queries({shop: rows}, np.random.default_rng(SEED), _NUM_QUERIES)
        truth = Truth({shop: rows}, queries)
        for m, ef_construction in ((M, EF_CONSTRUCTION // 2), (M, EF_CONSTRUCTION), (2 * M, EF_CONSTRUCTION)):
            index = hnswlib.Index(space="ip", dim=rows.shape[1])
            index.init_index(len(rows), M=m, ef_construction=ef_construction, random_seed=100)
            started = time.perf_counter()
            index.add_items(rows, num_threads=1)
            built = time.perf_counter() - started
            for ef in _EFS:
                index.set_ef(ef)
                milliseconds, found = _timed(
                    lambda query, at=index: at.knn_query(query, k=K, num_threads=1)[0][0], queries
                )
                yield {
                    "data": data, "M": m, "efConstruction": ef_construction, "ef": ef, "buildSeconds": round(built, 2),
                    "fileMb": round(index.index_file_size() / 1e6, 1), "p50Ms": milliseconds,
                    "recallAt10": truth.recall([rows.astype(int).tolist() for rows in found]),
                }  # fmt: skip


def _crossing(prepared: Prepared):
    """Yield, for growing shops of one kind, the time of a scan and of an index at the `ef` that it chooses."""
    everything = np.load(prepared.folder / "vectors.npy", mmap_mode="r")
    for size in (each for each in SIZES if each <= len(everything)):
        rows = np.array(everything[-size:])
        queries = make_queries({"shop": rows}, np.random.default_rng(SEED), _NUM_QUERIES)
        started = time.perf_counter()
        index = build_index(rows)
        built = time.perf_counter() - started
        vectors = vectors_of(rows, None)

        def scan(query, vectors=vectors):
            codes = ScanQuery.of(query)
            products, margin = vectors.scan(codes), vectors.scan_margin(codes)
            best = highest(products, K, K, margin)
            return vectors.scores(best, query)

        yield {
            "rows": size, "scanMs": _timed(scan, queries)[0],
            "indexMs": _timed(lambda query, at=index: at.search(query, K), queries)[0],
            "ef": index.ef, "buildSeconds": round(built, 1), "recallWanted": RECALL,
        }  # fmt: skip


def _timed(search, queries) -> tuple[float, list]:
    """Return the median milliseconds of a search, and what it found."""
    seconds, found = [], []
    for _, query in queries:
        started = time.perf_counter()
        found.append(search(query))
        seconds.append(time.perf_counter() - started)
    return round(float(np.median(seconds)) * 1000, 4), found


def unit_costs(prepared: Prepared) -> dict:
    """Return what an item costs on disk, in bytes, and what a million rows cost to scan, in milliseconds."""
    replica = Replica(prepared.settings, prepared.bundle)
    started = time.perf_counter()
    replica.refresh()
    loaded = time.perf_counter() - started
    files = list(prepared.data_dir.glob("shops/**/*.columns")), list(prepared.data_dir.glob("shops/**/*.hnsw"))
    columns, indexes = (sum(path.stat().st_size for path in paths) for paths in files)
    indexed = sum(len(state) for state in replica.shops.values() if state.index is not None)
    scanned = [state for state in replica.shops.values() if state.index is None]
    largest = max(scanned, key=len)
    query = next(query for shop, query in prepared.queries if shop == largest.shop)
    milliseconds, _ = _timed(lambda each: recommend(largest, each, K, Filters(), 0), [("", query)] * 100)
    replica.stop()
    return {
        "catalogueBytes": round((prepared.data_dir / "catalogue.sqlite").stat().st_size / prepared.num_items),
        "columnBytes": round(columns / prepared.num_items),
        "indexBytes": round(indexes / indexed) if indexed else None,
        "indexedItems": indexed,
        "loadSeconds": round(loaded, 2),
        "scanMsPerMillionRows": round(milliseconds / len(largest) * 1e6, 2),
        "scannedShop": len(largest),
    }
