"""Replica: a worker's view of every shop, which follows the catalogue's change sequence.

Readers take `shops` once and never wait: every change creates new states, and one assignment swaps them in. Most of a
shop is in a snapshot, a file that all workers map; what has changed since comes from the catalogue. When a shop
outgrows its snapshot, a process apart makes a new one (`server.search.builder`), and every worker sees it published.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from server.catalogue.checksums import Damage
from server.catalogue.database import Catalogue, Change
from server.encoding.bundle import Bundle
from server.errors import SnapshotError
from server.search import builder, metrics, snapshots
from server.search.builder import is_usable
from server.search.shop_state import ShopState, empty_state, state_from
from server.settings import Settings

logger = logging.getLogger(__name__)

# After a build that failed; the shop is scanned meanwhile.
_RETRY_SECONDS = 10.0
# Shops of one process that builds: their names have to fit its command line.
_MOST_AT_ONCE = 100


class Replica:
    """View of every shop of the catalogue whose items are in the bundle's space."""

    def __init__(self, settings: Settings, bundle: Bundle) -> None:
        self._settings = replace(settings, bundle_dir=bundle.directory)  # what a process that builds is started with
        self._bundle = bundle
        self._own_metric = metrics.metric_of(bundle, None)
        self._catalogue = Catalogue(settings.data_dir)
        self._shops: Mapping[str, ShopState] = {}
        self._seq = 0
        self._damaged: frozenset[Damage] = frozenset()
        self._data_version: int | None = None
        self._published: tuple[int, int] | None = None
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

    @property
    def num_damaged(self) -> dict[str, int]:
        """Return shop -> the number of its rows that are damaged and so not served."""
        return dict(Counter(row.shop for row in self._damaged))

    def start(self) -> None:
        """Load and follow in the background; `is_ready` becomes true after the first load."""
        for target, name in ((self._follow, "follow-catalogue"), (self._keep_built, "build-snapshots")):
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
        """Bring `shops` up to the catalogue's newest change and snapshots; one assignment swaps them in."""
        with self._refreshing:
            published = snapshots.published_stamp(self._settings.data_dir, self._bundle.space)
            version = self._catalogue.data_version()
            if version == self._data_version and published == self._published and self.is_ready:
                return
            self._shops, self._seq = self._advanced(looks_for_snapshots=published != self._published)
            self._data_version, self._published = version, published
            self._ready.set()

    def _follow(self) -> None:
        while not self._stopping.is_set():
            self._guarded(self.refresh)
            self._stopping.wait(self._settings.poll_interval_ms / 1000)

    def _keep_built(self) -> None:
        """Have snapshots built in a process of their own, so that answering shares neither time nor memory with it."""
        self._ready.wait()
        while not self._stopping.is_set():
            self._guarded(self._build_apart)
            self._stopping.wait(max(1.0, self._settings.poll_interval_ms / 1000))

    def _build_apart(self) -> None:
        due = self.due()[:_MOST_AT_ONCE]
        if not due:
            return
        if builder.build_apart(self._settings, due, self._stopping):
            self.refresh()
        if set(due) & set(self.due()):
            self._stopping.wait(_RETRY_SECONDS)

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except Exception:  # the thread must outlive a full disk or a locked file; the next round tries again
            if not self._stopping.is_set():
                logger.exception("background work failed; it is tried again")

    # Following

    def _advanced(self, *, looks_for_snapshots: bool) -> tuple[dict[str, ShopState], int]:
        """Return the shops after the catalogue's newest change, and its number."""
        with self._catalogue.snapshot():
            since, reached = self._seq, self._catalogue.seq()
            # Deletions may have been purged unseen, and before the first load nothing has been seen.
            starts_over = since == 0 or since < self._catalogue.purged_seq()
            versions = self._catalogue.shop_versions()
            if starts_over:
                versions |= dict.fromkeys(self._catalogue.live_shops() - set(versions), -1)
            damaged: list[Damage] = []
            shops = {} if starts_over else dict(self._shops)
            if not starts_over and reached > since:
                for shop, changes in self._changes_since(since, damaged).items():
                    state = shops.get(shop) or self._empty(shop)
                    shops[shop] = state.with_changes(self._usable(changes), versions.get(shop, 0))
            if starts_over or looks_for_snapshots:
                for shop, version in versions.items():
                    if starts_over or self._has_new_snapshot(shop):
                        shops[shop] = self._loaded(shop, version, damaged)
            self._note(damaged, starts_over=starts_over)
            return {shop: state for shop, state in shops.items() if len(state)}, reached

    def _changes_since(self, seq: int, damaged: list[Damage]) -> dict[str, list[Change]]:
        return group_by_shop(self._catalogue.changes_since(seq, damaged, self._bundle.space))

    def _empty(self, shop: str) -> ShopState:
        return empty_state(shop, self._bundle.dim, self._own_metric)

    def _usable(self, changes: list[Change]) -> list[Change]:
        return [change for change in changes if is_usable(change, self._bundle)]

    def _note(self, damaged: list[Damage], *, starts_over: bool) -> None:
        """Count and log the rows that are left out; all others are served."""
        known = set() if starts_over else set(self._damaged)
        for row in damaged:
            if row not in self._damaged:
                logger.error(
                    "row %d of %s is damaged and not served: %s; see `python -m server check`",
                    row.label, row.shop, row.problem,
                )  # fmt: skip
        self._damaged = frozenset(known.union(damaged))

    # Snapshots

    def _has_new_snapshot(self, shop: str) -> bool:
        directory = snapshots.directory_of(self._settings.data_dir, shop, self._bundle.space)
        return snapshots.current_stamp(directory) != self._stamps.get(shop)

    def _loaded(self, shop: str, version: int, damaged: list[Damage]) -> ShopState:
        """Return a shop from its snapshot and what has changed since, or from the catalogue alone."""
        state = self._snapshot(shop, version, damaged)
        if state.version == version:
            return state
        labels = self._catalogue.live_labels(shop)
        is_live = np.isin(state.base.labels, labels, assume_unique=True)
        missing = np.setdiff1d(labels, state.base.labels, assume_unique=True)
        found = self._catalogue.rows_of(missing, damaged, self._bundle.space)
        changes = self._usable([change for change in found if change.shop == shop])  # an index may say otherwise
        return replace(state, base_alive=is_live, kept={}).with_changes(changes, version)

    def _snapshot(self, shop: str, version: int, damaged: list[Damage]) -> ShopState:
        """Return a shop as its snapshot has it, empty without one that can be used."""
        bundle = self._bundle
        directory = snapshots.directory_of(self._settings.data_dir, shop, bundle.space)
        self._stamps[shop] = snapshots.current_stamp(directory)
        nothing = self._empty(shop)
        if self._stamps[shop] is None:
            return nothing
        try:
            loaded = snapshots.load_current(directory, shop, bundle.space, bundle.dim, metrics.blocks_of(bundle))
        except SnapshotError as error:
            logger.warning("snapshot of %s not used, the catalogue is, until it is built again: %s", shop, error)
            return nothing
        columns = loaded.columns
        if columns.epoch != self._catalogue.epoch() or columns.version > version:
            logger.warning("snapshot of %s not used: it is of another catalogue, or of a later one", shop)
            return nothing
        metric = metrics.metric_of(bundle, columns.moments)
        if metrics.metric_id(metric) != columns.metric_id:
            logger.warning("snapshot of %s not used: it is in the metric of another bundle", shop)
            return nothing
        damaged.extend(columns.left_out)
        return state_from(shop, bundle.dim, loaded, metric)

    def due(self) -> list[str]:
        """Return the shops whose snapshot has to be made, for the first time or again."""
        return [state.shop for state in self._shops.values() if self._is_due(state)]

    def _is_due(self, state: ShopState) -> bool:
        limits = self._settings.exact_max_items, self._settings.delta_max_items
        return metrics.is_due(state, self._bundle) or state.needs_snapshot(*limits)

    def build_snapshots(self) -> int:
        """Make the snapshots that are due, in this process; return how many of them have an index.

        Waits for another process that builds.
        """
        if not self.due():
            return 0
        with builder.building(self._settings, wait=True):
            self.refresh()  # the previous holder may have built what was missing
            num_built = builder.build(self._settings, self._bundle, self.due())
        self.refresh()
        return num_built


def group_by_shop(changes: Iterator[Change]) -> dict[str, list[Change]]:
    """Return the changes of each shop, in order."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.shop, []).append(change)
    return grouped
