"""Sums of what the workers count, kept in the memory of the process that starts them.

prometheus_client's own way over several processes is files that are mapped into memory: on a full disk whoever touches
one is ended by SIGBUS, and numbers of a worker that ended are mixed with those of the living. Here each worker reports
its counters over a socket once a second, and whenever it is asked for /metrics; the answer is the sum over all.
"""

import logging
import os
import shutil
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import orjson

logger = logging.getLogger(__name__)

SOCKET = "CARRYOVER_METRICS_SOCKET"
_ANSWER_SECONDS = 0.5
_REPORT_SECONDS = 1.0


@dataclass(frozen=True)
class Report:
    """Counters by name and labels, and the newest change of the catalogue that is served.

    Of one worker; or of all, where `seq` is that of the slowest.
    """

    counts: dict[str, float] = field(default_factory=dict)
    seq: int = 0

    def to_bytes(self) -> bytes:
        """Return the report as JSON."""
        return orjson.dumps(asdict(self))


def report_from(raw: bytes) -> Report:
    """Return the report that `to_bytes` gave."""
    return Report(**orjson.loads(raw))


class MetricHub:
    """The end in the process that starts the workers. What a worker that ended has counted stays in the sums."""

    def __init__(self) -> None:
        # A short path, in a folder that only this user can open: a socket's path has at most 107 bytes.
        self._directory = Path(tempfile.mkdtemp(prefix="carryover-"))
        self.path = str(self._directory / "metrics")
        self._listener = Listener(self.path, "AF_UNIX", backlog=64)
        self._ended: Counter[str] = Counter()
        self._living: dict[int, Report] = {}
        self._lock = threading.Lock()
        self._closing = False

    def start(self) -> None:
        """Take reports from now on."""
        threading.Thread(target=self._accept, name="metric-hub", daemon=True).start()

    def close(self) -> None:
        """Take no more workers."""
        self._closing = True
        self._listener.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _accept(self) -> None:
        number = 0
        while not self._closing:
            try:
                connection = self._listener.accept()
            except OSError:
                continue
            number += 1
            threading.Thread(target=self._follow, args=(number, connection), name="worker", daemon=True).start()

    def _follow(self, number: int, connection: "Connection[bytes, bytes]") -> None:
        with suppress(OSError, EOFError), connection:
            while True:
                report = report_from(connection.recv_bytes())
                with self._lock:
                    self._living[number] = report
                    answer = self._sum()
                connection.send_bytes(answer.to_bytes())
        with self._lock:
            last = self._living.pop(number, None)
            if last is not None:
                self._ended.update(last.counts)

    def _sum(self) -> Report:
        counts: Counter[str] = Counter(self._ended)
        for report in self._living.values():
            counts.update(report.counts)
        return Report(dict(counts), min(report.seq for report in self._living.values()))


class HubClient:
    """The end in a worker."""

    def __init__(self, path: str, own: Callable[[], Report]) -> None:
        self._path = path
        self._own = own
        self._connection: Connection[bytes, bytes] | None = None
        self._is_owed = False  # an answer to what was reported
        self._last: Report | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # Before this worker is ready: it counts as one of those that serve from now on.
        self.total()
        threading.Thread(target=self._keep_reporting, name="report-metrics", daemon=True).start()

    def total(self) -> Report:
        """Report, and return the sum over all workers.

        Where the hub does not answer, the last sum that it gave: counters must not fall. Before the first, what this
        worker has.
        """
        own = self._own()
        with self._lock:
            try:
                if self._connection is None:
                    self._connection, self._is_owed = Client(self._path, "AF_UNIX"), False
                if self._is_owed:  # of an earlier report; a second one would wait in the socket, in the end for ever
                    self._receive(self._connection)
                self._connection.send_bytes(own.to_bytes())
                self._is_owed = True
                self._last = self._receive(self._connection)
            except TimeoutError as error:
                # The connection stays: by another one this worker would be counted twice.
                logger.warning("metrics of worker %d are not up to date: %s", os.getpid(), error)
            except (OSError, EOFError) as error:
                logger.warning("metrics of worker %d are not up to date: %s", os.getpid(), error)
                if self._connection is not None:
                    self._connection.close()
                    self._connection = None
            return self._last or own

    def _receive(self, connection: "Connection[bytes, bytes]") -> Report:
        if not connection.poll(_ANSWER_SECONDS):
            raise TimeoutError(f"no answer within {_ANSWER_SECONDS} s")
        report = report_from(connection.recv_bytes())
        self._is_owed = False
        return report

    def close(self) -> None:
        """Stop reporting."""
        self._stopping.set()

    def _keep_reporting(self) -> None:
        while not self._stopping.wait(_REPORT_SECONDS):
            self.total()
