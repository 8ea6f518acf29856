"""The try page's server: what it gives out, and everything it must not."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.mall.catalogue import DemoProduct
from demo.mall.server import AccessLog, open_mall
from demo.try_page.server import Home, file_for
from tests.demo.conftest import SEED
from tests.demo.mall.test_server import free_ports, get

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, products: list[DemoProduct]) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    for name, text in (("a.mjs", "export {}"), ("b.wasm", "\0asm"), ("c.onnx", "x"), (".secret", "no")):
        (folder / "extension").mkdir(exist_ok=True)
        (folder / "extension" / name).write_text(text)
    (folder / "outside.txt").write_text("outside")
    (folder / "extension" / "link.txt").symlink_to(folder / "outside.txt")
    (folder / "crawl" / "harbor").mkdir(parents=True)
    rows = [
        {
            "verdict": "product",
            "itemId": "1",
            "url": "http://x/1",
            "title": "A",
            "images": ["http://x/1.jpg"],
            "reviews": [{}],
        },
        {"verdict": "product", "itemId": "2", "url": "http://x/2", "title": "No image", "images": []},
        {
            "verdict": "listing",
            "itemId": "3",
            "url": "http://x/3",
            "title": "Not a product",
            "images": ["http://x/3.jpg"],
        },
    ]
    (folder / "crawl" / "harbor" / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    mall = open_mall("127.0.0.1", free_ports(3), SEED, AccessLog(None))
    shops = {server.shop: server.server_port for server in mall}
    home = Home("127.0.0.1", free_ports(1)[0], folder / "extension", folder / "crawl", shops, "http://127.0.0.1:8710")
    servers = [*mall, home]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield home
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/try.css", "text/css; charset=utf-8"),
        ("/try.js", "text/javascript; charset=utf-8"),
        ("/extension/a.mjs", "text/javascript; charset=utf-8"),
        ("/extension/b.wasm", "application/wasm"),
        ("/extension/c.onnx", "application/octet-stream"),
    ],
)
def test_files_have_the_type_browsers_insist_on(home: Home, path: str, content_type: str) -> None:
    response, body = get(home.server_port, path)
    assert (response.status, response.headers["Content-Type"]) == (200, content_type)
    assert body
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_every_answer_carries_a_policy_that_allows_no_foreign_script(home: Home) -> None:
    for path in ("/", "/nowhere", "/settings.json"):
        policy = get(home.server_port, path)[0].headers["Content-Security-Policy"]
        directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == "'self' 'wasm-unsafe-eval'"
        assert directives["connect-src"] == "'self' http://127.0.0.1:8710"
        assert "unsafe-inline" not in policy


def test_the_page_uses_nothing_its_own_policy_forbids() -> None:
    page = (ROOT / "demo" / "try_page" / "site" / "index.html").read_text()
    assert "style=" not in page and "<style" not in page and " on" + "click" not in page
    assert page.count("<script") == page.count('<script type="module" src="/try.js">') == 1


@pytest.mark.parametrize(
    "path",
    [
        "/extension/../outside.txt",
        "/extension/%2e%2e/outside.txt",
        "/extension/..%2foutside.txt",
        "/extension//etc/passwd",
        "/extension/%2fetc%2fpasswd",
        "/extension/.secret",
        "/extension/link.txt",
        "/extension/..%5coutside.txt",
        "/extension/%00",
        "/extension/",
        "/../run.py",
        "/cards/../harbor",
        "/cards/linden",
        "/shop/nobody/",
    ],
)
def test_traversal_and_unknown_names_are_404(home: Home, path: str) -> None:
    assert get(home.server_port, path)[0].status == 404


def test_file_for_stays_below_its_root(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.js").write_text("x")
    assert file_for(tmp_path / "in", "file.js") == tmp_path / "in" / "file.js"
    assert file_for(tmp_path / "in", "missing.js") is None
    assert file_for(tmp_path / "in", "../in/file.js") is None


def test_a_foreign_host_name_is_refused(home: Home) -> None:
    assert get(home.server_port, "/", Host="evil.example")[0].status == 421


def test_cards_are_products_with_images_and_only_what_a_card_needs(home: Home) -> None:
    cards = json.loads(get(home.server_port, "/cards/harbor")[1])
    assert cards == [{"itemId": "1", "url": "http://x/1", "title": "A", "image": "http://x/1.jpg"}]


def test_a_shop_page_comes_as_text_so_that_its_scripts_cannot_run_here(home: Home, products: list[DemoProduct]) -> None:
    product = next(product for product in products if product.shop == "meridian")
    response, body = get(home.server_port, f"/shop/meridian{product.url_path}")
    assert (response.status, response.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert f'content="{product.title}"' in body.decode()
    assert f"http://meridian.localhost:{home.shops['meridian']}{product.url_path}" in body.decode()


def test_settings_name_this_machines_addresses(home: Home) -> None:
    settings = json.loads(get(home.server_port, "/settings.json")[1])
    assert settings["server"] == "http://127.0.0.1:8710"
    assert set(settings["shops"]) == {"harbor", "linden", "meridian"}
