"""Ordered map over tasks on a Dask cluster: a given scheduler's, or worker processes of this machine.

Tasks are sent in windows, so that memory stays flat on every side, and answers come back in order. A lost worker costs
only time: the scheduler gives its tasks to another. Workers must see the same files and run the same code. Both are
checked before anything is sent, because answers of another version would look like any other answer.
"""

import hashlib
import logging
import os
import re
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from kernel.contracts import CONTRACTS
from kernel.paths import ROOT
from scraper.errors import InputError, ScraperError
from scraper.work.workers import CHUNKS_IN_FLIGHT_PER_WORKER, chunks_of, interrupts_held, map_chunk

try:
    # Only partly typed, so it is taken as a whole for what it is.
    distributed: Any = import_module("distributed")
except ImportError as error:
    raise InputError(
        f'--engine dask needs Dask, which cannot be imported ({error}): pip install "dask[distributed]"'
    ) from error

CONNECT_TIMEOUT_S = 5
WORKERS_TIMEOUT_S = 30
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?[^\s/]{1,255}:\d{1,5}")
PACKAGE = Path(__file__).parents[1]

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def dask_map(
    function: Callable[[Task], Answer], tasks: Iterable[Task], *, scheduler: str | None, num_workers: int, shared: Path
) -> Iterator[Answer]:
    """Yield `function(task)` in the order of `tasks`; raises InputError for a cluster that cannot be used.

    `scheduler` is an address such as tcp://10.0.0.5:8786; without one, `num_workers` processes are started here.
    `shared` is a file or folder that every worker must see.
    """
    with _connected(scheduler, num_workers) as client:
        _check_workers(client, scheduler, shared)
        pending: deque[Any] = deque()
        try:
            for chunk in chunks_of(tasks):
                pending.append(client.submit(map_chunk, function, chunk, pure=False))
                if len(pending) >= sum(client.ncores().values()) * CHUNKS_IN_FLIGHT_PER_WORKER:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        except distributed.KilledWorker as error:
            raise ScraperError(f"one task ended several workers, probably for lack of memory: {error}") from error
        except (CancelledError, OSError) as error:
            raise ScraperError(f"lost the connection to the scheduler: {error}; run the command again") from error


def code_fingerprint() -> str:
    """Return a hash of the sources of the scraper and the kernel, and of the contracts that they read."""
    digest = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *(ROOT / "kernel").rglob("*.py"), *CONTRACTS.glob("*.json")]):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _connected(scheduler: str | None, num_workers: int) -> Iterator[Any]:
    if scheduler is None:
        with interrupts_held():
            cluster = distributed.LocalCluster(
                n_workers=num_workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
                silence_logs=logging.CRITICAL, preload=[__name__],
            )  # fmt: skip
        with cluster, distributed.Client(cluster) as client:
            yield client
        return
    if not _ADDRESS.fullmatch(scheduler):
        raise InputError(f"--scheduler: expected an address such as tcp://10.0.0.5:8786, got {scheduler[:200]!r}")
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except OSError as error:
        raise InputError(f"--scheduler: no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client


def dask_setup(_worker: object) -> None:
    """Make a worker process ignore Ctrl-C, which a terminal sends to all; Dask calls this in each one started here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_workers(client: Any, scheduler: str | None, shared: Path) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_TIMEOUT_S)
    except TimeoutError as error:
        raise InputError(f"the Dask scheduler at {scheduler or 'this machine'} has no workers") from error
    # First with functions of the standard library: a function of this package would need the package there.
    for worker, spec in client.run(find_spec, PACKAGE.name).items():
        if spec is None:
            raise InputError(f"the Dask worker {worker} cannot import the scraper; start it from the scraper's folder")
    for worker, fingerprint in client.run(code_fingerprint).items():
        if fingerprint != code_fingerprint():
            raise InputError(f"the Dask worker {worker} runs another version of the scraper; give it this one")
    for worker, is_seen in client.run(os.path.exists, str(shared)).items():
        if not is_seen:
            raise InputError(f"the Dask worker {worker} does not see {shared}; the pages must be where all workers are")
