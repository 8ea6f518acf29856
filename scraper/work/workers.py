"""Ordered map over worker processes with flat memory; no worker outlives its parent, however that ends."""

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from kernel.chunks import CHUNKS_IN_FLIGHT_PER_WORKER, chunks_of, interrupts_held, map_chunk
from scraper.errors import ScraperError

CHUNK_SIZE = 8

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def ordered_map(function: Callable[[Task], Answer], tasks: Sequence[Task], *, num_workers: int) -> Iterator[Answer]:
    """Yield `function(task)` in the order of `tasks`; raises ScraperError when a worker process dies."""
    if num_workers <= 1 or len(tasks) <= CHUNK_SIZE:
        yield from map(function, tasks)
        return
    # "spawn" is safe beside threads and the same on every platform.
    executor = ProcessPoolExecutor(
        num_workers, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent
    )
    pending: deque[Future[list[Answer]]] = deque()
    try:
        for chunk in chunks_of(tasks, CHUNK_SIZE):
            with interrupts_held():
                pending.append(executor.submit(map_chunk, function, chunk))
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


def _end_with_parent() -> None:
    """End this worker with its parent: a parent killed with -9 sends no message, but its end of a pipe closes.

    Without this the workers would wait for tasks for ever, because each holds both ends of the task queue.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch(sentinel: int) -> None:
        multiprocessing.connection.wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, args=(parent.sentinel,), daemon=True).start()
