"""Kills of a crawl while it writes its outputs."""

from pathlib import Path

from benchmarks.crawl.kills import being_written
from scraper.output.shop_result import ShopResult
from scraper.output.write import write_outputs


def test_outputs_of_a_crawl_are_seen_while_they_are_written(tmp_path: Path) -> None:
    seen: list[set[Path]] = []

    def no_shops() -> "list[ShopResult]":
        seen.append(being_written(tmp_path))
        return []

    write_outputs(tmp_path, (shop for _ in range(1) for shop in no_shops()), round_number=1)
    assert len(seen[0]) == 1
    assert being_written(tmp_path) == set()
