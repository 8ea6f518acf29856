"""Replica: a worker's own copy of every shop, which follows the catalogue's change sequence.

Readers take `shops` once and never wait: every change creates new states, and one assignment swaps them in. When a
shop outgrows scanning, a process apart builds an index and publishes it as a snapshot (`server.search.builder`). Every
worker sees CURRENT change and loads it.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from server.catalogue.checksums import Damage
from server.catalogue.database import Catalogue, Change
from server.encoding.bundle import Bundle
from server.errors import OtherMetricError, SnapshotError
from server.search import builder, metrics, snapshots
from server.search.builder import Due
from server.search.shop_state import ShopState, empty_state
from server.settings import Settings

logger = logging.getLogger(__name__)

# After a build that failed; the shop is scanned meanwhile.
_RETRY_SECONDS = 10.0
# Shops of one process that builds: their names have to fit its command line.
_MOST_AT_ONCE = 100


class Replica:
    """Copy of every shop of the catalogue whose items are in the bundle's space."""

    def __init__(self, settings: Settings, bundle: Bundle) -> None:
        self._settings = settings
        self._bundle = bundle
        self._catalogue = Catalogue(settings.data_dir)
        self._shops: Mapping[str, ShopState] = {}
        self._seq = 0
        self._damaged: frozenset[Damage] = frozenset()
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
        """Have indexes built in a process of their own, so that answering shares neither time nor memory with that."""
        self._ready.wait()
        while not self._stopping.is_set():
            self._guarded(self._build_apart)
            self._stopping.wait(max(1.0, self._settings.poll_interval_ms / 1000))

    def _build_apart(self) -> None:
        due = self.due().first(_MOST_AT_ONCE)
        if not due:
            return
        if builder.build_apart(self._settings, due, self._stopping):
            self.refresh()
        else:
            self._stopping.wait(_RETRY_SECONDS)

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
                damaged: list[Damage] = []
                for shop, changes in group_by_shop(self._catalogue.changes_since(since, damaged)).items():
                    usable = [change for change in changes if self._is_usable(change)]
                    state = shops.get(shop) or self._empty(shop)
                    shops[shop] = state.with_changes(usable, versions.get(shop, 0))
                self._note(damaged, starts_over=since == 0)
            shops = {shop: state for shop, state in shops.items() if len(state)}
            return self._with_metrics(shops), reached

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

    @property
    def num_damaged(self) -> dict[str, int]:
        """Return shop -> the number of its rows that are damaged and so not served."""
        return dict(Counter(row.shop for row in self._damaged))

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
                directory, state.shop, bundle.space, bundle.dim, self._settings.ef, builder.metric_id(state.metric)
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

    def due(self) -> Due:
        """Return the shops whose moments or whose index have to be made, for the first time or again."""
        states = self._shops.values()
        return Due(
            [state.shop for state in states if self._needs_estimate(state)],
            [state.shop for state in states if self._needs_index(state)],
        )

    def build_indexes(self) -> int:
        """Estimate moments and build indexes where due, in this process; return how many indexes.

        Waits for another process that builds.
        """
        if not self.due():
            return 0
        with builder.building(self._settings, wait=True):
            self.refresh()  # the previous holder may have built what was missing
            num_built = builder.build(self._settings, self._bundle, self.due())
        self.refresh()
        return num_built

    def _needs_estimate(self, state: ShopState) -> bool:
        """Return whether a scanned shop's moments are due; those of an indexed shop are estimated with its index."""
        return len(state) <= self._settings.exact_max_items and metrics.is_due(state, self._bundle)

    def _needs_index(self, state: ShopState) -> bool:
        return state.needs_index(self._settings.exact_max_items, self._settings.delta_max_items)


def group_by_shop(changes: Iterator[Change]) -> dict[str, list[Change]]:
    """Return the changes of each shop, in order."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.shop, []).append(change)
    return grouped
