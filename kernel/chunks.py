"""Chunks of tasks for worker processes, and child processes that leave interrupts to their parent."""

import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

CHUNKS_IN_FLIGHT_PER_WORKER = 3

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def map_chunk(function: Callable[[Task], Answer], chunk: Sequence[Task]) -> list[Answer]:
    """Return the answers of a chunk's tasks."""
    return [function(task) for task in chunk]


def chunks_of(tasks: Iterable[Task], size: int) -> Iterator[list[Task]]:
    """Yield the tasks in lists of `size`."""
    iterator = iter(tasks)
    while chunk := list(islice(iterator, size)):
        yield chunk


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Start child processes that ignore Ctrl-C and SIGTERM, which a terminal or a service manager sends to all.

    The parent alone decides how to end. The children inherit the blocked signals; in the parent they are held back
    only within the block. Windows does not have this.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)
