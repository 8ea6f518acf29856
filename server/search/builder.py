"""Builder of indexes and estimates, which answers no requests.

A worker that finds one due starts `python -m server.search.builder`; `ingest` builds in its own process. One process
builds at a time in a data directory.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass

import orjson

from kernel.shop_metric import ShopMetric
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle, load_bundle
from server.errors import AlreadyLockedError, SnapshotError
from server.locks import held_lock
from server.search import metrics, snapshots
from server.search.index import build_index
from server.settings import Settings, child_environment, settings_from

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.2
_LOWEST_PRIORITY = 10
_TERMINATED_SECONDS = 10


@dataclass(frozen=True)
class Due:
    """Shops whose moments have to be estimated, and shops that need an index."""

    estimates: list[str]
    indexes: list[str]

    def __bool__(self) -> bool:
        return bool(self.estimates or self.indexes)

    def first(self, count: int) -> "Due":
        """Return the first shops of each."""
        return Due(self.estimates[:count], self.indexes[:count])


@contextmanager
def building(settings: Settings, *, wait: bool) -> Iterator[None]:
    """Be the one builder of a data directory; raises AlreadyLockedError for another, unless `wait`."""
    with held_lock(settings.data_dir / "build.lock", "process {pid} is building", wait=wait):
        yield


def build(settings: Settings, bundle: Bundle, due: Due) -> int:
    """Make what is due, and return how many indexes. Call it inside `building`."""
    with closing(Catalogue(settings.data_dir)) as catalogue:
        for shop in due.estimates:
            estimate, _, _ = metrics.estimated(catalogue, shop, bundle)
            if estimate is not None:
                catalogue.write_estimate(estimate)
        return sum(_build_index(settings, bundle, catalogue, shop) for shop in due.indexes)


def _build_index(settings: Settings, bundle: Bundle, catalogue: Catalogue, shop: str) -> bool:
    """Build an index beside the one in use, of vectors in a metric estimated now; publish it, then the estimate."""
    directory = snapshots.directory_of(settings.data_dir, shop)
    seq = catalogue.seq()
    estimate, labels, items = metrics.estimated(catalogue, shop, bundle)
    if len(labels) == 0:  # all its items went a moment ago
        return False
    metric = metrics.metric_of(bundle, estimate)
    try:
        snapshots.sweep(directory)
        index = build_index(labels, items if metric is None else metric.stored(items), settings.ef)
        snapshots.publish(directory, index, shop, bundle.space, seq, metric_id(metric))
    except SnapshotError as error:
        logger.error("%s; the shop stays scanned exactly", error)
        return False
    if estimate is not None:
        catalogue.write_estimate(estimate)
    return True


def metric_id(metric: ShopMetric | None) -> str:
    """Return what a snapshot names its metric by."""
    return snapshots.NO_METRIC if metric is None else metric.metric_id


def build_apart(settings: Settings, due: Due, stopping: threading.Event) -> bool:
    """Make what is due in a process of its own; return whether all of it is made, by it or by another.

    It ends when `stopping` is set.
    """
    try:
        with building(settings, wait=False):
            pass
    except AlreadyLockedError:  # what it leaves is due in the next round
        return True
    command = [sys.executable, "-m", "server.search.builder", orjson.dumps(asdict(due)).decode()]
    with subprocess.Popen(command, env=child_environment(settings)) as process:  # noqa: S603 (our own module)
        while process.poll() is None:
            if stopping.wait(_POLL_SECONDS):
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_TERMINATED_SECONDS)
                process.kill()
        return process.returncode == 0


def _main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):  # a snapshot that is not published was never there
        signal.signal(number, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(_LOWEST_PRIORITY)
    settings = settings_from({}, os.environ)
    due = Due(**orjson.loads(sys.argv[1]))
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    try:
        with building(settings, wait=False):
            num_built = build(settings, bundle, due)
    except AlreadyLockedError:
        return 0
    return 0 if num_built == len(due.indexes) else 1


if __name__ == "__main__":
    sys.exit(_main())
