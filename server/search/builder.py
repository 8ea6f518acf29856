"""Builder of snapshots, which answers no requests.

A worker that finds one due starts `python -m server.search.builder`; `ingest` builds in its own process. One process
builds at a time in a data directory.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import numpy as np
import orjson

from kernel.shop_metric import estimate, moments_from
from server.catalogue.checksums import Damage
from server.catalogue.columns import Vocabularies, rows_from
from server.catalogue.database import Catalogue, Change
from server.encoding.bundle import Bundle, load_bundle
from server.errors import AlreadyLockedError, SnapshotError
from server.locks import held_lock
from server.search import snapshots
from server.search.column_file import Columns
from server.search.index import build_index
from server.search.metrics import metric_id, metric_of
from server.settings import Settings, child_environment, settings_from

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_PARENT_SECONDS = 0.5
_LOWEST_PRIORITY = 10
_TERMINATED_SECONDS = 10


@contextmanager
def building(settings: Settings, *, wait: bool) -> Iterator[None]:
    """Be the one builder of a data directory; raises AlreadyLockedError for another, unless `wait`."""
    with held_lock(settings.data_dir / "build.lock", "process {pid} is building", wait=wait):
        yield


def build(settings: Settings, bundle: Bundle, shops: Sequence[str]) -> int:
    """Make a snapshot of each shop, and return how many have an index. Call it inside `building`."""
    with closing(Catalogue(settings.data_dir)) as catalogue:
        snapshots.remove_gone(settings.data_dir, bundle.space, catalogue.live_shops())
        return sum(_build(settings, bundle, catalogue, shop) for shop in shops)


def _build(settings: Settings, bundle: Bundle, catalogue: Catalogue, shop: str) -> bool:
    """Publish a snapshot of a shop beside the one in use, in a metric estimated now; return whether it has an index."""
    directory = snapshots.directory_of(settings.data_dir, shop, bundle.space)
    columns = read_columns(catalogue, bundle, shop)
    if len(columns.rows) == 0:  # all its items went a moment ago
        return False
    try:
        snapshots.sweep(directory)
        index = None
        if len(columns.rows) > settings.exact_max_items:
            index = build_index(columns.rows.vectors.stored(slice(None)))
        snapshots.publish(directory, shop, bundle.space, columns, index)
    except SnapshotError as error:
        logger.error("%s; the shop is scanned until it can be", error)
        return False
    return index is not None


def read_columns(catalogue: Catalogue, bundle: Bundle, shop: str) -> Columns:
    """Return a shop's sound items in the bundle's space, in a metric estimated from them."""
    left_out: list[Damage] = []
    with catalogue.snapshot():
        epoch, version = catalogue.epoch(), catalogue.shop_versions().get(shop, 0)
        found = catalogue.rows_of(catalogue.live_labels(shop), left_out, bundle.space)
        changes = [change for change in found if change.shop == shop and is_usable(change, bundle)]
    moments = None
    if bundle.metric is not None:
        raw = b"".join(change.embedding or b"" for change in changes)
        vectors = np.frombuffer(raw, dtype="<f4").reshape(len(changes), bundle.dim)
        blocks = bundle.metric.own.blocks
        moments = estimate(vectors, blocks)
        # As a reader of the file will have them, so that both give the same metric.
        moments = moments_from(moments.to_bytes(), blocks, bundle.dim, moments.counts)
    vocabularies = Vocabularies()
    metric = metric_of(bundle, moments)
    rows = rows_from(changes, bundle.dim, vocabularies, metric)
    return Columns(rows, vocabularies, epoch, version, metric_id(metric), moments, tuple(left_out))


def is_usable(change: Change, bundle: Bundle) -> bool:
    """Return whether a change is in this bundle's space, or ends an item. Other spaces cannot be compared."""
    if change.embedding is None:
        return True
    return change.space == bundle.space and len(change.embedding) == 4 * bundle.dim


def build_apart(settings: Settings, shops: Sequence[str], stopping: threading.Event) -> bool:
    """Make what is due in a process of its own; return whether all of it is made, by it or by another.

    It ends when `stopping` is set.
    """
    try:
        with building(settings, wait=False):
            pass
    except AlreadyLockedError:  # what it leaves is due in the next round
        return True
    command = [sys.executable, "-m", "server.search.builder", orjson.dumps(list(shops)).decode(), str(os.getpid())]
    with subprocess.Popen(command, env=child_environment(settings)) as process:  # noqa: S603 (our own module)
        while process.poll() is None:
            if stopping.wait(_POLL_SECONDS):
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_TERMINATED_SECONDS)
                process.kill()
        return process.returncode == 0


def _end_with(parent: int) -> None:
    """End this process when the worker that started it has ended, which may have been killed."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(1)  # a snapshot that is not published was never there


def _main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):  # a snapshot that is not published was never there
        signal.signal(number, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(_LOWEST_PRIORITY)
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), name="parent", daemon=True).start()
    settings = settings_from({}, os.environ)
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    with suppress(AlreadyLockedError), building(settings, wait=False):
        with closing(Catalogue(settings.data_dir)) as catalogue:
            if bundle.space not in catalogue.kept_spaces():  # dropped a moment ago
                return 0
        build(settings, bundle, orjson.loads(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
