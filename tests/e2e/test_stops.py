"""Nothing is lost or counted twice where the browser stops the worker, or updates the extension under open pages."""

import pytest

from tests.e2e.chromium import Shopper
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
NUM_STOPS, STEP_MS = 6, 60
_UPDATE = """async (id) => {
  await chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true });
  await chrome.developerPrivate.reload(id, { failQuietly: true });
}"""


def weights(shopper: Shopper) -> dict[str, int]:
    """Return how often each thing happened, by kind and address."""
    interactions = shopper.ask("profile.export")["profile"]["interactions"]
    return {f"{one['kind']} {one['product']['url']}": int(one["weight"]) for one in interactions}


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
    settings = alone.context.new_page()
    settings.goto("chrome://extensions")
    settings.evaluate(_UPDATE, alone.extension_id)
    settings.close()
    alone.control = alone.open("options.html")
    alone.page.bring_to_front()
    tab_id = alone.tab_id(alone.page)
    alone.wait_until(
        lambda: alone.ask("state.get", tabId=tab_id)["state"]["tab"]["reading"] is not None, "the page to be read on"
    )
    alone.page.get_by_role("button", name="Add to basket").click()  # and the page goes away
    alone.wait_until(lambda: f"cart {url}" in weights(alone), "the click to be known")
    assert weights(alone) == {f"view {url}": 1, f"cart {url}": 1}
