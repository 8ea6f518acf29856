"""Endpoint latency and recall over real HTTP: `python benchmarks/serving.py --bundle DIR [--out FILE]`.

100,000 clustered vectors in 50 shops of 655 to 15,323 items; queries are the mean of four items plus noise, as a user
tower's output is. The server runs as people run it (granian, two workers). In the same run, on the same queries and
the same core: hnswlib alone and exact numpy alone. Recall is counted by distance, recomputed from the ids returned,
with a tolerance, so that ties are fair. The client shares the cores with the server; its time is included.
"""

import argparse
import hashlib
import http.client
import json
import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from importlib import metadata
from pathlib import Path

import hnswlib
import numpy as np
import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kernel.commit import current_commit  # noqa: E402 (as below)
from server.catalogue.database import Catalogue, Item  # noqa: E402 (as above)
from server.encoding.bundle import load_bundle  # noqa: E402 (found once ROOT is on the path)
from server.search.index import EF_CONSTRUCTION, M, build_index  # noqa: E402 (as above)
from server.search.replica import Replica  # noqa: E402 (as above)
from server.settings import Settings  # noqa: E402 (as above)

NUM_ITEMS, NUM_SHOPS, SMALLEST, LARGEST = 100_000, 50, 655, 15_323
NUM_QUERIES, K, SEED, REPEATS = 1000, 10, 20261121, 3
RANK = 24
TOLERANCE = 1e-5


def shop_sizes():
    """Return NUM_SHOPS sizes from SMALLEST to LARGEST that add up to NUM_ITEMS, few large and many small."""
    steps = np.arange(NUM_SHOPS) / (NUM_SHOPS - 1)
    low, high = 0.1, 20.0
    for _ in range(100):
        power = (low + high) / 2
        sizes = (SMALLEST * (LARGEST / SMALLEST) ** (steps**power)).round().astype(int)
        low, high = (power, high) if sizes.sum() > NUM_ITEMS else (low, power)
    sizes[NUM_SHOPS // 2] += NUM_ITEMS - sizes.sum()
    return sizes


def unit(vectors):
    """Return `vectors` at unit length, float32."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def make_shops(dim, rng):
    """Return {shop: float32 (n, dim)}: clusters that vary along RANK directions, as embeddings of catalogues do.

    Noise in all `dim` directions would make the members of a cluster equally far from each other: neighbours that
    no shopper could tell apart, and a recall that says nothing. `sweep` measures that case too, and names it.
    """
    centres = rng.normal(size=(200, dim))
    directions = rng.normal(size=(RANK, dim)) / np.sqrt(RANK)
    shops = {}
    for number, size in enumerate(shop_sizes()):
        own = rng.choice(200, 25, replace=False)
        spread = rng.uniform(0.3, 0.9, size=(size, 1)) * (rng.normal(size=(size, RANK)) @ directions)
        shops[f"shop{number:02}.example"] = unit(
            centres[rng.choice(own, size)] + spread + 0.05 * rng.normal(size=(size, dim))
        )
    return shops


def make_queries(shops, rng):
    """Return [(shop, float32 (dim,))], shops drawn in proportion to their size."""
    names = list(shops)
    weights = np.array([len(shops[name]) for name in names]) / NUM_ITEMS
    queries = []
    for name in rng.choice(names, NUM_QUERIES, p=weights):
        vectors = shops[name]
        mean = vectors[rng.integers(len(vectors), size=4)].mean(axis=0)
        queries.append((str(name), unit(mean + 0.02 * rng.normal(size=vectors.shape[1]))))
    return queries


def fill_catalogue(data_dir, shops, space):
    """Write the shops directly through the server's catalogue."""
    catalogue = Catalogue(data_dir)
    for shop, vectors in shops.items():
        items = []
        for number, vector in enumerate(vectors):
            item_id = f"{number:016x}"
            card = {"itemId": item_id, "url": f"https://{shop}/p/{number}", "title": f"Item {number} of {shop}",
                    "brand": f"Brand {number % 100}", "categoryPath": ["Women", f"Category {number % 25}"],
                    "price": {"amount": f"{number % 200}.95", "currency": "EUR"},
                    "availability": "OutOfStock" if number % 10 == 0 else "InStock",
                    "image": f"https://{shop}/i/{number}.jpg"}  # fmt: skip
            raw = orjson.dumps(card)
            items.append(Item(shop, item_id, raw, raw, 0, vector, space, item_id, item_id, False))
        catalogue.write(items)
    catalogue.close()


def build_snapshots(settings, bundle):
    """Load the catalogue and build the indexes of shops too large for exact scanning, as ingest does at its end."""
    started = time.perf_counter()
    replica = Replica(settings, bundle)
    replica.refresh()
    loaded = time.perf_counter()
    num_built = replica.build_indexes()
    replica.stop()
    return {"loadSeconds": loaded - started, "buildSeconds": time.perf_counter() - loaded, "indexes": num_built}


def percentiles(seconds):
    """Return percentiles in milliseconds."""
    p50, p95, p99 = np.percentile(np.array(seconds) * 1000, [50, 95, 99])
    return {"p50Ms": round(float(p50), 3), "p95Ms": round(float(p95), 3), "p99Ms": round(float(p99), 3)}


def combine(runs):
    """Return the median of each figure over the repeats, with the smallest and largest."""
    return {
        name: {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for name in runs[0]
        for values in [[run[name] for run in runs]]
    }


def recall_at_k(shops, queries, found):
    """Return the share of returned items at least as near as the true K-th, over all queries."""
    hits = 0
    for (shop, query), rows in zip(queries, found, strict=True):
        scores = shops[shop] @ query
        kth = np.partition(scores, len(scores) - K)[len(scores) - K]
        hits += int(np.count_nonzero(scores[list(set(rows))] >= kth - TOLERANCE))
    return round(hits / (K * len(queries)), 5)


def time_calls(call, queries):
    """Return the seconds and the rows found for each query."""
    seconds, found = [], []
    for shop, query in queries:
        started = time.perf_counter()
        rows = call(shop, query)
        seconds.append(time.perf_counter() - started)
        found.append(rows)
    return seconds, found


def in_process(shops, queries, ef):
    """Return the figures of hnswlib and numpy without a server."""
    indexes = {shop: build_index(np.arange(len(vectors)), vectors, ef).hnsw for shop, vectors in shops.items()}

    def knn(shop, query):
        return indexes[shop].knn_query(query, k=K, num_threads=1)[0][0]

    def exact(shop, query):
        scores = np.vecdot(shops[shop], query)
        return np.argpartition(-scores, K)[:K]

    results = {}
    for name, call in (("hnswlib", knn), ("numpyExact", exact)):
        time_calls(call, queries[:100])
        runs = []
        for _ in range(REPEATS):
            seconds, found = time_calls(call, queries)
            runs.append(percentiles(seconds))
        results[name] = {**combine(runs), "recallAt10": recall_at_k(shops, queries, found)}
    return results


def sweep(shops, rng):
    """Return recall@10 and mean time by M, ef_construction and ef, on the largest shop and on noise of full rank."""
    dim = shops["shop49.example"].shape[1]
    centres = rng.normal(size=(25, dim))
    noise = rng.uniform(0.3, 0.9, size=(LARGEST, 1)) * rng.normal(size=(LARGEST, dim))
    kinds = {"rank24": shops["shop49.example"], "fullRank": unit(centres[rng.integers(25, size=LARGEST)] + noise)}
    rows = []
    for kind, vectors in kinds.items():
        means = vectors[rng.integers(LARGEST, size=(300, 4))].mean(axis=1)
        queries = [("x", query) for query in unit(means + 0.02 * rng.normal(size=means.shape))]
        for m, ef_construction in ((16, 200), (16, 400), (32, 400)):
            index = hnswlib.Index("ip", dim)
            index.init_index(LARGEST, M=m, ef_construction=ef_construction, random_seed=SEED % 1000)
            started = time.perf_counter()
            index.add_items(vectors, num_threads=1)
            build_seconds = time.perf_counter() - started
            for ef in (32, 64, 128, 256, 512):
                index.set_ef(ef)
                seconds, found = time_calls(
                    lambda _, query, index=index: index.knn_query(query, k=K, num_threads=1)[0][0], queries
                )
                rows.append({
                    "data": kind, "M": m, "efConstruction": ef_construction, "ef": ef,
                    "recallAt10": recall_at_k({"x": vectors}, queries, found),
                    "p50Ms": percentiles(seconds)["p50Ms"], "buildSeconds": round(build_seconds, 1),
                    "fileMb": round(index.index_file_size() / 2**20, 1),
                })  # fmt: skip
    return rows


def payloads(queries, space, **extra):
    """Return request bodies."""
    return [
        orjson.dumps(
            {"mode": "own", "shop": shop, "k": K, "vector": query, "space": space, **extra},
            option=orjson.OPT_SERIALIZE_NUMPY,
        )
        for shop, query in queries
    ]


def send_all(port, bodies, positions):
    """Return the seconds and item ids per request, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    seconds, answers = [], []
    for position in positions:
        started = time.perf_counter()
        connection.request("POST", "/v1/recommendations", bodies[position], {"Content-Type": "application/json"})
        response = connection.getresponse()
        raw = response.read()
        seconds.append(time.perf_counter() - started)
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {raw[:200]!r}")
        answers.append(raw)
    connection.close()
    return seconds, answers


def one_connection(port, bodies):
    """Return the figures over one connection and the last repeat's answers."""
    runs = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        seconds, answers = send_all(port, bodies, range(len(bodies)))
        runs.append({**percentiles(seconds), "requestsPerSecond": round(len(bodies) / (time.perf_counter() - started))})
    return combine(runs), answers


def many_connections(port, bodies, num_connections):
    """Return the figures over several connections at once."""
    runs = []
    for _ in range(REPEATS):
        collected = []
        parts = [range(start, len(bodies), num_connections) for start in range(num_connections)]

        def send_part(part, into=collected):
            into.extend(send_all(port, bodies, part)[0])

        threads = [threading.Thread(target=send_part, args=(part,)) for part in parts]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        elapsed = time.perf_counter() - started
        if len(collected) != len(bodies):
            raise RuntimeError(f"expected {len(bodies)} answers, got {len(collected)}")
        runs.append({**percentiles(collected), "requestsPerSecond": round(len(bodies) / elapsed)})
    return combine(runs)


def start_server(data_dir, bundle_dir, threads):
    """Start a server and return its process, port and seconds until ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "server", "run", "--data", data_dir, "--bundle", bundle_dir, "--port", str(port),
               "--threads-per-worker", str(threads)]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stderr=subprocess.DEVNULL)
    while process.poll() is None and time.perf_counter() - started < 120:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return process, port, time.perf_counter() - started
        except OSError:
            pass  # not listening yet
        finally:
            connection.close()
        time.sleep(0.02)
    raise RuntimeError("the server did not become ready")


def measure_http(settings, bundle, shops, queries, threads):
    """Return everything that is measured through HTTP."""
    process, port, ready_seconds = start_server(settings.data_dir, settings.bundle_dir, threads)
    try:
        time.sleep(2)  # the other worker loads too
        plain = payloads(queries, bundle.space, diversity=0)
        send_all(port, plain, range(200))
        figures, answers = one_connection(port, plain)
        found = [[int(item["itemId"], 16) for item in orjson.loads(raw)["items"]] for raw in answers]
        strategies = [orjson.loads(raw)["strategy"] for raw in answers]
        cases = {
            "rerankDefault": payloads(queries, bundle.space),
            "filterKeepsOnePercent": payloads(queries, bundle.space, diversity=0, filters={"brands": ["Brand 7"]}),
            "filterKeepsNinetyPercent": payloads(queries, bundle.space, diversity=0, filters={"inStock": True}),
        }
        return {
            "threadsPerWorker": threads,
            "readySeconds": round(ready_seconds, 2),
            "recallAt10": recall_at_k(shops, queries, found),
            "strategies": {name: strategies.count(name) for name in sorted(set(strategies))},
            "oneConnection": figures,
            "eightConnections": many_connections(port, plain, 8),
            **{name: one_connection(port, bodies)[0] for name, bodies in cases.items()},
            "firstScreen": one_connection(
                port, [orjson.dumps({"mode": "own", "shop": shop, "k": K}) for shop, _ in queries[:200]]
            )[0],
        }
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def conditions(shops, bundle):
    """Return the conditions that the figures depend on."""
    digest = hashlib.sha256()
    for shop in sorted(shops):
        digest.update(shops[shop].tobytes())
    names = ("numpy", "hnswlib", "flask", "granian", "orjson")
    return {
        "command": "python benchmarks/serving.py --bundle var/bundles/lite",
        "commit": current_commit(),
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "loadAverageAtStart": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in names},
        "seed": SEED,
        "dataSha256": digest.hexdigest(),
        "items": NUM_ITEMS, "shops": NUM_SHOPS, "smallestShop": SMALLEST, "largestShop": LARGEST,
        "dim": bundle.dim, "k": K, "queries": NUM_QUERIES, "repeats": REPEATS,
        "M": M, "efConstruction": EF_CONSTRUCTION,
    }  # fmt: skip


def main():
    """Run everything and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "serving.json")
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.bundle)
    rng = np.random.default_rng(SEED)
    shops = make_shops(bundle.dim, rng)
    queries = make_queries(shops, rng)
    results = {"conditions": conditions(shops, bundle)}
    scratch = Path(tempfile.mkdtemp(prefix="carryover-serving-"))
    try:
        settings = Settings(data_dir=scratch, bundle_dir=arguments.bundle)
        results["conditions"]["ef"] = settings.ef
        fill_catalogue(scratch, shops, bundle.space)
        results["snapshots"] = {name: round(value, 2) for name, value in build_snapshots(settings, bundle).items()}
        print(json.dumps(results["snapshots"]), file=sys.stderr)
        results["inProcess"] = in_process(shops, queries, settings.ef)
        print(json.dumps(results["inProcess"]), file=sys.stderr)
        results["sweep"] = sweep(shops, rng)
        results["http"] = [measure_http(settings, bundle, shops, queries, threads) for threads in (1, 2)]
    finally:
        shutil.rmtree(scratch)
    results["conditions"]["loadAverageAtEnd"] = [round(load, 2) for load in os.getloadavg()]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results["http"], indent=1))


if __name__ == "__main__":
    main()
