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
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from kernel.chunks import CHUNKS_IN_FLIGHT_PER_WORKER, chunks_of, interrupts_held, map_chunk
from kernel.contracts import CONTRACTS
from kernel.paths import ROOT

CONNECT_TIMEOUT_S = 5
WORKERS_TIMEOUT_S = 30
_ADDRESS = re.compile(r"(?:(?:tcp|tls|ws|wss)://)?[^\s/]{1,255}:\d{1,5}")

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class ClusterError(ValueError):
    """Dask is missing, or the cluster that was named cannot be used."""


class ClusterLostError(RuntimeError):
    """The cluster ended before the work did."""


def dask_map(
    function: Callable[[Task], Answer],
    tasks: Iterable[Task],
    *,
    scheduler: str | None,
    num_workers: int,
    rooms: Sequence[str],
    shared: Sequence[Path],
    chunk_size: int,
) -> Iterator[Answer]:
    """Yield `function(task)` in the order of `tasks`.

    Raises ClusterError for a cluster that cannot be used, ClusterLostError for one that ends too early.

    Args:
        function: runs in the workers, so it is a module's function or a partial of one.
        tasks: what it is called with.
        scheduler: an address such as tcp://10.0.0.5:8786; without one, `num_workers` processes are started here.
        num_workers: the number of those processes.
        rooms: the folders of the code that runs, besides the kernel; the first is the room that asks.
        shared: files and folders that every worker must see under the same path.
        chunk_size: tasks that are sent together.
    """
    distributed = _distributed()
    with _connected(distributed, scheduler, num_workers) as client:
        _check_workers(client, scheduler, rooms, shared)
        pending: deque[Any] = deque()
        try:
            for chunk in chunks_of(tasks, chunk_size):
                pending.append(client.submit(map_chunk, function, chunk, pure=False))
                if len(pending) >= sum(client.ncores().values()) * CHUNKS_IN_FLIGHT_PER_WORKER:
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()
        except distributed.KilledWorker as error:
            raise ClusterLostError(f"one task ended several workers, probably for lack of memory: {error}") from error
        except (CancelledError, OSError) as error:
            raise ClusterLostError(f"lost the connection to the scheduler: {error}; run the command again") from error


def code_fingerprint(rooms: Sequence[str]) -> str:
    """Return a hash of the sources of the rooms and the kernel, and of the contracts that they read."""
    digest = hashlib.sha256()
    sources = [path for room in (*rooms, "kernel") for path in (ROOT / room).rglob("*.py")]
    for path in sorted([*sources, *CONTRACTS.glob("*.json")]):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _distributed() -> Any:
    try:
        return import_module("distributed")  # only partly typed, so it is taken as a whole for what it is
    except ImportError as error:
        raise ClusterError(
            f'--engine dask needs Dask, which cannot be imported ({error}): pip install "dask[distributed]"'
        ) from error


@contextmanager
def _connected(distributed: Any, scheduler: str | None, num_workers: int) -> Iterator[Any]:
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
        raise ClusterError(f"--scheduler: expected an address such as tcp://10.0.0.5:8786, got {scheduler[:200]!r}")
    try:
        client = distributed.Client(scheduler, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
    except OSError as error:
        raise ClusterError(f"--scheduler: no Dask scheduler answers at {scheduler}: {error}") from error
    with client:
        yield client


def dask_setup(_worker: object) -> None:
    """Make a worker process ignore Ctrl-C, which a terminal sends to all; Dask calls this in each one started here."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_workers(client: Any, scheduler: str | None, rooms: Sequence[str], shared: Sequence[Path]) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKERS_TIMEOUT_S)
    except TimeoutError as error:
        raise ClusterError(f"the Dask scheduler at {scheduler or 'this machine'} has no workers") from error
    room = rooms[0]
    # First with functions of the standard library: a function of this package would need the package there.
    for worker, spec in client.run(find_spec, room).items():
        if spec is None:
            raise ClusterError(f"the Dask worker {worker} cannot import the {room}; start it from the {room}'s folder")
    for worker, fingerprint in client.run(code_fingerprint, rooms).items():
        if fingerprint != code_fingerprint(rooms):
            raise ClusterError(f"the Dask worker {worker} runs another version of the {room}; give it this one")
    for path in shared:
        for worker, is_seen in client.run(os.path.exists, str(path)).items():
            if not is_seen:
                raise ClusterError(f"the Dask worker {worker} does not see {path}; it must be where all workers are")
