"""What is left after a run: every accepted write, once, in the catalogue and in the answers."""

import json
import sqlite3
import time
from contextlib import closing

import numpy as np

from benchmarks.outages.stage import Stage, ask
from benchmarks.outages.world import World
from kernel.json_object import JsonObject

_MOST = 1000


def settled(world: World, stage: Stage) -> JsonObject:
    """Compare the whole catalogue with what was written; a sound one has 0 of everything."""
    time.sleep(1.5)
    lost, wrong = [], []
    for shop, shelf in world.shelves.items():
        view, last = shelf.view(), len(shelf.writes)
        live = {view.cards[row]["itemId"]: row for row in np.flatnonzero(view.live(last))}
        for item_id, rows in view.rows_of.items():
            status, raw = ask(stage.port, "GET", f"/v1/shops/{shop}/items/{item_id}")
            expected = shelf.product(live[item_id]) if item_id in live else None
            got = json.loads(raw) if status == 200 else None
            if got != expected:
                lost.append(f"{shop} {item_id}: version {len(rows)} of {len(rows)} is not what is kept ({status})")
        listed = _listed(stage, shop)
        wrong += [f"{shop}: {item_id} is not served" for item_id in set(live) - listed][:5]
        wrong += [f"{shop}: {item_id} is served and was deleted" for item_id in listed - set(live)][:5]
    return {"items": sum(len(shelf.live_ids()) for shelf in world.shelves.values()),
            "versions": sum(shelf.num_versions for shelf in world.shelves.values()),
            "lost": len(lost), "doubled": _doubled(world), "wrong": len(wrong), **_named(lost + wrong)}  # fmt: skip


def _named(problems: list[str]) -> JsonObject:
    return {"problems": problems[:10]} if problems else {}


def _listed(stage: Stage, shop: str) -> set[str]:
    status, raw = ask(stage.port, "POST", "/v1/recommendations", {"mode": "own", "shop": shop, "k": _MOST})
    return {item["itemId"] for item in json.loads(raw)["items"]} if status == 200 else set()


def _doubled(world: World) -> int:
    """Return by how many rows the catalogue holds more or fewer than versions were written."""
    path = world.data / "catalogue.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        counts = dict(database.execute("SELECT shop, count(*) FROM items GROUP BY shop"))
    return sum(abs(counts.get(shop, 0) - shelf.num_versions) for shop, shelf in world.shelves.items())
