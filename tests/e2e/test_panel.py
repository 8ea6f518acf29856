"""Panel, popup and options, as a shopper sees and uses them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e import ledger
from tests.e2e.chromium import ROOT, Shopper
from tests.e2e.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text() if (ROOT / "node_modules").exists() else ""


def look_around(shopper: Shopper, world: World) -> None:
    """Look at six products in harbor, and open linden."""
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in world.of_taste("harbor", "summerbloom")[:6]:
        shopper.learn(world.url(product))
    shopper.visit(world.shop_url("linden") + "/")


@pytest.fixture(scope="module")
def seasoned(
    playwright: Playwright, extension: Path, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shopper]:
    """Return a shopper who looked around. Nothing that they do here changes what is known."""
    shopper = Shopper(playwright, tmp_path_factory.mktemp("profile"), extension, world)
    look_around(shopper, world)
    yield shopper
    shopper.close()


@pytest.fixture
def panel(seasoned: Shopper) -> Iterator[Page]:
    """Return the panel that shows what fits the shopper."""
    panel = seasoned.panel(seasoned.page)
    seasoned.recommended(panel)
    yield panel
    panel.close()


def violations(page: Page) -> list[str]:
    """Return the violations that axe calls serious or critical."""
    # Not by a script element: the extension's own Content Security Policy would refuse it.
    page.evaluate(AXE)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [
        f"{v['id']}: {[node['target'] for node in v['nodes']]}" for v in found if v["impact"] in ("serious", "critical")
    ]


def test_dismiss_changes_the_list_and_lasts(shopper: Shopper, world: World) -> None:
    look_around(shopper, world)
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


def test_reasons_name_what_was_looked_at(panel: Page, world: World) -> None:
    titles = [product.title for product in world.of_taste("harbor", "summerbloom")[:6]]
    reasons = panel.locator(".why").all_inner_texts()
    assert reasons
    assert all(any(title in reason for title in titles) for reason in reasons)


def test_cards_show_image_price_and_link(seasoned: Shopper, panel: Page, world: World) -> None:
    card = panel.locator(".card").first
    expect(card.locator(".price")).to_contain_text("$")
    assert str(card.locator("a").get_attribute("href")).startswith(world.shop_url("linden"))
    image = card.locator("img")
    expect(image).to_have_attribute("referrerpolicy", "no-referrer")
    panel.wait_for_function("() => document.querySelector('.card img').naturalWidth > 0")
    loads = [r for r in seasoned.proxy.requests if r.header("Sec-Fetch-Dest") == "image" and "linden" in r.host]
    assert any(r.header("Referer") == "" for r in loads)


@pytest.mark.usefixtures("panel")
def test_ledger_page_shows_the_request_itself(seasoned: Shopper) -> None:
    options = seasoned.open("options.html")
    row = options.locator("#ledger li", has_text="/v1/recommendations").first
    row.locator("summary").click()
    assert '"vector":[' in str(row.locator("pre").text_content())
    expect(row.locator(".told")).to_contain_text("numbers that stand for your taste")
    sent = [ledger.sent(r)[2] for r in seasoned.proxy.requests if r.path == "/v1/channel/request"]
    assert any(hash_ in str(row.text_content()) for hash_ in sent)
    options.close()


def test_export_holds_everything(seasoned: Shopper, world: World, tmp_path: Path) -> None:
    options = seasoned.open("options.html")
    with options.expect_download() as download:
        options.locator("#export").click()
    target = tmp_path / "export.json"
    download.value.save_as(target)
    profile = json.loads(target.read_text())
    viewed = {world.url(product) for product in world.of_taste("harbor", "summerbloom")[:6]}
    assert {interaction["product"]["url"] for interaction in profile["interactions"]} == viewed
    assert list(profile["settings"]["consents"]) == ["harbor.localhost"]
    assert profile["ledger"]
    options.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_accessibility_violations(seasoned: Shopper, scheme: Literal["light", "dark"]) -> None:
    if not AXE:
        pytest.skip("axe-core is not installed: run `npm ci`")
    panel = seasoned.panel(seasoned.page, width=320)
    panel.emulate_media(color_scheme=scheme)
    seasoned.recommended(panel)
    assert violations(panel) == []
    assert panel.evaluate("document.documentElement.scrollWidth") <= 320, "nothing runs out at 320 px"
    popup = seasoned.open(f"popup.html?tab={seasoned.tab_id(seasoned.page)}")
    expect(popup.locator("[data-action=open]")).to_be_visible()
    options = seasoned.open("options.html")
    expect(options.locator("#ledger li").first).to_be_visible()
    for page in (popup, options):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
    for page in (panel, popup, options):
        page.close()


def test_toolbar_click_opens_the_real_side_panel(seasoned: Shopper) -> None:
    """The popup's button opens the browser's own side panel, whose requests the proxy sees as well."""
    popup = seasoned.open("popup.html")
    # A popup opened as a tab is itself the tab in front: it says so, and offers nothing.
    expect(popup.locator("main")).to_contain_text("click its icon")
    popup.close()
    before = len([r for r in seasoned.proxy.requests if r.path == "/v1/channel/request"])
    seasoned.page.bring_to_front()
    seasoned.control.evaluate(
        """() => { addEventListener("click", async () => {
             const { id } = await chrome.windows.getCurrent();
             chrome.sidePanel.open({ windowId: id });
           }, { once: true }); }"""
    )
    seasoned.control.bring_to_front()
    seasoned.control.mouse.click(5, 5)
    seasoned.page.bring_to_front()
    seasoned.wait_until(
        lambda: len([r for r in seasoned.proxy.requests if r.path == "/v1/channel/request"]) > before,
        "the side panel to ask for recommendations",
    )
