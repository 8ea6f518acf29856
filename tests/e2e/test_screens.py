"""The shopper's own server is told what comes of its lists, by a real browser, only where the shopper turns that on."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from server.events.database import FILE_NAME, Events, Sums
from server.trust.database import TrustDatabase
from tests.e2e.chromium import Shopper
from tests.e2e.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def kept(data: Path) -> list[Sums]:
    """Return what a server's data directory has of screens."""
    events = Events(data)
    sums = events.sums()
    events.close()
    return sums


def turn_on(shopper: Shopper) -> None:
    """Tick the box in the options."""
    options = shopper.open("options.html")
    options.locator("#advanced > summary").click()
    options.locator("#tells-screens").check()
    expect(options.locator("#status")).not_to_be_empty()
    options.close()


def test_a_server_is_told_of_its_lists_only_where_that_is_wanted(shopper: Shopper, world: World) -> None:
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in world.of_taste("harbor", "seaside")[:2]:
        shopper.learn(world.url(product))
    shopper.pair(world.server_url, world.code())
    shopper.visit(world.shop_url("linden") + "/")
    shopper.allow()
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    panel.locator(".card a").first.click()
    panel.close()
    assert kept(world.data) == []

    turn_on(shopper)
    panel = shopper.panel(shopper.page)
    # The panel shows the list of before at once; the new one is the one that is told of.
    shopper.wait_until(lambda: sum(one.screens for one in kept(world.data)) >= 1, "the list to be told of")
    shown = shopper.recommended(panel)
    with shopper.context.expect_page() as opened:
        panel.locator(f'[data-item-id="{shown[1]}"] a').click()
    opened.value.close()
    shopper.wait_until(lambda: sum(one.clicks for one in kept(world.data)) == 1, "the click to be told of")
    panel.locator(f'[data-item-id="{shown[0]}"] .dismiss').click()
    shopper.wait_until(lambda: sum(one.dismissals for one in kept(world.data)) == 1, "the dismissal to be told of")
    panel.close()

    told = [entry for entry in shopper.ask("ledger.get")["entries"] if entry["url"].endswith("/v1/events")]
    bodies = [json.loads(entry["body"]) for entry in told if entry["body"]]
    assert {body["shop"] for body in bodies} == {"linden.localhost"}
    clicks = [body for body in bodies if body["kind"] == "click"]
    assert [[item["itemId"] for item in body["items"]] for body in clicks] == [[shown[1]]]
    assert clicks[0]["items"][0]["position"] == 1
    content = b"".join(path.read_bytes() for path in world.data.glob(f"{FILE_NAME}*"))
    database = TrustDatabase(world.data)
    assert not [device.id for device in database.devices() if device.id.encode() in content]
    database.close()
