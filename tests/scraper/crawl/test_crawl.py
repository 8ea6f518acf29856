"""Tests of the crawl against a real server on this machine: politeness, then completeness."""

import gzip
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path

import pytest

from scraper.commands.forget import forget
from scraper.crawl.guard import checked_address, is_public
from scraper.crawl.pace import Pace, retry_after_s
from scraper.crawl.patterns import is_wanted, matches
from scraper.crawl.robots import parse_robots
from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings, parse_contact, parse_pins, parse_shop_urls
from scraper.crawl.sitemap import parse_sitemap
from scraper.crawl.store import Outcome, Store
from scraper.errors import InputError, RefusedAddressError


def product(name: str, links: str = "") -> str:
    block = {"@type": "Product", "name": name, "offers": {"price": "5", "priceCurrency": "EUR"}}
    return f'<script type="application/ld+json">{json.dumps(block)}</script><h1>{name}</h1>{links}'


@pytest.fixture
def settings(site, tmp_path):
    pins = {site.host: "127.0.0.1"}
    return CrawlSettings((site.url + "/",), tmp_path / "out", rate=500, pins=pins, read_timeout_s=5, feeds="off")


def products(settings):
    return [json.loads(line) for line in (settings.out / "products.jsonl").read_text().splitlines()]


def test_links_are_followed_and_products_written_in_order(site, settings):
    site.add("/", '<a href="/b">b</a><a href="/a?utm_source=x">a</a><a href="https://elsewhere.test/">x</a>')
    site.add("/a", product("A"))
    site.add("/b", product("B", '<a href="/a#top">a</a><a href="/c.jpg">c</a><a rel="nofollow" href="/d">d</a>'))
    summary = crawl(settings)
    assert [found["title"] for found in products(settings)] == ["A", "B"]
    assert sorted(site.paths) == ["/", "/a", "/b", "/robots.txt", "/sitemap.xml"]
    shop = summary["shops"][0]
    assert (shop["pages"], shop["products"], shop["verdicts"]) == (3, 2, {"empty": 1, "product": 2})
    assert shop["fieldCoverage"]["price"] == 1.0 and shop["fieldCoverage"]["brand"] == 0.0
    assert json.loads((settings.out / "summary.json").read_text()) == summary


def test_robots_txt_comes_first_and_is_obeyed(site, settings):
    site.add("/robots.txt", "User-agent: *\nDisallow: /private\nAllow: /private/open\n")
    site.add("/", '<a href="/private/a">a</a><a href="/private/open">o</a>')
    site.add("/private/open", product("Open"))
    summary = crawl(settings)
    assert site.paths[0] == "/robots.txt"
    assert "/private/a" not in site.paths and "/private/open" in site.paths
    assert summary["shops"][0]["skipped"] == {"robots": 1}


@pytest.mark.parametrize(("status", "is_allowed"), [(404, True), (403, True), (500, False), (429, False), (503, False)])
def test_robots_status_decides_as_in_rfc_9309(site, settings, status, is_allowed):
    site.add("/robots.txt", "", status=status)
    site.add("/", product("A"))
    summary = crawl(settings)
    assert ("/" in site.paths) is is_allowed
    assert ("stopped" in summary["shops"][0]) is not is_allowed


@pytest.mark.parametrize(("num_redirects", "is_obeyed"), [(1, True), (5, True), (6, False)])
def test_more_than_five_redirects_make_robots_txt_unavailable(site, settings, num_redirects, is_obeyed):
    addresses = ["/robots.txt", *(f"/r{number}" for number in range(1, num_redirects + 1))]
    for here, there in pairwise(addresses):
        site.add(here, status=301, Location=there)
    site.add(addresses[-1], "User-agent: CarryoverBot\nDisallow: /x\n")
    site.add("/", '<a href="/x">x</a>')
    crawl(settings)
    assert ("/x" not in site.paths) is is_obeyed


def age_robots(settings, seconds):
    with sqlite3.connect(settings.out / "crawl.sqlite3") as db:
        db.execute("UPDATE robots SET fetched_at = fetched_at - ?", (seconds,))
    db.close()


def test_robots_txt_is_valid_for_a_day_across_runs(site, settings):
    site.add("/robots.txt", "User-agent: *\nDisallow: /x\n")
    site.add("/", '<a href="/x">x</a>')
    site.add("/x", product("X"))
    for _ in range(2):
        crawl(settings)
    age_robots(settings, 24 * 3600 - 600)
    crawl(settings)
    assert site.paths.count("/robots.txt") == 1 and "/x" not in site.paths
    site.add("/robots.txt", "User-agent: *\nDisallow:\n")
    age_robots(settings, 601)
    assert crawl(settings)["products"] == 1, "what robots.txt no longer forbids is fetched by the next run"
    assert site.paths.count("/robots.txt") == 2


def test_an_unreachable_robots_txt_is_not_remembered(site, settings):
    site.add("/robots.txt", "", status=503)
    site.add("/", product("A"))
    for _ in range(2):
        assert crawl(settings)["products"] == 0 and "/" not in site.paths
    site.add("/robots.txt", "User-agent: *\nDisallow:\n")
    assert crawl(settings)["products"] == 1


def test_robots_is_cut_at_500_kib_and_longest_match_wins():
    robots = parse_robots(b"User-agent: *\nDisallow: /a\nAllow: /a/b\n" + b"#" * 600_000 + b"\nDisallow: /late\n")
    allowed = [robots.allows(f"https://shop.test{path}") for path in ("/a/x", "/a/b/c", "/late")]
    assert allowed == [False, True, True]


def test_an_unreachable_site_is_reported_and_does_not_stop_the_other(site, settings, scraper):
    site.add("/", product("A"))
    with socket.socket() as silent:  # it holds the port and does not listen
        silent.bind(("127.0.0.1", 0))
        dead = f"http://dead.test:{silent.getsockname()[1]}/"
        result = scraper(
            "crawl", dead, site.url, "--out", settings.out, "--rate", 500,
            "--resolve", "dead.test:127.0.0.1", "--resolve", "shop.test:127.0.0.1",
        )  # fmt: skip
    assert result.returncode == 1
    first, second = json.loads((settings.out / "summary.json").read_text())["shops"]
    assert first["stopped"].startswith("robots_unreachable") and second["products"] == 1


def test_every_request_names_itself_and_its_contact(site, settings):
    site.add("/", product("A"))
    crawl(replace(settings, contact="ops@example.org"))
    assert {headers["User-Agent"] for _, headers in site.requests} == {"CarryoverBot/0.1.0 (+ops@example.org)"}
    assert {headers["Host"] for _, headers in site.requests} == {site.url.removeprefix("http://")}


def test_crawl_delay_and_rate_set_the_pace_for_one_host(site, settings):
    times = []

    def timed(handler):
        times.append(time.monotonic())
        return 200, {}, b"".join(b'<a href="/p%d">x</a>' % number for number in range(4))

    for number in range(4):
        site.pages[f"/p{number}"] = timed
    site.pages["/"] = timed
    site.add("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n")
    crawl(settings)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # The delay is a lower bound that no machine can be too slow to keep.
    assert len(gaps) == 4 and min(gaps) >= 0.19


def test_a_crawl_delay_that_would_stop_the_crawl_is_capped(site, settings):
    site.add("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n")
    site.add("/", '<a href="/a">a</a>')
    site.add("/a", product("A"))
    assert crawl(replace(settings, max_crawl_delay_s=0.05))["products"] == 1


def test_pace_doubles_after_trouble_and_recovers_step_by_step():
    pace = Pace.of_rate(5)
    pace.slow_down(0)
    assert pace.interval_s == pytest.approx(0.4)
    for expected in (0.32, 0.256, 0.2048, 0.2, 0.2):
        pace.succeed()
        assert pace.interval_s == pytest.approx(expected)
    for _ in range(20):
        pace.slow_down(0)
    assert pace.interval_s == 60 and Pace.of_rate(5).wait_s == 0
    pace.obey(2, 30)
    pace.obey(1, 30)
    assert pace.usual_s == 2
    pace.obey(3600, 30)
    assert pace.usual_s == 30


def test_two_origins_of_one_host_are_crawled_one_after_another(site, other_site, settings):
    counting, now, most = threading.Lock(), [0], [0]

    def slow(handler):
        with counting:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.03)
        with counting:
            now[0] -= 1
        return 200, {}, b"".join(b'<a href="/%d">x</a>' % number for number in range(5))

    for one in (site, other_site):
        one.pages |= dict.fromkeys(("/", *(f"/{number}" for number in range(5))), slow)
    assert crawl(replace(settings, shop_urls=(site.url + "/", other_site.url + "/")))["products"] == 0
    assert (len(site.paths), len(other_site.paths), most[0]) == (8, 8, 1)


def test_sitemap_index_and_gzip_lead_to_pages_no_link_names(site, settings):
    site.add("/robots.txt", f"User-agent: *\nDisallow:\nSitemap: {site.url}/map.xml\n")
    site.add("/map.xml", f"<sitemapindex><sitemap><loc>{site.url}/part.xml.gz</loc></sitemap></sitemapindex>")
    part = f"<urlset><url><loc>{site.url}/hidden</loc></url><url><loc>http://other.test/x</loc></url></urlset>"
    site.pages["/part.xml.gz"] = (200, {"Content-Type": "application/gzip"}, gzip.compress(part.encode()))
    site.add("/", "home")
    site.add("/hidden", product("Hidden"))
    crawl(settings)
    assert [found["title"] for found in products(settings)] == ["Hidden"]


def test_sitemaps_of_strangers_are_read_safely():
    url = "https://shop.test/s.xml"
    entity = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><urlset><url><loc>https://a.test/&e;</loc></url></urlset>'
    assert parse_sitemap(entity, url, max_bytes=1000).pages in ((), ("https://a.test/",))
    bomb = gzip.compress(b"<urlset>" + b" " * 5_000_000)
    assert parse_sitemap(bomb, url, max_bytes=10_000).pages == ()
    assert parse_sitemap(b"https://a.test/1\nnoise\nhttps://a.test/2\n", url, max_bytes=100).pages == (
        "https://a.test/1", "https://a.test/2",
    )  # fmt: skip
    broken = b"<urlset><url><loc> https://a.test/1 </loc></url><url><loc>https://a.test/2</lo"
    assert parse_sitemap(broken, url, max_bytes=1000).pages[0] == "https://a.test/1"
    assert parse_sitemap(b"", url, max_bytes=10).pages == ()


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("is_date", [False, True])
def test_crawl_waits_as_long_as_a_busy_site_asks(site, settings, status, is_date):
    seen = []

    def busy_once(handler):
        seen.append(time.monotonic())
        # A date has whole seconds: two ahead is at least one away.
        wait = formatdate(time.time() + 2, usegmt=True) if is_date else "1"
        return (status, {"Retry-After": wait}, b"") if len(seen) == 1 else (200, {}, product("A").encode())

    site.pages["/"] = busy_once
    crawl(settings)
    assert [found["title"] for found in products(settings)] == ["A"]
    # A lower bound that no machine can be too slow to keep; the clocks of date and wait may differ by a little.
    assert seen[1] - seen[0] >= 0.95


def test_a_wait_beyond_the_limit_leaves_the_rest_for_a_later_run(site, settings):
    site.add("/", "", status=503, Retry_After="86400")
    summary = crawl(settings)
    assert summary["shops"][0]["stopped"].startswith("asked_to_wait") and summary["shops"][0]["queued"] == 1
    site.add("/", product("A"))
    assert crawl(settings)["shops"][0]["products"] == 1


def test_repeated_403_stops_the_site(site, settings):
    site.add("/", "".join(f'<a href="/p{number}">x</a>' for number in range(20)))
    for number in range(20):
        site.add(f"/p{number}", "no", status=403)
    summary = crawl(settings)
    assert sum(path.startswith("/p") for path in site.paths) == 5
    assert "refused" in summary["shops"][0]["stopped"] and summary["shops"][0]["failures"] == {"status_403": 5}


def test_second_run_fetches_nothing_and_recrawl_asks_for_changes(site, settings):
    site.pages["/"] = lambda handler: (
        (304, {}, b"")
        if handler.headers.get("If-None-Match") == '"v1"'
        else (200, {"ETag": '"v1"'}, product("A").encode())
    )
    crawl(settings)
    first = products(settings)
    site.requests.clear()
    crawl(settings)
    assert "/" not in site.paths
    crawl(replace(settings, is_recrawl=True))
    assert [headers.get("If-None-Match") for path, headers in site.requests if path == "/"] == ['"v1"']
    assert [{**found, "fetchedAt": None} for found in products(settings)] == [
        {**found, "fetchedAt": None} for found in first
    ]


def test_pages_that_ask_not_to_be_indexed_give_no_product(site, settings):
    site.add("/", '<a href="/a">a</a><a href="/b">b</a>')
    site.add("/a", product("A"), X_Robots_Tag="noindex")
    site.add("/b", '<meta name="robots" content="noindex, follow">' + product("B"))
    summary = crawl(settings)
    assert products(settings) == [] and summary["shops"][0]["skipped"] == {"noindex": 2}


def shop_of_two(site):
    site.add("/", '<a href="/a">a</a><a href="/b">b</a>')
    site.add("/a", product("A"))
    site.add("/b", product("B"))


def bodies(settings):
    return list((settings.out / "pages").rglob("*.gz"))


def test_old_raw_pages_are_deleted_and_fetched_again_next_run(site, settings):
    shop_of_two(site)
    crawl(replace(settings, keep_raw_days=1))
    assert len(bodies(settings)) == 3
    with sqlite3.connect(settings.out / "crawl.sqlite3") as db:
        db.execute("UPDATE pages SET fetched_at = '2020-01-01T00:00:00+00:00' WHERE url LIKE '%/a'")
    db.close()
    crawl(replace(settings, keep_raw_days=1))
    assert len(bodies(settings)) == 2 and [one["title"] for one in products(settings)] == ["A", "B"]
    site.requests.clear()
    crawl(replace(settings, keep_raw_days=1))
    assert site.paths == ["/a"] and [one["title"] for one in products(settings)] == ["A", "B"]
    assert "If-None-Match" not in site.requests[0][1]


def test_forgetting_a_page_deletes_it_everywhere_and_for_good(site, settings, scraper):
    shop_of_two(site)
    crawl(settings)
    crawl(replace(settings, is_recrawl=True))
    told = scraper("forget", f"{site.url}/a?utm_source=x#top", "--out", settings.out)
    assert told.returncode == 0 and b"will not be fetched again" in told.stderr
    assert [one["title"] for one in products(settings)] == ["B"] and len(bodies(settings)) == 2
    texts = [gzip.decompress(path.read_bytes()) for path in settings.out.glob("history/*/*.gz")]
    assert texts and not any(b'"A"' in text for text in texts)
    site.requests.clear()
    crawl(replace(settings, is_recrawl=True))
    assert "/a" not in site.paths and [one["title"] for one in products(settings)] == ["B"]
    with pytest.raises(InputError, match="no crawl in"):
        forget(site.url, settings.out.parent / "nowhere")
    assert not (settings.out.parent / "nowhere").exists()


def test_sigterm_ends_a_crawl_like_ctrl_c_and_nothing_is_lost(site, settings):
    site.add("/", "".join(f'<a href="/p{number}">x</a>' for number in range(30)))
    for number in range(30):
        site.add(f"/p{number}", product(f"P{number}"))
    command = [sys.executable, "-m", "scraper", "crawl", site.url, "--out", str(settings.out), "--rate", "20",
               "--feeds", "off", "--resolve", "shop.test:127.0.0.1"]  # fmt: skip
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(site.requests) < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and b"Traceback" not in stderr and b"to resume" in stderr
    assert len(site.requests) < 31
    assert crawl(settings)["products"] == 30
    assert sorted(site.paths) == sorted(["/", "/robots.txt", "/sitemap.xml", *(f"/p{number}" for number in range(30))])


def test_patterns_choose_pages_as_robots_txt_would(site, settings):
    shop_of_two(site)
    site.add("/b", product("B", '<a href="/a/deep">d</a><a href="/b/sale?page=2">s</a>'))
    site.add("/a/deep", product("Deep"))
    site.add("/b/sale?page=2", product("Sale"))
    own = replace(settings.shop(site.url + "/"), include=("/a", "/b"), exclude=("/*/deep$",))
    summary = crawl(replace(settings, shops={site.url: own}))
    assert [one["title"] for one in products(settings)] == ["A", "B", "Sale"]
    assert summary["shops"][0]["skipped"] == {"pattern": 1}


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [("/p", "/products/1", True), ("/p/", "/products/1", False), ("/*/sale", "/men/sale/1", True),
     ("/*/sale$", "/men/sale/1", False), ("/*sale$", "/sale/men/sale", True), ("/a*a$", "/a", False),
     ("/a*b*b$", "/ab", False), ("/a*b*b$", "/abxb", True), ("*?page=", "/list?page=2", True), ("/a$", "/a", True),
     ("/a$", "/ab", False), ("https://a.test/p", "/p1", True), ("https://b.test/p", "/p1", False), ("/a*", "/a", True)],
)  # fmt: skip
def test_a_pattern_is_a_prefix_with_stars_and_an_end(pattern, path, expected):
    assert matches(pattern, f"https://a.test{path}") is expected
    assert is_wanted(f"https://a.test{path}", [], [pattern]) is not expected


def test_max_pages_limits_a_site(site, settings):
    site.add("/", "".join(f'<a href="/p{number}">x</a>' for number in range(20)))
    for number in range(20):
        site.add(f"/p{number}", product(f"P{number}"))
    assert crawl(replace(settings, max_pages=4))["shops"][0]["pages"] == 4


def test_unpacking_bomb_is_refused_and_the_crawl_continues(site, settings):
    bomb = gzip.compress(b"x" * 3_000_000)
    site.add("/", '<a href="/bomb">b</a><a href="/ok">o</a>')
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, bomb)
    site.add("/ok", product("Ok"))
    summary = crawl(replace(settings, max_page_bytes=1_000_000))
    assert summary["shops"][0]["failures"] == {"too_large": 1} and summary["products"] == 1


def test_start_page_may_redirect_to_another_origin_of_its_shop(site, other_site, settings):
    target = other_site.url.replace("shop.test", "www.shop.test")
    site.add("/", status=301, Location=target + "/")
    other_site.add("/robots.txt", "User-agent: *\nDisallow: /no\n")
    other_site.add("/", product("A", '<a href="/no">n</a>'))
    pins = {"shop.test": "127.0.0.1", "www.shop.test": "127.0.0.1"}
    assert crawl(replace(settings, pins=pins))["products"] == 1
    assert "/no" not in other_site.paths


def test_a_redirect_to_another_shop_is_not_followed(site, other_site, settings):
    site.add("/", '<a href="/out">o</a>')
    site.add("/out", status=302, Location=other_site.url.replace("shop.test", "127.0.0.1") + "/secret")
    summary = crawl(settings)
    assert other_site.requests == [] and summary["shops"][0]["skipped"] == {"redirect_elsewhere": 1}


def test_a_private_address_is_refused_even_when_robots_redirects_there(site, other_site, settings):
    site.add("/robots.txt", status=301, Location=other_site.url.replace("shop.test", "127.0.0.1") + "/robots.txt")
    summary = crawl(settings)
    assert other_site.requests == [] and "not a public address" in summary["shops"][0]["stopped"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1", "::1", "fe80::1",
     "fc00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "::"],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(address):
    assert not is_public(address)


def test_public_addresses_and_pins_are_accepted_and_localhost_is_not():
    assert is_public("93.184.216.34") and is_public("2606:2800:220:1::1")
    assert checked_address("Shop.Test", 80, {"shop.test": "10.0.0.5"}) == "10.0.0.5"
    with pytest.raises(RefusedAddressError, match="--resolve localhost"):
        checked_address("localhost", 80, {"shop.test": "10.0.0.5"})


def test_a_host_with_one_private_address_among_public_ones_is_refused(monkeypatch):
    found = [(2, 1, 6, "", ("93.184.216.34", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(RefusedAddressError):
        checked_address("mixed.test", 80, {})


def test_one_folder_belongs_to_one_crawl_at_a_time(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(InputError, match="another crawl"):
        Store(tmp_path)
    store.close()
    Store(tmp_path).close()


def test_a_row_never_says_done_without_its_body(tmp_path):
    store = Store(tmp_path)
    store.open_site("https://a.test")
    store.add("https://a.test", "page", ["https://a.test/1"], priority=1, depth=0)
    store.finish("https://a.test", "https://a.test/1", Outcome("done", status=200, body=b"hello"))
    row = store.rows("https://a.test")[0]
    assert row["has_body"] and gzip.decompress(store.body_path(row["url"]).read_bytes()) == b"hello"
    assert store.next("https://a.test") is None
    store.close()


def test_retry_after_is_read_in_both_its_forms():
    assert retry_after_s("120") == 120
    assert retry_after_s("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after_s("Wed, 21 Oct 2099 07:28:00 GMT") > 1e9
    assert retry_after_s(None) == retry_after_s("soon") == retry_after_s("²") == 0


def test_bad_settings_say_what_was_expected():
    assert parse_pins(["a.test:127.0.0.1", "B.test:[::1]"]) == {"a.test": "127.0.0.1", "b.test": "::1"}
    for pin in ("a.test", ":127.0.0.1", "a.test:nowhere"):
        with pytest.raises(InputError, match="--resolve"):
            parse_pins([pin])
    with pytest.raises(InputError, match="--contact"):
        parse_contact("me\r\nX-Evil: 1")
    assert parse_shop_urls(["https://A.test", "https://a.test/x", "http://a.test/"]) == (
        "https://a.test/",
        "http://a.test/",
    )
