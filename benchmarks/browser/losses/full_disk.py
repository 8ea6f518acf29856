"""A file system that is full: the browser's folder lies on one of its own, which is filled between acts."""

import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.browser.losses.device import SHOP, Acts, Browser, Device
from kernel.json_object import JsonObject

SIZE_MB = 200
NUM_BEFORE, NUM_FULL, NUM_AFTER = 12, 8, 2
_CHUNK = 1 << 20


def measure(browser: Browser, scratch: Path, num: int, seed: int) -> JsonObject:
    """Fill the disk at so many moments, each on a new profile, and count what was acknowledged."""
    cases = []
    for i in range(num):
        case = _case(browser, scratch, random.Random(f"{seed} {i}"))
        print(case, flush=True)
        cases.append(case)
    refused: Counter[str] = Counter()
    for case in cases:
        refused.update(case["refused"])
    totals = ("acknowledged", "lost", "lostWhileFull", "doubled")
    return {
        "fileSystem": f"tmpfs of {SIZE_MB} MB",
        "num": num,
        **{name: sum(case[name] for case in cases) for name in totals},
        "refused": dict(sorted(refused.items())),
        "toldWhileFull": dict(Counter(case["toldWhileFull"] for case in cases)),
        "toldAfter": dict(Counter(case["toldAfter"] for case in cases)),
        "cases": cases,
    }


def _case(browser: Browser, scratch: Path, draw: random.Random) -> JsonObject:
    acts, refused_before = Acts(), 0
    with mounted(scratch / "disk") as disk:
        folder, filler = disk / "profile", disk / "filler"
        with browser.running(folder) as device:
            device.consent(acts, SHOP, allowed=True)
            for i in range(draw.randrange(NUM_BEFORE)):
                _act(draw, device, acts, i)
            refused_before = len(acts.refused)
            left = fill(filler, draw.choice([0, 0, 0, 4096, 16_384, 65_536]))
            if draw.random() < 0.5:
                device.stop_worker()
            for i in range(NUM_FULL):
                _act(draw, device, acts, 100 + i)
            full = device.look()
            lost_while_full = full.lost(acts)
            filler.unlink()
            for i in range(NUM_AFTER):
                _act(draw, device, acts, 200 + i)
        # A browser that could not write at its end repairs its files at the next start.
        with browser.running(folder) as device:
            last = device.look()
            told_after = last.told
            if last.told:
                device.ask("vault.recover", way="restore")
                device.stop_worker()
                last = device.look()
    return {
        "bytesLeft": left,
        "acknowledged": len(acts.kept),
        "refusedBefore": refused_before,
        "refused": acts.refused,
        "toldWhileFull": full.told,
        "lostWhileFull": lost_while_full,
        "toldAfter": told_after,
        "lost": last.lost(acts),
        "doubled": last.doubled(acts),
    }


def _act(draw: random.Random, device: Device, acts: Acts, number: int) -> None:
    (device.save if draw.random() < 0.7 else device.dismiss)(acts, number)


def fill(file: Path, left: int) -> int:
    """Write a file until its file system is full, and take some bytes back; return how many are left."""
    with file.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(os.urandom(_CHUNK)) > 0:
            pass
    size = max(0, file.stat().st_size - left)
    os.truncate(file, size)
    free = os.statvfs(file)
    return free.f_bavail * free.f_frsize


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """Mount a file system in memory until the block ends; raises RuntimeError where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"expected to mount a tmpfs, which needs root: {done.stderr.strip()}; or use --full 0")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
