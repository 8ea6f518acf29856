"""Every mode in Chromium and in Firefox: what it shows, and the record of all that left the device for it.

A shopper with six views in harbor and one who looked at nothing open linden, and take each mode in turn by the
extension's own controls. One panel stays open over all of it, and each mode's list has to come into it by itself. In
Firefox the zip is unchanged, that panel is the browser's sidebar, and the browser's own questions are answered.
"""

import functools
import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e.chromium import SERVER, SHOPS, Shopper, unzipped
from tests.e2e.firefox import FirefoxShopper, opened_firefox, wait_until
from tests.e2e.proxy import RecordingProxy, Request
from tests.e2e.world import PORTS, World

pytestmark = [pytest.mark.browser, pytest.mark.long]
TASTE = "seaside"
BAR = 8
SHOP = f"linden.localhost:{PORTS['linden']}"
BROWSERS = ("chromium", "firefox")
# What the panel says of where its list comes from.
WORDS = {"page": "This page", "shelf": "The whole shop", "pack": "A published catalogue", "own": "Your server"}
MODES = tuple(WORDS)
FORBIDDEN = {"cookie", "referer", "authorization", "if-none-match"}


class AnyShopper(Protocol):
    """What both browsers' shoppers do."""

    proxy: RecordingProxy

    def ask(self, message: str, **fields: Any) -> dict[str, Any]: ...
    def visit(self, url: str) -> None: ...
    def run(self, script: str) -> None: ...
    def allow(self) -> None: ...
    def learn(self, url: str) -> None: ...
    def origin(self) -> str: ...
    def items(self) -> list[str]: ...
    def read_shelf(self) -> list[str]: ...
    def recommend(self) -> dict[str, Any]: ...
    def save_address(self, form: str, address: str) -> None: ...


class ChromiumShopper(Shopper):
    """Shopper whose panel stays open until they visit another page by its address."""

    _opened: Page | None = None

    def visit(self, url: str) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        super().visit(url)

    @property
    def _panel(self) -> Page:
        self._opened = self._opened or self.panel(self.page)
        return self._opened

    def allow(self) -> None:
        self._panel.locator("[data-action=allow]").click()
        expect(self._panel.locator(".origin")).to_have_attribute("data-consented", "true")

    def origin(self) -> str:
        return self._panel.locator("#note").inner_text()

    def items(self) -> list[str]:
        return self.recommended(self._panel)

    def read_shelf(self) -> list[str]:
        self.read_catalogue(self._panel)
        return self.items()


@dataclass(frozen=True)
class Stage:
    """A mode's answer, the items shown, and the requests that the extension made for it."""

    answer: dict[str, Any]
    shown: list[str]
    requests: list[Request]
    ledger: list[tuple[str, str, str]]

    @property
    def asked(self) -> list[Request]:
        """Return what was asked by the background; the others are images of cards."""
        return [request for request in self.requests if request.header("Sec-Fetch-Dest") != "image"]

    @property
    def loads(self) -> list[Request]:
        """Return the requests for images."""
        return [request for request in self.requests if request.header("Sec-Fetch-Dest") == "image"]


Walk = Mapping[str, Stage]


def stage(shopper: AnyShopper, mode: str, act: Callable[[], object]) -> Stage:
    """Return what came of an action at the shop that is open: a list of the mode, in the panel that was open."""
    before, kept = len(shopper.proxy.requests), len(shopper.ask("ledger.get")["entries"])
    act()
    wait_until(lambda: shopper.origin() == WORDS[mode], f"the panel to say {WORDS[mode]!r}")
    shown = shopper.items()
    answer = shopper.recommend()
    entries = shopper.ask("ledger.get")["entries"]
    sent = [one for one in shopper.proxy.requests[before:] if not (one.is_of_the_page or one.is_chromiums_own)]
    ledger = [(entry["method"], entry["url"], entry["body"]) for entry in entries[: len(entries) - kept]]
    return Stage(answer, shown, sent, ledger)


def walk(shopper: AnyShopper, world: World, host: str, viewed: list[str]) -> Walk:
    """Look at products in harbor, and take each mode in turn in linden."""
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for url in viewed:
        shopper.learn(url)
    found = {}

    def in_pack() -> None:
        shopper.save_address("#packs", f"http://{host}/list.json")

    def in_own() -> None:
        shopper.save_address("#packs", "")
        shopper.save_address("#server", world.server_url)

    def in_shelf() -> None:
        shopper.save_address("#server", "")
        shopper.read_shelf()

    shopper.visit(world.shop_url("linden") + "/product-category/shoes-bags/")
    shopper.run("document.cookie = 'visitor=42; path=/'")
    shopper.allow()
    found["page"] = stage(shopper, "page", shopper.items)
    found["pack"] = stage(shopper, "pack", in_pack)
    found["own"] = stage(shopper, "own", in_own)
    found["shelf"] = stage(shopper, "shelf", in_shelf)
    return found


@contextmanager
def shopper_in(browser: str, playwright: Playwright, zips: Path, folder: Path) -> Iterator[AnyShopper]:
    """Run a browser with the installed zip until the block ends."""
    if browser == "chromium":
        extension = unzipped(zips / "carryover-chromium.zip", folder / "extension", [*SHOPS, SERVER])
        chromium = ChromiumShopper(playwright, folder / "profile", extension)
        yield chromium
        chromium.close()
        return
    proxy = RecordingProxy()
    with opened_firefox(zips / "carryover-firefox.zip", folder, proxy) as driver:
        yield FirefoxShopper(driver, proxy)
    proxy.close()


@pytest.fixture(scope="module")
def viewed(world: World) -> list[str]:
    return [world.url(product) for product in random.Random(TASTE).sample(world.of_taste("harbor", TASTE), 6)]


Walks = Callable[[str, str], Walk]


@pytest.fixture(scope="module")
def walks(
    playwright: Playwright,
    zips: Path,
    world: World,
    host: str,
    viewed: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Walks:
    """Return what a shopper met, by browser and "full" or "empty"; each walks once, when first asked for."""

    @functools.cache
    def walked(browser: str, name: str) -> Walk:
        with shopper_in(browser, playwright, zips, tmp_path_factory.mktemp(f"{browser}-{name}")) as shopper:
            return walk(shopper, world, host, viewed if name == "full" else [])

    return walked


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("mode", MODES)
def test_taste_carries_over(walks: Walks, world: World, browser: str, mode: str) -> None:
    here = walks(browser, "full")[mode]
    assert (here.answer["mode"], here.answer["basis"], "problem" in here.answer) == (mode, "taste", False)
    tastes = world.tastes_by_id("linden")
    assert len(here.shown) == 10
    if mode != "page":
        assert [tastes[item_id] for item_id in here.shown].count(TASTE) >= BAR, here.shown
    nobody = walks(browser, "empty")[mode]
    assert (nobody.answer["mode"], nobody.answer["basis"] == "taste") == (mode, False)


@pytest.mark.parametrize("mode", MODES)
def test_both_browsers_show_the_same_ten(walks: Walks, mode: str) -> None:
    chromium, firefox = (walks(browser, "full")[mode].shown for browser in BROWSERS)
    assert firefox == chromium


@pytest.mark.parametrize("browser", BROWSERS)
def test_each_mode_asks_those_it_names_only(walks: Walks, world: World, packs: Path, host: str, browser: str) -> None:
    for name in ("full", "empty"):
        found = walks(browser, name)
        assert found["page"].asked == []
        assert {request.host for request in found["shelf"].asked} == {SHOP}
        asked = sorted(request.path.removeprefix("/") for request in found["pack"].asked)
        assert asked == sorted(path.name for path in packs.iterdir())
        assert {request.host for request in found["pack"].asked} == {host}
        assert {request.host for request in found["own"].asked} == {urlsplit(world.server_url).netloc}
        for mode in MODES:
            for request in found[mode].asked:
                sent = {header.lower() for header in request.headers} & FORBIDDEN
                assert not sent, f"{mode}: {request.url} carries {sent}"
            assert {request.host for request in found[mode].loads} <= {SHOP}, mode
            assert all((one.method, one.body) == ("GET", b"") for one in found[mode].loads)


def plain(requests: list[Request]) -> list[tuple[str, str, list[tuple[str, str]], bytes]]:
    """Return all of each request, in an order of its own: two files of a part are asked for at once."""
    return sorted((one.method, one.url, sorted(one.headers.items()), one.body) for one in requests)


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("mode", ["shelf", "pack"])
def test_a_catalogue_costs_the_same_bytes_whatever_is_liked(walks: Walks, browser: str, mode: str) -> None:
    full, empty = (walks(browser, name)[mode].asked for name in ("full", "empty"))
    assert plain(full) == plain(empty)
    assert full


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_own_server_gets_the_taste_and_nothing_else(walks: Walks, browser: str) -> None:
    def bodies(name: str) -> set[str]:
        asked = walks(browser, name)["own"].asked
        return {one.body.decode() for one in asked if one.path == "/v1/recommendations"}

    (full,), (empty,) = bodies("full"), bodies("empty")
    assert json.loads(empty) == {"mode": "own", "shop": "linden.localhost", "k": 30}
    taste = json.loads(full)
    assert set(taste) == {*json.loads(empty), "vector", "space", "include"}
    assert {name: taste[name] for name in json.loads(empty)} == json.loads(empty)

    def others(name: str) -> set[tuple[str, str, bytes]]:
        asked = walks(browser, name)["own"].asked
        return {(one.method, one.url, one.body) for one in asked if one.path != "/v1/recommendations"}

    assert others("full") == others("empty")


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_ledger_holds_every_request_and_none_names_what_was_seen(
    walks: Walks, viewed: list[str], browser: str
) -> None:
    paths = [urlsplit(url).path for url in viewed]
    for mode, here in walks(browser, "full").items():
        sent = [(one.method, one.url, one.body.decode()) for one in here.asked]
        assert sorted(here.ledger) == sorted(sent), mode
        for request in here.requests:
            text = unquote(request.everything())
            assert not [path for path in paths if path in text or path.rpartition("/")[2] in text], request.url
