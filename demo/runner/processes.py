"""Programs that `demo run` starts: each in its own process group with its own log, and all of them stopped again."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from demo.errors import StepFailedError

TAIL_LINES = 12
STOP_SECONDS = 8.0
_PR_SET_PDEATHSIG = 1


class Program:
    """Started program with a log of its output."""

    def __init__(self, name: str, command: Sequence[str], log: Path, folder: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = log
        self.started = time.monotonic()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet
            )

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.started

    def tail(self, lines: int = TAIL_LINES) -> list[str]:
        """Return the last lines of the log."""
        text = self.log.read_bytes()[-8192:].decode("utf-8", "replace")
        return [line for line in text.replace("\r", "\n").splitlines() if line.strip()][-lines:]

    def stop(self) -> None:
        """Terminate its process group, and kill it after some seconds."""
        _signal_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _signal_group(self.process, signal.SIGKILL)
            self.process.wait()


def _die_with_parent() -> None:
    """Ask Linux to end this child when `demo run` is killed and cannot do so itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, number)  # a session leader's pid is its group's id
    except ProcessLookupError:
        return


def stop_all(programs: Sequence[Program]) -> None:
    """Stop the programs, all at once rather than one after another."""
    for program in programs:
        _signal_group(program.process, signal.SIGTERM)
    for program in programs:
        program.stop()


def failure(program: Program, title: str, retry: str) -> StepFailedError:
    """Return the error of a failed program: its last lines and the remedy."""
    said = "\n".join(f"    {line}" for line in program.tail())
    code = program.process.returncode
    return StepFailedError(f"{title} failed (exit code {code}). Its last lines, from {program.log}:\n{said}\n{retry}")


def wait_until(is_ready: Callable[[], bool], program: Program, seconds: float) -> bool:
    """Return True once ready; False if the program ended or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            return False
        if is_ready():
            return True
        time.sleep(0.05)
    return False
