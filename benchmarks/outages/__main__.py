"""Outages, attacks and kills, while an independent client checks every answer.

    python -m benchmarks.outages [PART ...] --bundle DIR [--minutes 10] [--kills 50] [--flips 500] [--seed 7]

`bodies`: 200 connections that send half of a request. `hosts`: images that never come. `bombs`: images that become
large. `disk`: a full file system (tmpfs, which needs root). `flips`: single bits of the catalogue turned over.
`clients`: readers that never read, 5,000 connections, a second server. `stops`: processes under SIGSTOP, workers that
end again and again. `switch`: another bundle and back. `load`: minutes of mixed load. `kills`: kill -9 of
workers, writer and server under that load.

The client knows all that it wrote, with vectors and scores of its own; an answer is right if one whole state of the
shop explains it, at most a second older than the newest that was applied. `availability` is the share of reads that
were answered within a second. Each part writes results/outages_PART.json.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.outages.disk import measure_disk
from benchmarks.outages.flips import measure_flips
from benchmarks.outages.hostile import measure_bodies, measure_bombs, measure_clients, measure_hosts
from benchmarks.outages.mixed import measure_kills, measure_load
from benchmarks.outages.stops import measure_stops
from benchmarks.outages.switch import measure_switch
from kernel.json_object import JsonObject
from kernel.paths import ROOT

PARTS = ("bodies", "hosts", "bombs", "disk", "flips", "clients", "stops", "switch", "load", "kills")


def main() -> int:
    """Run the parts that were asked for; return 1 if an answer was wrong or a write was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (all)")
    parser.add_argument("--bundle", type=Path, default=ROOT / "var" / "bundles" / "lite")
    parser.add_argument("--minutes", type=float, default=10, help="of mixed load (10)")
    parser.add_argument("--kills", type=int, default=50, help="number of kills (50)")
    parser.add_argument("--flips", type=int, default=500, help="bits flipped and read in this process (500)")
    parser.add_argument("--served-flips", type=int, default=20, help="bits flipped and read from a server (20)")
    parser.add_argument("--seconds", type=float, default=60, help="of slow bodies (60)")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", action="store_true", help="keep the folders of data and logs")
    wanted = parser.parse_args()
    unknown = sorted(set(wanted.parts) - set(PARTS))
    if unknown:
        parser.error(f"expected parts of {', '.join(PARTS)}, got {', '.join(unknown)}")
    failed = [part for part in wanted.parts or PARTS if not _run(part, wanted)]
    for part in failed:
        print(f"{part}: NOT as it should be, see results/outages_{part}.json")
    return int(bool(failed))


def _run(part: str, wanted: argparse.Namespace) -> bool:
    """Measure a part and write its result; return whether nothing was wrong, lost or doubled."""
    environment = record.environment("numpy", "flask", "granian", "orjson", "hnswlib")
    before = os.getloadavg()
    scratch = Path(tempfile.mkdtemp(prefix=f"carryover-outages-{part}-"))
    try:
        found = _measures(wanted)[part](wanted.bundle, scratch, wanted.seed)
    finally:
        if not wanted.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    load = {"loadAverageAtStart": _rounded(before), "loadAverageAtEnd": _rounded(os.getloadavg())}
    result = {**environment, "seed": wanted.seed, "bundle": wanted.bundle.name, **load, **found}
    print(json.dumps(found, indent=1))
    print(f"written: {record.write(f'outages_{part}', result)}")
    return is_sound(found)


def _measures(wanted: argparse.Namespace) -> dict[str, Callable[[Path, Path, int], JsonObject]]:
    return {
        "bodies": lambda *to: measure_bodies(*to, wanted.seconds),
        "hosts": measure_hosts,
        "bombs": measure_bombs,
        "disk": measure_disk,
        "flips": lambda *to: measure_flips(*to, wanted.flips, wanted.served_flips),
        "clients": measure_clients,
        "stops": measure_stops,
        "switch": measure_switch,
        "load": lambda *to: measure_load(*to, wanted.minutes),
        "kills": lambda *to: measure_kills(*to, wanted.kills),
    }


# Counts that must be 0 wherever they are in a result.
_FAULTS = frozenset({"wrong", "lost", "doubled", "wrongAnswers", "failedAnswers", "wrongAfterRepair", "repairFailed",
                     "mixedAnswers"})  # fmt: skip


def is_sound(found: Any) -> bool:
    """Return whether every count of faults in a result is 0, and no process ended that was not killed."""
    if isinstance(found, dict):
        return all(
            not value if name in _FAULTS or name in ("processesEnded", "writesNotDoneAsAWhole") else is_sound(value)
            for name, value in found.items()
        )
    return all(map(is_sound, found)) if isinstance(found, list) else True


def _rounded(load: tuple[float, float, float]) -> list[float]:
    return [round(one, 2) for one in load]


if __name__ == "__main__":
    raise SystemExit(main())
