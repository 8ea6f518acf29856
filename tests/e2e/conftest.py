"""Fixtures of the browser tests: the real mall, server and browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from demo.mall.catalogue import build
from tests.e2e import world as worlds
from tests.e2e.chromium import EXECUTABLE, ROOT, SERVER, SHOPS, Shopper, packaged, unzipped
from tests.e2e.static_host import served
from tests.e2e.world import Mall, World
from tests.ports import free_port


@pytest.fixture(scope="session")
def access_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file in which the three shops log each request."""
    return tmp_path_factory.mktemp("logs") / "access.log"


@pytest.fixture(scope="session")
def mall(access_log: Path) -> Iterator[Mall]:
    """Run the three shops."""
    command = [*worlds.mall_command(), "--access-log", str(access_log)]
    with worlds.running(command, worlds.PORTS["harbor"], access_log.with_name("mall.log")):
        yield Mall(tuple(build(worlds.SEED)))


@pytest.fixture(scope="session")
def catalogue(mall: Mall, lite_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of a server that knows two of the shops."""
    home = tmp_path_factory.mktemp("catalogue")
    files = [worlds.write_products(mall, shop, home / shop) for shop in worlds.KNOWN]
    return worlds.ingest(files, home / "data", lite_bundle)


@pytest.fixture(scope="session")
def world(mall: Mall, catalogue: Path, lite_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Run a server with the mall's catalogue."""
    port = free_port()
    command = ["server", "run", "--data", str(catalogue), "--bundle", str(lite_bundle), "--port", str(port)]
    log = tmp_path_factory.mktemp("logs") / "server.log"
    with worlds.running([*command, "--workers", "1"], port, log):
        yield World(mall.products, f"http://127.0.0.1:{port}", catalogue)


@pytest.fixture(scope="session")
def playwright(driver: Playwright) -> Playwright:
    """Return Playwright, or skip with the reason."""
    if not Path(EXECUTABLE).exists():
        pytest.skip(f"no Chromium at {EXECUTABLE}")
    if not (ROOT / "extension" / "vendor" / "tldts.mjs").exists():
        pytest.skip("extension/vendor is missing: run `npm ci && npm run vendor`")
    return driver


@pytest.fixture(scope="session")
def zips(lite_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the zips, with the default bundle inside."""
    return packaged(lite_bundle, tmp_path_factory.mktemp("zips"))


@pytest.fixture(scope="session")
def extension(zips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the content of Chromium's zip, allowed to read the demo shops and to call a server on this machine."""
    target = tmp_path_factory.mktemp("extension") / "carryover"
    return unzipped(zips / "carryover-chromium.zip", target, [*SHOPS, SERVER])


@pytest.fixture(scope="session")
def packs(catalogue: Path, lite_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the pack of one shop, linden."""
    return worlds.publish(["linden"], catalogue, lite_bundle, tmp_path_factory.mktemp("packs") / "published")


@pytest.fixture(scope="module")
def host(packs: Path) -> Iterator[str]:
    """Serve the folder as any static host does, and return its host and port."""
    with served(packs) as found:
        yield found


@pytest.fixture
def new_shopper(
    playwright: Playwright, extension: Path, world: World, tmp_path: Path
) -> Iterator[Callable[..., Shopper]]:
    """Return a function that makes shoppers, each with its own browser profile. They are closed when the test ends."""
    shoppers: list[Shopper] = []

    def make(**options: object) -> Shopper:
        folder = tmp_path / f"profile-{len(shoppers)}"
        shoppers.append(Shopper(playwright, folder, extension, world, **options))
        return shoppers[-1]

    yield make
    for shopper in shoppers:
        shopper.close()


@pytest.fixture
def shopper(new_shopper: Callable[..., Shopper]) -> Shopper:
    """Return a shopper with a fresh browser."""
    return new_shopper()


@pytest.fixture
def alone(playwright: Playwright, zips: Path, tmp_path: Path) -> Iterator[Shopper]:
    """Return a shopper who installed the zip and set nothing. The proxy answers for the demo shops only."""
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension", SHOPS)
    shopper = Shopper(playwright, tmp_path / "profile", extension)
    yield shopper
    shopper.close()


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Return a Chromium without an extension."""
    found = playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox", "--disable-gpu"])
    yield found
    found.close()


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    """Return the address of the extension's source."""
    with served(ROOT / "extension") as found:
        yield f"http://{found}"
