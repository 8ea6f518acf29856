"""A catalogue published as files: taste carries over to it, and its host learns that somebody reads this shop."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from demo.mall.shops import open_shop
from scraper import extract_product
from tests.e2e import world as worlds
from tests.e2e.chromium import SERVER, SHOPS, Shopper, unzipped
from tests.e2e.proxy import Request
from tests.e2e.world import ROOT, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
BAR = 8
SHOP = "linden.localhost"


@pytest.fixture(scope="module")
def packs(mall: Mall, lite_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pack of one shop, made by the commands of an operator."""
    home = tmp_path_factory.mktemp("packs")
    products = [product for product in mall.products if product.shop == "linden"]
    front = open_shop("linden", products, mall.shop_url("linden"))
    pages = [(front.respond(product.url_path, "").body, mall.url(product)) for product in products]
    lines = [json.dumps(extract_product(body, url).to_wire()) + "\n" for body, url in pages]
    (home / "products.jsonl").write_text("".join(lines))
    (home / "images").mkdir()
    data = ["--bundle", str(lite_bundle), "--data", str(home / "data")]
    for command in (
        ["ingest", str(home / "products.jsonl"), "--images", str(home / "images"), *data],
        ["pack", SHOP, "--out", str(home / "published"), *data],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "server", *command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return home / "published"


@pytest.fixture
def host(packs: Path, tmp_path: Path) -> Iterator[str]:
    """Serve the folder as any static host does, and return its host and port."""
    port = worlds.free_port()
    command = ["http.server", str(port), "--bind", "127.0.0.1", "--directory", str(packs)]
    with worlds.running(command, port, tmp_path / "host.log"):
        yield f"127.0.0.1:{port}"


def shopper_of(playwright: Playwright, zips: Path, folder: Path) -> Shopper:
    """Return a shopper who installed the zip, and whose browser allows the demo shops and this machine."""
    extension = unzipped(zips / "carryover-chromium.zip", folder / "extension", [*SHOPS, SERVER])
    return Shopper(playwright, folder / "profile", extension)


def give_list(shopper: Shopper, url: str) -> None:
    """Enter the address of a list in the options."""
    options = shopper.open("options.html")
    options.locator("#pack-list-url").fill(url)
    options.locator("#packs button").click()
    expect(options.locator("#status")).to_have_text("Saved.")
    options.close()


def at_new_shop(shopper: Shopper, mall: Mall, host: str) -> tuple[list[str], list[Request]]:
    """Open the shop for the first time, and return the items in the panel and what its pack's host was asked."""
    give_list(shopper, f"http://{host}/list.json")
    shopper.visit(mall.shop_url("linden") + "/")
    shopper.page.evaluate("document.cookie = 'visitor=42; path=/'")
    shopper.allow()
    panel = shopper.panel(shopper.page)
    shown = shopper.recommended(panel)
    asked = [request for request in shopper.proxy.requests if request.host == host]
    shops = {mall.shop_url(shop).removeprefix("http://") for shop in ("harbor", "linden")}
    others = {one.host for one in shopper.proxy.requests if not one.is_chromiums_own} - {host}
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
    ledger = [entry["url"] for entry in shopper.ask("ledger.get")["entries"]]
    assert sorted(ledger) == sorted(request.url for request in asked)
    shopper.ask("consent.set", shop=SHOP, allowed=False)
    assert "shelves" not in shopper.ask("profile.export")["profile"]
    extension_id = shopper.extension_id
    shopper.close()
    empty = shopper_of(playwright, zips, tmp_path / "empty")
    _, asked_by_nobody = at_new_shop(empty, mall, host)
    empty.close()
    assert plain(asked_by_nobody) == plain(asked)
    assert not any(extension_id in request.everything() for request in asked)
