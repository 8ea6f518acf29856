"""Taste goes from one browser to another by a file and by QR codes: Chromium, Firefox, and back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.e2e import ledger
from tests.e2e.chromium import SERVER, SHOPS, Shopper, unzipped
from tests.e2e.transfers import ChromiumSide, FirefoxSide, Side, camera_film, firefox_side, known
from tests.e2e.world import Mall, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"
HARBOR = "harbor.localhost"


def learn(side: Side, mall: Mall, places: slice) -> list[str]:
    """Look at some products of a taste, and return their addresses."""
    side.ask("consent.set", shop=HARBOR, allowed=True)
    urls = [mall.url(product) for product in mall.of_taste("harbor", TASTE)[places]]
    for url in urls:
        side.learn(url)
    return urls


def pages(images: list[bytes], folder: Path) -> list[Path]:
    """Write images as files, the last first: the order does not count."""
    found = []
    for number, image in reversed(list(enumerate(images))):
        found.append(folder / f"{number}.png")
        found[-1].write_bytes(image)
    return found


def assert_silent(*sides: Side) -> None:
    """Check that nothing was sent but the visits of shops, and that no ledger says so."""
    for side in sides:
        asked = [one.url for one in side.proxy.requests if not (one.is_of_the_page or one.is_browsers_own)]
        assert [url for url in asked if "localhost" in url or "127.0.0.1" in url] == []
        assert ledger.asked(side.ask("ledger.get")["entries"]) == []


@pytest.fixture
def chromium(playwright: Playwright, zips: Path, tmp_path: Path) -> Iterator[ChromiumSide]:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "chromium", SHOPS)
    shopper = Shopper(playwright, tmp_path / "profile", extension)
    yield ChromiumSide(shopper)
    shopper.close()


@pytest.fixture
def firefox(zips: Path, tmp_path: Path) -> Iterator[FirefoxSide]:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "firefox-extension", [*SHOPS, SERVER])
    with firefox_side(extension, tmp_path / "firefox") as side:
        yield side


def test_a_file_goes_from_chromium_to_firefox_and_back(
    chromium: ChromiumSide, firefox: FirefoxSide, mall: Mall, tmp_path: Path
) -> None:
    first = learn(chromium, mall, slice(0, 2))
    file = chromium.save_copy(tmp_path)
    kept = file.read_bytes()
    assert kept.startswith(b"carryover transfer\x01")
    assert not [url for url in first if url.encode() in kept]
    firefox.add_copy(file)
    assert known(firefox) == known(chromium)
    assert {url for *_, url in known(firefox)} == set(first)

    second = learn(firefox, mall, slice(2, 4))
    chromium.add_copy(firefox.save_copy(tmp_path))
    assert known(chromium) == known(firefox)
    assert {url for *_, url in known(chromium)} == {*first, *second}
    assert_silent(chromium, firefox)


def test_codes_go_from_chromium_to_firefox_and_back_by_images(
    chromium: ChromiumSide, firefox: FirefoxSide, mall: Mall, tmp_path: Path
) -> None:
    first = learn(chromium, mall, slice(0, 2))
    (tmp_path / "there").mkdir()
    (tmp_path / "back").mkdir()
    firefox.add_images(pages(chromium.show_codes(), tmp_path / "there"))
    assert known(firefox) == known(chromium)

    second = learn(firefox, mall, slice(2, 4))
    chromium.add_images(pages(firefox.show_codes(), tmp_path / "back"))
    assert known(chromium) == known(firefox)
    assert {url for *_, url in known(chromium)} == {*first, *second}
    assert_silent(chromium, firefox)


def test_a_camera_reads_the_codes_of_another_browser(
    chromium: ChromiumSide, playwright: Playwright, zips: Path, mall: Mall, tmp_path: Path
) -> None:
    first = learn(chromium, mall, slice(0, 4))
    film = camera_film(chromium.show_codes(), tmp_path / "film.mjpeg")
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "other", SHOPS)
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    camera.append(f"--use-file-for-fake-video-capture={film}")
    other = Shopper(playwright, tmp_path / "other-profile", extension, extra_args=camera)
    try:
        side = ChromiumSide(other)
        side.add_by_camera()
        assert known(side) == known(chromium)
        assert {url for *_, url in known(side)} == set(first)
        assert_silent(chromium, side)
    finally:
        other.close()


def test_firefox_joins_the_sync_of_chromium(
    new_shopper: Callable[..., Shopper], firefox: FirefoxSide, world: World
) -> None:
    chromium = ChromiumSide(new_shopper())
    first = learn(chromium, world, slice(0, 2))
    second = learn(firefox, world, slice(2, 4))
    pairing = {"serverUrl": world.server_url, "serverIsMine": False, "code": world.code()}
    assert firefox.ask("pairing.make", **pairing)["ok"]
    assert chromium.ask("sync.start")["ok"]
    assert firefox.ask("sync.start", code=chromium.ask("sync.code")["code"])["ok"]
    assert chromium.ask("sync.now")["ok"]
    assert known(chromium) == known(firefox)
    assert {url for *_, url in known(firefox)} == {*first, *second}
    own = [one for one in firefox.proxy.requests if one.host in world.server_url]
    assert sorted(map(ledger.sent, own)) == sorted(ledger.asked(firefox.ask("ledger.get")["entries"]))
    needles = [url.encode() for url in (*first, *second)]
    assert not [one.url for one in own if any(needle in one.body for needle in needles)]
    assert chromium.ask("sync.stop", deletes=True)["ok"]
