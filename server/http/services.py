"""Services of the application, for its views."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from server.catalogue.database import Catalogue
from server.errors import ProblemError
from server.events.database import Events
from server.http.limits import Limits
from server.http.metric_hub import HubClient, Report
from server.http.metrics import Metrics
from server.http.spaces import Space, Spaces
from server.search.replica import Replica
from server.search.shop_state import ShopState
from server.settings import Settings
from server.sync.copies import Copies
from server.trust.channel import Channels
from server.trust.database import TrustDatabase
from server.trust.operators import Operators

EXTENSION_KEY = "carryover"
# Key of a request's environment: the paired browser that asks through the channel. No header can set it.
DEVICE = "carryover.device"


@dataclass(frozen=True)
class Services:
    """Services of one application, built by `create_app`."""

    settings: Settings
    spaces: Spaces
    metrics: Metrics
    channels: Channels
    limits: Limits
    operators: Operators
    _local: threading.local = field(default_factory=threading.local)
    _hub: list[HubClient] = field(default_factory=list)
    _opened: list[Catalogue | TrustDatabase | Copies | Events] = field(default_factory=list)

    @property
    def replica(self) -> Replica:
        """Return the replica of the served space."""
        return self.spaces.current.served.replica

    def catalogue(self) -> Catalogue:
        """Return this thread's own connection."""
        if not hasattr(self._local, "catalogue"):
            self._local.catalogue = Catalogue(self.settings.data_dir)
            self._opened.append(self._local.catalogue)
        return cast(Catalogue, self._local.catalogue)

    def trust(self) -> TrustDatabase:
        """Return this thread's own connection to the database of who is trusted."""
        if not hasattr(self._local, "trust"):
            self._local.trust = TrustDatabase(self.settings.data_dir)
            self._opened.append(self._local.trust)
        return cast(TrustDatabase, self._local.trust)

    def copies(self) -> Copies:
        """Return this thread's own connection to the copies of browsers."""
        if not hasattr(self._local, "copies"):
            self._local.copies = Copies(self.settings.data_dir, self.channels.now)
            self._opened.append(self._local.copies)
        return cast(Copies, self._local.copies)

    def events(self) -> Events:
        """Return this thread's own connection to the feedback."""
        if not hasattr(self._local, "events"):
            self._local.events = Events(self.settings.data_dir, self.settings.events_max_bytes)
            self._opened.append(self._local.events)
        return cast(Events, self._local.events)

    def own_report(self) -> Report:
        """Return what this process has counted."""
        seq = min(space.replica.seq for space in self.spaces.current.by_space.values())
        return Report(self.metrics.counts(), seq)

    def total(self) -> Report:
        """Return what all workers have counted."""
        return self._hub[0].total() if self._hub else self.own_report()

    def join(self, socket_path: str) -> None:
        """Count as one of the workers that report to this hub."""
        self._hub.append(HubClient(socket_path, self.own_report))

    def close(self) -> None:
        """Stop following and close every connection."""
        for hub in self._hub:
            hub.close()
        self.spaces.stop()
        for connection in self._opened:
            connection.close()

    def shops(self, space: Space | None = None) -> Mapping[str, ShopState]:
        """Return shop -> its current state in a space, by default the served one.

        Raises a problem while this worker still loads the catalogue.
        """
        replica = (space or self.spaces.current.served).replica
        if not replica.is_ready:
            raise ProblemError(503, "not_ready", "the catalogue is still being loaded; try again in a moment")
        return replica.shops

    def shop(self, name: str, space: Space | None = None) -> ShopState:
        """Return a shop's current state, as `shops` does; raises a problem with the reason if there is none."""
        state = self.shops(space).get(name)
        if state is None:
            raise ProblemError(
                404, "unknown_shop", "this shop is not in the catalogue; GET /v1/shops lists those that are"
            )
        return state


def services() -> Services:
    """Return the running application's services."""
    return cast(Services, current_app.extensions[EXTENSION_KEY])
