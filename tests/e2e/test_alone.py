"""The zip, installed where no server runs: it learns, ranks a page by taste, and sends nothing."""

import random

import pytest
from playwright.sync_api import expect

from tests.e2e import ledger
from tests.e2e.chromium import Shopper
from tests.e2e.world import PORTS, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"


def r_precision(mall: Mall, item_ids: list[str]) -> float:
    """Return the share of the taste among as many first items as the page has of it."""
    tastes = mall.tastes_by_id("linden")
    is_hit = [tastes[item_id] == TASTE for item_id in item_ids]
    return sum(is_hit[: sum(is_hit)]) / sum(is_hit)


def test_a_page_is_ranked_by_taste_and_nothing_is_sent(alone: Shopper, mall: Mall) -> None:
    listing = mall.shop_url("linden") + "/product-category/shoes-bags/"
    alone.visit(listing)
    page_order = alone.ask("recommend", tabId=alone.tab_id(alone.page))["recommendations"]
    assert (page_order["mode"], page_order["basis"]) == ("page", "page_order")
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    for product in random.Random(TASTE).sample(mall.of_taste("harbor", TASTE), 6):
        alone.learn(mall.url(product))
    alone.visit(listing)
    panel = alone.panel(alone.page)
    shown = alone.recommended(panel)
    expect(panel.locator("#leaves")).to_contain_text("Nothing was sent")
    assert panel.locator(".why").count() > 0
    ranked = alone.ask("recommend", tabId=alone.tab_id(alone.page))["recommendations"]
    assert (ranked["mode"], ranked["basis"], "problem" in ranked) == ("page", "taste", False)
    ids = [item["itemId"] for item in ranked["items"]]
    assert ids[: len(shown)] == shown
    before = r_precision(mall, [item["itemId"] for item in page_order["items"]])
    assert r_precision(mall, ids) >= max(0.6, before + 0.3), f"{before} before"
    panel.wait_for_function("() => document.querySelector('.card img').naturalWidth > 0")
    noted = alone.ask("ledger.get")["entries"]
    assert ledger.asked(noted) == []
    others = [one for one in alone.proxy.requests if not one.is_browsers_own and not one.is_of_the_page]
    assert others, "the panel shows images"
    visited = [f"{shop}.localhost:{PORTS[shop]}" for shop in ("harbor", "linden")]
    for request in others:
        assert request.method == "GET" and request.host in visited, request.url
        assert request.header("Sec-Fetch-Dest") == "image"
        assert request.url in ledger.shown(noted)
        assert request.header("Referer") == request.header("Cookie") == ""
