"""Errors of the scraper; all share one root, so that one `except` catches them."""


class ScraperError(Exception):
    """Root of the package's errors; its text is written for the person who runs the command."""


class UrlError(ScraperError, ValueError):
    """A URL that cannot be an item's address: not http(s), without a host, or too long."""


class InputError(ScraperError):
    """A file or an argument that the command cannot use."""


class RefusedAddressError(ScraperError):
    """A host that resolves to an address that a crawler must not reach."""


class FetchError(ScraperError):
    """A page that could not be fetched; `reason` is a short stable word for counting."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
