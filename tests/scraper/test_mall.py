"""The whole road on the demo mall: three shops, three kinds of markup, the real command, killed on the way."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from protego import Protego

from demo.catalogue import SHOPS, build

ROOT = Path(__file__).parents[2]
SEED = 11
NUM_KILLS = 2


def free_ports(count):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Mall:
    def __init__(self, folder):
        self.ports = dict(zip(SHOPS, free_ports(len(SHOPS)), strict=True))
        self.log = folder / "access.jsonl"
        self.out = folder / "crawl"
        ports = ",".join(map(str, self.ports.values()))
        command = [sys.executable, "-u", "-m", "demo", "mall", "--ports", ports, "--seed", str(SEED)]
        self.process = subprocess.Popen(
            [*command, "--access-log", str(self.log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        while "Ctrl-C" not in (line := self.process.stdout.readline()):
            assert line, "the mall ended before it opened"

    def url(self, shop, path="/"):
        return f"http://{shop}.localhost:{self.ports[shop]}{path}"

    def crawl_command(self):
        pins = [word for shop in SHOPS for word in ("--resolve", f"{shop}.localhost:127.0.0.1")]
        return [sys.executable, "-m", "scraper", "crawl", *map(self.url, SHOPS), "--out", str(self.out),
                "--rate", "300", "--feeds", "off", "--contact", "https://example.org/bot", *pins]  # fmt: skip

    def requests(self):
        """(shop, path) of every request; a line still being written is not counted."""
        text = self.log.read_text() if self.log.exists() else ""
        entries = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [(entry["host"].partition(".")[0], entry["path"]) for entry in entries]

    def close(self):
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def mall(tmp_path_factory):
    """The mall after one crawl that was killed twice without warning and started again each time."""
    mall = Mall(tmp_path_factory.mktemp("mall"))
    try:
        for round_number in range(1, NUM_KILLS + 1):
            crawl = subprocess.Popen(mall.crawl_command(), cwd=ROOT, stderr=subprocess.DEVNULL)
            while len(mall.requests()) < 400 * round_number:
                assert crawl.poll() is None, "the crawl ended before it could be killed"
                time.sleep(0.02)
            crawl.kill()
            crawl.wait()
        last = subprocess.run(mall.crawl_command(), cwd=ROOT, capture_output=True, timeout=170, check=False)
        assert last.returncode == 0, last.stderr
        yield mall
    finally:
        mall.close()


@pytest.fixture(scope="module")
def products(mall):
    found = [json.loads(line) for line in (mall.out / "products.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({product["itemId"] for product in found}) == len(found)
    return {product["url"]: product for product in found}


@pytest.fixture(scope="module")
def truth(mall):
    return {mall.url(product.shop, product.url_path): product for product in build(SEED)}


def test_exactly_the_malls_products_are_found(products, truth):
    assert set(products) == set(truth)


@pytest.mark.parametrize("shop", SHOPS)
def test_every_field_of_every_product_is_right(products, truth, shop):
    wrong = []
    for url, product in truth.items():
        if product.shop != shop:
            continue
        found = products[url]
        regular = found.get("regularPrice", {}).get("amount")
        said = {
            "shop": found["shop"],
            "title": found.get("title"),
            "price": Decimal(found["price"]["amount"]),
            "currency": found["price"].get("currency"),
            "regular": Decimal(regular) if regular else None,
            "availability": found.get("availability"),
            "category": tuple(found.get("categoryPath", ())),
            "images": len(found.get("images", ())),
            "brand": found.get("brand"),
            "sku": found.get("sku"),
            "gtin": found.get("gtin"),
            "rating": found.get("rating", {}).get("value"),
            "reviews": sorted(review["text"] for review in found.get("reviews", ())),
        }
        true = {
            "shop": f"{shop}.localhost",
            "title": product.title,
            "price": product.price,
            "currency": product.currency,
            "regular": product.regular_price,
            "availability": product.availability,
            "category": product.category_path,
            "images": 2 if product.has_picture else 0,
            "brand": product.brand,
            "sku": product.sku,
            "gtin": product.gtin.zfill(14) if product.gtin else None,
            "rating": float(product.rating) if product.rating else None,
            "reviews": sorted(review.text for review in product.reviews),
        }
        wrong += [(url, name, said[name], true[name]) for name in true if said[name] != true[name]]
    assert wrong == []


def test_no_reviewer_is_named_anywhere(mall, truth):
    written = (mall.out / "products.jsonl").read_text(encoding="utf-8")
    authors = {review.author for product in truth.values() for review in product.reviews}
    assert authors and not [author for author in authors if author in written]


def test_nothing_is_fetched_twice_but_what_was_in_flight_at_a_kill(mall):
    counts = Counter(mall.requests())
    again = {key: count for key, count in counts.items() if count > 1 and key[1] != "/robots.txt"}
    # One request per shop can be in flight when a kill comes; robots.txt is kept for a day.
    assert sum(count - 1 for count in again.values()) <= NUM_KILLS * len(SHOPS)
    assert all(counts[shop, "/robots.txt"] <= NUM_KILLS + 1 for shop in SHOPS)


def test_no_disallowed_path_is_requested(mall):
    requested = {shop: [] for shop in SHOPS}
    for shop, path in mall.requests():
        requested[shop].append(path)
    for shop in SHOPS:
        with socket.create_connection(("127.0.0.1", mall.ports[shop])) as connection:
            host = urlsplit(mall.url(shop)).netloc
            connection.sendall(f"GET /robots.txt HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            rules = Protego.parse(connection.makefile("rb").read().partition(b"\r\n\r\n")[2].decode())
        assert "/cart" not in requested[shop] and len(requested[shop]) > 500
        assert [path for path in requested[shop] if not rules.can_fetch(mall.url(shop, path), "CarryoverBot")] == []
