"""The zip in Firefox, where no server runs: its pages answer, it learns, and it ranks a page by taste."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e import ledger
from tests.e2e.chromium import PATIENCE_S, SHOPS, unzipped
from tests.e2e.firefox import ADDRESS, ask, opened_firefox
from tests.e2e.proxy import RecordingProxy
from tests.e2e.world import Mall

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def proxy() -> Iterator[RecordingProxy]:
    proxy = RecordingProxy()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def firefox(zips: Path, proxy: RecordingProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Firefox]:
    folder = tmp_path_factory.mktemp("firefox")
    extension = unzipped(zips / "carryover-firefox.zip", folder / "extension", SHOPS)
    with opened_firefox(extension, folder, proxy) as driver:
        yield driver


def body_of(firefox: webdriver.Firefox, page: str, awaited: str) -> str:
    """Return the text of a page of the extension, what its menus hold included, once it has an awaited one."""
    firefox.get(f"moz-extension://{ADDRESS}/ui/{page}.html")
    text_of = lambda driver: str(driver.find_element(By.TAG_NAME, "body").get_attribute("textContent"))  # noqa: E731
    WebDriverWait(firefox, PATIENCE_S).until(lambda driver: awaited in text_of(driver))
    return text_of(firefox)


@pytest.mark.parametrize("page", ["popup", "panel"])
def test_pages_show_what_the_event_page_answers(firefox: webdriver.Firefox, page: str) -> None:
    assert "Pause learning" in body_of(firefox, page, "Knows nothing yet")


def test_pause_is_kept_by_the_event_page(firefox: webdriver.Firefox) -> None:
    body_of(firefox, "popup", "Knows nothing yet")
    ask(firefox, "pause.set", paused=True)
    body_of(firefox, "panel", "Learning is paused")


def test_options_show_an_empty_ledger(firefox: webdriver.Firefox) -> None:
    assert "No request is recorded" in body_of(firefox, "options", "Privacy ledger")


def test_a_page_is_ranked_by_taste_and_nothing_is_sent(
    firefox: webdriver.Firefox, mall: Mall, proxy: RecordingProxy
) -> None:
    body_of(firefox, "options", "No request is recorded")
    control = firefox.current_window_handle
    ask(firefox, "pause.set", paused=False)
    ask(firefox, "consent.set", shop="harbor.localhost", allowed=True)
    firefox.switch_to.new_window("window")  # a page that nobody sees is not learned
    page = firefox.current_window_handle
    for number, product in enumerate(mall.of_taste("harbor", "seaside")[:6], 1):
        firefox.switch_to.window(page)
        firefox.get(mall.url(product))
        firefox.switch_to.window(control)
        known = lambda driver, number=number: ask(driver, "state.get")["state"]["numKnown"] == number  # noqa: E731
        WebDriverWait(firefox, PATIENCE_S).until(known)
    firefox.switch_to.window(page)
    firefox.get(mall.shop_url("linden") + "/product-category/shoes-bags/")
    firefox.switch_to.window(control)
    tabs = firefox.execute_async_script("chrome.tabs.query({}).then(arguments[0]);")
    tab = next(tab["id"] for tab in tabs if "linden" in tab.get("url", ""))
    ranked = ask(firefox, "recommend", tabId=tab)["recommendations"]
    assert (ranked["mode"], ranked["basis"], "problem" in ranked) == ("page", "taste", False)
    tastes = mall.tastes_by_id("linden")
    order = [tastes[item["itemId"]] == "seaside" for item in ranked["items"]]
    assert sum(order[: sum(order)]) >= 0.6 * sum(order) > 0, order
    assert ledger.asked(ask(firefox, "ledger.get")["entries"]) == []
    # Firefox asks its own servers, which cannot be reached here; everything else is asked of this machine.
    asked = [one.url for one in proxy.requests if one.method != "CONNECT" and not one.is_of_the_page]
    assert [url for url in asked if "localhost" in url or "127.0.0.1" in url] == []
