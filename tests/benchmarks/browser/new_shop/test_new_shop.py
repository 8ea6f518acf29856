"""The benchmark of a new shop in real browsers: its draws, the pages it ranks, its figures, and one walk."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from benchmarks.browser.browsers import CHROMIUM, Extension, built_extension, chromium
from benchmarks.browser.new_shop import __main__ as new_shop
from benchmarks.browser.new_shop.mall import PORTS, Mall, item_of, running_mall
from benchmarks.browser.new_shop.shopper import Shopper
from benchmarks.shelf.__main__ import drawn
from benchmarks.shelf.recorded_mall import IN_GERMAN, Listed, RecordedShop, recorded_mall
from demo.mall.catalogue import SHOPS, build
from demo.mall.server import AccessLog, ShopServer


@pytest.fixture(scope="module")
def mall():
    """Return the shops, ready to answer, without a listener's thread and without recorded answers."""
    made = build(new_shop.SEED)
    servers = {
        shop: ShopServer("127.0.0.1", 0, shop, [p for p in made if p.shop == shop], AccessLog(None)) for shop in SHOPS
    }
    recorded: dict[str, RecordedShop] = {}
    for shop, server in servers.items():
        origin = f"http://{shop}.localhost:{server.server_port}"
        listed: list[Listed] = [{"url": origin + one.url_path, "taste": one.taste} for one in server.products]
        recorded[shop] = {"origin": origin, "answers": {}, "products": listed}
    recorded |= {shop + IN_GERMAN: recorded[shop] for shop in SHOPS}
    yield Mall(recorded, servers, "")
    for server in servers.values():
        server.server_close()


def test_every_direction_and_taste_is_walked_in_both_browsers(mall):
    jobs = new_shop.jobs_of(mall, 3)
    assert len({job.name for job in jobs}) == len(jobs) == 2 * 3 * 6
    for browser in ("chromium", "firefox"):
        for way, each in (("shelf", 3), ("pack", 3), ("fromGerman", 1)):
            draws = [draw for job in jobs if (job.browser, job.way) == (browser, way) for draw in job.draws]
            assert len({(draw["where"], draw["taste"]) for draw in draws}) == 72
            assert len(draws) == 72 * each
            assert all(draw["source"].endswith(IN_GERMAN) == (way == "fromGerman") for draw in draws)


def test_draws_are_those_of_the_shelf_s_benchmark(mall):
    mine = [
        draw
        for job in new_shop.jobs_of(mall, 3)
        if (job.browser, job.way) == ("chromium", "shelf")
        for draw in job.draws
    ]
    others = drawn(recorded_mall(new_shop.SEED), 3)

    def paths(draws):
        return sorted(
            (draw["where"], [url.partition("//")[2].partition("/")[2] for url in draw["viewed"]]) for draw in draws
        )

    assert paths(mine) == paths(others)


def test_page_has_the_taste_and_its_items_are_in_its_own_order(mall):
    tastes = mall.tastes()
    jobs = [job for job in new_shop.jobs_of(mall, 1) if (job.browser, job.way) == ("chromium", "pack")]
    for draw in [job.draws[number] for job in jobs for number in (0, 7)]:
        url, items = new_shop.listing_of(draw, mall)
        assert draw["taste"] in [tastes[item] for item in items]
        target = mall.servers[draw["target"]]
        answer = target.answer(f"{target.shop}.localhost:{target.server_port}", "/" + url.split("/", 3)[3])
        links = [link["href"] for link in BeautifulSoup(answer.body, "html.parser").select("main a[href]")]
        origin = f"http://{target.shop}.localhost:{target.server_port}"
        linked = [item_of(href if href.startswith("http") else origin + href) for href in links]
        assert [item for item in dict.fromkeys(linked) if item in tastes] == items


def test_figures_count_the_taste_among_ten(mall):
    tastes = mall.tastes()
    jobs = new_shop.jobs_of(mall, 1)
    done = {}
    for job in jobs:
        of_shop = [item_of(one["url"]) for one in mall.recorded[job.draws[0]["target"]]["products"]]
        found = []
        for draw in job.draws:
            liked = [item for item in of_shop if tastes[item] == draw["taste"]]
            others = [item for item in of_shop if tastes[item] != draw["taste"]]
            num_liked = 9 if job.browser == "chromium" else 6
            page = new_shop.listing_of(draw, mall)[1] if job.way == "pack" else []
            ranked = sorted(page, key=lambda item: tastes[item] != draw["taste"])
            found.append({"shown": liked[:num_liked] + others[: 10 - num_liked], "page": ranked})
        done[job.name] = {"version": "1", "found": found}
    result = new_shop.summary(jobs, done, mall)
    assert result["chromium"]["shelf"]["hits"]["hits"][0] == 9
    assert result["chromium"]["shelf"]["hits"]["withEightOrMore"][0] == 1
    assert result["firefox"]["pack"]["hits"]["hits"][0] == 6
    assert result["firefox"]["pack"]["hits"]["withEightOrMore"][0] == 0
    assert result["chromium"]["page"]["ranked"] == 1
    assert result["chromium"]["page"]["pageOrder"] < 0.5


def test_what_was_measured_is_kept(tmp_path):
    file = tmp_path / "kept.jsonl"
    assert new_shop.resumed(file) == new_shop.resumed(None) == {}
    file.write_text('{"job": "a", "found": []}\n{"job": "b", "found": [1]}\n', "utf-8")
    assert new_shop.resumed(file)["b"]["found"] == [1]


def test_only_shops_and_the_packs_host_are_granted(tmp_path: Path):
    extension = Extension(tmp_path / "source", tmp_path)
    for browser in ("chromium", "firefox"):
        folder = extension.folder(browser, is_source=False)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"permissions": ["storage"]}), "utf-8")
    new_shop.grant(extension)
    manifest = json.loads((extension.folder("firefox", is_source=False) / "manifest.json").read_text("utf-8"))
    assert manifest["permissions"] == ["storage", "tabs"]
    assert manifest["host_permissions"] == [*(f"*://*.{shop}.localhost/*" for shop in SHOPS), "http://127.0.0.1/*"]


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"no Chromium at {CHROMIUM}")
def test_two_draws_through_a_pack_in_chromium(driver, lite_bundle, tmp_path):
    extension = built_extension(tmp_path, lite_bundle)
    new_shop.grant(extension)
    with running_mall(lite_bundle) as running:
        job = next(job for job in new_shop.jobs_of(running, 1) if (job.browser, job.way) == ("chromium", "pack"))
        job = replace(job, draws=job.draws[:2])
        assert f":{PORTS['']}/" in job.draws[0]["viewed"][0]
        with chromium(driver, tmp_path, extension.folder("chromium", is_source=False)) as browser:
            found = list(new_shop.walk(Shopper(browser), job, running))
        tastes = running.tastes()
        for draw, one in zip(job.draws, found, strict=True):
            assert len(one["shown"]) == 10
            assert [tastes[item] for item in one["shown"]].count(draw["taste"]) >= 7
            assert sorted(one["page"]) == sorted(new_shop.listing_of(draw, running)[1])
