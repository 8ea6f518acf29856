"""Batches of texts and images, encoded side by side.

On a CPU every core runs small batches of its own with one thread: threads within one batch wait for each other, and
large batches leave the cache. On a GPU one batch has the device, and is as large as its memory allows.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from encoders.towers import CUDA, Floats, Tower

if TYPE_CHECKING:
    from encoders.tokens import Tokens

# Rows of one batch. Measured for `lite` on two cores (benchmarks.ingest); a GPU halves its own where they do not fit.
TEXTS_ON_CPU, TEXTS_ON_GPU = 16, 512
IMAGES_ON_CPU, IMAGES_ON_GPU = 4, 128
# Batches begun ahead of the one that is waited for, of each thread.
_AHEAD = 2

Task = TypeVar("Task")
Answer = TypeVar("Answer")
Encoded = Iterator[tuple[list[int], Floats]]


class Pool:
    """Ordered map over threads with a bounded number of answers in memory; one thread runs in the caller."""

    def __init__(self, num_threads: int) -> None:
        self._num_threads = num_threads
        self._executor = ThreadPoolExecutor(num_threads, "encoder") if num_threads > 1 else None

    def map(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield `function(task)` in the order of `tasks`."""
        if self._executor is None:
            yield from map(function, tasks)
            return
        pending: deque[Future[Answer]] = deque()
        try:
            for task in tasks:
                pending.append(self._executor.submit(function, task))
                if len(pending) >= self._num_threads * _AHEAD:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def encode_texts(tower: Tower, tokens: "Tokens", texts: Sequence[str], pool: Pool) -> Encoded:
    """Yield (positions in `texts`, features) of batches of similar length, longest first; equal texts run once."""
    groups = _groups(texts)
    encodings = tokens.encode([texts[group[0]] for group in groups])
    # Equal lengths stay in the order of the texts: the same texts always make the same batches.
    by_length = sorted(range(len(groups)), key=lambda group: -len(encodings[group].ids))

    def encode(batch: Sequence[int]) -> tuple[list[int], Floats]:
        ids, mask = tokens.pad([encodings[group] for group in batch])
        features = tower.run({"inputIds": ids, "attentionMask": mask, "tokenTypeIds": np.zeros_like(ids)})
        return _spread([groups[group] for group in batch], features)

    yield from pool.map(encode, _batches(by_length, rows_of(tower, TEXTS_ON_CPU, TEXTS_ON_GPU)))


def encode_images(tower: Tower, keys: Sequence[Hashable], read: Callable[[int], Floats], pool: Pool) -> Encoded:
    """Yield (positions in `keys`, features) in batches; images of equal keys run once.

    `read(position)` returns (3, size, size) and is called in the pool's threads.
    """

    def encode(batch: Sequence[Sequence[int]]) -> tuple[list[int], Floats]:
        return _spread(batch, tower.run({"pixels": np.stack([read(group[0]) for group in batch])}))

    yield from pool.map(encode, _batches(_groups(keys), rows_of(tower, IMAGES_ON_CPU, IMAGES_ON_GPU)))


def rows_of(tower: Tower, on_cpu: int, on_gpu: int) -> int:
    """Return the rows of a batch: one for int8, whose rounding may depend on what else is in the batch."""
    if tower.precision == "int8":
        return 1
    return on_gpu if tower.provider == CUDA else on_cpu


def _groups(keys: Sequence[Hashable]) -> list[list[int]]:
    """Return the positions of each distinct key, in the order of their first."""
    positions_of: dict[Hashable, list[int]] = {}
    for position, key in enumerate(keys):
        positions_of.setdefault(key, []).append(position)
    return list(positions_of.values())


def _batches(rows: Sequence[Task], size: int) -> list[Sequence[Task]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _spread(groups: Sequence[Sequence[int]], features: Floats) -> tuple[list[int], Floats]:
    """Return (positions, features) with a group's row repeated for each of its positions."""
    sizes = [len(group) for group in groups]
    return [position for group in groups for position in group], np.repeat(features, sizes, axis=0)
