"""Tests of the image pass: hosts' rules, real images only, each stored once, nothing lost to a kill."""

import hashlib
import io
import json
import signal
import sqlite3
import struct
import subprocess
import sys
import threading
import time
import zlib
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings
from scraper.errors import FetchError, InputError
from scraper.images.forget import forget_images
from scraper.images.hosts import refuses
from scraper.images.image import inspect, is_logo
from scraper.images.job import fetch_images
from scraper.images.store import ImageStore
from scraper.output.page import write_page

ROOT = Path(__file__).parents[3]


def image(colour, size=(64, 48), kind="JPEG"):
    body = io.BytesIO()
    Image.new("RGB", size, colour).save(body, kind)
    return body.getvalue()


RED, GREEN, BLUE = image("red"), image("green", kind="PNG"), image("blue", kind="WEBP")


def bomb(width, height):
    """Return a PNG of a few hundred bytes whose header claims this size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


class Shop:
    """A crawled shop whose products show images of another host."""

    def __init__(self, site, images, folder):
        self.site, self.images = site, images
        self.origin = images.url.replace("shop.test", "img.test")
        pins = {"shop.test": "127.0.0.1", "img.test": "127.0.0.1"}
        self.settings = CrawlSettings((site.url + "/",), folder, rate=500, pins=pins, read_timeout_s=5)

    def sell(self, **products):
        """Add products by name, each with the paths of its images."""
        self.site.add("/", "".join(f'<a href="/{name}">{name}</a>' for name in products))
        for name, paths in products.items():
            block = {"@type": "Product", "name": name, "image": [self.origin + path for path in paths]}
            block["offers"] = {"price": "5", "priceCurrency": "EUR"}
            self.site.add(f"/{name}", f'<script type="application/ld+json">{json.dumps(block)}</script>')
        assert crawl(self.settings)["products"] == len(products)
        self.images.requests.clear()

    def show(self, path, body, content_type="image/jpeg", status=200, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.images.pages[path] = (status, {"Content-Type": content_type, **named}, body)

    def fetch(self, per_product=3):
        return fetch_images(self.settings, per_product=per_product)

    def manifest(self):
        text = (self.settings.out / "images.jsonl").read_text(encoding="utf-8")
        return {entry["url"].removeprefix(self.origin): entry for entry in map(json.loads, text.splitlines())}


@pytest.fixture
def shop(site, other_site, tmp_path):
    return Shop(site, other_site, tmp_path / "out")


def test_images_are_stored_once_by_content_with_type_and_items(shop):
    shop.show("/a", RED, "text/plain")
    shop.show("/b", GREEN)
    shop.show("/again", RED)
    shop.show("/c.jpg", BLUE)
    shop.sell(one=["/a", "/b"], two=["/again"], three=["/a", "/c.jpg"])
    found = shop.fetch()
    assert (found["files"], found["products"], found["failures"]) == (3, 3, {})
    manifest = shop.manifest()
    for path, body, suffix in (
        ("/a", RED, "jpg"),
        ("/b", GREEN, "png"),
        ("/again", RED, "jpg"),
        ("/c.jpg", BLUE, "webp"),
    ):
        digest = hashlib.sha256(body).hexdigest()
        entry = manifest[path]
        assert entry["file"] == f"images/{digest[:2]}/{digest}.{suffix}"
        assert (shop.settings.out / entry["file"]).read_bytes() == body
        assert (entry["width"], entry["height"], entry["bytes"]) == (64, 48, len(body))
    assert len(manifest["/a"]["itemIds"]) == 2 and len(list((shop.settings.out / "images").rglob("*.*"))) == 3
    assert json.loads((shop.settings.out / "summary.json").read_text())["images"] == found


def test_only_the_first_images_of_each_product_are_fetched(shop):
    for path in ("/1", "/2", "/3"):
        shop.show(path, RED)
    shop.sell(one=["/1", "/2", "/3"])
    shop.fetch(per_product=2)
    assert shop.images.paths == ["/robots.txt", "/1", "/2"]


def test_robots_txt_of_the_images_host_is_obeyed_also_after_a_redirect(shop):
    shop.images.add("/robots.txt", "User-agent: *\nDisallow: /no\n")
    shop.show("/no/a", RED)
    shop.show("/moved", b"", status=302, Location="/no/b")
    shop.show("/yes", GREEN)
    shop.sell(one=["/no/a", "/moved", "/yes"])
    found = shop.fetch()
    assert found["failures"] == {"robots": 2} and list(shop.manifest()) == ["/yes"]
    assert not [path for path in shop.images.paths if path.startswith("/no")]


def test_host_with_unreadable_robots_txt_gets_no_request(shop):
    shop.images.add("/robots.txt", "", status=503)
    shop.show("/a", RED)
    shop.sell(one=["/a"])
    assert shop.fetch()["failures"] == {"robots_unknown": 1}
    assert shop.images.paths == ["/robots.txt"]
    del shop.images.pages["/robots.txt"]
    assert shop.fetch()["files"] == 1


def test_images_that_refuse_robots_are_not_kept(shop):
    for number, tag in enumerate(["noai", "noindex, nofollow", "NoImageIndex", "none"]):
        shop.show(f"/{number}", RED, X_Robots_Tag=tag)
    shop.show("/other", GREEN, X_Robots_Tag="otherbot: noindex")
    shop.sell(one=["/0", "/1"], two=["/2", "/3", "/other"])
    assert shop.fetch()["failures"] == {"x_robots_tag": 4} and list(shop.manifest()) == ["/other"]
    assert refuses("carryoverbot: noindex") and not refuses("unavailable_after: 25 Jun 2030, max-image-preview:large")


def test_files_that_are_not_product_images_are_counted_by_reason(shop):
    shop.show("/html.jpg", b"<html>no image</html>")
    shop.show("/svg.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml")
    shop.show("/cut.jpg", image("red", (640, 480))[:700])
    shop.show("/bomb.png", bomb(60_000, 60_000), "image/png")
    shop.show("/dot.gif", image("red", (1, 1), "GIF"), "image/gif")
    shop.show("/img/logo-of-us.png", RED)
    shop.show("/gone.jpg", b"", status=404)
    shop.show("/good.jpg", GREEN)
    shop.sell(
        one=["/html.jpg", "/svg.svg", "/cut.jpg"], two=["/bomb.png", "/dot.gif", "/img/logo-of-us.png"],
        three=["/gone.jpg", "/good.jpg"],
    )  # fmt: skip
    found = shop.fetch()
    assert found["failures"] == {"broken_image": 1, "no_image": 2, "status_404": 1, "too_many_pixels": 1}
    assert found["dropped"] == {"logo": 1, "too_small": 1}
    assert list(shop.manifest()) == ["/good.jpg"] and "/img/logo-of-us.png" not in shop.images.paths
    shop.images.requests.clear()
    assert shop.fetch() == found and shop.images.paths == []


@pytest.mark.parametrize("side", [9_000, 20_000, 60_000])
def test_size_is_checked_before_a_pixel_is_decoded(side):
    with pytest.raises(FetchError) as caught:
        inspect(bomb(side, side), "u")
    assert caught.value.reason == "too_many_pixels"


def test_logo_names_differ_from_names_that_only_begin_so():
    assert all(map(is_logo, ["https://a.b/x/logo.png", "https://a.b/shop_logo_2x.jpg", "https://a.b/no-image.gif?v=1"]))
    assert not any(
        map(is_logo, ["https://a.b/logo/jug.png", "https://a.b/logotype-tee.jpg", "https://a.b/pixelated.png"])
    )


def test_image_that_most_products_share_is_left_out(shop):
    shop.show("/blank", RED)
    for number in range(12):
        shop.show(f"/{number}", image((number * 20, 0, 0)))
    shop.sell(**{f"p{number}": ["/blank", f"/{number}"] for number in range(12)})
    found = shop.fetch()
    assert found["dropped"] == {"shared": 1} and "/blank" not in shop.manifest() and found["files"] == 12


def test_a_private_address_is_refused_even_behind_a_redirect(shop):
    private = shop.images.url.replace("shop.test", "127.0.0.1")
    shop.show("/a", b"", status=302, Location=private + "/secret")
    shop.show("/secret", RED)
    shop.sell(one=["/a"])
    found = shop.fetch()
    assert sum(found["failures"].values()) == 1 and found["files"] == 0 and "/secret" not in shop.images.paths


def test_one_host_gets_one_request_at_a_time_at_the_given_rate(shop):
    times = []

    def timed(handler):
        times.append(time.monotonic())
        return 200, {"Content-Type": "image/jpeg"}, RED

    for number in range(4):
        shop.images.pages[f"/{number}"] = timed
    shop.sell(one=["/0", "/1"], two=["/2", "/3"])
    shop.settings = replace(shop.settings, rate=10)
    shop.fetch()
    assert len(times) == 4 and min(later - earlier for earlier, later in pairwise(times)) >= 0.09


def test_a_host_that_asks_to_wait_long_is_left_for_a_later_run(shop):
    shop.show("/0", b"", status=429, Retry_After="86400")
    for number in range(1, 4):
        shop.show(f"/{number}", RED)
    shop.sell(one=["/0", "/1"], two=["/2", "/3"])
    found = shop.fetch()
    assert found["stoppedHosts"]["img.test"].startswith("asked_to_wait")
    assert shop.images.paths == ["/robots.txt", "/0"]
    shop.show("/0", GREEN)
    assert shop.fetch()["files"] == 2


KILLED = """
import os, pathlib, signal, sys
from scraper.crawl.settings import CrawlSettings
from scraper.images.job import fetch_images
from scraper.images.store import ImageStore
replace, left = pathlib.Path.replace, [3]
def deadly(self, target):
    if "images" in target.parts:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)
pathlib.Path.replace = deadly
pins = {"img.test": "127.0.0.1"}
fetch_images(CrawlSettings((), pathlib.Path(sys.argv[1]), rate=500, pins=pins), per_product=9)
"""


def test_killed_run_resumes_without_repeating_requests(shop):
    for number in range(6):
        shop.show(f"/{number}", image((number * 40, 0, 0)))
    shop.sell(one=[f"/{number}" for number in range(6)])
    command = [sys.executable, "-c", KILLED, str(shop.settings.out)]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert shop.images.paths == ["/robots.txt", "/0", "/1", "/2"]
    shop.images.requests.clear()
    assert shop.fetch(per_product=9)["files"] == 6
    assert shop.images.paths == ["/robots.txt", "/2", "/3", "/4", "/5"]
    assert not [path for path in shop.settings.out.rglob("*") if path.name.startswith(".")]
    next((shop.settings.out / "images").rglob("*.jpg")).unlink()
    shop.images.requests.clear()
    assert shop.fetch(per_product=9)["files"] == 6 and len(shop.images.paths) == 2


def test_two_runs_at_once_are_refused(shop):
    entered, leave = threading.Event(), threading.Event()

    def slow(handler):
        entered.set()
        assert leave.wait(30)
        return 200, {}, RED

    shop.images.pages["/a"] = slow
    shop.sell(one=["/a"])
    first = threading.Thread(target=shop.fetch)
    first.start()
    assert entered.wait(30)
    with pytest.raises(InputError, match="another"):
        shop.fetch()
    leave.set()
    first.join()
    assert list(shop.manifest()) == ["/a"]


def test_forgetting_an_item_deletes_only_its_own_images(shop):
    shop.show("/own", RED)
    shop.show("/both", GREEN)
    shop.sell(one=["/own", "/both"], two=["/both"])
    shop.fetch()
    manifest = shop.manifest()
    (item_id,) = manifest["/own"]["itemIds"]
    assert forget_images(shop.settings.out, item_id) == 2
    assert not (shop.settings.out / manifest["/own"]["file"]).exists()
    assert (shop.settings.out / manifest["/both"]["file"]).read_bytes() == GREEN
    assert [entry["itemIds"] for entry in shop.manifest().values()] == [
        [other for other in manifest["/both"]["itemIds"] if other != item_id]
    ]


def test_the_forget_command_leaves_no_image_and_no_report_of_the_item(shop, scraper):
    shop.show("/own", RED)
    shop.sell(one=["/own"])
    shop.fetch()
    write_page(shop.settings.out)
    file = shop.settings.out / shop.manifest()["/own"]["file"]
    assert file.is_file()
    assert scraper("forget", shop.site.url + "/one", "--out", shop.settings.out).returncode == 0
    assert not file.exists() and shop.manifest() == {} and not (shop.settings.out / "report.html").exists()


def test_commands_fetch_images_and_report_failures(shop, scraper):
    shop.show("/a", RED)
    shop.sell(one=["/a", "/lost"])
    pins = ("--resolve", "shop.test:127.0.0.1", "--resolve", "img.test:127.0.0.1")
    crawled = scraper("crawl", shop.site.url, "--out", shop.settings.out, "--rate", 500, "--images", 1, *pins)
    assert crawled.returncode == 0 and b"1 images of 1 products" in crawled.stderr, crawled.stderr
    file = shop.manifest()["/a"]["file"]
    assert f'src="{file}"' in (shop.settings.out / "report.html").read_text(encoding="utf-8")
    again = scraper("images", shop.settings.out, "--per-product", 2, "--rate", 500, *pins)
    assert again.returncode == 0 and b"1 status_404" in again.stderr, again.stderr
    summary = json.loads((shop.settings.out / "summary.json").read_text(encoding="utf-8"))
    assert summary["images"]["failures"] == {"status_404": 1} and summary["products"] == 1
    assert shop.images.paths.count("/a") == 1
    for arguments in (("images", shop.settings.out / "nowhere"), ("images", shop.settings.out, "--per-product", 0)):
        refused = scraper(*arguments)
        assert refused.returncode == 2 and b"Traceback" not in refused.stderr


def test_a_folder_without_products_is_refused(tmp_path):
    with pytest.raises(InputError, match="finished crawl"):
        fetch_images(CrawlSettings((), tmp_path), per_product=1)


def test_database_of_an_earlier_version_is_read_under_its_new_name(tmp_path):
    """Crawls before 0.2 called the table `pictures`; nothing that they fetched is fetched again."""
    ImageStore(tmp_path).close()
    url = "https://a.example/1.jpg"
    with closing(sqlite3.connect(tmp_path / "images.sqlite3")) as database, database:
        database.execute("ALTER TABLE images RENAME TO pictures")
        database.execute("INSERT INTO wanted VALUES (?, '0123456789abcdef', 'a.example')", (url,))
        database.execute("INSERT INTO pictures (url, state, reason) VALUES (?, 'failed', 'not_an_image')", (url,))
    opened = ImageStore(tmp_path)
    try:
        assert (opened.queued(), opened.counts()) == ([], {"not_an_image": 1})
    finally:
        opened.close()
