"""Panel, popup and options, as a shopper sees and uses them."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chromium import ROOT, Shopper
from tests.e2e.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text() if (ROOT / "node_modules").exists() else ""


def seasoned(shopper: Shopper, world: World) -> Shopper:
    """Return a shopper who looked at six products in harbor and has linden open."""
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in world.of_taste("harbor", "summerbloom")[:6]:
        shopper.learn(world.url(product))
    shopper.visit(world.shop_url("linden") + "/")
    return shopper


def violations(page: Page) -> list[str]:
    """Return the violations that axe calls serious or critical."""
    # Not by a script element: the extension's own Content Security Policy would refuse it.
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found if v["impact"] in ("serious", "critical")
    ]


def test_dismiss_changes_the_list_and_lasts(shopper: Shopper, world: World) -> None:
    seasoned(shopper, world)
    panel = shopper.panel(shopper.page)
    before = shopper.recommended(panel)
    panel.locator("[data-action=dismiss]").first.click()
    expect(panel.locator(f'[data-item-id="{before[0]}"]')).to_have_count(0)
    expect(panel.locator("#status")).to_contain_text("less like that")
    after = shopper.recommended(panel)
    assert len(after) == len(before), "the place is filled"
    assert before[0] not in after
    assert panel.evaluate("document.activeElement.className") == "dismiss", "the focus stays in the list"
    shopper.page.reload()
    again = shopper.panel(shopper.page)
    assert before[0] not in shopper.recommended(again)


def test_reasons_name_what_was_looked_at(shopper: Shopper, world: World) -> None:
    seasoned(shopper, world)
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    titles = [product.title for product in world.of_taste("harbor", "summerbloom")[:6]]
    reasons = panel.locator(".why").all_inner_texts()
    assert reasons
    assert all(any(title in reason for title in titles) for reason in reasons)


def test_cards_show_image_price_and_link(shopper: Shopper, world: World) -> None:
    seasoned(shopper, world)
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    card = panel.locator(".card").first
    expect(card.locator(".price")).to_contain_text("$")
    assert str(card.locator("a").get_attribute("href")).startswith(world.shop_url("linden"))
    image = card.locator("img")
    expect(image).to_have_attribute("referrerpolicy", "no-referrer")
    panel.wait_for_function("() => document.querySelector('.card img').naturalWidth > 0")
    loads = [r for r in shopper.proxy.requests if r.header("Sec-Fetch-Dest") == "image" and "linden" in r.host]
    assert any(r.header("Referer") == "" for r in loads)


def test_ledger_page_shows_the_request_itself(shopper: Shopper, world: World) -> None:
    seasoned(shopper, world)
    shopper.recommended(shopper.panel(shopper.page))
    options = shopper.open("options.html")
    row = options.locator("#ledger li", has_text="/v1/recommendations").first
    row.locator("summary").click()
    sent = next(r for r in reversed(shopper.proxy.requests) if r.path == "/v1/recommendations")
    assert row.locator("pre").text_content() == sent.body.decode()


def test_export_holds_everything(shopper: Shopper, world: World, tmp_path: Path) -> None:
    seasoned(shopper, world)
    options = shopper.open("options.html")
    with options.expect_download() as download:
        options.locator("#export").click()
    target = tmp_path / "export.json"
    download.value.save_as(target)
    profile = json.loads(target.read_text())
    viewed = {world.url(product) for product in world.of_taste("harbor", "summerbloom")[:6]}
    assert {interaction["product"]["url"] for interaction in profile["interactions"]} == viewed
    assert list(profile["settings"]["consents"]) == ["harbor.localhost"]
    assert profile["ledger"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violations(new_shopper, world: World, scheme: str) -> None:
    if not AXE:
        pytest.skip("axe-core is not installed: run `npm ci`")
    shopper = seasoned(new_shopper(color_scheme=scheme), world)
    panel = shopper.panel(shopper.page, width=320)
    shopper.recommended(panel)
    assert violations(panel) == []
    assert panel.evaluate("document.documentElement.scrollWidth") <= 320, "nothing runs out at 320 px"
    assert violations(shopper.open(f"popup.html?tab={shopper.tab_id(shopper.page)}")) == []
    assert violations(shopper.open("options.html")) == []


def test_toolbar_click_opens_the_real_side_panel(shopper: Shopper, world: World) -> None:
    """The popup's button opens the browser's own side panel, whose requests the proxy sees as well."""
    seasoned(shopper, world)
    popup = shopper.open("popup.html")
    # A popup opened as a tab is itself the tab in front: it says so, and offers nothing.
    expect(popup.locator("main")).to_contain_text("click its icon")
    popup.close()
    before = len([r for r in shopper.proxy.requests if r.path == "/v1/recommendations"])
    shopper.page.bring_to_front()
    shopper.control.evaluate(
        """() => { addEventListener("click", async () => {
             const { id } = await chrome.windows.getCurrent();
             chrome.sidePanel.open({ windowId: id });
           }, { once: true }); }"""
    )
    shopper.control.bring_to_front()
    shopper.control.mouse.click(5, 5)
    shopper.page.bring_to_front()
    shopper.wait_until(
        lambda: len([r for r in shopper.proxy.requests if r.path == "/v1/recommendations"]) > before,
        "the side panel to ask for recommendations",
    )
