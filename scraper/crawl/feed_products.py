"""Products of the stored answers of a shop's feed, and their union with the products of its pages."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scraper.crawl.feed_plan import FeedPlan
from scraper.crawl.patterns import is_wanted
from scraper.crawl.settings import CrawlSettings, origin_of
from scraper.crawl.store import Store
from scraper.errors import InputError
from scraper.feeds.adapter import FeedContext, FeedTally
from scraper.feeds.merge import merged
from scraper.output.shop_result import Found
from scraper.output.summary import FeedSummary
from scraper.work.files import read_page


@dataclass(frozen=True, slots=True)
class FeedResult:
    """The items of a shop's feed, each once, by URL; `fates` gives failed answers and their reasons by address."""

    items: Mapping[str, Found] = field(default_factory=dict)
    summary: FeedSummary | None = None
    fates: Mapping[str, str] = field(default_factory=dict)
    is_whole: bool = True


def read_feed(url: str, settings: CrawlSettings, store: Store) -> FeedResult:
    """Return the products of the feed of the shop at `url`; an empty result where it has none."""
    shop = settings.shop(url)
    plan = FeedPlan(shop, store)
    origin = store.origin(origin_of(url))
    adapter = plan.working(origin)
    if adapter is None:
        return FeedResult()
    currency = plan.currency(origin, settings.max_page_bytes)
    tally = FeedTally()
    items: dict[str, Found] = {}
    rows = plan.rows(origin)
    for row in rows:
        if not row["has_body"]:
            continue
        context = FeedContext(origin, currency, row["fetched_at"], settings.max_feed_items - len(items))
        try:
            body = read_page(store.body_path(row["url"]), settings.max_feed_bytes)
        except InputError as error:
            tally.problem = str(error)
            continue
        for product in adapter.products(body, context, tally):
            if not is_wanted(product.url, shop.include, shop.exclude):
                tally.skip("pattern")
            elif len(items) < settings.max_feed_items:
                items.setdefault(product.url, Found(product.to_wire(), row["url"]))
    failures = {row["url"]: str(row["reason"] or row["state"]) for row in plan.failures(origin)}
    summary: FeedSummary = {"kind": adapter.name, "answers": len(rows) - len(failures), "products": len(items)}
    if tally.skipped:
        summary["skipped"] = dict(sorted(tally.skipped.items()))
    if tally.problem:
        summary["problem"] = tally.problem
    return FeedResult(items, summary, failures, not failures and tally.problem is None)


def join(pages: Iterable[Found], feed: FeedResult, forgotten: frozenset[str]) -> tuple[Found, ...]:
    """Return each item once, by URL, with the page's Product completed from the feed; leave out forgotten addresses."""
    found = dict(feed.items)
    for one in pages:
        url = str(one.product["url"])
        other = found.get(url)
        found[url] = Found(merged(one.product, other.product), one.source) if other else one
    return tuple(found[url] for url in sorted(found) if url not in forgotten)
