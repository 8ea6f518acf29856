"""The try page as plain files: pages, modules, the shops' products and their packs, for any static host."""

import http.client
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
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
        shown = products[:CARDS_A_SHOP]
        say(f"  … Copy {len(shown)} pages and {len(products)} images of {shop}")
        _write_json(fresh / "cards" / f"{shop}.json", [_card(product) for product in shown])
        _write_json(fresh / "pages" / f"{shop}.json", _pages(shop, port, shown))
        _copy_images(shop, port, products, fresh / "shop" / shop)
    shops = {shop: f"http://{shop}.localhost:{port}" for shop, port in sources.ports.items()}
    _write_json(fresh / "settings.json", {"shops": shops})
    shutil.rmtree(out, ignore_errors=True)
    fresh.rename(out)


def path_in_shop(url: str) -> str:
    """Return the path of a shop's page or image, without the query, which changes nothing at the demo shops."""
    return urlsplit(url).path


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


def _pages(shop: str, port: int, products: Sequence[Product]) -> dict[str, str]:
    """Return the pages of products by address, in one file: a file for each would tell the site's host what is liked.

    They are text for the page to parse, so a shop's scripts never run under the site's origin.
    """
    urls = [product["url"] for product in products]
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        bodies = pool.map(lambda url: _fetched(shop, port, path_in_shop(url)), urls)
        return {url: body.decode() for url, body in zip(urls, bodies, strict=True)}


def _copy_images(shop: str, port: int, products: Sequence[Product], folder: Path) -> None:
    def copy(path: str) -> None:
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_fetched(shop, port, path))

    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        list(pool.map(copy, dict.fromkeys(path_in_shop(product["images"][0]) for product in products)))


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


def _write_json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
