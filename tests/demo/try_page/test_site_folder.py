"""The try page's folder: every file that the page asks for, and nothing that could run by itself."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.mall.catalogue import DemoProduct
from demo.mall.server import AccessLog, open_mall
from demo.try_page.site_folder import ROOMS, SITE, Sources, path_in_shop, write_site
from tests.demo.conftest import SEED
from tests.ports import free_ports

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    mall = open_mall("127.0.0.1", free_ports(3), SEED, AccessLog(None))
    for server in mall:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield {server.shop: server.server_port for server in mall}
    for server in mall:
        server.shutdown()
        server.server_close()


def crawled(folder: Path, ports: dict[str, int], products: list[DemoProduct]) -> Path:
    """Write what a crawl of a few products of each shop gives, with rows that the page must not show."""
    for shop, port in ports.items():
        origin = f"http://{shop}.localhost:{port}"
        own = [product for product in products if product.shop == shop and product.has_image][:3]
        rows = [
            {
                "verdict": "product",
                "itemId": f"{9 - number}",
                "url": origin + product.url_path,
                "title": product.title,
                "images": [image_address(origin, product)],
                "reviews": [{"text": "not for a card"}],
            }
            for number, product in enumerate(own)
        ]
        rows.append({"verdict": "product", "itemId": "no image", "url": f"{origin}/x", "title": "x", "images": []})
        rows.append({"verdict": "listing", "itemId": "listing", "url": origin, "title": "x", "images": [f"{origin}/x"]})
        (folder / shop).mkdir(parents=True)
        (folder / shop / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def image_address(origin: str, product: DemoProduct) -> str:
    paths = {
        "harbor": f"/cdn/shop/files/{product.handle}_400x.jpg?v=1",
        "linden": f"/wp-content/uploads/2026/03/{product.handle}-400x400.png",
        "meridian": f"/media/{product.url_path.split('-', 1)[1]}/400.webp",
    }
    return origin + paths[product.shop]


@pytest.fixture
def sources(tmp_path: Path, ports: dict[str, int], products: list[DemoProduct]) -> Sources:
    for name in ("core/a.js", "core/types.d.ts", "bundle/manifest.json", "README.md"):
        (tmp_path / "extension" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "extension" / name).write_text("x")
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "list.json").write_text("[]")
    crawl = crawled(tmp_path / "crawl", ports, products)
    return Sources(tmp_path / "extension", tmp_path / "extension" / "bundle", crawl, tmp_path / "packs", ports)


def test_site_holds_each_card_s_page_and_image(sources: Sources, tmp_path: Path) -> None:
    said: list[str] = []
    write_site(tmp_path / "site", sources, said.append)
    site = tmp_path / "site"
    assert len(said) == 3
    for shop in sources.ports:
        cards = json.loads((site / "cards" / f"{shop}.json").read_text())
        assert [card["itemId"] for card in cards] == ["7", "8", "9"], "mixed by item id, products with images alone"
        assert all("reviews" not in card for card in cards)
        pages = json.loads((site / "pages" / f"{shop}.json").read_text())
        assert set(pages) == {card["url"] for card in cards}, "a file for each would tell the host what is liked"
        for card in cards:
            assert card["title"].split(" – ")[0].split()[0] in pages[card["url"]] and "<html" in pages[card["url"]]
            image = (site / "shop" / shop / path_in_shop(card["image"]).lstrip("/")).read_bytes()
            assert image[:4] in (b"\xff\xd8\xff\xe0", b"\x89PNG", b"RIFF")
    assert (site / "extension" / "bundle" / "manifest.json").exists() and (site / "packs" / "list.json").exists()
    assert not (site / "extension" / "core" / "types.d.ts").exists()


def test_no_page_of_a_shop_is_kept_as_something_that_a_browser_runs(sources: Sources, tmp_path: Path) -> None:
    write_site(tmp_path / "site", sources, lambda _: None)
    shops = [file for file in (tmp_path / "site" / "shop").rglob("*") if file.is_file()]
    assert {file.suffix for file in shops} == {".jpg", ".png", ".webp"}


def test_an_earlier_site_stays_until_the_new_one_is_whole(sources: Sources, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site, sources, lambda _: None)
    line = '{"verdict": "product", "itemId": "1", "url": "http://harbor.localhost/gone", "title": "x", "images": ["http://x/y.jpg"]}'
    (sources.crawl / "harbor" / "products.jsonl").write_text(line + "\n")
    with pytest.raises(DemoError, match=r"The shop harbor answered 404 for /(gone|y\.jpg), expected 200"):
        write_site(site, sources, lambda _: None)
    assert len(json.loads((site / "cards" / "harbor.json").read_text())) == 3


def test_paths_in_a_shop_are_without_query_and_fragment() -> None:
    assert path_in_shop("http://harbor.localhost:1/cdn/a.jpg?v=7#y") == "/cdn/a.jpg"


def test_every_module_of_the_page_is_in_the_site() -> None:
    """A module that is missing would stop the page at its first line."""
    wanted = [SITE / "try.js"]
    seen: set[Path] = set()
    while wanted:
        module = wanted.pop()
        if module in seen or "vendor" in module.parts:
            continue
        seen.add(module)
        assert module.is_file(), module
        code = re.sub(r"/\*.*?\*/", "", module.read_text(), flags=re.S)  # comments import types
        for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', code):
            inside = name.removeprefix("./extension/")
            target = ROOT / "extension" / inside if inside != name else (module.parent / name).resolve()
            if target.is_relative_to(ROOT / "extension"):
                assert target.relative_to(ROOT / "extension").parts[0] in ROOMS, name
            wanted.append(target)
    assert len(seen) > 40
