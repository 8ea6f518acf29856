"""Counters for Prometheus. Labels are routes, statuses and known shops; never an item or a person.

With several workers prometheus_client adds up files in PROMETHEUS_MULTIPROC_DIR, which `run` sets before any worker
imports it; without that variable (one process, tests) the registry is ordinary.
"""

import os
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from server.http.front import READ

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0)


class Metrics:
    """The metrics of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "carryover_requests_total", "Requests answered", ["method", "route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "carryover_request_seconds", "Time to answer", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self.strategies = Counter(
            "carryover_recommendations_total", "Recommendations", ["shop", "strategy"], registry=self._registry
        )
        self.items = Gauge(
            "carryover_items", "Live items", ["shop"], registry=self._registry, multiprocess_mode="mostrecent"
        )
        self.seq = Gauge(
            "carryover_catalogue_seq",
            "Newest catalogue change that the slowest worker serves",
            registry=self._registry,
            multiprocess_mode="livemin",
        )

    def text(self) -> bytes:
        """Return the exposition format, over all workers."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it unannotated
        return generate_latest(registry)

    def init_app(self, app: Flask) -> None:
        """Count and time every request."""

        def start() -> None:
            # Through the front it includes the wait for a thread, but not the client's time to send the body.
            g.started = request.environ.get(READ, time.perf_counter())

        def finish(response: Response) -> Response:
            # The rule, not the path: paths hold item ids, and unknown ones would make a label each.
            route = request.url_rule.rule if request.url_rule else "none"
            known = request.method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
            self.requests.labels(request.method if known else "other", route, str(response.status_code)).inc()
            if "started" in g:
                self.seconds.labels(route).observe(time.perf_counter() - g.started)
            return response

        app.before_request(start)
        app.after_request(finish)
