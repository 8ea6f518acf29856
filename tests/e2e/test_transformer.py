"""A bundle whose text encoder is a neural network: the extension runs it, where the default bundle needs none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import world as worlds
from tests.e2e.chromium import Shopper
from tests.e2e.world import World
from tests.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.long]


def test_a_taste_ranks_a_page_by_a_transformer(
    new_shopper: Callable[..., Shopper], world: World, minilm_bundle: Path, tmp_path: Path
) -> None:
    """The server has no items, so the device ranks a page of Meridian, and brings what was viewed to the top."""
    port = free_port()
    command = ["server", "run", "--data", str(tmp_path / "data"), "--bundle", str(minilm_bundle), "--port", str(port)]
    with worlds.running([*command, "--workers", "1"], port, tmp_path / "server.log"):
        shopper = new_shopper()
        shopper.pair(f"http://127.0.0.1:{port}", worlds.offered_code(tmp_path / "data"))
        shopper.visit(world.shop_url("harbor") + "/")
        shopper.allow()
        for product in world.of_taste("harbor", "summerbloom")[:6]:
            shopper.learn(world.url(product))
        shopper.visit(world.shop_url("meridian") + "/")
        link = str(shopper.page.locator("nav a[href]").nth(1).get_attribute("href"))
        shopper.visit(world.shop_url("meridian") + link.removeprefix(world.shop_url("meridian")))
        shopper.recommended(shopper.panel(shopper.page))
        found = shopper.ask("recommend", tabId=shopper.tab_id(shopper.page))["recommendations"]
        noted = shopper.ask("ledger.get")["entries"]
        fetched = {entry["url"].partition("/lite/")[2] for entry in noted}
    assert found["mode"] == "page"
    assert "text_to_item.onnx" in fetched
    tastes = world.tastes_by_id("meridian")
    hits = [rank for rank, item in enumerate(found["items"]) if tastes[item["itemId"]] == "summerbloom"]
    assert 0 < len(hits) < len(found["items"]), "the page shows several tastes"
    assert sum(hits) / len(hits) < (len(found["items"]) - 1) / 2 * 0.6, f"the taste comes first: {hits}"
