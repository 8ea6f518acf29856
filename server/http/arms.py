"""The arm of a request for recommendations: what an experiment lets the server choose."""

import logging
import sqlite3
from collections.abc import Mapping

from server.errors import CatalogueError
from server.http.request_body import check_screen
from server.http.services import Services

logger = logging.getLogger(__name__)


def assign_arm(body: Mapping[str, object], parts: Services) -> tuple[dict[str, object], str | None]:
    """Return a request with its diversity filled in, and the arm that decided it, None for none.

    A request takes part where it names its screen and leaves the diversity to the server. Feedback that cannot be read
    is no reason to recommend nothing. Raises a problem for a screen of another form.
    """
    arm = None
    if "screen" in body:
        screen = check_screen(body["screen"])
        shop = body.get("shop")
        if "diversity" not in body and isinstance(shop, str):
            try:
                arm = parts.events().experiments.assign(shop, screen)
            except (sqlite3.Error, OSError, CatalogueError):
                logger.exception("the running experiments are not known")
    diversity = parts.settings.diversity if arm is None else arm.diversity
    return {"diversity": diversity, **body}, None if arm is None else arm.name
