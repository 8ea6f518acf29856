"""A shopper's way through every mode, and all that anybody notes of it: the panel, the proxy, the ledger, the shops."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from playwright.sync_api import Page, Playwright, expect

from tests.e2e import ledger
from tests.e2e.chromium import SERVER, SHOPS, Shopper, unzipped
from tests.e2e.firefox import FirefoxShopper, opened_firefox, wait_until
from tests.e2e.proxy import RecordingProxy, Request
from tests.e2e.world import PORTS, World

SHOP_HOSTS = [f"{shop}.localhost:{port}" for shop, port in PORTS.items()]
# What the panel says of where its list comes from.
WORDS = {"page": "This page", "shelf": "The whole shop", "pack": "A published catalogue", "own": "Your server"}
IMAGES = (".jpg", ".png", ".webp")


class AnyShopper(Protocol):
    """What both browsers' shoppers do."""

    proxy: RecordingProxy

    @property
    def identity(self) -> str: ...
    def ask(self, message: str, **fields: Any) -> dict[str, Any]: ...
    def visit(self, url: str) -> None: ...
    def run(self, script: str) -> None: ...
    def look(self) -> None: ...
    def allow(self) -> None: ...
    def erase(self) -> None: ...
    def learn(self, url: str) -> None: ...
    def origin(self) -> str: ...
    def items(self) -> list[str]: ...
    def reasons(self) -> list[str]: ...
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
    def identity(self) -> str:
        return self.extension_id

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

    def reasons(self) -> list[str]:
        return self._panel.locator(".card .why").all_inner_texts()

    def read_shelf(self) -> list[str]:
        self.read_catalogue(self._panel)
        return self.items()


@dataclass(frozen=True)
class Stage:
    """A mode's answer, the items shown, and the requests that the extension made for it."""

    answer: dict[str, Any]
    shown: list[str]
    requests: list[Request]
    ledger: list[dict[str, Any]]
    named: set[str]  # the images of which the ledger tells by then: a list that was there already may still load them

    @property
    def asked(self) -> list[Request]:
        """Return what was asked by the background; the others are images of cards."""
        return [request for request in self.requests if not is_image(request)]

    @property
    def loads(self) -> list[Request]:
        """Return the requests for images."""
        return [request for request in self.requests if is_image(request)]


class Shown(NamedTuple):
    """What the panel shows."""

    items: list[str]
    reasons: list[str]


@dataclass(frozen=True)
class Walk:
    """A shopper's way through all modes, and all that anybody noted of it."""

    identity: str  # the extension's own, which no shop and no host of catalogues may learn
    stages: Mapping[str, Stage]
    erasure: tuple[Shown, Shown]
    requests: list[Request]
    logged: list[tuple[str, str, str]]  # by the shops themselves


def is_image(request: Request) -> bool:
    """Return whether a request is for an image of a shop: Firefox fetches some, so that no header tells."""
    return request.path.endswith(IMAGES)


def extensions(requests: list[Request]) -> list[Request]:
    """Return the requests of the extension: all but those of pages, and of the browser itself."""
    return [one for one in requests if not (one.is_of_the_page or one.is_browsers_own)]


def stage(shopper: AnyShopper, mode: str, act: Callable[[], object]) -> Stage:
    """Return what came of an action at the shop that is open: a list of the mode, in the panel that was open."""
    before, kept = len(shopper.proxy.requests), len(shopper.ask("ledger.get")["entries"])
    act()
    wait_until(lambda: shopper.origin() == WORDS[mode], f"the panel to say {WORDS[mode]!r}")
    shown = shopper.items()
    answer = shopper.recommend()
    entries = shopper.ask("ledger.get")["entries"]
    sent = extensions(shopper.proxy.requests[before:])
    named = ledger.shown(shopper.ask("ledger.get")["entries"])
    return Stage(answer, shown, sent, entries[: len(entries) - kept], named)


def erasure(shopper: AnyShopper, world: World) -> tuple[Shown, Shown]:
    """Erase everything while the panel is at a shop that was never allowed; return what it shows before and after."""
    shopper.visit(world.shop_url("meridian") + "/c/living")
    shopper.look()
    here = set(world.tastes_by_id("meridian"))
    wait_until(lambda: set(shopper.items()) <= here, "the list of the shop that is open now")
    before = Shown(shopper.items(), shopper.reasons())
    shopper.erase()
    order = [item["itemId"] for item in shopper.recommend()["items"]]
    wait_until(lambda: shopper.items() == order[:10], "the list in the page's own order")
    return before, Shown(shopper.items(), shopper.reasons())


def take_modes(shopper: AnyShopper, world: World, host: str, viewed: list[str]) -> dict[str, Stage]:
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
        answer = shopper.ask("pairing.make", serverUrl=world.server_url, serverIsMine=False, code=world.code())
        assert answer["ok"], answer

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


def walk(shopper: AnyShopper, world: World, host: str, viewed: list[str], access_log: Path) -> Walk:
    """Take each mode, and erase everything at the end."""

    def logged() -> list[tuple[str, str, str]]:
        entries = map(json.loads, access_log.read_text().splitlines()[before:])
        return [(entry["method"], entry["host"], entry["path"]) for entry in entries]

    def of_shops() -> list[Request]:
        return [one for one in shopper.proxy.requests if one.host in SHOP_HOSTS]

    before = len(access_log.read_text().splitlines())
    stages = take_modes(shopper, world, host, viewed)
    erased = erasure(shopper, world)
    wait_until(lambda: len(logged()) >= len(of_shops()), "the shops to have logged each request")
    return Walk(shopper.identity, stages, erased, list(shopper.proxy.requests), logged())


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
