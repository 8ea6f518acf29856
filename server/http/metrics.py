"""Counters for Prometheus. Labels are routes, statuses and known shops; never an item or a person."""

import time
from collections.abc import Iterable, Mapping

import orjson
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily

# Key of a request's environment: when it had arrived. No header can set it.
READ = "carryover.read"
_SPACE_DIGITS = 16
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
            "carryover_recommendations_total", "Recommendations", ["shop", "strategy", "space"], registry=self._registry
        )
        self.searches = Counter("carryover_searches_total", "Searches", ["shop", "strategy"], registry=self._registry)

        self.limited = Counter(
            "carryover_limited_requests_total", "Requests refused by a limit, by which", ["by"], registry=self._registry
        )

        self._of_strategy: dict[tuple[str, str, str], Counter] = {}

    def count_strategy(self, shop: str, strategy: str, space: str) -> None:
        """Count an answer. Its counter is kept: finding that takes longer than counting."""
        key = (shop, strategy, space)
        if key not in self._of_strategy:
            self._of_strategy[key] = self.strategies.labels(shop, strategy, space[:_SPACE_DIGITS])
        self._of_strategy[key].inc()

    def count_limited(self, by: str) -> None:
        """Count a request that a limit refused."""
        self.limited.labels(by).inc()

    def count_unread(self, method: str, status: int) -> None:
        """Count a request that was answered before its route was looked at."""
        self.requests.labels(_method(method), "none", str(status)).inc()

    def counts(self) -> dict[str, float]:
        """Return every counter of this process by family, name and labels, as JSON."""
        return {
            orjson.dumps([family.name, sample.name, sample.labels], option=orjson.OPT_SORT_KEYS).decode(): sample.value
            for family in self._registry.collect()
            for sample in family.samples
            if not sample.name.endswith("_created")
        }

    def text(self, counts: Mapping[str, float], gauges: Iterable[Metric]) -> bytes:
        """Return counters, of this process or summed over several, and gauges in the exposition format."""
        families = {
            family.name: Metric(family.name, family.documentation, family.type) for family in self._registry.collect()
        }
        for key, value in counts.items():
            family, name, labels = orjson.loads(key)
            families[family].add_sample(name, labels, value)
        return generate_latest(_Collected([*families.values(), *gauges]))

    def init_app(self, app: Flask) -> None:
        """Count and time every request."""

        def start() -> None:
            # Through the front it includes the wait for a thread, but not the client's time to send the body.
            g.started = request.environ.get(READ, time.perf_counter())

        def finish(response: Response) -> Response:
            # The rule, not the path: paths hold item ids, and unknown ones would make a label each.
            route = request.url_rule.rule if request.url_rule else "none"
            self.requests.labels(_method(request.method), route, str(response.status_code)).inc()
            if "started" in g:
                self.seconds.labels(route).observe(time.perf_counter() - g.started)
            return response

        app.before_request(start)
        app.after_request(finish)


def _method(name: str) -> str:
    return name if name in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"


class _Collected:
    """Families that generate_latest writes as they are."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def gauge(name: str, documentation: str, values: Mapping[str, float] | float) -> Metric:
    """Return a gauge: one number, or one for each shop."""
    if not isinstance(values, Mapping):
        return GaugeMetricFamily(name, documentation, value=values)
    family = GaugeMetricFamily(name, documentation, labels=["shop"])
    for shop, value in values.items():
        family.add_metric([shop], value)
    return family
