"""Every state of the panel, in a real browser: nothing that axe objects to, six products in sight, keys are enough."""

import itertools

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import panel_states
from tests.e2e.chromium import ROOT
from tests.e2e.panel_states import LOOKS, STATES, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]
AXE_FILE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
IN_SIGHT = """
() => [...document.querySelectorAll(".card:not(.skeleton)")].filter((card) => {
  const { bottom } = card.querySelector(".price").getBoundingClientRect();
  return bottom <= innerHeight;
}).length
"""


def violations(page: Page) -> list[str]:
    """Return everything that axe objects to."""
    page.evaluate(AXE_FILE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]


@pytest.mark.long
def test_no_state_has_an_accessibility_violation(browser: Browser, source: str) -> None:
    """Each state in one look, in turn; the list itself in all of them."""
    if not AXE_FILE.exists():
        pytest.skip("axe-core is not installed: run `npm ci`")
    looks = itertools.cycle(LOOKS)
    shown = [(name, next(looks)) for name in STATES] + [("fits", look) for look in LOOKS]
    found = {}
    for name, look in dict.fromkeys(shown):
        page = opened(browser, source, name, **LOOKS[look])
        problems = violations(page)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            problems.append("runs out of the panel")
        if problems:
            found[name, look] = problems
        page.context.close()
    assert found == {}


# In "page" a long button is in the shop's line, and in every language that line may break.
@pytest.mark.parametrize(
    ("state", "locale"),
    [("fits", "en"), ("postponed", "en"), *(("page", locale) for locale in ("en", "de", "fr", "es", "pl", "ar"))],
)
def test_six_products_are_in_sight(browser: Browser, source: str, state: str, locale: str) -> None:
    page = opened(browser, source, state, locale=locale)
    assert (panel_states.WIDTH, panel_states.HEIGHT) == (330, 700)
    assert page.evaluate(IN_SIGHT) >= 6
    page.context.close()


def test_keys_are_enough(browser: Browser, source: str) -> None:
    page = opened(browser, source, "fits")
    page.keyboard.press("Tab")
    expect(page.locator("#tab-fits")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-saved")).to_be_focused()
    expect(page.locator(".card")).to_have_count(3)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".card")).to_have_count(10)
    page.locator("#menu-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#menu")).to_be_hidden()
    page.keyboard.press("Enter")
    page.locator("#erase").focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#menu-button")).to_be_focused()
    page.locator(".dismiss").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#undo")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#undo")).to_be_hidden()
    expect(page.locator(".dismiss").nth(1)).to_be_focused()
    page.context.close()


@pytest.mark.parametrize("state", ["fits", "picks"])
def test_a_sidebar_as_firefox_opens_it_shows_all_of_two_columns(browser: Browser, source: str, state: str) -> None:
    page = opened(browser, source, state, **LOOKS["sidebar"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    lefts = page.evaluate("[...document.querySelectorAll('.card')].map((card) => card.getBoundingClientRect().left)")
    assert len(set(lefts)) == 2
    page.context.close()
