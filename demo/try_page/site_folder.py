"""The try page as plain files: pages, modules, the shops' products and their packs, for any static host."""

import http.client
import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from demo.errors import DemoError
from kernel.contract_types import Product

SITE = Path(__file__).parent / "site"
# What the page loads of the extension; the rest needs a browser's extension APIs.
ROOMS = ("background", "core", "extract", "generated", "icons", "messaging", "packs", "shelf", "values", "vendor")
SUFFIXES = {".js", ".mjs", ".json", ".wasm", ".bin", ".onnx", ".png"}
CARD_FIELDS = ("itemId", "url", "title", "brand", "price", "regularPrice", "availability")
# A person looks through a few screens of things; each needs its page.
CARDS_A_SHOP = 120
REQUESTS_AT_ONCE = 4
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Sources:
    """What the site is made of.

    extension: the extension's source; bundle: its files for browsers; crawl, packs: products and packs of the shops;
    ports: where the mall runs, by shop.
    """

    extension: Path
    bundle: Path
    crawl: Path
    packs: Path
    ports: Mapping[str, int]


def write_site(out: Path, sources: Sources, say: Callable[[str], None]) -> None:
    """Write the whole site, in place of an earlier one. The mall must be running."""
    fresh = out.with_name(f"{out.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(SITE, fresh)
    for room in ROOMS:
        _copy_room(sources.extension / room, fresh / "extension" / room)
    _copy_room(sources.bundle, fresh / "extension" / "bundle")
    shutil.copytree(sources.packs, fresh / "packs")
    for shop, port in sources.ports.items():
        products = _products(sources.crawl / shop / "products.jsonl")
        cards = [_card(product) for product in products[:CARDS_A_SHOP]]
        _write(fresh / "cards" / f"{shop}.json", json.dumps(cards, ensure_ascii=False).encode())
        wanted = [page_of(product["url"]) for product in products[:CARDS_A_SHOP]]
        wanted += [image_of(product["images"][0]) for product in products]
        say(f"  … Copy {len(wanted)} pages and images of {shop}")
        _copy_from_shop(shop, port, wanted, fresh)
    shops = {shop: f"http://{shop}.localhost:{port}" for shop, port in sources.ports.items()}
    _write(fresh / "settings.json", json.dumps({"shops": shops}).encode())
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)


def page_of(url: str) -> tuple[str, str]:
    """Return the path in the shop of a product's page, and the name that its copy has there.

    The copy is text: the page parses it itself, and a shop's scripts must never run under the site's origin.
    """
    path = urlsplit(url).path
    return path, f"{path}index.txt" if path.endswith("/") else f"{path}.txt"


def image_of(url: str) -> tuple[str, str]:
    """Return the path in the shop of an image, and the name that its copy has there."""
    path = urlsplit(url).path
    return path, path


def _products(file: Path) -> list[Product]:
    """Return the crawled products with an image, mixed by item id, which is a hash."""
    with file.open(encoding="utf-8") as lines:
        products = [json.loads(line) for line in lines]
    shown = [one for one in products if one.get("verdict") == "product" and one.get("images")]
    return sorted(shown, key=lambda one: str(one["itemId"]))


def _card(product: Product) -> dict[str, object]:
    fields: Mapping[str, object] = product
    return {name: fields[name] for name in CARD_FIELDS if name in fields} | {"image": product["images"][0]}


def _copy_room(source: Path, target: Path) -> None:
    for file in source.rglob("*"):
        if file.is_file() and file.suffix in SUFFIXES:
            copy = target / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)


def _copy_from_shop(shop: str, port: int, wanted: Iterable[tuple[str, str]], folder: Path) -> None:
    root = folder / "shop" / shop

    def copy(pair: tuple[str, str]) -> None:
        path, name = pair
        _write(root / name.lstrip("/"), _fetched(shop, port, path))

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        list(pool.map(copy, dict.fromkeys(wanted)))


def _fetched(shop: str, port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"{shop}.localhost:{port}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise DemoError(f"The shop {shop} answered {answer.status} for {path}, expected 200; crawl it again.")
    return body


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
