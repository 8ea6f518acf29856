"""A shop's own catalogue, read and ranked on the device: taste carries over, and the shop sees an anonymous visitor."""

import itertools
import json
import random

import pytest
from playwright.sync_api import expect

from tests.e2e import ledger
from tests.e2e.chromium import Shopper
from tests.e2e.proxy import Request
from tests.e2e.world import PORTS, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
BAR = 8
SHOP = f"linden.localhost:{PORTS['linden']}"
# A request leaves a second after the answer to the one before, which the proxy gives after it has noted the time.
LEAST_GAP_S = 1.0
EXPECTED = [
    "/robots.txt",
    "/products.json?limit=250&page=1",
    *(f"/wp-json/wc/store/v1/products?per_page=100&page={page}" for page in range(1, 7)),
]


def test_taste_carries_over_to_a_catalogue_read_on_the_device(alone: Shopper, mall: Mall) -> None:
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    for product in random.Random(TASTE).sample(mall.of_taste("harbor", TASTE), 6):
        alone.learn(mall.url(product))
    alone.visit(mall.shop_url("linden") + "/")
    alone.page.evaluate("document.cookie = 'visitor=42; path=/'")
    alone.allow()
    panel = alone.panel(alone.page)
    alone.recommended(panel)
    noted = alone.ask("ledger.get")["entries"]
    assert ledger.asked(noted) == [], "allowing a shop asks it for nothing but images that are shown"
    before = len(alone.proxy.requests)
    alone.read_catalogue(panel)
    expect(panel.locator("#leaves")).to_contain_text("read on this device")
    expect(panel.locator("#shelf")).to_contain_text("552")
    tastes = mall.tastes_by_id("linden")
    shown = [tastes[item_id] for item_id in alone.recommended(panel)]
    assert len(shown) == 10
    assert shown.count(TASTE) >= BAR, shown
    assert_anonymous(alone, alone.proxy.requests[before:])
    exported = alone.ask("profile.export")["profile"]
    assert [shelf["shop"] for shelf in exported["shelves"]] == ["linden.localhost"]
    alone.ask("consent.set", shop="linden.localhost", allowed=False)
    assert "shelves" not in alone.ask("profile.export")["profile"]


def assert_anonymous(shopper: Shopper, requests: list[Request]) -> None:
    """Check that the catalogue cost a few slow requests without anything of the shopper, each of them in the ledger."""
    asked = [request for request in requests if request.host == SHOP and request.header("Sec-Fetch-Dest") != "image"]
    assert [request.url.partition(SHOP)[2] for request in asked] == EXPECTED
    for request in asked:
        names = {name.lower() for name in request.headers}
        assert not names & {"cookie", "referer", "origin", "authorization"}, request.headers
        assert shopper.extension_id not in request.everything()
        assert (request.method, request.body) == ("GET", b"")
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(asked)]
    assert min(gaps) >= LEAST_GAP_S, gaps
    others = [request.url for request in requests if request.host != SHOP and not request.is_browsers_own]
    assert others == []
    kept = [url for _, url, _ in ledger.asked(reversed(shopper.ask("ledger.get")["entries"]))]
    assert kept == [request.url for request in asked], json.dumps(kept)
