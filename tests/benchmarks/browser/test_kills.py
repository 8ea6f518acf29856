"""The shop and the counting of the benchmark that stops the extension's worker."""

import json
import random
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.browser.browsers import permitted
from benchmarks.browser.kills import SHOP, Shopper, page_of, shop
from scraper import extract_product


def test_each_address_is_another_product() -> None:
    products = [extract_product(page_of(path), f"https://{SHOP}{path}") for path in ("/p/1", "/p/2")]
    assert [product.title for product in products] == ["Cup number 1", "Cup number 2"]
    assert {product.verdict for product in products} == {"product"}


def test_the_extension_may_read_the_shop_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"host_permissions": ["<all_urls>"], "name": "x"}')
    permitted(tmp_path, SHOP)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest == {"host_permissions": ["*://*.kills.localhost/*"], "name": "x"}


def test_a_page_in_the_folder_of_slow_ones_is_the_same_product_with_a_script() -> None:
    assert b"Date.now()" in page_of("/slow/1")
    assert b"Date.now()" not in page_of("/p/1")
    assert extract_product(page_of("/slow/1"), f"https://{SHOP}/slow/1").title == "Cup number 1"


class _Browser:
    """Browser with an extension whose profile holds what it is given."""

    def __init__(self, kept: list[tuple[str, str, int]]) -> None:
        self._kept = kept

    def open(self, page: str) -> None:
        pass

    def call(self, name: str, message: Any) -> Any:
        interactions = [
            {"kind": kind, "weight": weight, "product": {"url": f"https://x/p/{name}"}}
            for kind, name, weight in self._kept
        ]
        return {"ok": True, "profile": {"interactions": interactions}}


def test_what_is_not_there_is_lost_and_what_weighs_more_is_doubled() -> None:
    browser: Any = _Browser([("view", "1", 1), ("view", "2", 2), ("dismiss", "d2", 1)])
    counted = Shopper(browser, "http://x", random.Random(1), set())._count(["view 1", "view 2", "dismiss d2", "view 3"])
    assert counted == {"acts": 4, "lost": 1, "doubled": 1}


def test_a_page_that_was_stayed_with_counts_twice() -> None:
    browser: Any = _Browser([("view", "1", 2), ("view", "2", 3)])
    shopper = Shopper(browser, "http://x", random.Random(1), set())
    assert shopper._count(["view 1", "view 2"], {"view 1", "view 2"})["doubled"] == 1


def test_the_shop_notes_which_acts_were_answered() -> None:
    answered: set[str] = set()
    with shop(answered) as origin:
        port = origin.rpartition(":")[2]
        for path in ("/answered/3-other", "/p/4"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").close()
    assert answered == {"3-other"}
