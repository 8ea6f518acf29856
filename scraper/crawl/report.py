"""Results of a crawl, read shop by shop from the stored answers; the outputs are made from them."""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kernel.contract_types import Product
from scraper.crawl.feed_products import join, read_feed
from scraper.crawl.fetch import Traffic
from scraper.crawl.links import is_told
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.store import STANDING_FAILURES, Store
from scraper.errors import InputError
from scraper.extraction.extract import extract_product
from scraper.extraction.page import MAX_PAGE_BYTES, parse_page
from scraper.output.shop_result import Found, ShopResult
from scraper.output.summary import PageSummary, ShopSummary, Summary, TrafficSummary
from scraper.output.write import write_outputs
from scraper.values.product import FIELDS, camel
from scraper.work.files import read_page
from scraper.work.workers import ordered_map


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One stored page, small enough to hand to another process; only pages that answered 2xx are stored."""

    url: str
    path: Path
    content_type: str | None
    robots_tag: str | None
    fetched_at: str | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """One wire Product of a stored answer at `url`, or the reason why there is none."""

    url: str
    product: Product | None
    reason: str | None = None


def extract_stored(page: StoredPage) -> Extracted:
    """Return the Product of a stored page; a page whose site asks not to be indexed gives none."""
    try:
        body = read_page(page.path, MAX_PAGE_BYTES)
    except InputError:
        return Extracted(page.url, None, "unreadable")
    if is_told(parse_page(body, page.url, page.content_type), "noindex", page.robots_tag or ""):
        return Extracted(page.url, None, "noindex")
    product = extract_product(body, page.url, content_type=page.content_type, status=200, fetched_at=page.fetched_at)
    return Extracted(page.url, product.to_wire())


def round_number(store: Store) -> int:
    """Return the number of the crawl's round: 1 at first, one more for each `--recrawl` of a finished one."""
    return int(store.fact("round_number") or 1)


def write_report(settings: CrawlSettings, store: Store, traffic: Mapping[str, Traffic]) -> Summary:
    """Write the outputs of the crawl, shops in the order of the settings, and return the summary."""
    shops = (shop_result(url, settings, store, traffic.get(origin_of(url), Traffic())) for url in settings.shop_urls)
    return write_outputs(settings.out, shops, round_number=round_number(store), with_parquet=settings.with_parquet)


def shop_result(url: str, settings: CrawlSettings, store: Store, traffic: Traffic) -> ShopResult:
    """Return the products of one shop's stored answers, pages and feed merged."""
    site = origin_of(url)
    rows = store.rows(site)
    extracted = list(ordered_map(extract_stored, stored_pages(rows, store), num_workers=settings.num_workers))
    feed = read_feed(url, settings, store)
    found = join(_best_per_item(extracted), feed, store.forgotten())
    num_queued, stopped = store.num_queued(site), store.stopped(site)
    is_at_limit = store.num_fetched(site) >= settings.shop(url).max_pages
    is_finished = stopped is None and (num_queued == 0 or is_at_limit)
    pages = _page_summary(url, rows, extracted, [one.product for one in found])
    # Members in the order of summary.json, where the optional feed stands in the middle.
    told: dict[str, object] = {"feed": feed.summary} if feed.summary else {}
    ended: dict[str, object] = {"stopped": stopped} if stopped else {}
    summary = cast(ShopSummary, {**pages, "queued": num_queued, **told, **_traffic_summary(traffic), **ended})
    is_whole = is_finished and num_queued == 0 and feed.is_whole
    return ShopResult(url, site, found, {**_fates(rows, extracted), **feed.fates}, summary, is_finished, is_whole)


def stored_pages(rows: Sequence[sqlite3.Row], store: Store) -> list[StoredPage]:
    """Return the pages whose stored body is still valid."""
    return [
        StoredPage(row["url"], store.body_path(row["url"]), row["content_type"], row["robots_tag"], row["fetched_at"])
        for row in rows
        if row["has_body"] and (row["state"] in ("done", "queued") or row["reason"] in STANDING_FAILURES)
    ]


def _best_per_item(extracted: list[Extracted]) -> tuple[Found, ...]:
    """Return each item once, by its URL: from the page at the item's own address, else from the first by address."""
    best: dict[str, Found] = {}
    for one in extracted:
        if one.product is None or one.product["verdict"] != "product":
            continue
        if one.product["itemId"] not in best or one.url == one.product["url"]:
            best[one.product["itemId"]] = Found(one.product, one.url)
    return tuple(sorted(best.values(), key=lambda found: str(found.product["url"])))


def _fates(rows: list[sqlite3.Row], extracted: list[Extracted]) -> dict[str, str]:
    """Return by address why a known page gave no product: its failure or its verdict."""
    fates = {row["url"]: str(row["reason"] or row["state"]) for row in rows}
    for one in extracted:
        fates[one.url] = one.reason or (one.product["verdict"] if one.product else "")
    given = {one.url for one in extracted if one.product and one.product["verdict"] == "product"}
    return {url: fate for url, fate in fates.items() if url not in given}


def _page_summary(
    url: str, rows: list[sqlite3.Row], extracted: list[Extracted], products: list[Product]
) -> PageSummary:
    verdicts = Counter(one.product["verdict"] for one in extracted if one.product)
    failures = Counter(row["reason"] for row in rows if row["state"] == "failed")
    skipped = Counter(row["reason"] for row in rows if row["state"] == "skipped")
    left_out = Counter(one.reason for one in extracted if one.reason)
    coverage = {camel(name): sum(camel(name) in product for product in products) for name in FIELDS}
    return {
        "url": url,
        "pages": len(extracted),
        "products": len(products),
        "verdicts": dict(sorted(verdicts.items())),
        "fieldCoverage": {name: round(count / len(products), 4) for name, count in coverage.items() if products},
        "failures": dict(sorted(failures.items())),
        "skipped": dict(sorted((skipped + left_out).items())),
    }


def _traffic_summary(traffic: Traffic) -> TrafficSummary:
    """Return the requests and bytes of this run, robots.txt, sitemaps and retries included."""
    rate = traffic.num_requests / traffic.seconds if traffic.seconds > 0 else 0.0
    return {
        "requests": traffic.num_requests,
        "bytes": traffic.num_bytes,
        "seconds": round(traffic.seconds, 1),
        "requestsPerSecond": round(rate, 2),
    }
