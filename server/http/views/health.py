"""Views of GET /healthz, /readyz and /metrics."""

from flask import Blueprint, Response

from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("health", __name__)


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
    """Return the metrics in Prometheus text format."""
    parts = services()
    for name, state in parts.replica.shops.items():
        parts.metrics.items.labels(name).set(len(state))
    parts.metrics.seq.set(parts.replica.seq)
    return Response(parts.metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
