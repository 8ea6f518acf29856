"""Part `disk`: the data directory on a small file system that is filled to its last bytes, and emptied again."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.outages import goods
from benchmarks.outages.hostile import calm, finish
from benchmarks.outages.stage import ask, metric_value
from kernel.json_object import JsonObject

SIZE_MB = 64
_CHUNK = 1 << 16
_LEFT_BYTES = (0, 4096, 40_000)


def measure_disk(bundle: Path, scratch: Path, seed: int, seconds: float = 12.0) -> JsonObject:
    """Fill the disk under load, three times; reads, health and metrics continue, writes get 507, and all recovers."""
    rounds = []
    with mounted(scratch / "disk") as disk, calm(bundle, scratch, seed, data=disk / "data") as load:
        before = load.stage.pids()
        time.sleep(2)
        for left in _LEFT_BYTES:
            load.tally.phase = f"full but for {left}"
            counted = metric_value(_metrics(load.stage.port), "carryover_requests_total")
            with full(disk / "filler", left):
                time.sleep(seconds / 2)
                answers = [_put(load.stage.port, number) for number in range(10)]
                time.sleep(seconds / 2)
            more = metric_value(_metrics(load.stage.port), "carryover_requests_total") - counted
            emptied, accepted = time.monotonic(), sum(len(one.accepted) for one in load.operators)
            load.tally.phase = "up"
            while sum(len(one.accepted) for one in load.operators) == accepted and time.monotonic() - emptied < 60:
                time.sleep(0.05)
            rounds.append({
                "bytesLeft": left,
                "putsWhileFull": {code: answers.count(code) for code in sorted(set(answers))},
                "requestsCountedWhileFull": int(more),
                "availability": round(load.tally.availability(f"full but for {left}"), 6),
                "secondsToTheNextWrite": round(time.monotonic() - emptied, 2),
            })  # fmt: skip
            time.sleep(2)
        return finish(load, before, scratch, {"fileSystem": f"tmpfs of {SIZE_MB} MB", "rounds": rounds})


def _metrics(port: int) -> str:
    return ask(port, "GET", "/metrics")[1].decode()


def _put(port: int, number: int) -> str:
    """Send a large PUT of a shop that nobody reads; return its status and code."""
    products = [goods.product("unread.example", 64 * number + i) for i in range(64)]
    status, raw = ask(port, "PUT", "/v1/items", {"products": products})
    return f"{status} {json.loads(raw).get('code', '')}".strip()


@contextmanager
def full(file: Path, left: int) -> Iterator[None]:
    """Keep a file system full but for some bytes until the block ends; what others free is taken, too."""
    stopping = threading.Event()
    with file.open("wb", buffering=0) as stream:

        def keep() -> None:
            while not stopping.is_set():
                found = os.statvfs(file)
                if found.f_bavail * found.f_frsize > left:
                    with suppress(OSError):
                        stream.write(bytes(min(_CHUNK, found.f_bavail * found.f_frsize - left)))
                else:
                    stopping.wait(0.005)

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
    file.unlink()


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """Mount a file system in memory until the block ends; raises RuntimeError where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"expected to mount a tmpfs, which needs root: {done.stderr.strip()}; leave `disk` out")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
