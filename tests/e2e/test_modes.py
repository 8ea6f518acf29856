"""Every mode in Chromium and in Firefox: what it shows, and the record of all that left the device for it.

A shopper with six views in harbor and one who looked at nothing open linden, and take each mode in turn by the
extension's own controls. One panel stays open over all of it, and each mode's list has to come into it by itself. In
Firefox the zip is unchanged, that panel is the browser's sidebar, and the browser's own questions are answered.
"""

import functools
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Playwright

from tests.e2e import ledger
from tests.e2e.proxy import Request
from tests.e2e.walk import SHOP_HOSTS, Walk, extensions, is_image, shopper_in, walk
from tests.e2e.world import PORTS, World

pytestmark = [pytest.mark.browser, pytest.mark.long]
TASTE = "seaside"
BAR = 8
SHOP = f"linden.localhost:{PORTS['linden']}"
BROWSERS = ("chromium", "firefox")
MODES = ("page", "shelf", "pack", "own")
FORBIDDEN = {"cookie", "referer", "authorization", "if-none-match"}


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
    access_log: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Walks:
    """Return what a shopper met, by browser and "full" or "empty"; each walks once, when first asked for."""

    @functools.cache
    def walked(browser: str, name: str) -> Walk:
        with shopper_in(browser, playwright, zips, tmp_path_factory.mktemp(f"{browser}-{name}")) as shopper:
            return walk(shopper, world, host, viewed if name == "full" else [], access_log)

    return walked


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("mode", MODES)
def test_taste_carries_over(walks: Walks, world: World, browser: str, mode: str) -> None:
    here = walks(browser, "full").stages[mode]
    assert (here.answer["mode"], here.answer["basis"], "problem" in here.answer) == (mode, "taste", False)
    tastes = world.tastes_by_id("linden")
    assert len(here.shown) == 10
    if mode != "page":
        assert [tastes[item_id] for item_id in here.shown].count(TASTE) >= BAR, here.shown
    nobody = walks(browser, "empty").stages[mode]
    assert (nobody.answer["mode"], nobody.answer["basis"] == "taste") == (mode, False)


@pytest.mark.parametrize("mode", MODES)
def test_both_browsers_show_the_same_ten(walks: Walks, mode: str) -> None:
    chromium, firefox = (walks(browser, "full").stages[mode].shown for browser in BROWSERS)
    assert firefox == chromium


@pytest.mark.parametrize("browser", BROWSERS)
def test_each_mode_asks_those_it_names_only(walks: Walks, world: World, packs: Path, host: str, browser: str) -> None:
    for name in ("full", "empty"):
        here = walks(browser, name)
        found = here.stages
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
        # Between the modes, and while it learned, it asked nothing.
        asked = [one.url for one in extensions(here.requests) if not is_image(one)]
        assert asked == [one.url for mode in found for one in found[mode].asked]
        assert {one.host for one in here.requests if is_image(one)} <= set(SHOP_HOSTS)


@pytest.mark.parametrize("browser", BROWSERS)
def test_no_shop_and_no_host_of_catalogues_learns_who_asks(walks: Walks, world: World, browser: str) -> None:
    own = urlsplit(world.server_url).netloc
    for name in ("full", "empty"):
        here = walks(browser, name)
        for request in extensions(here.requests):
            if request.host == own:
                continue
            sent = {header.lower() for header in request.headers} & {*FORBIDDEN, "origin"}
            assert not sent, f"{request.url} carries {sent}"
            assert here.identity not in request.everything(), request.url


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_shops_own_log_tells_the_same(walks: Walks, browser: str) -> None:
    for name in ("full", "empty"):
        here = walks(browser, name)
        asked = [one for one in here.requests if one.host in SHOP_HOSTS]
        assert Counter(here.logged) == Counter((one.method, one.host, target(one.url)) for one in asked)
        visits = Counter(
            (one.method, one.host, target(one.url)) for one in asked if one.is_of_the_page or is_image(one)
        )
        noted = [
            (method, urlsplit(url).netloc, target(url)) for method, url, _ in ledger.asked(here.stages["shelf"].ledger)
        ]
        assert Counter(here.logged) - visits == Counter(noted)


@pytest.mark.parametrize("browser", BROWSERS)
def test_an_erased_profile_leaves_the_open_panel(walks: Walks, browser: str) -> None:
    before, after = walks(browser, "full").erasure
    assert before.reasons
    assert after.reasons == []
    assert before.items != after.items
    assert walks(browser, "empty").erasure == (after, after)


def target(url: str) -> str:
    """Return an address without its host."""
    return url.partition(urlsplit(url).netloc)[2]


def plain(requests: list[Request], identity: str = "") -> list[tuple[str, str, list[tuple[str, str]], bytes]]:
    """Return all of each request, in an order of its own: two files of a part are asked for at once.

    The extension's identity, which its own server alone is told, is that of the folder here.
    """

    def headers(request: Request) -> list[tuple[str, str]]:
        every = sorted(request.headers.items())
        return [(name, value.replace(identity, "ID") if identity else value) for name, value in every]

    return sorted((one.method, one.url, headers(one), one.body) for one in requests)


@pytest.mark.parametrize("browser", BROWSERS)
@pytest.mark.parametrize("mode", ["shelf", "pack"])
def test_a_catalogue_costs_the_same_bytes_whatever_is_liked(walks: Walks, browser: str, mode: str) -> None:
    full, empty = (walks(browser, name).stages[mode].asked for name in ("full", "empty"))
    assert plain(full) == plain(empty)
    assert full


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_own_server_gets_the_taste_and_nothing_else(walks: Walks, browser: str) -> None:
    def bodies(name: str) -> Counter[str]:
        return Counter(ledger.bodies(walks(browser, name).stages["own"].ledger))

    ((full, num_full),), ((empty, num_empty),) = bodies("full").items(), bodies("empty").items()
    assert num_full == num_empty
    assert json.loads(empty) == {"mode": "own", "shop": "linden.localhost", "k": 30}
    taste = json.loads(full)
    assert set(taste) == {*json.loads(empty), "vector", "space", "include"}
    assert {name: taste[name] for name in json.loads(empty)} == json.loads(empty)

    def on_the_way(name: str) -> list[tuple[str, str, list[tuple[str, str]], int]]:
        here = walks(browser, name)
        every = plain(here.stages["own"].asked, here.identity)
        assert not [body for *_, body in every if b"linden" in body or b"vector" in body]
        return [(method, url, headers, len(body)) for method, url, headers, body in every]

    assert on_the_way("full") == on_the_way("empty"), "a request with a taste is as long as one without"


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_ledger_holds_every_request_and_none_names_what_was_seen(
    walks: Walks, viewed: list[str], browser: str
) -> None:
    paths = [urlsplit(url).path for url in viewed]
    for mode, here in walks(browser, "full").stages.items():
        assert sorted(ledger.asked(here.ledger)) == sorted(map(ledger.sent, here.asked)), mode
        assert {one.url for one in here.loads} <= here.named, mode
        for request in here.requests:
            text = unquote(request.everything())
            assert not [path for path in paths if path in text or path.rpartition("/")[2] in text], request.url
