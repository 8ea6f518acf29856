"""The try page's server: what it gives out, and everything it must not."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.try_page.server import Home, file_for
from demo.try_page.site_folder import SITE
from tests.demo.mall.test_server import get
from tests.ports import free_ports


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    site = folder / "site"
    shutil.copytree(SITE, site)
    (site / "extension").mkdir()
    for name, text in (
        ("a.mjs", "export {}"),
        ("b.wasm", "\0asm"),
        ("c.onnx", "x"),
        ("d.webp", "x"),
        (".secret", "no"),
    ):
        (site / "extension" / name).write_text(text)
    (site / "settings.json").write_text("{}")
    (folder / "outside.txt").write_text("outside")
    (site / "extension" / "link.txt").symlink_to(folder / "outside.txt")
    shops = {"harbor": 8701, "linden": 8702, "meridian": 8703}
    home = Home("127.0.0.1", free_ports(1)[0], site, folder / "extension", shops)
    threading.Thread(target=home.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield home
    home.shutdown()
    home.server_close()


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/try.css", "text/css; charset=utf-8"),
        ("/try.js", "text/javascript; charset=utf-8"),
        ("/extension/a.mjs", "text/javascript; charset=utf-8"),
        ("/extension/b.wasm", "application/wasm"),
        ("/extension/c.onnx", "application/octet-stream"),
        ("/extension/d.webp", "image/webp"),
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
        assert directives["connect-src"] == directives["img-src"] == "'self'"
        assert "unsafe-inline" not in policy


def test_the_page_uses_nothing_its_own_policy_forbids() -> None:
    page = (SITE / "index.html").read_text()
    assert "style=" not in page and "<style" not in page and " on" + "click" not in page
    assert page.count("<script") == page.count('<script type="module" src="try.js">') == 1


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


def test_the_pages_own_policy_is_the_servers_but_for_what_only_a_header_can_say(home: Home) -> None:
    page = (SITE / "index.html").read_text()
    stated = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert stated
    header = get(home.server_port, "/")[0].headers["Content-Security-Policy"]
    assert stated[1] == header.removesuffix("; frame-ancestors 'none'")


def test_settings_name_what_runs_on_this_machine(home: Home) -> None:
    settings = json.loads(get(home.server_port, "/settings.json")[1])
    assert settings["shops"]["linden"] == "http://linden.localhost:8702"
    assert settings["extension"] == str(home.extension)
