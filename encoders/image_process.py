"""Decoders of images in processes of their own, of limited memory: what a hostile file does to one ends there.

An image of 40 megapixels can be a file of 20 kB, and takes half a gigabyte while it is decoded. So the number of
processes bounds the pixels that exist at a time, whoever asks and how often.
"""

import json
import os
import queue
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO, cast

import numpy as np

from encoders.errors import EncodingError, ImageError
from encoders.pixels import decode_image, to_pixels
from encoders.towers import Floats
from kernel.contract_types import ImageRule
from kernel.paths import ROOT

# An interpreter with its libraries, then the pixels as decoded, their planes before that, and what is put on white.
_BYTES, _BYTES_PER_PIXEL = 256 * 2**20, 20
_SECONDS = 60.0
_READY, _PIXELS, _PROBLEM = b"R", b"P", b"E"
_LENGTH = struct.Struct("<Q")
_CHUNK_BYTES = 2**20
_NO_CPU_LIMIT = 10**9


class ImageProcesses:
    """Decodes images by a bundle's image rule, in at most `count` processes; use it from any number of threads.

    Args:
        rule: the manifest's `image`.
        max_pixels: the largest image, width times height.
        count: processes, each of which decodes one image at a time.
        num_bytes: memory of one process, by default what `max_pixels` need.
        seconds: longest time for one image.
    """

    def __init__(
        self, rule: ImageRule, max_pixels: int, count: int, *, num_bytes: int | None = None, seconds: float = _SECONDS
    ) -> None:
        limit = num_bytes or _BYTES + _BYTES_PER_PIXEL * max_pixels
        bounded = [sys.executable, "-m", "kernel.bounded_process", str(limit), str(_NO_CPU_LIMIT)]
        self._command = [*bounded, "encoders.image_process", str(max_pixels), json.dumps(rule)]
        self._shape = (3, rule["size"], rule["size"])
        self._seconds = seconds
        self._idle: queue.LifoQueue[_Decoder | None] = queue.LifoQueue()
        self._all: set[_Decoder] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        for _ in range(count):
            self._idle.put(None)  # started when one is needed

    def decode(self, raw: bytes) -> Floats:
        """Return float32 (3, size, size) of an image file.

        Raises ImageError for what is not an image within the limits, or ends its process; EncodingError where no
        process can be started.
        """
        decoder = self._idle.get()
        try:
            if decoder is None:
                decoder = self._start()
            return decoder.decode(raw, self._shape, time.monotonic() + self._seconds)
        except _EndedError as error:
            if decoder is not None:
                self._end(decoder)
                decoder = None
            raise ImageError(f"decoding it {error}") from error
        finally:
            self._idle.put(decoder)

    def close(self) -> None:
        """End the processes; images that are being decoded count as unusable."""
        with self._lock:
            self._is_closed = True
            running = list(self._all)
        for decoder in running:
            self._end(decoder)

    def pids(self) -> set[int]:
        """Return the ids of the processes that run."""
        with self._lock:
            return {decoder.process.pid for decoder in self._all}

    def _start(self) -> "_Decoder":
        with self._lock:
            if self._is_closed:
                raise ImageError("decoding has been stopped")
            decoder = _Decoder(self._command)
            self._all.add(decoder)
        try:
            decoder.wait_ready(time.monotonic() + self._seconds)
        except _EndedError as error:
            self._end(decoder)
            raise EncodingError(f"a process that decodes images {error} before it was ready") from error
        return decoder

    def _end(self, decoder: "_Decoder") -> None:
        decoder.end()
        with self._lock:
            self._all.discard(decoder)


class _EndedError(Exception):
    """A process ended, or took too long; the message is the rest of a sentence about it."""


class _Decoder:
    """One process, and the pipes to it."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._to = cast(IO[bytes], self.process.stdin)
        self._from = cast(IO[bytes], self.process.stdout)

    def wait_ready(self, deadline: float) -> None:
        if self._read(1, deadline) != _READY:
            raise _EndedError("said something else")

    def decode(self, raw: bytes, shape: tuple[int, int, int], deadline: float) -> Floats:
        try:
            for part in (_LENGTH.pack(len(raw)), raw):
                view = memoryview(part)
                while view:
                    view = view[self._to.write(view) :]
        except OSError as error:
            raise _EndedError("ended its process") from error
        if self._read(1, deadline) == _PROBLEM:
            (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
            raise ImageError(self._read(length, deadline).decode("utf-8", "replace"))
        pixels = self._read(4 * shape[0] * shape[1] * shape[2], deadline)
        return np.frombuffer(pixels, dtype=np.float32).reshape(shape)

    def _read(self, size: int, deadline: float) -> bytes:
        found = bytearray()
        while len(found) < size:
            if not select.select([self._from], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise _EndedError("did not finish in time")
            part = os.read(self._from.fileno(), min(size - len(found), _CHUNK_BYTES))
            if not part:
                raise _EndedError("ended its process")
            found += part
        return bytes(found)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self._to, self._from):
            with suppress(OSError):
                pipe.close()


def _main() -> None:
    """Decode what comes on standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent; without one, the input ends
    max_pixels, rule = int(sys.argv[1]), json.loads(sys.argv[2])
    source = sys.stdin.buffer
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answers.write(_READY)
    answers.flush()
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        raw = source.read(_LENGTH.unpack(head)[0])
        try:
            pixels = to_pixels(decode_image(raw, max_pixels), rule)
        except (ImageError, MemoryError) as error:
            problem = (str(error) or "needs more memory than it is allowed").encode()
            answers.write(_PROBLEM + _LENGTH.pack(len(problem)) + problem)
        else:
            answers.write(_PIXELS + pixels.astype(np.float32, copy=False).tobytes())
        answers.flush()


if __name__ == "__main__":
    _main()
