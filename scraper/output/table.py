"""A crawl's summary for people: a table on a terminal, one plain line per shop anywhere else."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

SHOWN_FIELDS = ("price", "images", "brand", "gtin", "availability", "description")


def print_summary(summary: Mapping[str, Any]) -> None:
    """Print the summary to standard error."""
    console = Console(stderr=True)
    if console.is_terminal:
        console.print(_table(summary))
        return
    for shop in summary["shops"]:
        print(_line(shop), file=sys.stderr)  # noqa: T201  # what a crawl came to belongs beside its progress


def _line(shop: Mapping[str, Any]) -> str:
    feed = f" and its {shop['feed']['kind']} feed" if "feed" in shop else ""
    parts = [f"{shop['url']}: {shop['products']} products on {shop['pages']} pages{feed}"]
    parts += [f"{_counts(shop[name])}" for name in ("changes", "failures") if shop.get(name)]
    return "; ".join(parts) + (f"; stopped: {shop['stopped']}" if "stopped" in shop else "")


def _table(summary: Mapping[str, Any]) -> Table:
    title = f"{summary['products']} products of {len(summary['shops'])} shops"
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False)
    table.add_column("shop", overflow="fold")
    for name in ("pages", "products", "requests", "MB", "time"):
        table.add_column(name, justify="right")
    for name in ("fields", "changes", "trouble"):
        table.add_column(name, overflow="fold")
    for shop in summary["shops"]:
        trouble = [shop["stopped"]] if "stopped" in shop else []
        trouble += [_counts(shop["failures"])] if shop["failures"] else []
        coverage = shop["fieldCoverage"]
        cells = (
            shop["url"].removeprefix("https://").removeprefix("http://").rstrip("/"),
            f"{shop['pages']:,}",
            f"{shop['products']:,}",
            f"{shop['requests']:,}",
            f"{shop['bytes'] / 1e6:.1f}",
            f"{shop['seconds']:.0f} s",
            ", ".join(f"{name} {coverage[name]:.0%}" for name in SHOWN_FIELDS if coverage.get(name)),
            _counts(shop["changes"]) if "changes" in shop else "–",
            "; ".join(trouble),
        )
        # A cell is text from a stranger's answers: no markup.
        table.add_row(*map(Text, cells))
    return table


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items()) or "none"
