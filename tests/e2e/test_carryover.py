"""Taste carries over to a shop that was never visited, and the history does not leave the device."""

import json
import random
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from demo.mall.catalogue import DemoProduct
from demo.mall.tastes import TASTES
from tests.e2e import ledger
from tests.e2e.chromium import Shopper
from tests.e2e.world import PORTS, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# Six products of the taste are drawn with the taste's own name as the seed; the draw was not chosen by its result.
MEASURED = ("seaside", "softpastel", "summerbloom")
SHOWN = 10
BAR = 8


def carry_over(shopper: Shopper, world: World, viewed: list[DemoProduct]) -> list[str]:
    """Look at products in harbor, open linden for the first time, and return the tastes of the ten items shown."""
    shopper.visit(world.shop_url("harbor") + "/")
    shopper.allow()
    for product in viewed:
        shopper.learn(world.url(product))
    shopper.visit(world.shop_url("linden") + "/")
    panel = shopper.panel(shopper.page)
    shown = shopper.recommended(panel)
    assert len(shown) == SHOWN
    tastes = world.tastes_by_id("linden")
    return [tastes[item_id] for item_id in shown]


def needles(world: World, viewed: list[DemoProduct]) -> list[str]:
    """Return every text by which a viewed product could be recognised."""
    found = []
    for product in viewed:
        found += [
            product.title,
            world.url(product),
            product.url_path,
            product.handle,
            world.item_id(product),
            product.sku,
        ]
        found += [product.gtin] if product.gtin else []
    return [needle.lower() for needle in found]


def assert_nothing_leaked(shopper: Shopper, world: World, viewed: list[DemoProduct]) -> None:
    """Check that only the shop's own page loads carry anything of a viewed product in URL, headers or body."""
    harbor = f"harbor.localhost:{PORTS['harbor']}"
    requests = [one for one in shopper.proxy.requests if not (one.host == harbor and one.is_of_the_page)]
    assert [request for request in requests if request.path == "/v1/channel/request"], "the server got a request"
    for request in requests:
        text = unquote(request.everything()).lower()
        leaked = [needle for needle in needles(world, viewed) if needle in text]
        assert not leaked, f"{request.method} {request.url} carries {leaked}"


@pytest.mark.parametrize(
    "taste", [MEASURED[0], *(pytest.param(taste, marks=pytest.mark.long) for taste in MEASURED[1:])]
)
def test_taste_carries_over_and_history_does_not(shopper: Shopper, world: World, taste: str) -> None:
    viewed = random.Random(taste).sample(world.of_taste("harbor", taste), 6)
    shown = carry_over(shopper, world, viewed)
    assert shown.count(taste) >= BAR, shown
    assert_nothing_leaked(shopper, world, viewed)


def test_mixed_tastes_pass_no_bar(shopper: Shopper, world: World) -> None:
    """Control: six products of six tastes. A bar passed here would be due to the shop or the protocol, not to taste."""
    dice = random.Random("control")
    mixed = dice.sample([taste.key for taste in TASTES], 6)
    viewed = [dice.choice(world.of_taste("harbor", taste)) for taste in mixed]
    shown = carry_over(shopper, world, viewed)
    assert all(shown.count(taste) < BAR for taste in MEASURED), shown


def test_own_mode_sends_these_fields_and_the_ledger_holds_all_of_it(shopper: Shopper, world: World) -> None:
    carry_over(shopper, world, world.of_taste("harbor", "seaside")[:2])
    port = urlsplit(world.server_url).netloc

    def entries() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shopper.ask("ledger.get")["entries"]
        return found

    def sent() -> list[ledger.Wire]:
        return sorted(ledger.sent(request) for request in shopper.proxy.requests if request.host == port)

    # A request is in the ledger before it leaves.
    shopper.wait_until(
        lambda: sorted(ledger.asked(entries())) == sent(), "the ledger to hold what was sent, byte for byte"
    )
    told = [entry["url"] for entry in entries()]
    assert not [url for url in told if "/v1/bundles/" in url], "the packaged bundle is of the server's space"
    bodies = [json.loads(body) for body in ledger.bodies(entries()) if "linden" in body]
    assert bodies
    for body in bodies:
        assert set(body) == {"mode", "shop", "k", "vector", "space", "include"}
        assert (body["mode"], body["k"], body["include"]) == ("own", 30, ["vectors"])
