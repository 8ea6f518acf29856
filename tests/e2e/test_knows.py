"""What it knows, in real Chromium: seen, removed after its effect was seen, undone, exported, erased, imported."""

import json
import random
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.chromium import Shopper
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTES = ("seaside", "nocturne")
EACH = 4


def cluster_titles(page: Page) -> list[set[str]]:
    """Return the titles of each cluster, the greatest share first."""
    clusters = page.locator(".cluster").all()
    return [set(cluster.locator(".thing a").all_text_contents()) for cluster in clusters]


def removed(page: Page, number: int) -> None:
    """Ask to remove a cluster, see what would change, and say yes."""
    page.locator(".cluster").nth(number).locator("[data-action=remove-cluster]").click()
    expect(page.locator(".sides ol")).to_have_count(2)
    expect(page.locator(".sides li")).to_have_count(20)
    assert page.locator(".sides li.new").count() > 0, "half of the taste goes, and the list stays"
    assert violations(page) == []
    page.locator("[data-action=remove-yes]").click()
    expect(page.locator("[data-action=undo]")).to_be_focused()


def forgotten(page: Page, shop: str) -> None:
    """Forget a shop with all its things, read what that changes, and take it back."""
    page.locator("#origins summary").first.click()
    row = page.locator("#by-shop li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("· allowed")
    row.locator("button").click()
    expect(page.locator(".sides ol")).to_have_count(2)
    page.locator("#forget").click()
    expect(page.locator(".sides ol")).to_have_count(0)
    assert violations(page) == []
    page.locator("[data-action=remove-yes]").click()
    expect(page.locator("#known")).to_have_text("Knows nothing yet")
    expect(page.locator("#undo")).to_contain_text(f"{shop} may not be read any more")
    page.locator("[data-action=undo]").click()
    expect(page.locator("#undo")).to_contain_text("It is all back.")
    expect(row).to_contain_text("552")


def test_a_cluster_is_seen_removed_undone_exported_erased_and_imported(
    alone: Shopper, mall: Mall, tmp_path: Path
) -> None:
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    for taste in TASTES:
        for product in random.Random(taste).sample(mall.of_taste("harbor", taste), EACH):
            alone.learn(mall.url(product))
    # Not by a panel: it would load the images of what it shows, of which some could come late.
    tab = alone.tab_id(alone.page)
    alone.ask("shelf.read", tabId=tab)
    shelf = lambda: alone.ask("state.get", tabId=tab)["state"]["shelf"]["status"]  # noqa: E731
    alone.wait_until(lambda: shelf() == "read", "the catalogue to be read")

    before = len(alone.proxy.requests)
    page = alone.open("knows.html")
    expect(page.locator(".cluster").first).to_be_visible()
    known = cluster_titles(page)
    titles = set(page.locator(".thing a").all_text_contents())
    assert len(titles) == len(TASTES) * EACH
    assert violations(page) == []

    removed(page, 0)
    expect(page.locator(".cluster")).to_have_count(len(known) - 1)
    assert not known[0] & {title for titles in cluster_titles(page) for title in titles}
    page.locator("[data-action=undo]").click()
    expect(page.locator(".cluster")).to_have_count(len(known))
    assert cluster_titles(page) == known

    forgotten(page, "harbor.localhost")

    with page.expect_download() as download:
        page.locator("#export").click()
    copy = tmp_path / "copy.json"
    download.value.save_as(copy)
    assert len(json.loads(copy.read_text())["interactions"]) == len(TASTES) * EACH

    page.locator("#erase").click()
    page.locator("[data-action=erase-yes]").click()
    expect(page.locator("#known")).to_have_text("Knows nothing yet")
    page.locator("#file").set_input_files(copy)
    page.locator("[data-action=import-yes]").click()
    expect(page.locator("#undo")).to_contain_text("Added 8 things.")
    # The catalogue's mean is gone with the erased profile, so the groups may differ. What is in them does not.
    assert set(page.locator(".thing a").all_text_contents()) == titles
    made = [one.url for one in alone.proxy.requests[before:] if not one.is_browsers_own]
    assert made == [], "looking, removing and importing ask nobody"
