"""World of the browser tests: the demo mall, its ingested products, and a server."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.mall.catalogue import SHOPS, DemoProduct
from demo.mall.shops import open_shop
from scraper import extract_product
from scraper.values.identity import canonical_url, item_id_of
from server.trust.codes import shown
from server.trust.database import TrustDatabase
from server.trust.pairing import Pairing
from server.trust.server_key import read_or_make

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 7
# Fixed, because product addresses hold them.
PORTS = {"harbor": 8741, "linden": 8742, "meridian": 8743}
# The catalogue holds these two; meridian is the shop that no catalogue knows.
KNOWN = ("harbor", "linden")
# A server listens within seconds, and on a machine with much else to do within this; it ends within this, too.
PATIENCE_S = 180


@dataclass(frozen=True)
class Mall:
    """Addresses of the running shops, and the known products behind them."""

    products: tuple[DemoProduct, ...]

    def shop_url(self, shop: str) -> str:
        """Return the address of a shop's home page, without the slash."""
        return f"http://{shop}.localhost:{PORTS[shop]}"

    def url(self, product: DemoProduct) -> str:
        """Return the address of a product's page."""
        return canonical_url(self.shop_url(product.shop) + product.url_path)

    def item_id(self, product: DemoProduct) -> str:
        """Return the item id of a product."""
        return item_id_of(self.url(product))

    def of_taste(self, shop: str, taste: str) -> list[DemoProduct]:
        """Return all products of one taste in one shop."""
        return [product for product in self.products if product.shop == shop and product.taste == taste]

    def tastes_by_id(self, shop: str) -> dict[str, str]:
        """Return the hidden taste of each item of a shop, by item id."""
        return {self.item_id(product): product.taste for product in self.products if product.shop == shop}


@dataclass(frozen=True)
class World(Mall):
    """The mall and a server that holds its catalogue."""

    server_url: str
    data: Path  # of the server

    def code(self) -> str:
        """Return a code as `python -m server pair` shows it."""
        return offered_code(self.data)


def offered_code(data: Path) -> str:
    """Return a code for the server of a data directory, as `python -m server pair` shows it."""
    database = TrustDatabase(data)
    try:
        return shown(Pairing(database, read_or_make(data)).offer())
    finally:
        database.close()


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Run a server of the project until the block ends."""
    # Another run's server would answer here for a while, and then no more.
    assert not _listens(port), f"port {port} is taken: let the other run of the browser tests end first"
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT)
    try:
        _wait_for(process, port, log)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        if _listens(port):
            return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on port {port}:\n{log.read_text()[-2000:]}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mall_command() -> list[str]:
    """Return the command that starts the mall."""
    return ["demo", "mall", "--ports", ",".join(str(PORTS[shop]) for shop in SHOPS), "--seed", str(SEED)]


def write_products(mall: Mall, shop: str, folder: Path, *, every: int = 1) -> Path:
    """Write a shop's products as the scraper reads their pages, without a crawl; return the file.

    `every` n takes each n-th of them.
    """
    products = [product for product in mall.products if product.shop == shop]
    front = open_shop(shop, products, mall.shop_url(shop))
    pages = [(front.respond(product.url_path, "").body, mall.url(product)) for product in products[::every]]
    folder.mkdir(parents=True)
    lines = [json.dumps(extract_product(body, url).to_wire()) + "\n" for body, url in pages]
    (folder / "products.jsonl").write_text("".join(lines))
    return folder / "products.jsonl"


def ingest(files: Sequence[Path], data: Path, bundle: Path) -> Path:
    """Ingest products without their images by the command of an operator, and return the data directory."""
    products = data.with_suffix(".jsonl")
    products.write_text("".join(file.read_text() for file in files))
    no_images = data.with_suffix(".images")
    no_images.mkdir()
    _run("server", "ingest", str(products), "--images", str(no_images), "--bundle", str(bundle), "--data", str(data))
    return data


def publish(shops: Sequence[str], data: Path, bundle: Path, out: Path) -> Path:
    """Return a folder with the packs of shops, made by the command of an operator."""
    names = [f"{shop}.localhost" for shop in shops]
    _run("server", "pack", *names, "--out", str(out), "--bundle", str(bundle), "--data", str(data))
    return out


def _run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr[-2000:]}"
