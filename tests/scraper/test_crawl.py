"""Crawling: manners first, then completeness; against a real server on this machine."""

import gzip
import json
import socket
import time
from dataclasses import replace
from itertools import pairwise

import pytest

from scraper.crawl.guard import checked_address, is_public
from scraper.crawl.robots import parse_robots
from scraper.crawl.run import crawl
from scraper.crawl.settings import CrawlSettings, parse_contact, parse_pins, parse_shop_urls
from scraper.crawl.pace import retry_after_s
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
def test_robots_status_decides_as_rfc_9309_says(site, settings, status, is_allowed):
    site.add("/robots.txt", "", status=status)
    site.add("/", product("A"))
    summary = crawl(settings)
    assert ("/" in site.paths) is is_allowed
    assert ("stopped" in summary["shops"][0]) is not is_allowed


def test_robots_redirects_are_followed_and_an_endless_one_allows(site, settings):
    site.add("/robots.txt", status=301, Location="/r1")
    site.add("/r1", "User-agent: CarryoverBot\nDisallow: /x\n")
    site.add("/", '<a href="/x">x</a>')
    crawl(settings)
    assert "/x" not in site.paths


def test_robots_is_cut_at_500_kib_and_longest_match_wins():
    robots = parse_robots(b"User-agent: *\nDisallow: /a\nAllow: /a/b\n" + b"#" * 600_000 + b"\nDisallow: /late\n")
    allowed = [robots.allows(f"https://shop.test{path}") for path in ("/a/x", "/a/b/c", "/late")]
    assert allowed == [False, True, True]


def test_an_unreachable_site_is_reported_and_does_not_stop_the_other(site, settings, scraper):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dead = f"http://dead.test:{free.getsockname()[1]}/"
    site.add("/", product("A"))
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


def test_429_is_waited_for_and_tried_again(site, settings):
    seen = []

    def busy_once(handler):
        seen.append(time.monotonic())
        return (429, {"Retry-After": "1"}, b"") if len(seen) == 1 else (200, {}, product("A").encode())

    site.pages["/"] = busy_once
    crawl(settings)
    assert [found["title"] for found in products(settings)] == ["A"]
    assert seen[1] - seen[0] >= 1.0


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


def test_a_second_run_fetches_nothing_and_a_recrawl_asks_only_for_changes(site, settings):
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


def test_max_pages_limits_a_site(site, settings):
    site.add("/", "".join(f'<a href="/p{number}">x</a>' for number in range(20)))
    for number in range(20):
        site.add(f"/p{number}", product(f"P{number}"))
    assert crawl(replace(settings, max_pages=4))["shops"][0]["pages"] == 4


def test_an_unpacking_bomb_is_refused_and_the_crawl_goes_on(site, settings):
    bomb = gzip.compress(b"x" * 3_000_000)
    site.add("/", '<a href="/bomb">b</a><a href="/ok">o</a>')
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, bomb)
    site.add("/ok", product("Ok"))
    summary = crawl(replace(settings, max_page_bytes=1_000_000))
    assert summary["shops"][0]["failures"] == {"too_large": 1} and summary["products"] == 1


def test_a_start_page_may_move_within_its_shop_and_robots_are_read_there(site, other_site, settings):
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
    assert retry_after_s(None) == retry_after_s("soon") == 0


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
