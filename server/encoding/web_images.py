"""Source of product images from their addresses on the web."""

from encoders.errors import ImageError
from kernel.contract_types import Product
from server.encoding.fetch import Fetcher
from server.errors import FetchError

# A shop's first image is its best; after two that cannot be had, the third is unlikely to be worth the wait.
_MAX_TRIES = 2


class WebImages:
    """Images from the addresses in `images`, within the fetcher's limits."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def identity(self, product: Product) -> str:
        """Return the addresses that `read` tries."""
        return "\n".join(product.get("images", ())[:_MAX_TRIES])

    def read(self, product: Product) -> bytes:
        """Return the bytes of the first address that can be fetched; raises ImageError."""
        failure = FetchError("the product names no image")
        for url in product.get("images", ())[:_MAX_TRIES]:
            try:
                return self._fetcher.fetch(url)
            except FetchError as error:
                failure = error
        raise ImageError(str(failure)) from failure
