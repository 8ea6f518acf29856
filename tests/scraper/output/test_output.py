"""Tests of the outputs: no "gone" without evidence, and Parquet that gives back the same Products."""

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest

from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings
from scraper.output.changes import Known, state_after
from scraper.output.parquet import parquet_writer, read_parquet
from scraper.output.shop_result import Found, ShopResult
from scraper.values.product import Product

ROOT = Path(__file__).parents[3]
VECTORS = sorted((ROOT / "contracts" / "vectors" / "pages").rglob("*.json"))


def page(name, price="5.00", availability="InStock", description="A thing.", shown=None):
    offer = {"price": price, "priceCurrency": "EUR", "availability": f"https://schema.org/{availability}"}
    block = {"@type": "Product", "name": name, "description": description, "offers": offer}
    return f'<script type="application/ld+json">{json.dumps(block)}</script><h1>{name}</h1>{shown or ""}'


@pytest.fixture
def settings(site, tmp_path):
    names = "abcdef"
    site.add("/", "".join(f'<a href="/{name}">{name}</a>' for name in names))
    for name in names:
        site.add(f"/{name}", page(name.upper()))
    pins = {site.host: "127.0.0.1"}
    return CrawlSettings((site.url + "/",), tmp_path / "out", rate=500, pins=pins, read_timeout_s=5, feeds="off")


def recrawl(settings):
    return crawl(replace(settings, is_recrawl=True))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def changes(settings):
    return [(line["change"], line["title"]) for line in lines(settings.out / "changes.jsonl")]


def titles(settings):
    return [product["title"] for product in lines(settings.out / "products.jsonl")]


def test_second_and_third_round_report_every_kind_of_change(site, settings):
    crawl(settings)
    assert not (settings.out / "changes.jsonl").exists()
    site.add("/a", page("A", price="4.00"))
    site.add("/b", page("B", availability="OutOfStock"))
    site.add("/c", page("C", description="A better thing."))
    site.add("/d", "gone", status=404)
    site.add("/e", "<h1>Our shop</h1><p>We sell many things.</p>")
    site.add("/f", page("F", shown='<a href="/g">g</a>'))
    site.add("/g", page("G"))
    summary = recrawl(settings)
    assert changes(settings) == [
        ("price", "A"), ("availability", "B"), ("changed", "C"), ("gone", "D"), ("gone", "E"), ("new", "G"),
    ]  # fmt: skip
    assert summary["shops"][0]["changes"] == {"availability": 1, "changed": 1, "gone": 2, "new": 1, "price": 1}
    price, availability, changed, by_status, by_page, _ = lines(settings.out / "changes.jsonl")
    assert [side["price"]["amount"] for side in (price["before"], price["after"])] == ["5.00", "4.00"]
    assert (availability["before"], availability["after"]) == (
        {"availability": "InStock"}, {"availability": "OutOfStock"},
    )  # fmt: skip
    assert changed["after"] == {"description": "A better thing."}
    assert (by_status["reason"], by_page["reason"]) == ("status_404", "empty")
    assert by_status["before"]["price"]["amount"] == "5.00" and "after" not in by_status
    site.add("/d", page("D", price="6.00"))
    recrawl(settings)
    assert changes(settings) == [("back", "D")]
    assert lines(settings.out / "changes.jsonl")[0]["after"]["price"]["amount"] == "6.00"


def test_another_spelling_of_the_same_price_is_not_a_change(site, settings):
    site.add("/a", page("A", price="5.0"))
    crawl(settings)
    site.add("/a", page("A", price="5"))
    recrawl(settings)
    assert changes(settings) == []


@pytest.mark.parametrize("status", [500, 403])
def test_unreadable_page_keeps_its_product(site, settings, status):
    crawl(settings)
    site.add("/a", "trouble", status=status)
    site.add("/b", page("B", price="1.00"))
    recrawl(settings)
    assert changes(settings) == [("price", "B")] and titles(settings) == list("ABCDEF")


def test_a_page_that_refuses_in_words_is_not_gone(site, settings):
    crawl(settings)
    site.add("/a", "<title>Access denied</title><h1>Access denied</h1>")
    recrawl(settings)
    assert changes(settings) == []


def test_stopped_shop_is_compared_with_its_last_finished_round(site, settings):
    crawl(settings)
    home = site.pages["/"]
    site.add("/", "", status=503, Retry_After="86400")
    summary = recrawl(settings)
    assert not summary["shops"][0]["finished"] and "changes" not in summary["shops"][0]
    assert changes(settings) == [] and titles(settings) == list("ABCDEF")
    site.pages["/"] = home
    site.add("/a", page("A", price="4.00"))
    site.add("/b", "", status=410)
    assert recrawl(settings)["shops"][0]["finished"]
    assert changes(settings) == [("price", "A"), ("gone", "B")]


def test_whole_shop_of_empty_pages_counts_as_a_fault(site, settings):
    crawl(settings)
    for name in "abcdef":
        site.add(f"/{name}", "<h1>Back soon</h1>")
    recrawl(settings)
    assert changes(settings) == []
    for name in "abcde":
        site.add(f"/{name}", page(name.upper()))
    recrawl(settings)
    assert changes(settings) == [("gone", "F")]


def test_what_a_page_limit_left_out_is_not_gone(site, settings):
    crawl(settings)
    site.add("/a", "", status=404)
    limited = replace(settings, max_pages=4)
    summary = recrawl(limited)
    assert summary["shops"][0]["finished"] and summary["shops"][0]["queued"] > 0
    assert changes(settings) == [("gone", "A")]


def test_an_item_under_a_new_address_is_gone_under_the_old_one(site, settings):
    crawl(settings)
    site.add("/a", f'<link rel="canonical" href="{site.url}/z">' + page("A"))
    recrawl(settings)
    found = lines(settings.out / "changes.jsonl")
    assert [(line["change"], line["url"].rpartition("/")[2]) for line in found] == [("gone", "a"), ("new", "z")]
    assert found[0]["reason"] == "not_found_again"


def test_item_is_gone_once_the_whole_feed_lacks_it():
    shop = "https://a.test/"
    known = {name: Known({"itemId": name, "url": shop + name}, shop + name) for name in ("kept", "lost")}
    feed = Found({"itemId": "kept", "url": shop + "kept"}, shop + "feed.json")
    fates = {known[name].source: "feed_instead" for name in known}
    whole = ShopResult(shop, shop, (feed,), fates, {}, is_finished=True, is_whole=True)
    assert {item: now.gone for item, now in state_after(known, whole).items()} == {
        "kept": None, "lost": "not_found_again",
    }  # fmt: skip
    cut_short = replace(whole, is_whole=False)
    assert state_after(known, cut_short)["lost"].gone is None


KILLED = """
import os, pathlib, signal, sys
from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings
replace, left = pathlib.Path.replace, [int(sys.argv[3])]
def deadly(self, target):
    if "pages" not in target.parts:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
pathlib.Path.replace = deadly
crawl(CrawlSettings((sys.argv[1],), pathlib.Path(sys.argv[2]), rate=500, feeds="off", pins={"shop.test": "127.0.0.1"},
      is_recrawl=True, with_parquet=True))
"""


@pytest.mark.parametrize("num_written", range(5))
def test_kill_between_any_two_files_gives_the_same_changes(site, settings, num_written):
    """The files are: the shop's state, changes.jsonl, products.parquet, products.jsonl, summary.json."""
    settings = replace(settings, with_parquet=True)
    crawl(settings)
    site.add("/a", page("A", price="4.00"))
    site.add("/b", "", status=404)
    command = [sys.executable, "-c", KILLED, settings.shop_urls[0], str(settings.out), str(num_written)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert json.loads((settings.out / "summary.json").read_text())["round"] == 1
    summary = crawl(settings)
    assert summary["round"] == 2 and changes(settings) == [("price", "A"), ("gone", "B")]
    assert titles(settings) == [product["title"] for product in read_parquet(settings.out / "products.parquet")]
    assert not [path for path in settings.out.rglob("*") if path.name.startswith(".")]


def test_broken_state_is_an_error_and_reports_nothing_as_new(site, settings, scraper):
    crawl(settings)
    state = next((settings.out / "history").rglob("*.gz"))
    state.write_bytes(state.read_bytes()[:-9])
    result = scraper("crawl", site.url, "--out", settings.out, "--rate", 500, "--resolve", "shop.test:127.0.0.1",
                     "--recrawl")  # fmt: skip
    assert result.returncode == 2 and state.name.encode() in result.stderr and b"Traceback" not in result.stderr


def test_the_summary_counts_requests_bytes_and_time(site, settings):
    body_bytes = sum(len(site.pages[path][2]) for path in ("/", *(f"/{name}" for name in "abcdef")))
    shop = crawl(settings)["shops"][0]
    # robots.txt and sitemap.xml answer 404 with four bytes each.
    assert (shop["requests"], shop["bytes"]) == (len(site.requests), body_bytes + 2 * len(b"gone"))
    assert shop["requests"] == 9 and shop["seconds"] > 0


def vector_products():
    found = [json.loads(path.read_text(encoding="utf-8")) for path in VECTORS]
    found = [entry.get("product", entry) for entry in found if isinstance(entry, dict)]
    return [entry for entry in found if "itemId" in entry]


def test_parquet_gives_back_the_same_products(tmp_path):
    products = vector_products()
    assert len(products) > 20 and any("variants" in product for product in products)
    products[0] = {**products[0], "fetchedAt": "2026-03-01T09:30:00+00:00"}
    with parquet_writer(tmp_path / "p.parquet") as add:
        for product in products:
            add(product)
    back = [Product.from_wire(wire) for wire in read_parquet(tmp_path / "p.parquet")]
    assert back == [Product.from_wire(product) for product in products]
    assert [product.to_wire() for product in back] == products


def test_parquet_columns_are_typed_and_other_readers_can_sum_them(tmp_path):
    products = [
        {"shop": "a.test", "itemId": f"{n:016x}", "url": f"https://a.test/{n}", "verdict": "product", "title": "T",
         "price": {"amount": amount, "currency": "EUR"}, "provenance": {"title": "dom"}}
        for n, amount in enumerate(["19.90", "0.05", "999999999999.9999"])
    ]  # fmt: skip
    with parquet_writer(tmp_path / "p.parquet") as add:
        for product in products:
            add(product)
    table = pyarrow.parquet.read_table(tmp_path / "p.parquet")
    amounts = [row["amount"] for row in table.column("price").to_pylist()]
    assert sum(amounts) == Decimal("1000000000019.9499")
    assert str(table.schema.field("fetchedAt").type) == "timestamp[us, tz=UTC]"
    assert str(table.schema.field("attributes").type).startswith("map<string, string")
    assert not table.schema.field("itemId").nullable and table.schema.field("brand").nullable


def test_a_crawl_writes_parquet_on_request(site, settings, scraper):
    result = scraper("crawl", site.url, "--out", settings.out, "--rate", 500, "--resolve", "shop.test:127.0.0.1",
                     "--parquet")  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert list(read_parquet(settings.out / "products.parquet")) == lines(settings.out / "products.jsonl")


def test_on_a_terminal_the_summary_is_a_table_that_fits_it(site, settings):
    crawl(settings)
    command = f"{sys.executable} -m scraper crawl {site.url} --out {settings.out} --rate 500 --feeds off"
    command += " --resolve shop.test:127.0.0.1"
    parent, child = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(shlex.split(command), cwd=ROOT, stderr=child, env=environment) as process:
        os.close(child)
        said = b""
        while chunk := read_terminal(parent):
            said += chunk
    os.close(parent)
    assert process.returncode == 0
    lines_said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode()).replace("\r", "\n").split("\n")
    row = next(line for line in lines_said if line.startswith("shop.test:") and "products" not in line)
    assert re.search(r" 6 +7 +100% +0% ", row) and max(map(len, lines_said)) <= 80


def read_terminal(descriptor):
    """Return the next output of a terminal; Linux raises EIO once the last program has closed it."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_elsewhere_the_summary_is_one_plain_line_per_shop(site, settings, scraper):
    crawl(settings)
    site.add("/a", "", status=404)
    result = scraper("crawl", site.url, "--out", settings.out, "--rate", 500, "--feeds", "off", "--recrawl",
                     "--resolve", "shop.test:127.0.0.1")  # fmt: skip
    last = result.stderr.decode().splitlines()[-1]
    assert last == f"{site.url}/: 5 products on 6 pages; changes: gone 1; failures: status_404 1"
