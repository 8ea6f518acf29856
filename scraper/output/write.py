"""Writer of all outputs of a crawl, in one pass over its shops.

Only one shop's products are in memory at a time. Each file is whole or absent, and they are replaced in this order:
each shop's state for the next comparison, then changes.jsonl, products.parquet, products.jsonl, and summary.json last,
so that it never describes files older than itself. A run killed between two of them leaves some files of the last run
and some of this one, each whole; the same command writes all again, with the same changes, because a round never
overwrites the state it is compared with (see `scraper.output.history`).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from kernel.contract_types import Product
from kernel.files import remove_leftovers, write_text_whole
from scraper.output.changes import Change, changes_between, state_after
from scraper.output.history import History
from scraper.output.shop_result import ShopResult
from scraper.output.summary import ShopSummary, Summary

PRODUCTS, CHANGES, PARQUET, SUMMARY = "products.jsonl", "changes.jsonl", "products.parquet", "summary.json"
Sink = Callable[[Product | Change], None]


def write_outputs(
    folder: Path, shops: Iterable[ShopResult], *, round_number: int, with_parquet: bool = False
) -> Summary:
    """Write the products, changes and summary of `shops` into `folder` and return the summary.

    Shops are written in the order given; an item that two origins of one shop both show is written once. changes.jsonl
    is written from the second round on; it compares the finished shops of this round with an earlier one.
    """
    remove_leftovers(folder, *folder.glob("history/*"), *folder.glob("pages/*"))
    summaries: list[ShopSummary] = []
    seen: set[str] = set()
    with ExitStack() as stack:
        # Files are replaced in the opposite order of this list.
        sinks: list[Callable[[Product], None]] = [_json_lines(stack.enter_context(write_text_whole(folder / PRODUCTS)))]
        if with_parquet:
            from scraper.output.parquet import parquet_writer  # noqa: PLC0415  # a large package, on request only

            sinks.append(stack.enter_context(parquet_writer(folder / PARQUET)))
        write_change = None
        if round_number > 1:
            write_change = _json_lines(stack.enter_context(write_text_whole(folder / CHANGES)))
        for shop in shops:
            summaries.append({**shop.summary, "finished": shop.is_finished})
            for found in shop.found:
                if found.product["itemId"] not in seen:
                    seen.add(found.product["itemId"])
                    for sink in sinks:
                        sink(found.product)
            changes = _changes(folder, shop, round_number)
            if changes is not None and write_change is not None:
                for change in changes:
                    write_change(change)
                counts = Counter(change["change"] for change in changes)
                summaries[-1]["changes"] = dict(sorted(counts.items()))
    summary: Summary = {
        "round": round_number,
        "finishedAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "products": len(seen),
        "shops": summaries,
    }
    write_summary(folder, summary)
    return summary


def write_summary(folder: Path, summary: Summary) -> None:
    """Write summary.json whole."""
    with write_text_whole(folder / SUMMARY) as file:
        file.write(json.dumps(summary, ensure_ascii=False, indent=2) + "\n")


def _changes(folder: Path, shop: ShopResult, round_number: int) -> list[Change] | None:
    """Store the state of a finished shop and return its changes since an earlier round, None without one."""
    if not shop.is_finished:
        return None
    history = History(folder, shop.site)
    before = history.before(round_number)
    after = state_after(before or {}, shop)
    history.write(round_number, after)
    return None if before is None else list(changes_between(before, after))


def _json_lines(file: IO[str]) -> Sink:
    def write(item: Product | Change) -> None:
        file.write(json.dumps(item, ensure_ascii=False) + "\n")

    return write
