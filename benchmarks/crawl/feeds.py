"""Two shops of the demo mall, read once by their product feeds and once by their pages: are the products the same?

    python -m benchmarks.crawl.feeds

The mall is started here, and the scraper's own command crawls it. Two products are equal when they are about the same
item and agree in every value that both name, attributes and variants by their parts; where a value came from, when it
was fetched, and how a page spelled a price are left out. What only one of the two says is counted beside.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import record
from benchmarks.crawl.mall_process import MallProcess, products_of

SHOPS = ("harbor", "linden")
NOT_COMPARED = frozenset(("provenance", "fetchedAt"))


@dataclass
class Comparison:
    """One shop's two catalogues."""

    by_feed: int = 0
    by_pages: int = 0
    equal: int = 0
    only_in_feed: int = 0
    only_on_pages: int = 0
    feed_requests: int = 0
    page_requests: int = 0
    differing: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    only_feed_says: Counter[str] = field(default_factory=Counter)
    only_pages_say: Counter[str] = field(default_factory=Counter)


def agrees(feed: Any, page: Any) -> bool:
    """Return whether two values agree in all keys that both have."""
    if isinstance(feed, dict) and isinstance(page, dict):
        return all(agrees(feed[name], page[name]) for name in feed.keys() & page.keys() if name != "amountText")
    if isinstance(feed, list) and isinstance(page, list):
        return len(feed) == len(page) and all(agrees(*pair) for pair in zip(feed, page, strict=True))
    return bool(feed == page)


def compare(feed: Mapping[str, Mapping[str, object]], pages: Mapping[str, Mapping[str, object]]) -> Comparison:
    """Return how far two catalogues of one shop, by URL, are the same."""
    result = Comparison(len(feed), len(pages))
    result.only_in_feed, result.only_on_pages = len(feed.keys() - pages.keys()), len(pages.keys() - feed.keys())
    for url in feed.keys() & pages.keys():
        one, other = feed[url], pages[url]
        both = (one.keys() & other.keys()) - NOT_COMPARED
        wrong = {name for name in both if not agrees(one[name], other[name])}
        result.equal += not wrong
        result.differing.update(wrong)
        result.compared.update(both)
        result.only_feed_says.update(one.keys() - other.keys())
        result.only_pages_say.update(other.keys() - one.keys())
    return result


def measure(folder: Path, seed: int) -> dict[str, Comparison]:
    """Crawl both shops both ways and return the comparison of each."""
    results = {}
    with MallProcess(folder, seed) as mall:
        for shop in SHOPS:
            start = len(mall.requests())
            feed = mall.crawl(folder / f"{shop}-feed", "--pages", "never", shops=(shop,))
            middle = len(mall.requests())
            pages = mall.crawl(folder / f"{shop}-pages", "--feeds", "off", shops=(shop,))
            results[shop] = compare(feed, pages)
            results[shop].feed_requests, results[shop].page_requests = middle - start, len(mall.requests()) - middle
        for shop in SHOPS:
            from_feed = products_of(folder / f"{shop}-feed").values()
            if any(set(product["provenance"].values()) != {"feed"} for product in from_feed):
                raise RuntimeError(f"{shop}: a product of the feed names another source")
    return results


def main() -> int:
    """Print the table and write results/feeds.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carryover-feeds-") as scratch:
        results = measure(Path(scratch), arguments.seed)
    table = Table(title="The same shop by its feed and by its pages", title_justify="left")
    for name in ("shop", "by feed", "requests", "by pages", "requests", "equal", "differing fields"):
        table.add_column(name, justify="left" if name in ("shop", "differing fields") else "right")
    for shop, one in results.items():
        differing = ", ".join(f"{name} {count}" for name, count in one.differing.most_common()) or "none"
        counts = (one.by_feed, one.feed_requests, one.by_pages, one.page_requests, one.equal)
        table.add_row(shop, *map(str, counts), differing)
    Console().print(table)
    shops = {shop: {name: _plain(value) for name, value in vars(one).items()} for shop, one in results.items()}
    result = {**record.environment("requests", "lxml"), "seed": arguments.seed, "shops": shops}
    print(f"written: {record.write('feeds', result)}")
    return 0 if all(one.equal == one.by_feed == one.by_pages for one in results.values()) else 1


def _plain(value: Any) -> Any:
    return dict(sorted(value.items())) if isinstance(value, Counter) else value


if __name__ == "__main__":
    raise SystemExit(main())
