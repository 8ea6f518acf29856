"""Parts `load` and `kills`: mixed load for some minutes, and kills -9 under the same load."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.outages.operators import Ingester, Operator, operating
from benchmarks.outages.readers import reading
from benchmarks.outages.settled import settled
from benchmarks.outages.stage import MemoryWatch, Role, Stage, end_all, running
from benchmarks.outages.tally import Tally, quantiles
from benchmarks.outages.world import World, new_world
from kernel.json_object import JsonObject

# Small limits, so that indexes are built again and again, and are worth searching.
FLAGS = ("--exact-max-items", "300", "--delta-max-items", "60")
SERVED_FLAGS = FLAGS
SIZES = {"amber.example": 250, "birch.example": 600, "cedar.example": 900, "delta.example": 120, "ember.example": 60}
_INGESTED = "ember.example"
_ROLES: tuple[Role, ...] = ("worker", "writer", "server")
_ORPHAN_SECONDS = 20.0


@dataclass
class Load:
    """What runs while a part lasts."""

    world: World
    stage: Stage
    tally: Tally
    operators: list[Operator]
    ingester: Ingester
    memory: MemoryWatch

    def summary(self) -> JsonObject:
        """Return what readers and operators have counted."""
        stale = [one for operator in self.operators for one in operator.stale]
        least = [one for operator in self.operators for one in operator.stale_at_least]
        applying = [one for operator in self.operators for one in operator.apply_seconds]
        tries: dict[str, int] = {}
        for operator in self.operators:
            for how, count in operator.tries.items():
                tries[how] = tries.get(how, 0) + count
        problems = [one for operator in self.operators for one in operator.problems] + self.ingester.problems
        return {
            "reads": self.tally.summary(),
            "writes": sum(len(operator.accepted) for operator in self.operators),
            "writesRefusedAndSentAgain": dict(sorted(tries.items())),
            "writesNotDoneAsAWhole": problems[:10],
            "secondsToApplied": quantiles(applying),
            "secondsFromAppliedToServedByEachWorker": {
                "samples": len(stale),
                "atMost": quantiles(stale),
                "atLeast": quantiles(least),
            },
            "ingests": self.ingester.runs,
            "peakPssMb": self.memory.peak_mb,
        }


@contextmanager
def loaded(bundle: Path, scratch: Path, seed: int, readers: int = 3) -> Iterator[Load]:
    """Run a server of five shops under mixed load until the block ends."""
    world = new_world(bundle, scratch / "data", seed)
    world.fill(SIZES, *FLAGS)
    groups = [["amber.example", "birch.example"], ["cedar.example", "delta.example"]]
    with running(world.data, world.bundle.directory, scratch / "server.log", *SERVED_FLAGS) as stage:
        memory, ingester = MemoryWatch(stage), Ingester(world, _INGESTED, SIZES[_INGESTED], 10.0, *FLAGS)
        memory.start()
        with reading(world, stage, readers) as tally, operating(world, stage, groups) as operators:
            ingester.start()
            try:
                yield Load(world, stage, tally, operators, ingester, memory)
            finally:
                ingester.stop()
                memory.stop()


def measure_load(bundle: Path, scratch: Path, seed: int, minutes: float) -> JsonObject:
    """Mixed load for some minutes: no wrong answer, and how soon every worker serves a write."""
    with loaded(bundle, scratch, seed) as load:
        before = load.stage.pids()
        builds = _count_builds(load, minutes * 60)
        after = load.stage.pids()
        ended = sorted(role for pid, role in before.items() if pid not in after and role in ("server", *_ROLES))
        load.tally.phase = "stopping"
        world, stage = load.world, load.stage
        # The end of the block stops the load; what is left is compared after that.
        result = {"minutes": minutes, "processesEnded": ended, "indexesPublished": builds}
        for thread in (*load.operators, load.ingester):
            thread.stop()
        result |= load.summary() | {"afterwards": settled(world, stage), "log": log_of(scratch)}
    return result


def _count_builds(load: Load, seconds: float) -> int:
    """Wait, and return how many indexes were published meanwhile."""
    seen: set[bytes] = set()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen.update(path.read_bytes() for path in (load.world.data / "indexes").glob("*/CURRENT"))
        load.world.follow_metrics()
        time.sleep(0.25)
    return len(seen)


def measure_kills(bundle: Path, scratch: Path, seed: int, kills: int) -> JsonObject:
    """Kill workers, writer and server at seeded moments under load: nothing lost, doubled or wrong."""
    dice = random.Random(f"{seed} kills")
    done: dict[str, int] = dict.fromkeys(_ROLES, 0)
    recovered: dict[str, list[float]] = {role: [] for role in _ROLES}
    orphans = 0
    with loaded(bundle, scratch, seed) as load:
        for number in range(kills):
            role = _ROLES[number % len(_ROLES)]
            time.sleep(dice.uniform(0.2, 2.0))
            load.world.follow_metrics()
            family = set(load.stage.pids())
            started = time.monotonic()
            if role == "server":
                load.tally.phase = "server down"
            elif role == "worker":
                load.tally.phase = "worker killed"
            if load.stage.kill(role, dice) is None:
                raise RuntimeError(f"expected a {role} to kill, found {load.stage.pids()}")
            done[role] += 1
            if role == "server":
                orphans += len(end_all(family, _ORPHAN_SECONDS))
                load.stage.start()
            else:
                _wait_replaced(load.stage, role, family)
            recovered[role].append(time.monotonic() - started)
            load.tally.phase = "up"
        for thread in (*load.operators, load.ingester):
            thread.stop()
        return {"kills": done, "orphansEnded": orphans,
                "secondsToRecovery": {role: quantiles(found) for role, found in recovered.items()},
                **load.summary(), "afterwards": settled(load.world, load.stage), "log": log_of(scratch)}  # fmt: skip


def _wait_replaced(stage: Stage, role: Role, family: set[int]) -> None:
    """Wait until another process has taken the role."""
    deadline = time.monotonic() + 60
    wanted = 2 if role == "worker" else 1
    while time.monotonic() < deadline:
        found = stage.of(role)
        if len(found) >= wanted and set(found) - family:
            return
        time.sleep(0.02)
    raise RuntimeError(f"the {role} was not replaced within 60 s: {stage.pids()}")


def log_of(scratch: Path) -> JsonObject:
    """Return what the server's log says of errors: tracebacks, and the lines that name one, by their text."""
    lines = (scratch / "server.log").read_text("utf-8", "replace").splitlines()
    errors: dict[str, int] = {}
    for line in lines:
        if " ERROR " in line or line.startswith("Fatal"):
            text = line.partition(" ERROR ")[2] or line
            errors[text[:120]] = errors.get(text[:120], 0) + 1
    last = [line for line in lines if line and not line.startswith((" ", "20"))][-3:]
    return {"tracebacks": sum(line.startswith("Traceback") for line in lines), "errors": json.loads(json.dumps(errors)),
            "last": [line[:160] for line in last]}  # fmt: skip
