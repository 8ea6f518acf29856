"""Part `switch`: another bundle takes the place of the served one, and gives it back, while readers ask.

The second bundle is the first with one more field of text, which no product has: another space with the same
vectors. So one truth serves both, and an answer must be of the space that was asked for.
"""

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

from benchmarks.outages.readers import reading
from benchmarks.outages.stage import Stage, running
from benchmarks.outages.world import new_world
from kernel.bundle_rules import space_of
from kernel.json_object import JsonObject
from kernel.paths import ROOT
from server.encoding.bundle import load_bundle

_SWITCH_SECONDS = 60.0
_SIZES = {"amber.example": 120, "birch.example": 200}
# Each request may land on any worker; so many in a row all did.
_IN_A_ROW = 20


def measure_switch(bundle: Path, scratch: Path, seed: int, seconds: float = 5.0) -> JsonObject:
    """Fill another bundle, switch to it and back under load; count failed and mixed answers."""
    world = new_world(bundle, scratch / "data", seed)
    world.fill(_SIZES)
    other = twin_of(bundle, scratch / "twin")
    took: dict[str, float] = {}
    with running(world.data, bundle, scratch / "server.log") as stage, reading(world, stage) as tally:
        for name, arguments, target in (
            ("add", ["add", str(other)], None),
            ("switch", ["switch", str(other)], other),
            ("rollback", ["rollback"], bundle),
        ):
            time.sleep(seconds)
            started = time.monotonic()
            _bundle(world.data, *arguments)
            if target is not None:
                space = load_bundle(target).space
                _wait_until_served(stage, space)
                # Until here readers ask by the bundle before, as a browser does that has not learnt of the other.
                world.bundle = replace(world.bundle, space=space)
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


def _bundle(data: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "server", "bundle", *arguments, "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"bundle {arguments[0]} ended with {done.returncode}: {done.stderr[-2000:]}")


def _wait_until_served(stage: Stage, space: str) -> None:
    """Wait until every worker names this space first; raises TimeoutError."""
    deadline, in_a_row = time.monotonic() + _SWITCH_SECONDS, 0
    while in_a_row < _IN_A_ROW:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not every worker serves {space[:16]} after {_SWITCH_SECONDS} s")
        with urllib.request.urlopen(f"http://127.0.0.1:{stage.port}/v1/bundles", timeout=10) as answer:
            served = json.loads(answer.read())["bundles"][0]["space"]
        in_a_row = in_a_row + 1 if served == space else 0


def twin_of(bundle: Path, folder: Path) -> Path:
    """Write a bundle of another space that gives the same vectors for the texts of this benchmark."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["text"]["itemText"]["fields"].append("attributes.twin")  # which no product has
    manifest["space"] = space_of(manifest)
    manifest["name"] = "twin"
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    return folder
