"""Ordered map over tasks on a Dask cluster, with the scraper's errors."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from kernel.dask_map import ClusterError, ClusterLostError, dask_map
from scraper.errors import InputError, ScraperError
from scraper.work.workers import CHUNK_SIZE

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def map_on_dask(
    function: Callable[[Task], Answer], tasks: Iterable[Task], *, scheduler: str | None, num_workers: int, shared: Path
) -> Iterator[Answer]:
    """Yield `function(task)` in the order of `tasks`; raises InputError for a cluster that cannot be used.

    `shared` is a file or folder that every worker must see; the other arguments are those of `dask_map`.
    """
    try:
        yield from dask_map(
            function, tasks, scheduler=scheduler, num_workers=num_workers, rooms=("scraper",), shared=(shared,),
            chunk_size=CHUNK_SIZE,
        )  # fmt: skip
    except ClusterError as error:
        raise InputError(str(error)) from error
    except ClusterLostError as error:
        raise ScraperError(str(error)) from error
