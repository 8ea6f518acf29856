"""Services of the application, for its views."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from flask import current_app

from server.catalogue.database import Catalogue
from server.catalogue.writer import Writer
from server.encoding.bundle import Bundle
from server.errors import ProblemError
from server.http.metrics import Metrics
from server.packs.served import ServedPacks
from server.search.replica import Replica
from server.search.shop_state import ShopState
from server.settings import Settings

EXTENSION_KEY = "carryover"


@dataclass(frozen=True)
class Services:
    """Services of one application, built by `create_app`."""

    settings: Settings
    bundle: Bundle
    replica: Replica
    writer: Writer
    metrics: Metrics
    packs: ServedPacks
    _local: threading.local = field(default_factory=threading.local)
    _catalogues: list[Catalogue] = field(default_factory=list)

    def catalogue(self) -> Catalogue:
        """Return this thread's own connection."""
        if not hasattr(self._local, "catalogue"):
            self._local.catalogue = Catalogue(self.settings.data_dir)
            self._catalogues.append(self._local.catalogue)
        return cast(Catalogue, self._local.catalogue)

    def close(self) -> None:
        """Stop following and close every connection."""
        self.replica.stop()
        for catalogue in self._catalogues:
            catalogue.close()

    def shops(self) -> Mapping[str, ShopState]:
        """Return shop -> its current state; raises a problem while this worker still loads the catalogue."""
        if not self.replica.is_ready:
            raise ProblemError(503, "not_ready", "the catalogue is still being loaded; try again in a moment")
        return self.replica.shops

    def shop(self, name: str) -> ShopState:
        """Return the shop's current state; raises a problem with the reason if there is none."""
        state = self.shops().get(name)
        if state is None:
            raise ProblemError(
                404, "unknown_shop", "this shop is not in the catalogue; GET /v1/shops lists those that are"
            )
        return state


def services() -> Services:
    """Return the running application's services."""
    return cast(Services, current_app.extensions[EXTENSION_KEY])
