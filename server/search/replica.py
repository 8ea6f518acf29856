"""Replica: a worker's own copy of every shop, which follows the catalogue's change sequence.

Readers take `shops` once and never wait: every change creates new states, and one assignment swaps them in. When a
shop outgrows scanning, the process that gets the build lock builds an index in the background and publishes it as a
snapshot. The others see CURRENT change and load it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from server.catalogue.database import Catalogue, Change
from server.encoding.bundle import Bundle
from server.errors import AlreadyLockedError, SnapshotError
from server.locks import held_lock
from server.search import snapshots
from server.search.index import Index, build_index
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
        """Bring `shops` up to the catalogue's newest change and the newest snapshots."""
        with self._refreshing:
            version = self._catalogue.data_version()
            if version != self._data_version or not self.is_ready:
                self._apply_changes()
                self._data_version = version
            self._adopt_snapshots()
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

    def _apply_changes(self) -> None:
        with self._catalogue.snapshot():
            since = self._seq
            if since < self._catalogue.purged_seq():
                since = 0  # deletions may have been purged unseen: start over
            reached = self._catalogue.seq()
            if reached == since and self.is_ready:
                return
            versions = self._catalogue.shop_versions()
            changes = group_by_shop(self._catalogue.changes_since(since))
        shops = {} if since == 0 else dict(self._shops)
        for shop, shop_changes in changes.items():
            usable = [change for change in shop_changes if self._is_usable(change)]
            state = shops.get(shop) or empty_state(shop, self._bundle.dim)
            shops[shop] = state.with_changes(usable, versions.get(shop, 0))
        if since == 0:
            self._stamps.clear()
        self._shops = {shop: state for shop, state in shops.items() if len(state)}
        self._seq = reached

    def _is_usable(self, change: Change) -> bool:
        """Return whether a change is in this bundle's space, or ends an item. Other spaces cannot be compared."""
        if change.embedding is None:
            return True
        return change.space == self._bundle.space and len(change.embedding) == 4 * self._bundle.dim

    # Snapshots

    def _adopt_snapshots(self) -> None:
        for shop, state in self._shops.items():
            if len(state) <= self._settings.exact_max_items and state.index is None:
                continue
            directory = snapshots.directory_of(self._settings.data_dir, shop)
            stamp = snapshots.current_stamp(directory)
            if stamp == self._stamps.get(shop):
                continue
            self._stamps[shop] = stamp
            if stamp is not None:
                index = self._load_index(directory, shop)
                self._shops = {**self._shops, shop: state.with_index(index)}

    def _load_index(self, directory: Path, shop: str) -> Index | None:
        try:
            bundle = self._bundle
            return snapshots.load_current(directory, shop, bundle.space, bundle.dim, self._settings.ef)[0]
        except SnapshotError as error:
            logger.warning("index of %s not used, scanning until it is rebuilt from the catalogue: %s", shop, error)
            return None

    def build_indexes(self, *, wait: bool = False) -> int:
        """Build and publish an index for every shop that needs one; return how many. `wait`: for another builder."""
        if not any(self._needs_index(state) for state in self._shops.values()):
            return 0
        lock = self._settings.data_dir / "build.lock"
        try:
            with held_lock(lock, "process {pid} is building", wait=wait):
                self.refresh()  # the previous holder may have built what was missing
                needy = [state for state in self._shops.values() if self._needs_index(state)]
                return sum(self._build(state) for state in needy if not self._stopping.is_set())
        except AlreadyLockedError:
            return 0

    def _needs_index(self, state: ShopState) -> bool:
        return state.needs_index(self._settings.exact_max_items, self._settings.delta_max_items)

    def _build(self, state: ShopState) -> bool:
        directory = snapshots.directory_of(self._settings.data_dir, state.shop)
        live = state.live_rows()
        try:
            snapshots.sweep(directory)
            index = build_index(live.labels, live.embeddings, self._settings.ef)
            snapshots.publish(directory, index, state.shop, self._bundle.space, self._seq)
        except SnapshotError as error:
            logger.error("%s; the shop stays scanned exactly", error)
            return False
        self.refresh()
        return True


def group_by_shop(changes: Iterator[Change]) -> dict[str, list[Change]]:
    """Return the changes of each shop, in order."""
    grouped: dict[str, list[Change]] = {}
    for change in changes:
        grouped.setdefault(change.shop, []).append(change)
    return grouped
