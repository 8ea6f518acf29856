"""Replica: a worker's own copy of every shop, which follows the catalogue's change sequence.

Readers take `shops` once and never wait: every change creates new states, and one assignment swaps them in. When a
shop outgrows scanning, the process that gets the build lock builds an index in the background and publishes it as a
snapshot. The others see CURRENT change and load it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from kernel.shop_metric import ShopMetric
from server.catalogue.database import Catalogue, Change
from server.encoding.bundle import Bundle
from server.errors import AlreadyLockedError, OtherMetricError, SnapshotError
from server.locks import held_lock
from server.search import metrics, snapshots
from server.search.index import build_index
from server.search.shop_state import ShopState, empty_state
from server.settings import Settings

logger = logging.getLogger(__name__)


class Replica:
    """Copy of every shop of the catalogue whose items are in the bundle's space."""

    def __init__(self, settings: Settings, bundle: Bundle) -> None:
        self._settings = settings
        self._bundle = bundle
        self._catalogue = Catalogue(settings.data_dir)
        self._shops: Mapping[str, ShopState] = {}
        self._seq = 0
        self._data_version: int | None = None
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._refreshing = threading.Lock()
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._threads: list[threading.Thread] = []

    @property
    def shops(self) -> Mapping[str, ShopState]:
        """Return shop -> its current state. Read it once per request: the next read may be newer."""
        return self._shops

    @property
    def seq(self) -> int:
        """Return the newest change of the catalogue that `shops` contains."""
        return self._seq

    @property
    def is_ready(self) -> bool:
        """Return whether the catalogue has been loaded once."""
        return self._ready.is_set()

    def start(self) -> None:
        """Load and follow in the background; `is_ready` becomes true after the first load."""
        for target, name in ((self._follow, "follow-catalogue"), (self._keep_indexed, "build-indexes")):
            thread = threading.Thread(target=target, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the background threads and close the catalogue."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._catalogue.close()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Return whether the first load finished in time."""
        return self._ready.wait(timeout_seconds)

    def refresh(self) -> None:
        """Bring `shops` up to the catalogue's newest change, metrics and snapshots; one assignment swaps them in."""
        with self._refreshing:
            shops, seq = self._shops, self._seq
            version = self._catalogue.data_version()
            if version != self._data_version or not self.is_ready:
                shops, seq = self._changed()
            self._shops, self._seq = self._with_snapshots(shops), seq
            self._data_version = version
            self._ready.set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.refresh)
            self._stopping.wait(self._settings.poll_interval_ms / 1000)

    def _keep_indexed(self) -> None:
        self._ready.wait()
        while not self._stopping.is_set():
            self._guarded(self.build_indexes)
            self._stopping.wait(max(1.0, self._settings.poll_interval_ms / 1000))

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:  # the thread must outlive a full disk or a locked file; the next round tries again
            if not self._stopping.is_set():
                logger.exception("background work failed; it is tried again")

    # Following

    def _changed(self) -> tuple[dict[str, ShopState], int]:
        """Return the shops after the catalogue's newest change, and its number."""
        with self._catalogue.snapshot():
            since = self._seq
            if since < self._catalogue.purged_seq():
                since = 0  # deletions may have been purged unseen: start over
            reached = self._catalogue.seq()
            shops = {} if since == 0 else dict(self._shops)
            if since == 0:
                self._stamps.clear()
            if reached > since:
                versions = self._catalogue.shop_versions()
                for shop, changes in group_by_shop(self._catalogue.changes_since(since)).items():
                    usable = [change for change in changes if self._is_usable(change)]
                    state = shops.get(shop) or self._empty(shop)
                    shops[shop] = state.with_changes(usable, versions.get(shop, 0))
            shops = {shop: state for shop, state in shops.items() if len(state)}
            return self._with_metrics(shops), reached

    def _empty(self, shop: str) -> ShopState:
        return empty_state(shop, self._bundle.dim, *metrics.current(self._catalogue, shop, self._bundle))

    def _with_metrics(self, shops: dict[str, ShopState]) -> dict[str, ShopState]:
        """Return the shops, those whose moments were estimated again compared by their new metric."""
        if self._bundle.metric is None:
            return shops
        estimated_at = self._catalogue.estimated_at(self._bundle.space)
        for shop, state in shops.items():
            known = None if state.estimate is None else state.estimate.seq
            if estimated_at.get(shop) != known:
                metric, estimate = metrics.current(self._catalogue, shop, self._bundle)
                labels, items = self._catalogue.live_vectors(shop, self._bundle.space, self._bundle.dim)
                shops[shop] = state.with_metric(metric, estimate, labels, items)
                self._stamps.pop(shop, None)
        return shops

    def _is_usable(self, change: Change) -> bool:
        """Return whether a change is in this bundle's space, or ends an item. Other spaces cannot be compared."""
        if change.embedding is None:
            return True
        return change.space == self._bundle.space and len(change.embedding) == 4 * self._bundle.dim

    # Snapshots

    def _with_snapshots(self, shops: Mapping[str, ShopState]) -> Mapping[str, ShopState]:
        """Return the shops with the newest snapshots of their indexes."""
        adopted = dict(shops)
        for shop, state in shops.items():
            if len(state) <= self._settings.exact_max_items and state.index is None:
                continue
            directory = snapshots.directory_of(self._settings.data_dir, shop)
            stamp = snapshots.current_stamp(directory)
            if stamp == self._stamps.get(shop):
                continue
            self._stamps[shop] = stamp
            if stamp is not None:
                adopted[shop] = self._with_index(directory, state)
        return adopted

    def _with_index(self, directory: Path, state: ShopState) -> ShopState:
        bundle = self._bundle
        try:
            found = snapshots.load_current(
                directory, state.shop, bundle.space, bundle.dim, self._settings.ef, _metric_id(state.metric)
            )
        except OtherMetricError:
            # Published a moment before its estimate is: the present index stays until that has come.
            return state
        except SnapshotError as error:
            logger.warning(
                "index of %s not used, scanning until it is rebuilt from the catalogue: %s", state.shop, error
            )
            return state.with_index(None)
        return state.with_index(found[0])

    def build_indexes(self, *, wait: bool = False) -> int:
        """Estimate moments and build indexes where due; return how many indexes. `wait`: for another builder."""
        if not any(self._needs_estimate(state) or self._needs_index(state) for state in self._shops.values()):
            return 0
        lock = self._settings.data_dir / "build.lock"
        try:
            with held_lock(lock, "process {pid} is building", wait=wait), closing(self._own_connection()) as catalogue:
                self.refresh()  # the previous holder may have built what was missing
                self._estimate_moments(catalogue)
                needy = [state for state in self._shops.values() if self._needs_index(state)]
                return sum(self._build(catalogue, state) for state in needy if not self._stopping.is_set())
        except AlreadyLockedError:
            return 0

    def _own_connection(self) -> Catalogue:
        """Return a connection for the builder's thread; what it commits, `refresh` sees as another's change."""
        return Catalogue(self._settings.data_dir)

    def _needs_estimate(self, state: ShopState) -> bool:
        """Return whether a scanned shop's moments are due; those of an indexed shop are estimated with its index."""
        return len(state) <= self._settings.exact_max_items and metrics.is_due(state, self._bundle)

    def _needs_index(self, state: ShopState) -> bool:
        return state.needs_index(self._settings.exact_max_items, self._settings.delta_max_items)

    def _estimate_moments(self, catalogue: Catalogue) -> None:
        due = [shop for shop, state in self._shops.items() if self._needs_estimate(state)]
        for shop in due:
            estimate, _, _ = metrics.estimated(catalogue, shop, self._bundle)
            if estimate is not None:
                catalogue.write_estimate(estimate)
        if due:
            self.refresh()

    def _build(self, catalogue: Catalogue, state: ShopState) -> bool:
        """Build an index beside the one in use, of vectors in a metric estimated now; publish it, then the estimate."""
        directory = snapshots.directory_of(self._settings.data_dir, state.shop)
        estimate, labels, items = metrics.estimated(catalogue, state.shop, self._bundle)
        metric = metrics.metric_of(self._bundle, estimate)
        try:
            snapshots.sweep(directory)
            index = build_index(labels, items if metric is None else metric.stored(items), self._settings.ef)
            space = self._bundle.space
            snapshots.publish(directory, index, state.shop, space, self._seq, _metric_id(metric))
        except SnapshotError as error:
            logger.error("%s; the shop stays scanned exactly", error)
            return False
        if estimate is not None:
            catalogue.write_estimate(estimate)
        self.refresh()
        return True


def _metric_id(metric: ShopMetric | None) -> str:
    return snapshots.NO_METRIC if metric is None else metric.metric_id


def group_by_shop(changes: Iterator[Change]) -> dict[str, list[Change]]:
    """Return the changes of each shop, in order."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.shop, []).append(change)
    return grouped
