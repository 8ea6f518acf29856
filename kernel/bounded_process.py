"""Child process with limits on time and memory, for work on files of unknown origin.

`run_bounded` starts `python -m kernel.bounded_process`, which sets the limits before it imports anything heavy.
"""

import math
import os
import resource
import runpy
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel.paths import ROOT

_OUT_OF_MEMORY = 86  # an exit code of our own, apart from those of Python and shells


@dataclass(frozen=True)
class Limits:
    """Limits of a child process: wall-clock seconds, and bytes of memory of its own."""

    seconds: float
    num_bytes: int


class LimitError(Exception):
    """A child process exceeded its limits; the message is the rest of a sentence about it."""


def run_bounded(module: str, arguments: Sequence[str | Path], limits: Limits) -> tuple[int, str]:
    """Run a module as a program under limits and return its exit code and standard output; its errors are not shown.

    Raises LimitError for a program that takes too long or too much memory, or is ended by a signal.
    """
    command = [
        *(sys.executable, "-m", "kernel.bounded_process", str(limits.num_bytes), str(_cpu_seconds(limits)), module),
        *map(str, arguments),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and modules
            command, cwd=ROOT, capture_output=True, timeout=limits.seconds, check=False, text=True, encoding="utf-8"
        )
    except subprocess.TimeoutExpired as error:
        raise LimitError(f"did not finish within {limits.seconds:g} s") from error
    if done.returncode == _OUT_OF_MEMORY:
        raise LimitError(f"needs more than {limits.num_bytes // 10**6:,} MB of memory")
    if done.returncode < 0:
        raise LimitError(
            f"was ended by signal {-done.returncode} under a limit of {limits.num_bytes // 10**6:,} MB of memory"
        )
    return done.returncode, done.stdout


def _cpu_seconds(limits: Limits) -> int:
    """Return the CPU time that ends a child whose parent is gone and cannot stop it."""
    return math.ceil(limits.seconds) * (os.cpu_count() or 1)


def _limit(kind: int, value: int) -> None:
    """Set a limit that cannot be raised again, unless a lower one is set already."""
    hard = resource.getrlimit(kind)[1]
    lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (lowest, lowest))


def _main() -> None:
    num_bytes, cpu_seconds, module = sys.argv[1:4]
    _limit(resource.RLIMIT_DATA, int(num_bytes))
    _limit(resource.RLIMIT_CPU, int(cpu_seconds))
    sys.argv[1:] = sys.argv[4:]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)


if __name__ == "__main__":
    _main()
