"""Views of GET /healthz, /readyz and /metrics."""

import logging
import sqlite3

from flask import Blueprint, Response

from server.catalogue.queue import Queue
from server.http.gate import is_local, require_operator
from server.http.metrics import gauge
from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("health", __name__)
logger = logging.getLogger(__name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Return 200 while the process is alive."""
    return json_response({"status": "ok"})


@bp.get("/readyz")
def readyz() -> Response:
    """Return 200 when the worker that answers has loaded every shop."""
    shops = services().shops()
    return json_response({"status": "ready", "shops": len(shops), "items": sum(map(len, shops.values()))})


@bp.get("/metrics")
def metrics() -> Response:
    """Return the metrics in Prometheus text format: to this machine, and to operators elsewhere."""
    if not is_local():
        require_operator("read")
    parts = services()
    total = parts.total()
    replica = parts.replica
    gauges = [
        gauge("carryover_items", "Live items", {name: len(state) for name, state in replica.shops.items()}),
        gauge("carryover_catalogue_seq", "Newest catalogue change that the slowest worker serves", total.seq),
    ]
    if damaged := replica.num_damaged:
        gauges.append(gauge("carryover_damaged_rows", "Rows of the catalogue that are damaged and not served", damaged))
    try:
        waiting = Queue(parts.catalogue()).num_waiting()
    except sqlite3.Error:
        logger.exception("the number of waiting writes is not known")
    else:
        gauges.append(gauge("carryover_writes_waiting", "Accepted writes that are not applied yet", waiting))
    content = parts.metrics.text(total.counts, gauges)
    return Response(content, content_type="text/plain; version=0.0.4; charset=utf-8")
