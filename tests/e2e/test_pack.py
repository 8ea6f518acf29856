"""A catalogue published as files: taste carries over to it, and its host learns that somebody reads this shop."""

import random
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.e2e import ledger
from tests.e2e.chromium import SERVER, SHOPS, Shopper, unzipped
from tests.e2e.proxy import Request
from tests.e2e.world import Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
BAR = 8
SHOP = "linden.localhost"


def shopper_of(playwright: Playwright, zips: Path, folder: Path) -> Shopper:
    """Return a shopper who installed the zip, and whose browser allows the demo shops and this machine."""
    extension = unzipped(zips / "carryover-chromium.zip", folder / "extension", [*SHOPS, SERVER])
    return Shopper(playwright, folder / "profile", extension)


def at_new_shop(shopper: Shopper, mall: Mall, host: str) -> tuple[list[str], list[Request]]:
    """Open the shop for the first time, and return the items in the panel and what its pack's host was asked."""
    shopper.save_address("#packs", f"http://{host}/list.json")
    shopper.visit(mall.shop_url("linden") + "/")
    shopper.page.evaluate("document.cookie = 'visitor=42; path=/'")
    shopper.allow()
    panel = shopper.panel(shopper.page)
    shown = shopper.recommended(panel)
    asked = [request for request in shopper.proxy.requests if request.host == host]
    shops = {mall.shop_url(shop).removeprefix("http://") for shop in ("harbor", "linden")}
    others = {one.host for one in shopper.proxy.requests if not one.is_browsers_own} - {host}
    assert others <= shops, others
    return shown, asked


def plain(requests: list[Request]) -> list[tuple[str, str, list[tuple[str, str]], bytes]]:
    """Return all of each request, in an order of its own: two files of a part are asked for at once."""
    return sorted((one.method, one.url, sorted(one.headers.items()), one.body) for one in requests)


def test_taste_carries_over_to_a_published_catalogue(
    playwright: Playwright, zips: Path, mall: Mall, packs: Path, host: str, tmp_path: Path
) -> None:
    shopper = shopper_of(playwright, zips, tmp_path / "full")
    shopper.visit(mall.shop_url("harbor") + "/")
    shopper.allow()
    for product in random.Random(TASTE).sample(mall.of_taste("harbor", TASTE), 6):
        shopper.learn(mall.url(product))
    shown, asked = at_new_shop(shopper, mall, host)
    tastes = mall.tastes_by_id("linden")
    assert len(shown) == 10
    assert [tastes[item_id] for item_id in shown].count(TASTE) >= BAR, shown
    ranked = shopper.ask("recommend", tabId=shopper.tab_id(shopper.page))["recommendations"]
    assert (ranked["mode"], ranked["basis"], "problem" in ranked) == ("pack", "taste", False)
    assert sorted(one.path.removeprefix("/") for one in asked) == sorted(path.name for path in packs.iterdir())
    for request in asked:
        names = {name.lower() for name in request.headers}
        assert not names & {"cookie", "referer", "authorization", "if-none-match"}, request.headers
        assert (request.method, request.body) == ("GET", b"")
    noted = [url for _, url, _ in ledger.asked(shopper.ask("ledger.get")["entries"])]
    assert sorted(noted) == sorted(request.url for request in asked)
    shopper.ask("consent.set", shop=SHOP, allowed=False)
    assert "shelves" not in shopper.ask("profile.export")["profile"]
    extension_id = shopper.extension_id
    shopper.close()
    empty = shopper_of(playwright, zips, tmp_path / "empty")
    _, asked_by_nobody = at_new_shop(empty, mall, host)
    empty.close()
    assert plain(asked_by_nobody) == plain(asked)
    assert not any(extension_id in request.everything() for request in asked)
