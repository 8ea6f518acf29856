"""Images of products, read and decoded in threads while others are encoded."""

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from encoders.errors import ImageError
from encoders.image_sources import ImageSource
from encoders.pixels import decode_image, to_pixels
from encoders.towers import Floats
from kernel.contract_types import ImageRule, Product

# Pixels by the SHA-256 of the file's bytes, of the images that one call of `start` reads.
_Decoded = dict[bytes, Future[Floats | None]]


class LoadingImages:
    """Images that are being read, in the order of their products."""

    def __init__(self, futures: Sequence[Future[Floats | None]]) -> None:
        self._futures = futures

    def wait(self) -> list[Floats | None]:
        """Return float32 (3, size, size) of each product, None without a usable image.

        Products with equal files get one array object.
        """
        return [future.result() for future in self._futures]

    def cancel(self) -> None:
        """Skip the images that are not being read yet."""
        for future in self._futures:
            future.cancel()


class ImageLoader:
    """Reads and decodes the images of products by a bundle's image rule.

    Args:
        source: where the bytes come from.
        rule: the manifest's `image`.
        max_pixels: the largest image, width times height.
        num_threads: images read or decoded at a time.
        decode: what turns a file into pixels and raises ImageError, by default in these threads.
    """

    def __init__(
        self,
        source: ImageSource,
        rule: ImageRule,
        max_pixels: int,
        num_threads: int,
        decode: Callable[[bytes], Floats] | None = None,
    ) -> None:
        self._source = source
        self._rule = rule
        self._max_pixels = max_pixels
        self._decode = decode or self._decode_here
        self._pool = ThreadPoolExecutor(num_threads, "images")

    def start(self, products: Sequence[Product]) -> LoadingImages:
        """Begin to read the images of products; equal files are decoded once."""
        decoded: _Decoded = {}
        lock = threading.Lock()
        return LoadingImages([self._pool.submit(self._load, product, decoded, lock) for product in products])

    def close(self) -> None:
        """Stop; images that are not being read yet are skipped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load(self, product: Product, decoded: _Decoded, lock: threading.Lock) -> Floats | None:
        if not self._source.identity(product):
            return None
        try:
            raw = self._source.read(product)
        except ImageError:
            return None
        key = hashlib.sha256(raw).digest()
        with lock:
            is_first = key not in decoded
            future = decoded.setdefault(key, Future())
        if is_first:
            # Whoever waits for this future waits for a thread that is running, so a full pool cannot block itself.
            try:
                future.set_result(self._pixels(raw))
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _pixels(self, raw: bytes) -> Floats | None:
        """Return the image encoder's input, or None: a product without a usable image is still a product."""
        try:
            return self._decode(raw)
        except ImageError:
            return None

    def _decode_here(self, raw: bytes) -> Floats:
        return to_pixels(decode_image(raw, self._max_pixels), self._rule)
