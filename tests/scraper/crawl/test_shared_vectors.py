"""Shared cases of robots.txt and sitemaps, which the extension's readers run too."""

import json
from pathlib import Path
from typing import Any

import pytest

from scraper.crawl.robots import parse_robots
from scraper.crawl.sitemap import parse_sitemap

FOLDER = Path(__file__).parents[3] / "contracts" / "vectors"
ROBOTS: dict[str, Any] = json.loads((FOLDER / "robots.json").read_text("utf-8"))
SITEMAPS: dict[str, Any] = json.loads((FOLDER / "sitemaps.json").read_text("utf-8"))


@pytest.mark.parametrize("case", ROBOTS["cases"], ids=lambda case: case["name"])
def test_robots_txt_allows_these_paths(case: dict[str, Any]) -> None:
    robots = parse_robots(case["text"].encode())
    allowed = {one["path"]: robots.allows(ROBOTS["origin"] + one["path"]) for one in case["allows"]}
    assert allowed == {one["path"]: one["isAllowed"] for one in case["allows"]}
    assert robots.crawl_delay_s == case["crawlDelayS"]
    assert robots.sitemaps(ROBOTS["origin"]) == case["sitemaps"]


@pytest.mark.parametrize("case", SITEMAPS["cases"], ids=lambda case: case["name"])
def test_sitemap_names_these_addresses(case: dict[str, Any]) -> None:
    sitemap = parse_sitemap(case["text"].encode(), case["url"], max_bytes=1_000_000)
    assert (list(sitemap.pages), list(sitemap.sitemaps)) == (case["pages"], case["sitemaps"])
