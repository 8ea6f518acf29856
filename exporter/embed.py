"""Item vectors of a products.jsonl, written to a .npy that a killed run continues."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypedDict

from encoders.product_lines import Line, read_lines
from encoders.towers import usable_cores
from exporter.embed_chunks import ChunkEncoder, Counts, EncodedChunk, Job, encode_chunk
from exporter.errors import ExporterError, InputError
from exporter.vector_file import Origin, VectorFile, read_finished
from exporter.verify import bundle_id, verify
from kernel.chunks import chunks_of
from kernel.dask_map import ClusterError, ClusterLostError, dask_map
from kernel.progress import TerminalProgress

CHUNK_LINES = 256
# What a worker runs; the fingerprint of these folders must be the same on every worker.
_ROOMS = ("exporter", "encoders")


@dataclass(frozen=True)
class Engine:
    """Where chunks are encoded: this process, or Dask on processes of this machine or on a scheduler's workers."""

    num_workers: int
    is_dask: bool = False
    scheduler: str | None = None


class Summary(TypedDict):
    """Summary of an embedding, as the command prints it. `seconds` are this run's, all counts the whole file's."""

    rows: int
    dim: int
    rejected: int
    skipped: dict[str, int]
    withImage: int
    unusableImages: int
    bundleId: str
    space: str
    seconds: float


def embed(
    products: Path, bundle: Path, out: Path, images: Path | None, engine: Engine, say: Callable[[str], None]
) -> Summary:
    """Write the vectors of every valid product to `out`, and return the summary.

    `say` gets one line for each rejected line. Raises InputError for a file or cluster that cannot be used, BundleError
    for a bundle that cannot, ExporterError where a cluster is lost.
    """
    started = time.monotonic()
    if not products.is_file():
        raise InputError(f"expected a products.jsonl, found none at {products}")
    if images is not None and not images.is_dir():
        raise InputError(f"--images: expected a directory, got {images}")
    manifest = verify(bundle)
    origin: Origin = {
        "products": _sha256(products),
        "images": "" if images is None else _listing(images),
        "bundleId": bundle_id(bundle),
        "space": manifest["space"],
        "dim": manifest["dim"],
        "chunkLines": CHUNK_LINES,
    }
    if (finished := read_finished(out, origin)) is not None:
        say(f"{out}: already holds the vectors of these products; delete it to make them again")
        return _summary(origin, *finished, time.monotonic() - started)
    with closing(VectorFile(out, origin)) as file:
        if file.num_rows:
            say(f"{out}: continuing after {file.num_rows:,} rows")
        job = Job(
            bundle.absolute(), origin["bundleId"], images and images.absolute(),
            num_threads=1 if engine.is_dask else 0, num_decoders=1 if engine.is_dask else engine.num_workers,
        )  # fmt: skip
        _write(products, file, _encoded(job, products, file.last, engine), say)
        file.finish()
        return _summary(origin, file.num_rows, file.counts, time.monotonic() - started)


def _summary(origin: Origin, num_rows: int, counts: Counts, seconds: float) -> Summary:
    return {
        "rows": num_rows,
        "dim": origin["dim"],
        "rejected": counts.rejected,
        "skipped": dict(sorted(counts.skipped.items())),
        "withImage": counts.with_image,
        "unusableImages": counts.unusable_images,
        "bundleId": origin["bundleId"],
        "space": origin["space"],
        "seconds": round(seconds, 1),
    }


def _encoded(job: Job, products: Path, after: Line | None, engine: Engine) -> Iterator[EncodedChunk]:
    """Yield the encoded chunks behind the line `after`, in order."""
    chunks = chunks_of(read_lines(products, after), CHUNK_LINES)
    if not engine.is_dask:
        yield from ChunkEncoder(job).encode(chunks)
        return
    shared = [job.bundle, *([job.images] if job.images else [])]
    try:
        yield from dask_map(
            partial(encode_chunk, job), chunks, scheduler=engine.scheduler, num_workers=engine.num_workers,
            rooms=_ROOMS, shared=shared, chunk_size=1,
        )  # fmt: skip
    except ClusterError as error:
        raise InputError(str(error)) from error
    except ClusterLostError as error:
        raise ExporterError(str(error)) from error


def _write(products: Path, file: VectorFile, encoded: Iterator[EncodedChunk], say: Callable[[str], None]) -> None:
    """Append the chunks to the file, with progress."""
    total_bytes, started, before = products.stat().st_size, time.monotonic(), file.num_rows
    with TerminalProgress(keeps_bars=True) as progress:
        for chunk in encoded:
            file.append(chunk)
            for number, problem in chunk.rejected:
                say(f"{products}:{number}: rejected: {problem}")
            rate = (file.num_rows - before) / max(time.monotonic() - started, 1e-6)
            note = f"{file.num_rows:,} rows, {rate:.0f}/s"
            progress.update("embed", chunk.last.end_bytes, total_bytes, note, as_percent=True)


def default_workers() -> int:
    """Return the default number of decode threads or processes: one for each usable core."""
    return usable_cores()


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _listing(directory: Path) -> str:
    """Return the SHA-256 of the names, sizes and times of change of a directory's files."""
    digest = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        found = path.stat()
        digest.update(f"{path.name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()
