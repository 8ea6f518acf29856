"""Images of the panel carry no cookie of the shop, in both browsers: which ones are loaded depends on the taste."""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.e2e.chromium import SHOPS, Shopper, unzipped
from tests.e2e.firefox import FirefoxShopper, opened_firefox, wait_until
from tests.e2e.proxy import RecordingProxy, Request
from tests.e2e.world import PORTS, Mall

pytestmark = pytest.mark.browser
SHOP = f"linden.localhost:{PORTS['linden']}"
LISTING = "/product-category/shoes-bags/"
# What a shop sets for a visitor who signed in: cookies of every kind.
SIGN_IN = """for (const kind of ["SameSite=Lax", "SameSite=None; Secure", "SameSite=Strict", ""])
  document.cookie = `visitor-${kind.slice(9, 12)}=42; Path=/; Max-Age=9999; ${kind}`;"""
NAMES = ("visitor-Lax=42", "visitor-Non=42", "visitor-Str=42", "visitor-=42")
LOADED = "[...document.querySelectorAll('.card img')].filter((img) => img.complete && img.naturalWidth > 0).length"


def loads(proxy: RecordingProxy) -> list[Request]:
    """Return the panel's requests to the shop, and check that the browser had cookies for it."""
    visits = [one for one in proxy.requests if one.host == SHOP and one.header("Sec-Fetch-Dest") == "document"]
    assert all(name in visits[-1].header("Cookie") for name in NAMES), visits[-1].headers
    return [one for one in proxy.requests if one.host == SHOP and not one.is_of_the_page]


def check(requests: list[Request]) -> None:
    """Check that images were asked for, by nobody's name."""
    assert requests
    for request in requests:
        told = {name.lower() for name in request.headers} & {"cookie", "referer", "origin", "authorization"}
        assert not told, f"{request.url} carries {told}"
        assert (request.method, request.body) == ("GET", b"")


def sign_in(shopper: Shopper | FirefoxShopper, mall: Mall) -> None:
    """Get cookies from the shop, and open a page that lists products."""
    shopper.visit(mall.shop_url("linden") + "/")
    shopper.run(SIGN_IN)
    shopper.visit(mall.shop_url("linden") + LISTING)


def test_chromium(playwright: Playwright, zips: Path, mall: Mall, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension", SHOPS)
    shopper = Shopper(playwright, tmp_path / "profile", extension)
    try:
        shopper.ask("consent.set", shop="linden.localhost", allowed=True)
        sign_in(shopper, mall)
        panel = shopper.panel(shopper.page)
        shopper.recommended(panel)
        panel.wait_for_function(f"() => {LOADED} >= 4")
        check(loads(shopper.proxy))
    finally:
        shopper.close()


@pytest.mark.long
def test_firefox(zips: Path, mall: Mall, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension", SHOPS)
    proxy = RecordingProxy()
    with opened_firefox(extension, tmp_path, proxy) as driver:
        shopper = FirefoxShopper(driver, proxy)
        shopper.ask("consent.set", shop="linden.localhost", allowed=True)
        sign_in(shopper, mall)
        num_loaded = f"const {{ document }} = panel; return {LOADED};"
        wait_until(lambda: int(shopper.window.panel(num_loaded)) >= 4, "images in the sidebar")
        check(loads(proxy))
    proxy.close()
