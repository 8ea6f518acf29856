"""Tests of report.html: correct, safe with strangers' text, accessible in a browser."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings
from scraper.errors import InputError
from scraper.images.job import fetch_images
from scraper.output.page import write_page
from scraper.output.page_text import percent, words

EVIL = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'&"
CHROMIUM = Path("/usr/bin/chromium")


def page(name, price="5.00", regular=None, **fields):
    offer = {"price": price, "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}
    block = {"@type": "Product", "name": name, "offers": offer, **fields}
    text = json.dumps(block).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


@pytest.fixture
def folder(site, tmp_path):
    """Two rounds of a shop with a sale, a loss, images and text that looks like markup; and a dead shop."""
    paths = ("a", "b", "c")
    site.add("/", "".join(f'<a href="/{path}">{path}</a>' for path in paths) + "<p>Welcome</p>" * 40)
    Image.new("RGB", (60, 80), "teal").save(tmp_path / "image.png")
    site.pages["/image.png"] = (200, {"Content-Type": "image/png"}, (tmp_path / "image.png").read_bytes())
    for path in paths:
        site.add(f"/{path}", page(path.upper(), image=site.url + "/image.png"))
    dead = "http://dead.test:9/"
    settings = CrawlSettings(
        (site.url + "/",), tmp_path / "out", rate=500, pins={"shop.test": "127.0.0.1"}, feeds="off"
    )
    crawl(settings)
    site.add("/a", page("A", price="3.80", image=site.url + "/image.png"))
    site.add("/b", "", status=404)
    pins = {"shop.test": "127.0.0.1", "dead.test": "127.0.0.1"}
    settings = replace(settings, shop_urls=(site.url + "/", dead), pins=pins, is_recrawl=True)
    crawl(settings)
    fetch_images(replace(settings, shop_urls=()), per_product=1)
    # Extraction removes markup already; the page must not rely on it.
    price = {"amount": "5", "currency": EVIL}
    evil = {"shop": EVIL, "itemId": "0" * 16, "url": "javascript:alert(1)", "verdict": "product", "title": EVIL,
            "brand": EVIL, "description": EVIL, "price": price, "provenance": {"title": EVIL}}  # fmt: skip
    change = {"change": "price", "shop": EVIL, "itemId": "0" * 16, "url": "javascript:alert(1)", "title": EVIL,
              "before": {"price": price}, "after": {"price": price | {"amount": "4"}}}  # fmt: skip
    for name, line in (("products.jsonl", evil), ("changes.jsonl", change)):
        with (settings.out / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    write_page(settings.out)
    return settings.out


class Reader(HTMLParser):
    """Collector of tags with their attributes, and of the text."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.text += " "

    def handle_data(self, data):
        self.text += data


def test_report_shows_the_files_and_loads_only_its_images(folder):
    markup = (folder / "report.html").read_text(encoding="utf-8")
    reader = Reader(markup)
    text = " ".join(reader.text.split())
    assert "1 of 2 shops did not finish" in text and "robots unreachable" in text.replace("_", " ")
    assert "5.00 EUR 3.80 EUR −24 %" in text and "status 404" in text
    assert not [tag for tag, _ in reader.tags if tag in ("script", "iframe", "object", "link", "form", "base")]
    sources = [attributes["src"] for tag, attributes in reader.tags if tag == "img"]
    assert sources and all((folder / source).is_file() for source in sources)
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    links = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert all(link.startswith(("http://shop.test", "http://dead.test", "#")) for link in links)
    assert reader.text.count(EVIL) >= 10


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
def test_report_is_accessible_in_a_browser_and_loads_nothing(folder, driver):
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 400)):
        tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        said, asked = [], []
        tab.on("console", lambda message, said=said: said.append(message.text))
        tab.on("dialog", lambda dialog, said=said: said.append(dialog.message) or dialog.dismiss())
        tab.on("request", lambda request, asked=asked: asked.append(request.url))
        tab.goto((folder / "report.html").as_uri())
        for details in tab.locator("details").all():
            details.evaluate("element => { element.open = true; }")
        images = tab.locator("main img")
        for number in range(images.count()):
            images.nth(number).scroll_into_view_if_needed()
        tab.wait_for_function("[...document.images].every(image => image.complete)")
        assert tab.evaluate("[...document.images].map(image => image.naturalWidth)") == [60] * images.count()
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert all(url.startswith(folder.as_uri()) for url in asked) and said == []
        results = Axe().run(tab)
        assert results.violations_count == 0, results.generate_report()
        tab.close()
    browser.close()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium")
def test_every_link_and_fold_can_be_reached_by_keyboard(folder, driver):
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    tab = browser.new_page()
    tab.goto((folder / "report.html").as_uri())
    expected = tab.evaluate("document.querySelectorAll('a[href], summary').length")
    closed = "details:not([open]) a"
    expected -= tab.evaluate(f"document.querySelectorAll({closed!r}).length")
    reached = set()
    for _ in range(expected + 5):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("[...document.querySelectorAll('a, summary')].indexOf(document.activeElement)"))
    assert len(reached - {-1}) == expected
    tab.locator("summary").last.focus()
    tab.keyboard.press("Enter")
    assert tab.locator("details").last.evaluate("element => element.open")
    browser.close()


def test_the_first_round_says_that_there_is_nothing_to_compare_with(site, tmp_path):
    site.add("/", page("Only"))
    settings = CrawlSettings(
        (site.url + "/",), tmp_path / "out", rate=500, pins={"shop.test": "127.0.0.1"}, feeds="off"
    )
    crawl(settings)
    write_page(settings.out)
    reader = Reader((settings.out / "report.html").read_text(encoding="utf-8"))
    assert "nothing to compare with yet" in reader.text and "no image" in reader.text
    assert not [tag for tag, _ in reader.tags if tag == "img"]


def test_a_folder_without_a_summary_is_named(tmp_path):
    with pytest.raises(InputError, match=r"summary\.json"):
        write_page(tmp_path)


def test_percentages_and_names_read_well():
    assert [percent(part) for part in (0, 0.001, 0.5, 0.999, 1)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]
    assert words("categoryPath") == "category path" and words("status_404") == "status 404"
