"""A shopper who locks what Carryover knows, and opens it again, in Chromium."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.chromium import Shopper

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSPHRASE = "correct horse battery"
ROW = {"kind": "wishlist", "title": "Canary cup", "url": "https://shop.example/1"}


def tried(options: Page, secret: str) -> None:
    """Type a passphrase into the options, and send it by the key."""
    options.locator("#unlock-secret").fill(secret)
    options.keyboard.press("Enter")


def test_a_locked_profile_is_shown_nowhere_and_what_was_wrong_is_in_sight(alone: Shopper) -> None:
    assert alone.ask("import.add", rows=[ROW], isFile=True)["ok"]
    knows, options = alone.open("knows.html"), alone.open("options.html")
    expect(knows.locator("main")).to_contain_text("Canary")
    options.locator("#passphrase-next").fill(PASSPHRASE)
    options.keyboard.press("Enter")
    expect(options.locator("#store code")).to_be_visible()
    options.locator("[data-action=lockNow]").focus()
    options.keyboard.press("Enter")
    expect(options.locator("#store-title")).to_be_focused()
    expect(options.locator("#known")).to_be_empty()
    expect(knows.locator("body")).not_to_contain_text("Canary")
    tried(options, "wrong horse battery")
    said = options.locator(".unlock .status")
    expect(said).to_contain_text("neither")
    form, words = options.locator(".unlock").bounding_box(), said.bounding_box()
    assert form is not None
    assert words is not None
    assert form["y"] < words["y"] < form["y"] + form["height"], "not where the toast of the page is"
    tried(options, PASSPHRASE)
    expect(options.locator("#passphrase-current")).to_be_visible()
    expect(options.locator("#status")).to_be_empty()
    expect(knows.locator("main")).to_contain_text("Canary")
