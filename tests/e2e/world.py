"""World of the browser tests: the demo mall, its crawled and ingested products, and a server."""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.mall.catalogue import SHOPS, DemoProduct
from demo.mall.shops import open_shop
from scraper import extract_product
from scraper.values.identity import canonical_url, item_id_of
from tests.source_key import source_key

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 7
# Fixed, because product addresses hold them and the ingested catalogue is kept between runs.
PORTS = {"harbor": 8741, "linden": 8742, "meridian": 8743}
# The catalogue holds these two; meridian is the shop that no catalogue knows.
CRAWLED = ("harbor", "linden")
PROGRAMS = ("demo", "scraper", "server")  # that crawl and ingest the catalogue


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
    data: Path
    bundle: Path


def sources_hash(bundle: Path) -> str:
    """Return a key of the sources and the bundle that the ingested catalogue depends on."""
    folders = (ROOT / "contracts", *(ROOT / room for room in PROGRAMS))
    data = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".json", ".sql", ".html")]
    programs = [f"{room}.__main__" for room in PROGRAMS]
    return source_key(ROOT, programs, [*data, bundle / "manifest.json"])


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Run a server of the project until the block ends."""
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdout=stream, stderr=subprocess.STDOUT)
    try:
        _wait_for(process, port, log)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on port {port}:\n{log.read_text()[-2000:]}")


def mall_command() -> list[str]:
    """Return the command that starts the mall."""
    return ["demo", "mall", "--ports", ",".join(str(PORTS[shop]) for shop in SHOPS), "--seed", str(SEED)]


def catalogue(bundle: Path) -> Path:
    """Return the data directory of an ingested catalogue; made once for one state of the sources. Needs the mall."""
    home = ROOT / "var" / "test-e2e" / sources_hash(bundle)
    if (home / "done").exists():
        return home / "data"
    shutil.rmtree(home.parent, ignore_errors=True)  # what older sources made is of no use
    home.mkdir(parents=True)
    for shop in CRAWLED:
        _ingest(shop, home, bundle)
    (home / "done").touch()
    return home / "data"


def _ingest(shop: str, home: Path, bundle: Path) -> None:
    """Crawl a shop of the running mall into the server's catalogue, with the commands of an operator."""
    resolve = ["--resolve", f"{shop}.localhost:127.0.0.1"]
    crawled = home / shop
    url = f"http://{shop}.localhost:{PORTS[shop]}/"
    _run("scraper", "crawl", url, "--out", str(crawled), "--rate", "100", "--feeds", "off", *resolve)
    data = ["--bundle", str(bundle), "--data", str(home / "data")]
    _run("server", "ingest", str(crawled / "products.jsonl"), *data, *resolve)


def _run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stderr[-2000:]}"


def published(mall: Mall, bundle: Path, home: Path) -> Path:
    """Return a folder with the pack of linden, made by the commands of an operator without a crawl."""
    products = [product for product in mall.products if product.shop == "linden"]
    front = open_shop("linden", products, mall.shop_url("linden"))
    pages = [(front.respond(product.url_path, "").body, mall.url(product)) for product in products]
    lines = [json.dumps(extract_product(body, url).to_wire()) + "\n" for body, url in pages]
    (home / "products.jsonl").write_text("".join(lines))
    (home / "images").mkdir()
    data = ["--bundle", str(bundle), "--data", str(home / "data")]
    _run("server", "ingest", str(home / "products.jsonl"), "--images", str(home / "images"), *data)
    _run("server", "pack", "linden.localhost", "--out", str(home / "published"), *data)
    return home / "published"
