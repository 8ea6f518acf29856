"""What is learned at small shops that behave as React, Next, Nuxt, Shopify and hand-made shops do, in both browsers."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, Playwright
from selenium import webdriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select

from tests.e2e.chromium import Shopper, unzipped
from tests.e2e.firefox import ADDRESS, ask, opened_firefox
from tests.e2e.small_shops import PERMISSIONS, STEPS, drive, small_shops

# tests/extension/content/ drives the same shops by the same table in jsdom, with every run.
pytestmark = [pytest.mark.browser, pytest.mark.long]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with small_shops() as port:
        yield port


def test_each_action_is_learned_in_chromium(playwright: Playwright, zips: Path, port: int, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension", PERMISSIONS)
    # Without this, Playwright turns the cache of pages off.
    options = {"ignore_default_args": ["--disable-back-forward-cache"]}
    shopper = Shopper(playwright, tmp_path / "profile", extension, **options)
    try:
        for shop in STEPS:
            shopper.ask("consent.set", shop=f"{shop}.localhost", allowed=True)
            page = shopper.context.new_page()
            step = partial(act, page, f"http://{shop}.localhost:{port}")
            drive(shop, step, lambda: cast("dict[str, Any]", shopper.ask("profile.export")["profile"]))
            if shop == "infinite":
                reading = shopper.ask("state.get", tabId=shopper.tab_id(page))["state"]["tab"]["reading"]
                assert (reading["isLearned"], reading["numChanges"]) == (False, 2), "page mode hears of cards that come"
            page.close()
        assert shopper.ask("ledger.get")["entries"] == []
        assert [one.url for one in shopper.proxy.requests if not (one.is_browsers_own or one.is_of_the_page)] == []
    finally:
        shopper.close()


def act(page: Page, origin: str, step: list[str]) -> None:
    """Take one step with real input."""
    match step:
        case ["open", path]:
            page.goto(origin + path)
        case ["click", selector]:
            page.locator(selector.replace(">>> ", "")).first.click()
        case ["select", selector, value]:
            page.locator(selector).select_option(value)
        case _:
            page.evaluate("history.back()")


def test_each_action_is_learned_in_firefox(zips: Path, port: int, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension", PERMISSIONS)
    with opened_firefox(extension, tmp_path) as firefox:
        firefox.get(f"moz-extension://{ADDRESS}/ui/options.html")
        control = firefox.current_window_handle
        firefox.switch_to.new_window("window")  # a page that nobody sees is not learned
        shown = firefox.current_window_handle

        def exported() -> dict[str, Any]:
            firefox.switch_to.window(control)
            profile: dict[str, Any] = ask(firefox, "profile.export")["profile"]
            firefox.switch_to.window(shown)
            return profile

        for shop in STEPS:
            firefox.switch_to.window(control)
            ask(firefox, "consent.set", shop=f"{shop}.localhost", allowed=True)
            firefox.switch_to.window(shown)
            origin = f"http://{shop}.localhost:{port}"
            drive(shop, partial(act_in_firefox, firefox, origin), exported)


def act_in_firefox(firefox: webdriver.Firefox, origin: str, step: list[str]) -> None:
    """Take one step with real input."""
    match step:
        case ["open", path]:
            firefox.get(origin + path)
        case ["click", selector]:
            found(firefox, selector).click()
        case ["select", selector, value]:
            Select(found(firefox, selector)).select_by_value(value)
        case _:
            firefox.back()


def found(firefox: webdriver.Firefox, selector: str) -> WebElement:
    """Return the first element of a selector whose parts lie each in the shadow tree of the one before."""
    script = """return arguments[0].split(" >>> ").reduce(
        (root, part) => (root.shadowRoot ?? root).querySelector(part), document)"""
    element: WebElement = firefox.execute_script(script, selector)
    firefox.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    return element
