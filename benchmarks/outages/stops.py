"""Part `stops`: processes that are stopped (SIGSTOP), and workers that end again and again."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.outages.hostile import calm, finish
from benchmarks.outages.stage import Stage
from kernel.json_object import JsonObject

_LOOP_KILLS = 4


def measure_stops(bundle: Path, scratch: Path, seed: int, seconds: float = 30.0) -> JsonObject:
    """Stop a worker, the writer, then the process that starts them; then end workers faster than they start."""
    dice = random.Random(f"{seed} stops")
    found: JsonObject = {"secondsStopped": {"worker": seconds, "writer": seconds / 3, "server": seconds / 3}}
    with calm(bundle, scratch, seed) as load:
        before = load.stage.pids()
        time.sleep(2)
        for role, share in (("worker", 1.0), ("writer", 1 / 3), ("server", 1 / 3)):
            load.tally.phase = f"{role} stopped"
            with stopped(load.stage, role, dice):
                time.sleep(seconds * share)
            load.tally.phase = "up"
            time.sleep(3)
        found["availability"] = {
            phase: round(load.tally.availability(phase), 6) for phase in sorted(load.tally.counts) if "stopped" in phase
        }
        found["processesEndedByStops"] = sorted(set(before.values()) - set(load.stage.pids().values()))
        load.tally.phase = "workers end again and again"
        for _ in range(_LOOP_KILLS):
            load.stage.kill("worker", dice)
            time.sleep(1.0)
        started = time.monotonic()
        load.stage.wait_ready()
        found["secondsToReadyAfterCrashLoop"] = round(time.monotonic() - started, 2)
        time.sleep(3)
        load.tally.phase = "up"
        return finish(load, load.stage.pids(), scratch, found)


@contextmanager
def stopped(stage: Stage, role: str, dice: random.Random) -> Iterator[int]:
    """Stop a process of a role until the block ends; yield its id."""
    pid = dice.choice(sorted(stage.of(role)))
    os.kill(pid, signal.SIGSTOP)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)
