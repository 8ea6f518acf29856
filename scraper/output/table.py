"""Summary of a crawl on standard error: a table on a terminal, one plain line per shop anywhere else."""

import sys
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scraper.output.summary import ShopSummary, Summary

SHOWN_FIELDS = ("price", "images", "brand", "gtin")


def print_summary(summary: Summary) -> None:
    """Print the summary to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        for shop in summary["shops"]:
            found = f"{shop['url']}: {shop['products']} products on {shop['pages']} pages"
            print("; ".join([found, *_notes(shop)]), file=sys.stderr)  # noqa: T201  # the result of the crawl
        return
    console.print(_table(summary))
    for shop in summary["shops"]:
        if notes := _notes(shop):
            # Text from a stranger's answers: no markup.
            console.print(Text(f"{_name(shop)}: {'; '.join(notes)}"))


def _table(summary: Summary) -> Table:
    """Return the numbers of each shop; it fits 80 columns."""
    table = Table(box=None, show_footer=True, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("shop", "all", overflow="fold")
    shops = summary["shops"]
    num_pages, num_requests = sum(shop["pages"] for shop in shops), sum(shop["requests"] for shop in shops)
    for name, footer in (
        ("products", f"{summary['products']:,}"),
        ("pages", f"{num_pages:,}"),
        *((name, "") for name in SHOWN_FIELDS),
        ("requests", f"{num_requests:,}"),
        ("MB", f"{sum(shop['bytes'] for shop in shops) / 1e6:.1f}"),
        ("time", ""),
    ):
        table.add_column(name, footer, justify="right", no_wrap=True)
    for shop in shops:
        table.add_row(Text(_name(shop)), *_numbers(shop))
    return table


def _numbers(shop: ShopSummary) -> list[str]:
    coverage = (shop["fieldCoverage"].get(name) for name in SHOWN_FIELDS)
    return [
        f"{shop['products']:,}",
        f"{shop['pages']:,}",
        *("" if part is None else f"{part:.0%}" for part in coverage),
        f"{shop['requests']:,}",
        f"{shop['bytes'] / 1e6:.1f}",
        f"{shop['seconds']:.0f} s",
    ]


def _notes(shop: ShopSummary) -> list[str]:
    """Return the notes on a shop: its feed, changes, failures, and why it was given up."""
    notes = []
    if "feed" in shop:
        feed = shop["feed"]
        notes.append(f"feed: {feed['kind']}, products {feed['products']:,}, answers {feed['answers']:,}")
    counted = (("changes", shop.get("changes")), ("failures", shop.get("failures")))
    notes += [f"{name}: {_counts(counts)}" for name, counts in counted if counts]
    if not shop["pages"] and shop.get("skipped"):
        notes.append(f"left out: {_counts(shop['skipped'])}")
    if shop["finished"] and shop["queued"]:
        notes.append(f"page limit reached, {shop['queued']:,} addresses left")
    return notes + ([f"stopped: {shop['stopped']}"] if "stopped" in shop else [])


def _name(shop: ShopSummary) -> str:
    return str(shop["url"]).partition("://")[2].rstrip("/")


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())
