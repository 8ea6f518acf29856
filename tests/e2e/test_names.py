"""Names and prices of any shop stay within their box and keep their order, in a real browser."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.panel_states import LOOKS, opened

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Where characters of an element are drawn: the left and right end of each.
DRAWN = """
(node, texts) => {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const leaf = walker.nextNode();
  return texts.map((text) => {
    const range = document.createRange();
    const at = leaf.data.indexOf(text);
    range.setStart(leaf, at);
    range.setEnd(leaf, at + text.length);
    const { left, right } = range.getBoundingClientRect();
    return [left, right];
  });
}
"""


def test_a_price_in_dollars_keeps_its_sign_from_right_to_left(browser: Browser, source: str) -> None:
    page = opened(browser, source, "foreign", **LOOKS["arabic"])
    price = page.locator(".card").nth(1).locator(".price > span").first
    letters, sign, amount = price.evaluate(DRAWN, ["US", "$", "205.99"])
    assert letters[1] <= sign[0] + 0.5, "US before $, as Latin letters run"
    assert sign[1] <= amount[0], "the amount begins the line, at the right"
    page.context.close()


@pytest.mark.parametrize("look", ["light", "arabic"])
def test_of_a_long_reason_the_end_is_cut_and_not_the_beginning(browser: Browser, source: str, look: str) -> None:
    page = opened(browser, source, "foreign", **LOOKS[look])
    why = page.locator(".card").nth(1).locator(".why")
    title = why.locator("bdi")
    box, around = title.bounding_box(), why.bounding_box()
    assert box is not None
    assert around is not None
    [beginning], [ending] = title.evaluate(DRAWN, ["Hand"]), title.evaluate(DRAWN, ["pockets"])
    assert box["x"] - 0.5 <= beginning[0] < beginning[1] <= box["x"] + box["width"]
    assert ending[0] > box["x"] + box["width"], "it is too long for the line"
    [word] = why.locator("span").first.evaluate(DRAWN, ["مثل" if look == "arabic" else "like"])
    gap = box["x"] - word[1] if look == "light" else word[0] - box["x"] - box["width"]
    assert gap >= 2, "a space between the word and the title"
    assert box["x"] >= around["x"] - 0.5
    assert box["x"] + box["width"] <= around["x"] + around["width"] + 0.5
    page.context.close()


def test_a_search_that_has_only_similar_things_says_so_in_full(browser: Browser, source: str) -> None:
    page = opened(browser, source, "only_similar")
    line = page.locator("#heading p")
    assert line.evaluate("(node) => node.scrollWidth <= node.clientWidth && node.scrollHeight <= node.clientHeight")
    page.context.close()


@pytest.mark.parametrize("look", ["arabic", "wide"])
def test_an_endless_name_in_a_file_stays_within_its_box(browser: Browser, source: str, look: str) -> None:
    page = opened(browser, source, "import", **LOOKS[look])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.locator(".review li").first
    assert first.evaluate("(node) => node.textContent.length") <= 500
    assert first.evaluate("(node) => node.clientHeight <= 2 * parseFloat(getComputedStyle(node).lineHeight) + 1")
    assert "997" in page.locator("[data-room]").inner_text()
    page.context.close()
