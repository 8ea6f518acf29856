"""Queries to vectors, in small batches: one thread of a worker encodes what several searches bring at once.

The weights are loaded by the first search, on a GPU where there is one, so a server that nobody searches has none.
"""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from encoders.errors import EncodersError
from encoders.towers import Floats
from server.errors import ProblemError

MAX_BATCH = 16
# A search that comes alone waits this long for others.
GATHER_SECONDS = 0.003
MAX_WAITING = 64


def busy() -> ProblemError:
    """Return the problem of a search that has to come again later."""
    return ProblemError(503, "busy", "too many searches at once; try again later", retry_after=2)


class Embeds(Protocol):
    """What turns texts and images into vectors of the items' space (`encoders.encoder.Encoder`)."""

    def embed(self, texts: Sequence[str], pixels: Sequence[Floats | None]) -> Floats:
        """Return float32 (n, dim)."""
        ...


@dataclass(frozen=True)
class _Asked:
    text: str
    pixels: Floats | None
    answer: "Future[Floats]"


class EncoderQueue:
    """Encoder of a worker's searches; use it from any number of threads.

    Args:
        encoder: what encodes a batch; called from one thread.
        max_waiting: searches that wait; one more is refused.
    """

    def __init__(self, encoder: Embeds, max_waiting: int = MAX_WAITING) -> None:
        self._encoder = encoder
        self._waiting: queue.Queue[_Asked | None] = queue.Queue(max_waiting)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def encode(self, text: str, pixels: Floats | None, deadline: float) -> Floats:
        """Return the vector of a query as an item's, float32 (dim,).

        text: may be empty with pixels. deadline: of `time.monotonic`. Raises a problem, `busy`, where too many wait
        or the deadline passes.
        """
        self._start()
        asked = _Asked(text, pixels, Future())
        try:
            self._waiting.put_nowait(asked)
            return asked.answer.result(max(0.0, deadline - time.monotonic()))
        except (queue.Full, TimeoutError) as error:
            asked.answer.cancel()
            raise busy() from error

    def close(self) -> None:
        """End the thread after the batch that it encodes."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="encode-queries", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, is_last = self._gathered(first)
            # What nobody waits for any more has been cancelled.
            batch = [asked for asked in batch if asked.answer.set_running_or_notify_cancel()]
            if batch:
                self._encode(batch)
            if is_last:
                return

    def _gathered(self, first: _Asked) -> tuple[list[_Asked], bool]:
        """Return a batch, and whether the thread is to end after it."""
        batch, until = [first], time.monotonic() + GATHER_SECONDS
        while len(batch) < MAX_BATCH:
            try:
                asked = self._waiting.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if asked is None:
                return batch, True
            batch.append(asked)
        return batch, False

    def _encode(self, batch: Sequence[_Asked]) -> None:
        try:
            vectors = self._encoder.embed([asked.text for asked in batch], [asked.pixels for asked in batch])
        except (EncodersError, RuntimeError, MemoryError) as error:
            if len(batch) > 1:  # one that cannot be encoded must not fail its neighbours
                for asked in batch:
                    self._encode([asked])
                return
            batch[0].answer.set_exception(error)
            return
        for asked, vector in zip(batch, vectors, strict=True):
            asked.answer.set_result(vector)
