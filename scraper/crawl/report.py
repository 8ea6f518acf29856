"""What a crawl hands over: products.jsonl and summary.json, made from the stored pages alone."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scraper.crawl.fetch import Traffic
from scraper.crawl.links import is_told
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.store import Store
from scraper.document import MAX_PAGE_BYTES, parse_page
from scraper.errors import InputError
from scraper.extract import extract_product
from scraper.files import atomic_writer, read_page
from scraper.product import FIELDS, camel
from scraper.workers import ordered_map


@dataclass(frozen=True, slots=True)
class StoredPage:
    """One stored answer, small enough to hand to another process."""

    url: str
    path: Path
    content_type: str | None
    status: int | None
    robots_tag: str | None
    fetched_at: str | None


@dataclass(frozen=True, slots=True)
class Extracted:
    """A stored page's wire Product, or the reason why there is none."""

    url: str
    product: dict[str, Any] | None
    reason: str | None = None


def extract_stored(page: StoredPage) -> Extracted:
    """Return what a stored page holds; a page whose site asks not to be indexed gives nothing."""
    try:
        body = read_page(page.path, MAX_PAGE_BYTES)
    except InputError:
        return Extracted(page.url, None, "unreadable")
    if is_told(parse_page(body, page.url, page.content_type), "noindex", page.robots_tag or ""):
        return Extracted(page.url, None, "noindex")
    product = extract_product(
        body, page.url, content_type=page.content_type, status=page.status, fetched_at=page.fetched_at
    )
    return Extracted(page.url, product.to_wire())


def round_number(store: Store) -> int:
    """Return the number of the crawl's round: 1 at first, one more for each `--recrawl` of a finished one."""
    return int(store.fact("round_number") or 1)


def write_report(settings: CrawlSettings, store: Store, traffic: Mapping[str, Traffic]) -> dict[str, Any]:
    """Write products.jsonl and summary.json, each whole or not at all, and return the summary."""
    products: dict[tuple[str, str], dict[str, Any]] = {}
    shops = []
    for url in settings.shop_urls:
        site = origin_of(url)
        rows = store.rows(site)
        extracted = list(ordered_map(extract_stored, _stored(rows, store), num_workers=settings.num_workers))
        own = _best_per_item(extracted)
        products.update({(product["shop"], product["url"]): product for product in own})
        summary = _shop_summary(url, rows, extracted, own, store.stopped(site), store.num_queued(site))
        shops.append(summary | _traffic_summary(traffic.get(site, Traffic())))
    with atomic_writer(settings.out / "products.jsonl") as file:
        for key in sorted(products):
            file.write(json.dumps(products[key], ensure_ascii=False) + "\n")
    summary = {"shops": shops, "products": len(products)}
    with atomic_writer(settings.out / "summary.json") as file:
        file.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return summary


def _traffic_summary(traffic: Traffic) -> dict[str, Any]:
    """Return what this run asked a shop for: robots.txt, sitemaps and repeated tries count."""
    rate = traffic.num_requests / traffic.seconds if traffic.seconds > 0 else 0.0
    return {
        "requests": traffic.num_requests,
        "bytes": traffic.num_bytes,
        "seconds": round(traffic.seconds, 1),
        "requestsPerSecond": round(rate, 2),
    }


def _stored(rows: list[sqlite3.Row], store: Store) -> list[StoredPage]:
    return [
        StoredPage(row["url"], store.body_path(row["url"]), row["content_type"], row["status"], row["robots_tag"],
                   row["fetched_at"])
        for row in rows
        if row["has_body"] and row["state"] in ("done", "queued")
    ]  # fmt: skip


def _best_per_item(extracted: list[Extracted]) -> list[dict[str, Any]]:
    """Return each item once: the page at the item's own address, else the first by address."""
    best: dict[str, Extracted] = {}
    for found in extracted:
        if found.product is None or found.product["verdict"] != "product":
            continue
        known = best.get(found.product["itemId"])
        if known is None or found.url == found.product["url"]:
            best[found.product["itemId"]] = found
    return [found.product for found in best.values() if found.product is not None]


def _shop_summary(
    url: str, rows: list[sqlite3.Row], extracted: list[Extracted], products: list[dict[str, Any]],
    stopped: str | None, num_queued: int,
) -> dict[str, Any]:  # fmt: skip
    verdicts = Counter(found.product["verdict"] for found in extracted if found.product)
    failures = Counter(row["reason"] for row in rows if row["state"] == "failed")
    skipped = Counter(row["reason"] for row in rows if row["state"] == "skipped")
    left_out = Counter(found.reason for found in extracted if found.reason)
    coverage = {camel(name): sum(camel(name) in product for product in products) for name in FIELDS}
    summary: dict[str, Any] = {
        "url": url,
        "pages": len(extracted),
        "products": len(products),
        "verdicts": dict(sorted(verdicts.items())),
        "fieldCoverage": {name: round(count / len(products), 4) for name, count in coverage.items()}
        if products
        else {},
        "failures": dict(sorted(failures.items())),
        "skipped": dict(sorted((skipped + left_out).items())),
        "queued": num_queued,
    }
    return summary | ({"stopped": stopped} if stopped else {})
