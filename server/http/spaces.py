"""The bundles that a worker answers with: the served one, and others whose space a request may name.

A request takes `current` once and answers from that alone, so an answer is always of one space, also while another
bundle is being switched to.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from encoders.encoder import Encoder
from server.candidates.served import ServedCandidates
from server.catalogue.bundles import Bundles, Registered, answering
from server.catalogue.database import Catalogue
from server.encoding.bundle import Bundle, load_bundle
from server.errors import BundleError
from server.http.searches import DEADLINE_SECONDS, Searches
from server.packs.served import ServedPacks
from server.search.replica import Replica
from server.settings import Settings

logger = logging.getLogger(__name__)

# After a bundle that could not be loaded.
_RETRY_SECONDS = 10.0
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Space:
    """A loaded bundle, and the items in its space."""

    bundle: Bundle
    replica: Replica
    packs: ServedPacks
    candidates: ServedCandidates
    searches: Searches

    def close(self) -> None:
        """Stop following the catalogue, and end what runs for searches."""
        self.replica.stop()
        self.searches.close()


@dataclass(frozen=True)
class Loaded:
    """The spaces of a worker at one moment; `by_space` has the served one first."""

    served: Space
    by_space: Mapping[str, Space]

    def named(self, space: object) -> Space:
        """Return the space that a request names, the served one where this worker does not have it."""
        return self.by_space.get(space, self.served) if isinstance(space, str) else self.served


class Spaces:
    """Follows the catalogue's bundles: loads those that answer, and lets go of those that are dropped."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._catalogue = Catalogue(settings.data_dir)
        self._bundles = Bundles(self._catalogue)
        served = self._bundles.served()
        if served is None or served.directory is None:  # no `run` before this application
            bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
            served = self._bundles.accept(bundle, "serve")
        self._seen: list[Registered] = []
        self._gone: list[tuple[float, Searches]] = []
        self._spaces = {served.space: self._opened(served)}
        self._current = Loaded(self._spaces[served.space], dict(self._spaces))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow-bundles", daemon=True)

    @property
    def current(self) -> Loaded:
        """Return the spaces as they are now. Read it once per request: the next read may be of another bundle."""
        return self._current

    def start(self) -> None:
        """Load and follow in the background; the served bundle's items are there when its replica is ready."""
        self._current.served.replica.start()
        self._thread.start()

    def stop(self) -> None:
        """End the background threads and close the catalogue."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for space in self._spaces.values():
            space.close()
        self._close_gone(0)
        self._catalogue.close()

    def wait_until_ready(self, timeout_seconds: float) -> bool:
        """Return whether the items of the served bundle were loaded in time."""
        return self._current.served.replica.wait_until_ready(timeout_seconds)

    def refresh(self) -> None:
        """Bring `current` up to the catalogue's bundles; one assignment swaps it in.

        A bundle takes part when its items are loaded; until then the served one stays what it was.
        """
        found = answering(self._bundles.all())
        if found == self._seen:
            return
        num_loaded = sum(self._load(one) for one in found)
        ready = {one.space: self._spaces[one.space] for one in found if one.space in self._spaces}
        before = self._current.served
        served = ready.get(found[0].space, before) if found and found[0].state == "served" else before
        if served is not self._current.served:
            logger.info("bundle %s is served", served.bundle.name)
        # The one before stays where it is all there is.
        self._current = Loaded(served, {served.bundle.space: served, **ready})
        for space in [space for space in self._spaces if space not in self._current.by_space]:
            gone = self._spaces.pop(space)
            gone.replica.stop()
            self._gone.append((time.monotonic(), gone.searches))
        if num_loaded == len(found):
            self._seen = found
        elif not self._stopping.is_set():
            self._stopping.wait(_RETRY_SECONDS)

    def _close_gone(self, after_seconds: float) -> None:
        """End what ran for the searches of dropped bundles, once nobody can wait for it any more."""
        over = [entry for entry in self._gone if time.monotonic() - entry[0] >= after_seconds]
        for entry in over:
            entry[1].close()
            self._gone.remove(entry)

    def _load(self, one: Registered) -> bool:
        """Load a bundle and its items; return whether they are there."""
        if one.space in self._spaces:
            return True
        try:
            space = self._opened(one)
        except BundleError as error:
            logger.error("bundle %s does not answer: %s", one.name, error)
            return False
        space.replica.start()
        while not space.replica.wait_until_ready(_POLL_SECONDS):
            if self._stopping.is_set():
                space.close()
                return False
        self._spaces[one.space] = space
        return True

    def _opened(self, one: Registered) -> Space:
        bundle = one.load(self._settings.trusted_keys)
        # One thread reads the texts of packs: answering must keep the other core.
        encoder = Encoder(bundle.directory, bundle.manifest, 1)
        packs, of_clusters = ServedPacks(bundle, encoder), ServedCandidates(self._settings, bundle, encoder)
        return Space(bundle, Replica(self._settings, bundle), packs, of_clusters, Searches(self._settings, bundle))

    def _follow(self) -> None:
        while not self._stopping.is_set():
            try:
                self.refresh()
                self._close_gone(DEADLINE_SECONDS)
            except Exception:  # the thread must outlive a full disk or a locked file; the next round tries again
                if not self._stopping.is_set():
                    logger.exception("the bundles could not be followed; it is tried again")
            self._stopping.wait(self._settings.poll_interval_ms / 1000)
