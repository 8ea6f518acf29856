"""Nothing is lost or counted twice where the browser stops the worker, or updates the extension under open pages."""

import time
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.chromium import Shopper
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
NUM_STOPS, STEP_MS = 6, 60
STAY_S = 30
_UPDATE = """async (id) => {
  await chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
  await chrome.developerPrivate.reload(id, { failQuietly: true });
}"""

_SEND = "message => chrome.runtime.sendMessage(message)"
_BEGIN = """async (acts) => {
  globalThis.answers = Promise.all(acts.map((act) => chrome.runtime.sendMessage(act).then(({ ok }) => ok)));
}"""


def weights(shopper: Shopper) -> dict[str, int]:
    """Return how often each thing happened, by kind and address."""
    interactions = shopper.ask("profile.export")["profile"]["interactions"]
    return {f"{one['kind']} {one['product']['url']}": int(one["weight"]) for one in interactions}


def setting(number: int, **fields: object) -> dict[str, Any]:
    """Return an act that changes settings, as a page of the extension offers it."""
    return {"type": "settings.set", **fields, "actId": f"{number:016x}"}


def window(shopper: Shopper, url: str) -> Page:
    """Open a page in a window of its own."""
    session = shopper.context.new_cdp_session(shopper.page)
    with shopper.context.expect_page() as opened:
        session.send("Target.createTarget", {"url": url, "newWindow": True})
    opened.value.wait_for_load_state()
    return opened.value


def update(shopper: Shopper) -> None:
    """Have the browser load the extension anew, which closes its pages."""
    settings = shopper.context.new_page()
    settings.goto("chrome://extensions")
    settings.evaluate(_UPDATE, shopper.extension_id)
    settings.close()
    shopper.control = shopper.open("options.html")


def read_on(shopper: Shopper, page: Page) -> None:
    """Bring a page to the front, and wait until the extension has read it."""
    page.bring_to_front()
    tab_id = shopper.tab_id(page)
    shopper.wait_until(
        lambda: shopper.ask("state.get", tabId=tab_id)["state"]["tab"]["reading"] is not None, "the page to be read on"
    )


def test_a_worker_that_is_stopped_while_pages_load_loses_no_view(alone: Shopper, mall: Mall) -> None:
    urls = [mall.url(product) for product in mall.of_taste("harbor", TASTE)[:NUM_STOPS]]
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    cdp = alone.context.new_cdp_session(alone.control)
    cdp.send("ServiceWorker.enable")
    for i, url in enumerate(urls):
        alone.page.bring_to_front()
        alone.page.goto(url, wait_until="commit")
        alone.page.wait_for_timeout(STEP_MS * i)
        cdp.send("ServiceWorker.stopAllWorkers")
        alone.wait_until(lambda num=i: alone.num_known() == num + 1, f"{url} to be known")  # type: ignore[misc]
    assert weights(alone) == {f"view {url}": 1 for url in urls}


def test_an_update_reads_open_pages_on_and_counts_nothing_twice(alone: Shopper, mall: Mall) -> None:
    url = next(mall.url(product) for product in mall.of_taste("harbor", TASTE) if not product.is_sold_out)
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    alone.learn(url)
    update(alone)
    read_on(alone, alone.page)
    alone.page.get_by_role("button", name="Add to basket").click()  # and the page goes away
    alone.wait_until(lambda: f"cart {url}" in weights(alone), "the click to be known")
    assert weights(alone) == {f"view {url}": 1, f"cart {url}": 1}


def test_two_windows_and_an_update_between_them_end_in_one_profile(alone: Shopper, mall: Mall) -> None:
    on_sale = [mall.url(product) for product in mall.of_taste("harbor", TASTE) if not product.is_sold_out]
    alone.visit(mall.shop_url("harbor") + "/")
    alone.allow()
    begun = time.monotonic()
    alone.learn(on_sale[0])
    other = window(alone, on_sale[1])
    alone.wait_until(lambda: alone.num_known() == 2, "both pages to be known")
    # Each window changes a setting of its own at the same moment, and they contradict each other in another.
    pages = [alone.control, window(alone, f"chrome-extension://{alone.extension_id}/ui/knows.html")]
    modes = {"auto": setting(1, mode="auto"), "page": setting(2, mode="page")}
    acts = [[setting(3, showsBadge=True), modes["auto"]], [setting(4, serverIsMine=True), modes["page"]]]
    for page, own in zip(pages, acts, strict=True):
        page.evaluate(_BEGIN, own)
    for page in pages:
        assert page.evaluate("() => globalThis.answers") == [True, True]
    last = alone.ask("profile.export")["profile"]["settings"]["mode"]
    update(alone)
    # Who did not hear the answer offers again what was done: that changes nothing any more.
    for act in [modes["page" if last == "auto" else "auto"], acts[0][0], acts[1][0]]:
        assert alone.control.evaluate(_SEND, act)["ok"]
    kept = alone.ask("profile.export")["profile"]["settings"]
    assert [kept["showsBadge"], kept["serverIsMine"], kept["mode"]] == [True, True, last]
    assert list(kept["consents"]) == ["harbor.localhost"]
    for page, url in ((alone.page, on_sale[0]), (other, on_sale[1])):
        read_on(alone, page)
        page.get_by_role("button", name="Add to basket").click()
        alone.wait_until(lambda url=url: f"cart {url}" in weights(alone), f"the click on {url}")  # type: ignore[misc]
    kept_weights = weights(alone)
    assert sorted(kept_weights) == sorted(f"{kind} {url}" for kind in ("view", "cart") for url in on_sale[:2])
    assert [kept_weights[f"cart {url}"] for url in on_sale[:2]] == [1, 1]
    # Who stays with a product for half a minute has looked once more, and a busy machine takes its time.
    most = 1 + (time.monotonic() - begun) // STAY_S
    assert all(1 <= kept_weights[f"view {url}"] <= most for url in on_sale[:2]), (kept_weights, most)
