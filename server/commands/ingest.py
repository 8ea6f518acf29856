"""The command `ingest`: a products.jsonl into the catalogue.

Each batch is committed by itself, and a hash identifies a product whose content is already stored. So after a kill the
same command skips the finished products.
"""

import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, cast

from encoders.image_sources import LocalImages
from encoders.product_lines import Line, problem_of, read_lines
from kernel.contract_types import Product
from kernel.progress import TerminalProgress
from server.catalogue.bundles import Bundles, answering
from server.catalogue.database import Catalogue
from server.catalogue.writer import Prepared, Writer, WriteReport
from server.commands.bundles import build_snapshots
from server.encoding.bundle import check_probes, load_bundle
from server.errors import InputError
from server.locks import held_lock
from server.settings import Settings

# These verdicts mean that the item is gone. Others (blocked, needs_js, empty) give no evidence about it.
_GONE_VERDICTS = ("not_found", "listing")


@dataclass
class Tally:
    """Counts of an ingest, for its summary."""

    report: WriteReport = field(default_factory=WriteReport)
    num_rejected: int = 0
    num_unreadable: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    seen: dict[str, set[str]] = field(default_factory=dict)
    pruned: int = 0


class SecondsBy(TypedDict):
    """Seconds of an ingest, by what they were spent on; `images` is the time spent waiting for them."""

    images: float
    encoding: float
    catalogue: float
    index: float


class Summary(TypedDict):
    """Summary of an ingest, as the command prints it. Counts are of products; `provider` is the text encoder's."""

    accepted: int
    unchanged: int
    rejected: int
    skipped: dict[str, int]
    pruned: int
    embedded: int
    withImage: int
    indexesBuilt: int
    provider: str | None
    seconds: float
    itemsPerSecond: float
    secondsBy: SecondsBy
    peakRssMb: float


def ingest(
    products_path: Path,
    settings: Settings,
    images_dir: Path | None,
    *,
    prune: bool,
    say: Callable[[str], None],
) -> Summary:
    """Ingest every valid product of the file and return the summary. `say` gets one line per rejected product.

    Every item gets a vector in the space of each registered bundle. Raises InputError for one that is not registered.
    """
    if not products_path.is_file():
        raise InputError(f"expected a products.jsonl, found none at {products_path}")
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    check_probes(bundle)
    images = LocalImages(images_dir) if images_dir is not None else None
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    busy = f"process {{pid}} is already ingesting into {settings.data_dir}; wait for it, or stop it"
    started = time.perf_counter()
    with held_lock(settings.data_dir / "ingest.lock", busy):
        catalogue, tally = Catalogue(settings.data_dir), Tally()
        writer = Writer(settings, bundle, images)
        try:
            bundles = Bundles(catalogue)
            bundles.accept(bundle, "ingest")
            _ingest_lines(products_path, catalogue, writer, settings.batch_size, tally, say)
            if prune:
                _prune(catalogue, tally, say)
            catalogue.purge_tombstones()
            while catalogue.fill_words():  # of items of earlier versions
                pass
            index_started = time.perf_counter()
            answers = answering(bundles.all())
            num_indexes = sum(build_snapshots(settings, one.load(settings.trusted_keys)) for one in answers)
        finally:
            writer.close()
            catalogue.close()
    finished = time.perf_counter()
    provider = writer.encoder.provider() if tally.report.num_embedded else None
    return _summary(tally, finished - started, finished - index_started, num_indexes, provider)


def _ingest_lines(
    path: Path, catalogue: Catalogue, writer: Writer, batch_size: int, tally: Tally, say: Callable[[str], None]
) -> None:
    """Write the file's products in batches, reading the images of each while the one before is encoded."""
    total_bytes, started = path.stat().st_size, time.monotonic()
    with TerminalProgress(keeps_bars=True) as progress:

        def finish(begun: tuple[Prepared, int]) -> None:
            prepared, end_bytes = begun
            _count(writer.finish(catalogue, prepared), tally, path, say)
            num_items = tally.report.accepted + tally.report.unchanged
            rate = num_items / max(time.monotonic() - started, 1e-6)
            progress.update("ingest", end_bytes, total_bytes, f"{num_items} items, {rate:.0f}/s", as_percent=True)

        progress.update("ingest", 0, total_bytes, as_percent=True)
        waiting: tuple[Prepared, int] | None = None
        for batch in _batches(path, batch_size, tally, say):
            products = {line.number: cast(Product, line.product) for line in batch if line.product is not None}
            keys = {(product["shop"], product["itemId"]) for product in products.values()}
            if waiting is not None and keys & waiting[0].keys:
                finish(waiting)
                waiting = None
            begun = writer.prepare(catalogue, products), batch[-1].end_bytes
            if waiting is not None:
                finish(waiting)
            waiting = begun
        if waiting is not None:
            finish(waiting)


def _batches(path: Path, size: int, tally: Tally, say: Callable[[str], None]) -> Iterator[list[Line]]:
    """Yield the lines with valid products in batches; count the others, and name the rejected ones."""
    batch: list[Line] = []
    for line in read_lines(path):
        problem = _note(line, tally)
        if problem is not None:
            tally.num_rejected += 1
            say(f"{path}:{line.number}: rejected: {problem}")
        elif line.product is not None and line.product["verdict"] == "product":
            batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _note(line: Line, tally: Tally) -> str | None:
    """Count a line; return why it is rejected, or None."""
    product = line.product
    if product is None:
        tally.num_unreadable += 1
        return line.problem
    verdict = product.get("verdict")
    shop, item_id = product.get("shop"), product.get("itemId")
    if isinstance(shop, str) and isinstance(item_id, str):
        seen = tally.seen.setdefault(shop, set())
        if verdict not in _GONE_VERDICTS:
            seen.add(item_id)
    problem = problem_of(product)
    if problem is None:
        return None
    if problem.code == "other_verdict":
        tally.skipped[str(verdict)] += 1
        return None
    return problem.message


def _count(report: WriteReport, tally: Tally, path: Path, say: Callable[[str], None]) -> None:
    """Add a batch's report to the tally."""
    for number, problem in report.rejected:
        tally.num_rejected += 1
        say(f"{path}:{number}: rejected: {problem}")
    total = tally.report
    for name in ("accepted", "unchanged", "num_embedded", "num_images"):
        setattr(total, name, getattr(total, name) + getattr(report, name))
    for name in ("image_seconds", "encode_seconds", "commit_seconds"):
        setattr(total, name, getattr(total, name) + getattr(report, name))


def _prune(catalogue: Catalogue, tally: Tally, say: Callable[[str], None]) -> None:
    if tally.num_unreadable:
        say(f"not pruned: {tally.num_unreadable} lines could not be read, so what is missing is not known")
        return
    for shop, seen in sorted(tally.seen.items()):
        gone = [(shop, item_id) for item_id in catalogue.live_item_ids(shop) if item_id not in seen]
        tally.pruned += catalogue.delete(gone) if gone else 0


def _summary(tally: Tally, seconds: float, index_seconds: float, num_indexes: int, provider: str | None) -> Summary:
    report = tally.report
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "rejected": tally.num_rejected,
        "skipped": dict(sorted(tally.skipped.items())),
        "pruned": tally.pruned,
        "embedded": report.num_embedded,
        "withImage": report.num_images,
        "indexesBuilt": num_indexes,
        "provider": provider,
        "seconds": round(seconds, 3),
        "itemsPerSecond": round((report.accepted + report.unchanged) / seconds, 1) if seconds else 0.0,
        "secondsBy": {
            "images": round(report.image_seconds, 3),
            "encoding": round(report.encode_seconds, 3),
            "catalogue": round(report.commit_seconds, 3),
            "index": round(index_seconds, 3),
        },
        # Linux counts in KiB, macOS in bytes.
        "peakRssMb": round(peak / (2**20 if sys.platform == "darwin" else 1024), 1),
    }
