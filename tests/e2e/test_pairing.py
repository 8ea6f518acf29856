"""A real browser and a real server come to know each other, and what everybody else at the address gets."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e import ledger
from tests.e2e import world as worlds
from tests.e2e.chromium import Shopper
from tests.e2e.world import World
from tests.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TASTE = "seaside"


class Impostor(http.server.BaseHTTPRequestHandler):
    """Program that listens at a server's address and says yes to everything."""

    heard: list[tuple[str, bytes]]

    def answer(self) -> None:
        """Note a request, and answer it with a message of the right length."""
        length = int(self.headers.get("Content-Length") or 0)
        self.heard.append((self.path, self.rfile.read(length)))
        body = b"\x04" + bytes(300)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 (names of the standard library)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@contextmanager
def impostor(port: int) -> Iterator[list[tuple[str, bytes]]]:
    """Listen at a port until the block ends; yield what was heard."""
    heard: list[tuple[str, bytes]] = []
    handler = type("Handler", (Impostor,), {"heard": heard})
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield heard
        server.shutdown()
        thread.join()


@contextmanager
def server_at(port: int, data: Path, bundle: Path) -> Iterator[str]:
    """Run a server of its own until the block ends; yield its address."""
    command = ["server", "run", "--data", str(data), "--bundle", str(bundle), "--port", str(port), "--workers", "2"]
    with worlds.running(command, port, data.with_suffix(".log")):
        yield f"http://127.0.0.1:{port}"


def pair_by_hand(shopper: Shopper, url: str, code: str) -> str:
    """Type address and code into the options, and return what the page says then."""
    options = shopper.open("options.html")
    options.locator("#advanced > summary").click()
    options.locator("#server-url").fill(url)
    options.locator("#pair-code").fill(code)
    options.locator("#pair button").click()
    expect(options.locator("#status")).not_to_be_empty()
    said = options.locator("#status").inner_text()
    options.close()
    return said


def test_a_paired_server_is_asked_and_an_impostor_gets_nothing(
    playwright: Playwright, extension: Path, world: World, lite_bundle: Path, tmp_path: Path
) -> None:
    port, data = free_port(), tmp_path / "data"
    shopper = Shopper(playwright, tmp_path / "profile", extension)
    try:
        shopper.visit(world.shop_url("harbor") + "/")
        shopper.allow()
        for product in world.of_taste("harbor", TASTE)[:2]:
            shopper.learn(world.url(product))
        with server_at(port, data, lite_bundle) as url:
            code = worlds.offered_code(data)
            wrong = (
                code.translate(str.maketrans("0123456789", "1234567890")) if any(map(str.isdigit, code)) else code[::-1]
            )
            assert "does not fit" in pair_by_hand(shopper, url, wrong)
            assert "No code waits" in pair_by_hand(shopper, url, code)
            assert pair_by_hand(shopper, url, worlds.offered_code(data).lower()).startswith("Paired.")
            shopper.visit(world.shop_url("linden") + "/")
            answer = shopper.ask("recommend", tabId=shopper.tab_id(shopper.page))["recommendations"]
            assert "problem" not in answer, "the server was asked, and does not know the shop"
        before = len(shopper.proxy.requests)
        # What the server said is believed for ten minutes, and asked anew after a change of settings.
        for mode in ("page", "auto"):
            assert shopper.ask("settings.set", mode=mode)["ok"]
        with impostor(port) as heard:
            panel = shopper.panel(shopper.page)
            shopper.recommended(panel)
            expect(panel.locator("[data-notice=problem]")).to_contain_text("is not the server that you paired")
            panel.close()
        assert heard
        assert {(path, len(body)) for path, body in heard} == {("/v1/channel", 162)}
        with server_at(port, tmp_path / "other", lite_bundle) as url:
            answer = shopper.ask("recommend", tabId=shopper.tab_id(shopper.page))["recommendations"]
            assert answer["problem"]["code"] == "server_changed"
            assert pair_by_hand(shopper, url, worlds.offered_code(tmp_path / "other")).startswith("Paired.")
        own = [one for one in shopper.proxy.requests if one.host == f"127.0.0.1:{port}"]
        assert sorted(map(ledger.sent, own)) == sorted(ledger.asked(shopper.ask("ledger.get")["entries"]))
        assert not [one.url for one in shopper.proxy.requests[before:] if b"vector" in one.body]
        options = shopper.open("options.html")
        options.set_viewport_size({"width": 400, "height": 900})
        options.locator("#ledger-kind").select_option("server")
        options.locator("#ledger summary").first.click()
        expect(options.locator("#ledger details[open]")).to_contain_text("SHA-256")
        assert options.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "nothing is cut off"
    finally:
        shopper.close()


def test_two_browsers_know_the_same_by_sync_and_the_server_nothing(
    new_shopper: Callable[..., Shopper], world: World
) -> None:
    first, second = new_shopper(), new_shopper()
    viewed = world.of_taste("harbor", TASTE)[:4]
    for shopper, products in ((first, viewed[:2]), (second, viewed[2:])):
        shopper.visit(world.shop_url("harbor") + "/")
        shopper.allow()
        for product in products:
            shopper.learn(world.url(product))
    assert first.ask("sync.start")["ok"]
    code = first.ask("sync.code")["code"]
    assert second.ask("sync.start", code=code)["ok"]
    assert first.ask("sync.now")["ok"]

    def known(shopper: Shopper) -> list[tuple[str, str, float, str]]:
        kept = shopper.ask("profile.export")["profile"]["interactions"]
        return sorted((one["kind"], one["time"], one["weight"], one["product"]["url"]) for one in kept)

    assert known(first) == known(second)
    assert {url for *_, url in known(first)} == {world.url(product) for product in viewed}
    needles = [
        text.encode() for product in viewed for text in (product.title, world.url(product), world.item_id(product))
    ]
    # The catalogue names every product. What browsers keep lies elsewhere.
    kept = [path for path in world.data.iterdir() if path.name.startswith(("sync.", "trust.", "at-rest."))]
    assert len(kept) >= 3
    assert not [
        (path.name, needle) for path in kept for needle in [*needles, code.encode()] if needle in path.read_bytes()
    ]
    for shopper in (first, second):
        sent = [one for one in shopper.proxy.requests if one.host in world.server_url]
        assert not [needle for one in sent for needle in needles if needle in one.body or needle.decode() in one.url]
    assert second.ask("sync.stop", deletes=True)["ok"]
    assert json.dumps(first.ask("sync.now")).count("sync_gone") == 1
