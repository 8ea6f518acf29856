"""Tests of batches: `run shops.toml`, each shop with its own settings, and shards whose union is the whole."""

import json
import re
from pathlib import Path

import pytest

from scraper.crawl.batch_file import BatchShop, Shard, parse_shard, read_batch
from scraper.errors import InputError
from tests.scraper.conftest import ROOT, Site

EXAMPLE = ROOT / "docs" / "examples" / "shops.toml"


def batch_file(tmp_path, text):
    path = tmp_path / "shops.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_example_file_gives_the_commented_settings(tmp_path):
    whole = tmp_path / "shops.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    # The last shop is commented out, so that trying the example asks nobody's private network.
    whole.write_text(re.sub(r"^# (?=\[\[shop\]\]|\w+ = )", "", text, flags=re.MULTILINE), encoding="utf-8")
    assert len(read_batch(EXAMPLE).settings().shop_urls) == 3
    batch = read_batch(whole)
    settings = batch.settings()
    assert (settings.out, settings.contact, settings.keep_raw_days) == (
        Path("var/crawl/shops"), "https://example.org/bot", 30,
    )  # fmt: skip
    assert settings.shop_urls[:2] == ("https://shop.example/", "https://big.example/")
    plain, big, feed, inside = (settings.shop(url) for url in settings.shop_urls)
    assert (plain.rate, plain.max_pages, plain.pages, plain.feed) == (1.0, 10_000, "auto", None)
    assert (big.rate, big.max_pages, big.include) == (0.5, 50_000, ("/p/", "/c/"))
    assert (feed.feed, feed.pages, inside.feeds) == ("https://feeds.example/google.xml", "always", "off")
    assert settings.pins == {"intranet.example": "10.0.0.5"}


SHOP = '[[shop]]\nurl = "https://a.test/"\n'


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('[batch]\nout = "o"\nspeed = 2\n' + SHOP, ["[batch]", "unknown key 'speed'", "rate", "keep_raw_days"]),
        ('[batch]\nout = "o"\n' + SHOP + 'colour = 1\n', ["[[shop]] 1", "unknown key 'colour'", "include", "resolve"]),
        ('[batch]\nout = "o"\n[other]\n' + SHOP, ["unknown key 'other'", "batch, shop"]),
        ('[batch]\nout = "o"\n', ["at least one [[shop]]"]),
        ("[batch]\nrate = 1\n" + SHOP, ["[batch]: expected the key out"]),
        ('[batch]\nout = "o"\n[[shop]]\nrate = 1\n', ["[[shop]] 1: expected the key url"]),
        ('[batch]\nout = "o"\n' + SHOP + SHOP, ["[[shop]] 2", "twice"]),
        ('[batch]\nout = "o"\n' + SHOP + "rate = 0\n", ["[[shop]] 1: rate", "got 0"]),
        ('[batch]\nout = "o"\nmax_pages = 1.5\n' + SHOP, ["[batch]: max_pages", "got 1.5"]),
        ('[batch]\nout = "o"\npages = "some"\n' + SHOP, ["auto or always or never", "'some'"]),
        ('[batch]\nout = "o"\n' + SHOP + 'include = ["p"]\n', ["include", "'p'"]),
        ('[batch]\nout = "o"\n' + SHOP + 'include = "/p"\n', ["include", "a list"]),
        ('[batch]\nout = "o"\n' + SHOP + 'feed = "no-such.xml"\n', ["feed", "no file 'no-such.xml'"]),
        ('[batch]\nout = "o"\n' + SHOP + 'resolve = ["a.test"]\n', ["resolve", "HOST:ADDRESS"]),
        ('[batch]\nout = "o"\n[[shop]]\nurl = "a.test"\n', ["[[shop]] 1: url", "http"]),
        ('[batch]\nout = "o"\ncontact = "me"\n' + SHOP, ["[batch]: contact"]),
        ("[batch\n", ["not valid TOML"]),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_named_with_its_place(tmp_path, text, parts):
    with pytest.raises(InputError) as caught:
        read_batch(batch_file(tmp_path, text))
    assert [part for part in (*parts, "shops.toml") if part not in str(caught.value)] == []


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/10001"])
def test_a_shard_is_i_of_n(text):
    with pytest.raises(InputError, match="--shard: expected I/N"):
        parse_shard(text)


def test_every_host_is_in_exactly_one_shard_and_always_in_the_same():
    hosts = [f"https://shop-{number}.test/" for number in range(200)]
    for count in (1, 2, 7):
        shards = [Shard(index, count) for index in range(1, count + 1)]
        owners = [[shard.index for shard in shards if shard.has(host)] for host in hosts]
        assert all(len(owner) == 1 for owner in owners) and {owner[0] for owner in owners} == set(range(1, count + 1))
    # Written down, so that a change of the hash, which would move shops between folders, is seen.
    assert [Shard(1, 2).has(host) for host in hosts[:6]] == [False, True, True, True, False, False]
    assert Shard(1, 7).has("https://a.test/") is Shard(1, 7).has("http://a.test:8080/p")


def page_of(name):
    block = {"@type": "Product", "name": name, "offers": {"price": "5", "priceCurrency": "EUR"}}
    return f'<script type="application/ld+json">{json.dumps(block)}</script><h1>{name}</h1>'


@pytest.fixture
def three_shops(tmp_path):
    """Three real servers and the batch file that names them, for an output folder."""
    sites = {f"shop-{number}.test": Site() for number in (1, 3, 5)}
    tables = []
    for host, site in sites.items():
        site.add("/", "".join(f'<a href="/p{number}">x</a>' for number in range(3)))
        for number in range(3):
            site.add(f"/p{number}", page_of(f"{host} {number}"))
        url = f"http://{host}:{site.server.server_port}/"
        tables.append(f'[[shop]]\nurl = "{url}"\nresolve = ["{host}:127.0.0.1"]\n')

    def write(out, more=""):
        head = f'[batch]\nout = "{out}"\nrate = 200\ncontact = "ops@example.org"\nfeeds = "off"\n'
        return batch_file(tmp_path, head + "".join(tables) + more)

    yield sites, write
    for site in sites.values():
        site.close()


def lines(folder):
    found = (json.loads(line) for line in (folder / "products.jsonl").read_text(encoding="utf-8").split("\n") if line)
    return {product["url"]: {**product, "fetchedAt": None} for product in found}


def test_the_union_of_two_shards_is_the_whole_batch(three_shops, scraper, tmp_path):
    sites, write = three_shops
    assert scraper("run", write(tmp_path / "whole")).returncode == 0
    whole = lines(tmp_path / "whole")
    file = write(tmp_path / "parts")
    parts = []
    for part in ("1/2", "2/2"):
        done = scraper("run", file, "--shard", part)
        assert done.returncode == 0, done.stderr
        parts.append(lines(tmp_path / "parts" / f"shard-{part[0]}-of-2"))
    assert parts[0] and parts[1] and not parts[0].keys() & parts[1].keys()
    assert parts[0] | parts[1] == whole and len(whole) == 9
    for site in sites.values():
        assert site.paths.count("/p0") == 2, "once for the whole, once for the shard that has this host"
        assert {headers["User-Agent"] for _, headers in site.requests} == {"CarryoverBot/0.1.0 (+ops@example.org)"}


def test_run_resumes_without_repeats_and_uses_each_shops_settings(three_shops, scraper, tmp_path):
    sites, write = three_shops
    first = next(iter(sites))
    file = write(tmp_path / "out")
    limited = file.read_text().replace(
        f'resolve = ["{first}:127.0.0.1"]', f'resolve = ["{first}:127.0.0.1"]\nmax_pages = 2'
    )
    file.write_text(limited)
    assert scraper("run", file).returncode == 0
    assert {host: len(site.paths) for host, site in sites.items()} == {
        host: 4 if host == first else 6 for host in sites
    }
    for site in sites.values():
        site.requests.clear()
    assert scraper("run", file).returncode == 0
    assert [site.paths for site in sites.values()] == [[], [], []]


def test_a_shard_without_a_shop_says_so_and_a_bad_file_ends_with_2(three_shops, scraper, tmp_path):
    _, write = three_shops
    empty = scraper("run", write(tmp_path / "out"), "--shard", _empty_part(read_batch(write(tmp_path / "out")).shops))
    assert empty.returncode == 0 and b"no shop of" in empty.stderr
    bad = scraper("run", batch_file(tmp_path, "[batch]\nspeed = 1\n" + SHOP))
    assert bad.returncode == 2 and b"speed" in bad.stderr and b"Traceback" not in bad.stderr
    missing = scraper("run", tmp_path / "missing.toml")
    assert missing.returncode == 2 and b"cannot read" in missing.stderr


def _empty_part(shops: tuple[BatchShop, ...]) -> str:
    return next(f"{index}/50" for index in range(1, 51) if not any(Shard(index, 50).has(shop.url) for shop in shops))
