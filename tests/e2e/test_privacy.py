"""Consent, pause and erasure hold, and nothing is sent where nothing needs to be."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Playwright, expect

from tests.e2e.chromium import Shopper
from tests.e2e.world import PORTS, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TASTE = "seaside"
READ_STORAGE = """async () => {
  const bucket = await navigator.storageBuckets.open("carryover");
  const open = bucket.indexedDB.open("carryover");
  const database = await new Promise((done, fail) => {
    open.onsuccess = () => done(open.result);
    open.onerror = fail;
  });
  const all = (name) => new Promise((done) => {
    const request = database.transaction(name).objectStore(name).getAll();
    request.onsuccess = () => done(request.result);
  });
  const records = (await all("records"))
    .map(({ id, kind, envelope }) => ({ id, kind, text: String.fromCharCode(...envelope) }));
  const identity = await all("identity");
  database.close();
  return { records, identities: identity.length, extractable: identity.map(({ dataKey }) => dataKey.extractable) };
}"""


@pytest.fixture(scope="module")
def learned(
    playwright: Playwright, extension: Path, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shopper]:
    """Return a shopper who looked at the first product of a taste in harbor."""
    shopper = Shopper(playwright, tmp_path_factory.mktemp("profile"), extension, world)
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    shopper.learn(world.url(world.of_taste("harbor", TASTE)[0]))
    yield shopper
    shopper.close()


def settle(shopper: Shopper) -> None:
    """Give a page that must not be learned more time than any learned page took."""
    shopper.page.wait_for_timeout(4000)


def test_without_consent_nothing_is_stored(shopper: Shopper, world: World) -> None:
    shopper.visit(world.url(world.of_taste("harbor", "seaside")[0]))
    settle(shopper)
    assert shopper.num_known() == 0
    assert [r for r in shopper.control.evaluate(READ_STORAGE)["records"] if r["kind"] == "interaction"] == []


def test_paused_nothing_is_stored(learned: Shopper, world: World) -> None:
    before = learned.num_known()
    product = world.of_taste("harbor", TASTE)[1]
    panel = learned.panel(learned.page)
    panel.locator("#menu-button").click()
    panel.locator("#pause").click()
    expect(panel.locator("#pause")).to_be_checked()
    expect(panel.locator("[data-notice=paused]")).to_be_visible()
    panel.keyboard.press("Escape")
    kinds = [record["kind"] for record in learned.control.evaluate(READ_STORAGE)["records"]]
    learned.recommended(panel)
    panel.locator(".card .save").first.click()
    expect(panel.locator("#status")).to_contain_text("Not kept, because learning is paused.")
    panel.locator(".card .dismiss").first.click()
    expect(panel.locator("#status")).to_contain_text("Learning is paused, so it is not remembered.")
    after = [record["kind"] for record in learned.control.evaluate(READ_STORAGE)["records"]]
    for kind in ("interaction", "saved"):
        assert after.count(kind) == kinds.count(kind)
    panel.close()
    learned.visit(world.url(product))
    settle(learned)
    assert learned.num_known() == before
    learned.ask("pause.set", paused=False)
    learned.learn(world.url(product))


def test_stored_records_are_not_readable(learned: Shopper, world: World) -> None:
    product = world.of_taste("harbor", TASTE)[0]
    stored = learned.control.evaluate(READ_STORAGE)
    assert stored["extractable"] == [False]
    assert [record for record in stored["records"] if record["kind"] == "interaction"]
    text = json.dumps(stored["records"]).lower()
    for secret in (product.title, product.handle, world.item_id(product), "harbor", product.brand or product.title):
        assert secret.lower() not in text


def test_erase_leaves_no_readable_profile(shopper: Shopper, world: World) -> None:
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    shopper.learn(world.url(world.of_taste("harbor", "seaside")[0]))
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    panel.locator("#menu-button").click()
    panel.locator("#erase").click()
    panel.get_by_role("button", name="Cancel").click()
    assert shopper.num_known() == 1, "a cancelled question erases nothing"
    panel.close()  # it would show the page's own list next, and the next ledger note its images
    shopper.erase()
    assert shopper.control.evaluate(READ_STORAGE) == {"records": [], "identities": 0, "extractable": []}
    state = shopper.ask("state.get")["state"]
    assert (state["numKnown"], state["consents"]) == (0, [])
    assert shopper.control.evaluate("() => chrome.scripting.getRegisteredContentScripts()") == []


def test_an_open_panel_leaves_only_what_it_shows_after_an_erasure(shopper: Shopper, world: World) -> None:
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    shopper.learn(world.url(world.of_taste("harbor", "seaside")[0]))
    panel = shopper.panel(shopper.page)
    shopper.recommended(panel)
    asked = shopper.control.evaluate("() => new Date().toISOString()")
    shopper.erase()
    shopper.recommended(panel)
    settle(shopper)
    entries = shopper.ask("ledger.get")["entries"]
    assert [(entry["purpose"], entry["time"] > asked) for entry in entries] == [("shown", True)] * len(entries)
    kinds = {record["kind"] for record in shopper.control.evaluate(READ_STORAGE)["records"]}
    assert kinds <= {"ledger", "clock"}
    panel.close()


def test_page_mode_sends_nothing_of_the_taste(shopper: Shopper, world: World) -> None:
    """No catalogue holds Meridian, so the device ranks the page's products, the viewed taste first."""
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in world.of_taste("harbor", "summerbloom")[:6]:
        shopper.learn(world.url(product))
    shopper.visit(world.shop_url("meridian") + "/")
    link = shopper.page.locator("nav a[href]").nth(1)
    shopper.visit(world.shop_url("meridian") + str(link.get_attribute("href")).replace(world.shop_url("meridian"), ""))
    listed = shopper.page.evaluate("() => document.links.length")
    assert listed > 5
    before = len(shopper.proxy.requests)
    panel = shopper.panel(shopper.page)
    shown = shopper.recommended(panel)
    expect(panel.locator("#leaves")).to_contain_text("on this device")
    tastes = world.tastes_by_id("meridian")
    assert set(shown) <= set(tastes), "all shown are products of the page"
    every = shopper.ask("recommend", tabId=shopper.tab_id(shopper.page))["recommendations"]
    assert every["mode"] == "page"
    order = [tastes[item["itemId"]] == "summerbloom" for item in every["items"]]
    assert any(order) and not all(order), "the page shows several tastes"
    hits = [rank for rank, is_hit in enumerate(order) if is_hit]
    assert sum(hits) / len(hits) < (len(order) - 1) / 2 * 0.6, f"the taste comes first: {hits} of {len(order)}"
    server = urlsplit(world.server_url).netloc
    for request in shopper.proxy.requests[before:]:
        if request.host == f"meridian.localhost:{PORTS['meridian']}":
            assert request.body == b"" and not request.path.startswith("/v1/")
        elif not request.is_browsers_own:
            assert request.host == server, request.url
            assert (request.method, request.path) in (("GET", "/v1/shops"), ("GET", "/v1/bundles")), request.url
            assert request.body == b""
            assert "meridian" not in request.everything()


def stop_worker(shopper: Shopper) -> None:
    """Stop the extension's worker, and wait until it has ended."""
    seen: list[str] = []
    cdp = shopper.context.new_cdp_session(shopper.control)
    cdp.on("ServiceWorker.workerVersionUpdated", lambda told: seen.extend(v["runningStatus"] for v in told["versions"]))
    cdp.send("ServiceWorker.enable")
    seen.clear()
    cdp.send("ServiceWorker.stopAllWorkers")
    shopper.wait_until(lambda: "stopped" in seen, "the worker to end")


def test_profile_survives_the_death_of_the_worker(learned: Shopper, world: World) -> None:
    before = learned.num_known()
    assert before > 0
    stop_worker(learned)
    assert learned.num_known() == before
    learned.learn(world.url(world.of_taste("harbor", TASTE)[2]))
    assert learned.num_known() == before + 1


def test_an_unpaired_server_gets_nothing_and_the_page_is_still_ranked(learned: Shopper, world: World) -> None:
    learned.ask("settings.set", serverUrl="http://127.0.0.1:9")
    before = len(learned.proxy.requests)
    learned.visit(world.shop_url("linden") + "/")
    panel = learned.panel(learned.page)
    assert learned.recommended(panel)
    expect(panel.locator("[data-notice=problem]")).to_contain_text("is not paired")
    assert not [request.url for request in learned.proxy.requests[before:] if request.host == "127.0.0.1:9"]
    panel.close()


def test_a_foreign_server_gets_no_request(learned: Shopper, world: World) -> None:
    """A server elsewhere that is not marked as the shopper's own gets nothing, and the device ranks the page."""
    foreign = f"carryover.harbor.localhost:{PORTS['harbor']}"
    learned.ask("settings.set", serverUrl=f"https://{foreign}")
    before = len(learned.proxy.requests)
    learned.visit(world.shop_url("linden") + "/")
    answer = learned.ask("recommend", tabId=learned.tab_id(learned.page))
    assert answer["recommendations"]["mode"] == "page"
    assert not [request.url for request in learned.proxy.requests[before:] if foreign in request.url]
