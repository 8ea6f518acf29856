"""Processes of a server: what they cost in processor time and memory, and when they all answer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.serving.client import Connection, get_request

ROOT = Path(__file__).parent.parent.parent
_START_SECONDS = 180
_STOP_SECONDS = 30
_IN_A_ROW = 20
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A program that listens on a port, and its processes. Use as a context manager."""

    def __init__(self, words: list[str], port: int, environment: dict[str, str] | None = None) -> None:
        self.port = port
        self._words = words
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}

    def __enter__(self) -> "Server":
        self.started = time.perf_counter()
        self._process = subprocess.Popen([sys.executable, *self._words], env=self._environment)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_STOP_SECONDS)

    def seconds_to_answer(self, request: bytes) -> float:
        """Return the seconds from the start until new connections, many in a row, all get an answer of status 200.

        Connections are spread over the workers, so that many reach each of them.
        """
        in_a_row, first = 0, 0.0
        while in_a_row < _IN_A_ROW:
            if time.perf_counter() - self.started > _START_SECONDS or self._process.poll() is not None:
                raise RuntimeError(f"expected an answer within {_START_SECONDS} s: {' '.join(self._words)}")
            try:
                answer_of(self.port, request)
            except (OSError, RuntimeError):
                in_a_row = 0
                time.sleep(0.01)
                continue
            if in_a_row == 0:
                first = time.perf_counter() - self.started
            in_a_row += 1
        return round(first, 2)

    def cpu_seconds(self) -> float:
        """Return the processor time of all its processes so far."""
        return sum(_cpu_seconds(pid) for pid in family(self._process.pid))

    def memory_mb(self) -> dict[str, float]:
        """Return the memory of all its processes, in MB: a page that n of them share counts once.

        `anonymous` is the part that no file backs. When memory is short the system drops the rest, and reads it again.
        """
        pids = family(self._process.pid)
        return {"all": _pss_mb(pids, "Pss:"), "anonymous": _pss_mb(pids, "Pss_Anon:")}


def answer_of(port: int, request: bytes) -> bytes:
    """Return the body of the answer to a request over a new connection."""
    connection = Connection(port)
    try:
        connection.send(request)
        while (body := connection.receive()) is None:
            pass
        return body
    finally:
        connection.close()


def ours(data_dir: Path, bundle: Path, port: int) -> Server:
    """Return this server over a data directory, with its defaults."""
    return Server(["-m", "server", "run", "--data", str(data_dir), "--bundle", str(bundle), "--port", str(port)], port)


def minimal(folder: Path, port: int) -> Server:
    """Return the minimal endpoint over a folder of indexes and cards."""
    words = ["-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "1", "--port", str(port)]
    words += ["--factory", "--log-level", "warning", "benchmarks.serving.minimal:create_app"]
    return Server(words, port, {"CARRYOVER_MINIMAL": str(folder), "OPENBLAS_NUM_THREADS": "1"})


READY = get_request("/readyz")


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += family(int(child))
    return found


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _pss_mb(pids: list[int], name: str) -> float:
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(name):
                total += int(line.split()[1]) * 1024
    return round(total / 1e6, 1)
