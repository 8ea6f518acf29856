"""The demo mall on this machine, in English and in German, with its packs at a static host."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.browser.loopback import running
from benchmarks.shelf.german_mall import in_german
from benchmarks.shelf.mall_packs import mall_packs
from benchmarks.shelf.recorded_mall import IN_GERMAN, RecordedShop, recorded_shop
from demo.mall.catalogue import SHOPS, DemoProduct, build
from demo.mall.server import AccessLog, ShopServer
from scraper.values.identity import canonical_url, item_id_of

SEED = 7
HOST = "127.0.0.1"
# Fixed, because items are known by their pages' addresses, and a run may be continued.
PORTS = {"": 8751, IN_GERMAN: 8761}


@dataclass(frozen=True)
class Mall:
    """The running shops by name, and where their packs are listed.

    recorded: each shop's origin, its answers, and its products with their hidden tastes.
    """

    recorded: Mapping[str, RecordedShop]
    servers: Mapping[str, ShopServer]
    packs: str

    def tastes(self) -> dict[str, str]:
        """Return the taste of each item of all shops, by item id."""
        return {item_of(one["url"]): one["taste"] for shop in self.recorded.values() for one in shop["products"]}


def item_of(url: str) -> str:
    """Return the item id of a product's page."""
    return item_id_of(canonical_url(url))


@contextmanager
def running_mall(bundle: Path) -> Iterator[Mall]:
    """Run the shops, and the host of their packs, until the block ends."""
    made = build(SEED)
    with ExitStack() as stack:
        servers = {
            f"{shop}{language}": stack.enter_context(_served(shop, products, PORTS[language] + number))
            for language, products in (("", made), (IN_GERMAN, in_german(made)))
            for number, shop in enumerate(SHOPS)
        }
        recorded = {
            name: recorded_shop(server.shop, server.products, f"http://{server.shop}.localhost:{server.server_port}")
            for name, server in servers.items()
        }
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carryover-packs-")))
        mall_packs({shop: recorded[shop] for shop in SHOPS}, bundle, folder)
        packs = stack.enter_context(_static_host(folder))
        yield Mall(recorded, servers, f"{packs}/list.json")


@contextmanager
def _served(shop: str, products: Sequence[DemoProduct], port: int) -> Iterator[ShopServer]:
    server = ShopServer(HOST, port, shop, [one for one in products if one.shop == shop], AccessLog(None))
    with running(server):
        yield server


@contextmanager
def _static_host(folder: Path) -> Iterator[str]:
    """Run `python -m http.server` on a folder until the block ends; yield its origin."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", HOST, "--directory", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().partition(" port ")[2].partition(" ")[0]
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()
