"""Work for several processes, answers in order, memory flat, Ctrl-C silent in the workers."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from scraper.errors import ScraperError

CHUNK_SIZE = 8
CHUNKS_IN_FLIGHT_PER_WORKER = 3

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def ordered_map(function: Callable[[Task], Answer], tasks: Sequence[Task], *, num_workers: int) -> Iterator[Answer]:
    """Yield `function(task)` in the order of `tasks`; raises ScraperError when a worker process dies."""
    if num_workers <= 1 or len(tasks) <= CHUNK_SIZE:
        yield from map(function, tasks)
        return
    # "spawn" is safe beside threads and the same on every platform.
    executor = ProcessPoolExecutor(num_workers, mp_context=multiprocessing.get_context("spawn"))
    pending: deque[Future[list[Answer]]] = deque()
    try:
        for chunk in _chunks(tasks):
            with _interrupts_held():
                pending.append(executor.submit(_map_chunk, function, chunk))
            if len(pending) >= num_workers * CHUNKS_IN_FLIGHT_PER_WORKER:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool as error:
        raise ScraperError(
            "a worker process was ended from outside, probably for lack of memory; use fewer --workers"
        ) from error
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _map_chunk(function: Callable[[Task], Answer], chunk: Sequence[Task]) -> list[Answer]:
    return [function(task) for task in chunk]


def _chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    iterator = iter(tasks)
    while chunk := list(islice(iterator, CHUNK_SIZE)):
        yield chunk


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start child processes deaf to Ctrl-C, which a terminal sends to all: the parent alone decides how to end.

    They inherit the blocked signal; in the parent it is only held back for the moment. Windows has no such thing.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
