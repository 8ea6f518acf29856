"""A shop's own catalogue, read and ranked on the device: taste carries over, and the shop sees an anonymous visitor."""

import itertools
import json
import random
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chromium import Shopper
from tests.e2e.world import PORTS, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BAR = 8
# A request leaves a second after the answer to the one before, which the proxy gives after it has noted the time.
LEAST_GAP_S = 1.0


def read_catalogue(panel: Page) -> None:
    """Click the panel's offer, and wait until the catalogue has been read."""
    panel.locator("[data-action=shelf-read]").click()
    expect(panel.locator(".shelf")).to_have_attribute("data-status", "reading")
    expect(panel.locator(".shelf")).to_have_attribute("data-status", "read", timeout=60_000)


def test_taste_carries_over_to_a_catalogue_read_on_the_device(shopper: Shopper, world: World) -> None:
    taste = "seaside"
    viewed = random.Random(taste).sample(world.of_taste("harbor", taste), 6)
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in viewed:
        shopper.learn(world.url(product))
    shopper.visit(world.shop_url("linden") + "/")
    shopper.page.evaluate("document.cookie = 'visitor=42'")
    shopper.allow()
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    before = len(shopper.proxy.requests)
    read_catalogue(panel)
    expect(panel.locator("#note")).to_contain_text("read on this device")
    expect(panel.locator("#shelf")).to_contain_text("552")
    tastes = world.tastes_by_id("linden")
    shown = [tastes[item_id] for item_id in shopper.recommended(panel)]
    assert len(shown) == 10
    assert shown.count(taste) >= BAR, shown
    assert_anonymous(shopper, world, before)


def assert_anonymous(shopper: Shopper, world: World, before: int) -> None:
    """Check that the catalogue cost a few slow requests without anything of the shopper, each of them in the ledger."""
    since = shopper.proxy.requests[before:]
    shop = f"linden.localhost:{PORTS['linden']}"
    asked = [request for request in since if request.host == shop and not request.path.endswith((".png", ".ico"))]
    paths = [request.url.partition(shop)[2] for request in asked]
    assert paths[:2] == ["/robots.txt", "/products.json?limit=250&page=1"]
    assert paths[2:] == [f"/wp-json/wc/store/v1/products?per_page=100&page={page}" for page in range(1, 7)]
    for request in asked:
        names = {name.lower() for name in request.headers}
        assert not names & {"cookie", "referer", "origin", "authorization"}, request.headers
        assert shopper.extension_id not in request.everything()
        assert (request.method, request.body) == ("GET", b"")
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(asked)]
    assert min(gaps) >= LEAST_GAP_S, gaps
    others = [request for request in since if request.host != shop and not request.is_chromiums_own]
    own_server = urlsplit(world.server_url).netloc
    assert all(request.host == own_server and request.path.startswith("/v1/bundles") for request in others), others
    kept = [entry["url"] for entry in shopper.ask("ledger.get")["entries"] if shop in entry["url"]]
    assert sorted(kept) == sorted(request.url for request in asked)
    exported = json.dumps(shopper.ask("profile.export")["profile"]["shelves"])
    assert "linden" in exported
    shopper.ask("consent.set", shop="linden.localhost", allowed=False)
    assert "shelves" not in shopper.ask("profile.export")["profile"]
