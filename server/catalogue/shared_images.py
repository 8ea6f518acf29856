"""Images that the encoders of several bundles read: from a shop's host once, whatever their rules are."""

import threading
from collections import OrderedDict
from concurrent.futures import Future

from encoders.image_sources import ImageSource
from kernel.contract_types import Product

# Images that not all readers have asked for yet; one that has every vector but its own does not ask.
_MOST_KEPT = 32


class SharedImages:
    """A source of images for some readers, each of which may ask for an image once.

    Attributes:
        num_readers: after so many reads of an image it is read from the source again.
    """

    def __init__(self, source: ImageSource) -> None:
        self.num_readers = 1
        self._source = source
        self._kept: OrderedDict[str, tuple[Future[bytes], int]] = OrderedDict()
        self._lock = threading.Lock()

    def identity(self, product: Product) -> str:
        """Return what the source says."""
        return self._source.identity(product)

    def read(self, product: Product) -> bytes:
        """Return the image's bytes; raises ImageError, to every reader."""
        if self.num_readers == 1:
            return self._source.read(product)
        future, is_first = self._entry(self._source.identity(product))
        if is_first:
            # Who waits for it waits for a thread that is running, so full pools cannot block each other.
            try:
                future.set_result(self._source.read(product))
            except BaseException as error:  # noqa: BLE001 (raised below)
                future.set_exception(error)
        return future.result()

    def _entry(self, identity: str) -> tuple[Future[bytes], bool]:
        with self._lock:
            future, num_reads = self._kept.pop(identity, (Future(), 0))
            if num_reads + 1 < self.num_readers:
                self._kept[identity] = future, num_reads + 1
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return future, num_reads == 0
