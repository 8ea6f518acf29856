"""Part `switch`: another bundle takes the place of the served one, and gives it back, while readers ask.

The second bundle is the first with one more field of text, which no product has: another space with the same
vectors. So one truth serves both, and an answer must be of the space that was asked for.
"""

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.outages import goods
from benchmarks.outages.readers import reading
from benchmarks.outages.stage import Stage, running
from benchmarks.outages.world import ingest, new_world
from kernel.bundle_rules import space_of
from server.encoding.bundle import load_bundle

_SIZES = {"amber.example": 120, "birch.example": 200}
# Makes a server answer by another bundle, whose items have been prepared; returns when it does.
Exchange = Callable[[Stage, Path], None]


def restart(stage: Stage, bundle: Path) -> None:
    """Exchange by a stop and a start: until there is another way, this is how an operator does it."""
    stage.stop()
    stage.bundle = bundle
    stage.start()


def measure_switch(
    bundle: Path, scratch: Path, seed: int, exchange: Exchange = restart, seconds: float = 5.0
) -> dict[str, Any]:
    """Prepare another bundle, switch to it and back under load; count failed and mixed answers."""
    world = new_world(bundle, scratch / "data", seed)
    world.fill(_SIZES)
    other = twin_of(bundle, scratch / "twin")
    products = [goods.product(shop, i) for shop, size in _SIZES.items() for i in range(size)]
    took: dict[str, float] = {}
    with running(world.data, bundle, scratch / "server.log") as stage, reading(world, stage) as tally:
        for name, target in (("switch", other), ("rollback", bundle)):
            time.sleep(seconds)
            ingest(target, world.data, products, "--prepare")
            started = time.monotonic()
            exchange(stage, target)
            # Until here readers ask by the bundle before, as a browser does that has not learnt of the other.
            world.bundle = replace(world.bundle, space=load_bundle(target).space)
            took[name] = round(time.monotonic() - started, 2)
        time.sleep(seconds)
    summary = tally.summary()
    failed = {how: count for how, count in summary["phases"]["up"].items() if how.startswith("failed")}
    return {
        "secondsOf": took,
        "failedRequests": sum(failed.values()),
        "mixedAnswers": summary["wrong"],
        "reads": summary,
    }


def twin_of(bundle: Path, folder: Path) -> Path:
    """Write a bundle of another space that gives the same vectors for the texts of this benchmark."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["text"]["itemText"]["fields"].append("attributes.twin")  # which no product has
    manifest["space"] = space_of(manifest)
    manifest["name"] = "twin"
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    return folder
