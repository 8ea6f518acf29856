"""The server under test: real processes on loopback, their ends and their memory."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from benchmarks.browser.memory import command_line, descendants
from kernel.paths import ROOT

TOKEN = "operator-token-of-the-outages-benchmark"
Role = Literal["worker", "writer", "server"]
_READY_SECONDS = 120
_STOP_SECONDS = 60


class NotStartedError(RuntimeError):
    """A server ended before it was ready, or was not ready in time."""


class Stage:
    """A server over one data directory, started and ended as often as wanted; its log is kept in a file."""

    def __init__(self, data: Path, bundle: Path, log: Path, *flags: str) -> None:
        self.data, self.bundle, self.log, self.flags = data, bundle, log, flags
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; return the seconds until it is ready."""
        command = [sys.executable, "-m", "server", "run", "--data", str(self.data), "--bundle", str(self.bundle),
                   "--port", str(self.port), *self.flags]  # fmt: skip
        started = time.monotonic()
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                command, cwd=ROOT, stderr=stream, stdout=stream,
                env={**os.environ, "CARRYOVER_OPERATOR_TOKEN": TOKEN, "PYTHONFAULTHANDLER": "1"},
            )  # fmt: skip
        self.wait_ready()
        return time.monotonic() - started

    def wait_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until it answers that it is ready; raises NotStartedError for one that ends or takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise NotStartedError(f"the server ended before it was ready; its log: {self.log.read_text()[-2000:]}")
            with suppress(OSError, http.client.HTTPException):
                if ask(self.port, "GET", "/readyz", timeout=5)[0] == 200:
                    return
            time.sleep(0.05)
        raise NotStartedError(f"the server was not ready after {seconds} s; its log: {self.log.read_text()[-2000:]}")

    def pids(self) -> dict[int, str]:
        """Return the processes of the server, itself among them, with what each is."""
        if self.process is None or self.process.poll() is not None:
            return {}
        found = {self.process.pid: "server"}
        for pid in descendants(self.process.pid):
            line = command_line(pid)
            if "apply_writes" in line:
                found[pid] = "writer"
            elif "image_process" in line:
                found[pid] = "decoder"
            elif "search.builder" in line:
                found[pid] = "builder"
            elif "spawn_main" in line:
                found[pid] = "worker"
        return found

    def of(self, role: str) -> list[int]:
        """Return the process ids of one role."""
        return [pid for pid, found in self.pids().items() if found == role]

    def kill(self, role: Role, dice: random.Random) -> int | None:
        """End a process of this role with SIGKILL; return its id, None where there is none at the moment."""
        pids = sorted(self.of(role))
        if not pids:
            return None
        pid = dice.choice(pids)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if role == "server" and self.process is not None:
            self.process.wait()
        return pid

    def stop(self) -> int | None:
        """Stop it as Ctrl-C does; return its exit code."""
        if self.process is None:
            return None
        left = set(self.pids())
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=_STOP_SECONDS)
        end_all(left - {self.process.pid})
        return self.process.returncode

    def pss_mb(self) -> float:
        """Return the proportional memory of all processes of the server, in 10^6 bytes."""
        return round(sum(_pss_kib(pid) for pid in self.pids()) * 1024 / 1e6, 1)

    def worker_of(self, client_port: int, workers: list[int]) -> int | None:
        """Return which of the workers holds the server's end of a connection from this port; None if none does yet."""
        inode = _inode_of(self.port, client_port)
        return None if inode is None else next((pid for pid in workers if _holds(pid, inode)), None)


@contextmanager
def running(data: Path, bundle: Path, log: Path, *flags: str) -> Iterator[Stage]:
    """Run a server until the block ends."""
    stage = Stage(data, bundle, log, *flags)
    try:
        stage.start()
        yield stage
    finally:
        stage.stop()


class MemoryWatch(threading.Thread):
    """Samples the memory of a server's processes until it is stopped."""

    def __init__(self, stage: Stage, seconds: float = 0.25) -> None:
        super().__init__(daemon=True)
        self._stage, self._seconds, self._stopping = stage, seconds, threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Sample."""
        while not self._stopping.wait(self._seconds):
            self.peak_mb = max(self.peak_mb, self._stage.pss_mb())

    def stop(self) -> float:
        """Return the highest sum of proportional memory, in 10^6 bytes."""
        self._stopping.set()
        self.join()
        return self.peak_mb


def ask(
    port: int, method: str, path: str, body: Any = None, timeout: float = 30, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """Return status and body of an answer, over a connection of its own, with the operator's token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        return ask_on(connection, method, path, body, headers)
    finally:
        connection.close()


def ask_on(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:  # fmt: skip
    """Return status and body of an answer on a connection, which stays open."""
    if connection.sock is None:
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    raw = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {TOKEN}", **({"Content-Type": "application/json"} if raw else {})}
    connection.request(method, path, raw, {**sent, **(headers or {})})
    response = connection.getresponse()
    return response.status, response.read()


def metric_value(text: str, name: str) -> float:
    """Return the sum of a metric's samples in Prometheus text, 0 without any."""
    lines = (line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def end_all(pids: set[int], seconds: float = 15.0) -> list[int]:
    """Wait until processes have ended, end those that have not; return which those were."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if not has_ended(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def has_ended(pid: int) -> bool:
    """Return whether a process has ended, also where nobody has waited for it."""
    return not command_line(pid)


def _pss_kib(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    except OSError:  # it ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def _inode_of(server_port: int, client_port: int) -> str | None:
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        local, remote = (int(words[i].rpartition(":")[2], 16) for i in (1, 2))
        if (local, remote) == (server_port, client_port):
            return words[9]
    return None


def _holds(pid: int, inode: str) -> bool:
    wanted = f"socket:[{inode}]"
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if str(link.readlink()) == wanted:
                return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
