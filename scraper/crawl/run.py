"""A whole crawl: sites in parallel, one folder, one report."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from urllib.parse import urlsplit

from kernel.progress import CountProgress
from scraper.crawl.fetch import Traffic
from scraper.crawl.report import round_number, write_report
from scraper.crawl.retention import drop_old_bodies
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.site import SiteCrawl
from scraper.crawl.store import Store
from scraper.output.summary import Summary

FEW = 2000


def crawl(settings: CrawlSettings) -> Summary:
    """Crawl every shop, or resume an interrupted run; write the summary and return it."""
    store = Store(settings.out)
    try:
        _begin(settings, store)
        traffic = _fetch_all(settings, store)
        summary = write_report(settings, store, traffic)
        # A shop that was given up must not keep the others from a new round; the next run tries it again.
        if all(shop["finished"] or "stopped" in shop for shop in summary["shops"]):
            store.set_fact("round", "finished")
        if settings.keep_raw_days is not None:
            drop_old_bodies(store, settings.keep_raw_days)
        return summary
    finally:
        store.close()


def _begin(settings: CrawlSettings, store: Store) -> None:
    """Resume an unfinished round; only `--recrawl` after a finished one begins a new round."""
    if settings.is_recrawl and store.fact("round") == "finished":
        # Counted first: a kill between the two leaves a round in which nothing has changed, which is true.
        store.set_fact("round_number", str(round_number(store) + 1))
        store.queue_everything()
    else:
        store.retry_failures()
    store.set_fact("round", "running")


def _fetch_all(settings: CrawlSettings, store: Store) -> dict[str, Traffic]:
    """Crawl every site at its own pace and return the traffic of each."""
    stop = threading.Event()
    lock = threading.Lock()
    backlog = _Backlog(settings, store)
    with CountProgress("crawling", total=0) as progress, ThreadPoolExecutor(settings.max_hosts_at_once) as executor:

        def on_answer(reason: str | None) -> None:
            with lock:
                waiting = backlog.count()
                progress.advance(errors=1 if reason else 0, total=progress.done + 1 + waiting)

        crawls = [SiteCrawl(url, settings, store, stop, on_answer) for url in settings.shop_urls]
        futures = [executor.submit(_guarded(host, stop)) for host in _by_host(crawls)]
        try:
            wait(futures)
        except KeyboardInterrupt:
            # The requests in flight end and are stored; everything else is in the queue.
            stop.set()
            raise
    for future in futures:
        future.result()
    return {site_crawl.site: site_crawl.traffic for site_crawl in crawls}


class _Backlog:
    """Number of waiting addresses; large ones are recounted once a second, since a count is slower than an answer."""

    def __init__(self, settings: CrawlSettings, store: Store) -> None:
        self._store = store
        self._limits = {origin_of(url): settings.shop(url).max_pages for url in settings.shop_urls}
        self._counted_at = float("-inf")
        self._num_waiting = 0

    def count(self) -> int:
        """Return the number of waiting addresses, per shop at most its page limit."""
        if self._num_waiting < FEW or time.monotonic() - self._counted_at >= 1.0:
            queued = self._store.num_queued_by_site()
            self._num_waiting = sum(min(queued.get(site, 0), limit) for site, limit in self._limits.items())
            self._counted_at = time.monotonic()
        return self._num_waiting


def _by_host(crawls: list[SiteCrawl]) -> list[list[SiteCrawl]]:
    """Return the crawls by host: origins of one host, such as two ports, are crawled one after another."""
    hosts: dict[str, list[SiteCrawl]] = {}
    for site_crawl in crawls:
        hosts.setdefault(urlsplit(site_crawl.site).hostname or "", []).append(site_crawl)
    return list(hosts.values())


def _guarded(crawls: list[SiteCrawl], stop: threading.Event) -> Callable[[], None]:
    """Stop the other sites when one fails for a reason outside the site, such as a full disk."""

    def guarded() -> None:
        try:
            for site_crawl in crawls:
                site_crawl.run()
        except BaseException:
            stop.set()
            raise

    return guarded
