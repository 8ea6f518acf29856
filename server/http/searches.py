"""What a worker's searches share: the encoder of their queries and the processes that decode their images."""

import threading
import time

from encoders.encoder import Encoder
from encoders.errors import ImageError
from encoders.image_process import ImageProcesses
from encoders.towers import Floats
from server.encoding.bundle import Bundle
from server.http.request_body import invalid
from server.query.encoder_queue import EncoderQueue
from server.settings import Settings

# From the whole request's arrival.
DEADLINE_SECONDS = 5.0
_DECODING_SECONDS = 3.0


class Searches:
    """Encoder and decoders of a worker. Both start with the first search that needs them."""

    def __init__(self, settings: Settings, bundle: Bundle) -> None:
        self._settings = settings
        self._bundle = bundle
        # One thread a batch: answering must keep the other core.
        self._encoder = Encoder(bundle.directory, bundle.manifest, 1)
        self._queue = EncoderQueue(self._encoder)
        self._lock = threading.Lock()
        self._decoders: ImageProcesses | None = None

    @property
    def takes_images(self) -> bool:
        """Return whether the bundle has an image encoder."""
        return self._encoder.takes_images

    def pixels(self, raw: bytes) -> Floats:
        """Return what the image encoder reads of a file; raises a problem for what is not an image."""
        with self._lock:
            if self._decoders is None:
                self._decoders = ImageProcesses(
                    self._bundle.manifest["image"], self._settings.image_max_pixels, 1, seconds=_DECODING_SECONDS
                )
        try:
            return self._decoders.decode(raw)
        except ImageError as error:
            invalid(str(error), "/image")

    def vector(self, text: str, pixels: Floats | None, deadline: float) -> Floats:
        """Return the vector of a query as an item's; raises a problem, `busy`, where it takes too long."""
        return self._queue.encode(text, pixels, deadline)

    def close(self) -> None:
        """End what runs."""
        self._queue.close()
        if self._decoders is not None:
            self._decoders.close()


def deadline_from(arrived: float) -> float:
    """Return the deadline (`time.monotonic`) of a request that was whole at `arrived` (`time.perf_counter`)."""
    return time.monotonic() + DEADLINE_SECONDS - (time.perf_counter() - arrived)
