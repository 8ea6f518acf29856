"""Which web origins may call which routes.

A browser extension's origin says which extension asks, and nothing of whose it is: any extension with access to
loopback addresses has one. So by its origin alone an extension reaches what is everybody's, and what has proofs of its
own: pairing and the channel.
"""

import re
from collections.abc import Mapping

from server.settings import Settings

_EXTENSION = re.compile(r"(?:chrome|moz)-extension://([0-9a-z-]+)")
_FOR_EXTENSIONS = re.compile(r"/healthz|/v1/(?:pairing|channel|bundles)(?:/.*)?|/v1/shops/[^/]+/pack(?:/.*)?")
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Max-Age": "600",
}


class Origins:
    """The origins that may call, by the settings."""

    def __init__(self, settings: Settings) -> None:
        self._everywhere = frozenset(settings.allow_origins)
        self._extensions = frozenset(settings.allow_extensions)

    def allows(self, origin: str, path: str) -> bool:
        """Return whether pages and extensions of this origin may ask for this path."""
        if origin in self._everywhere:
            return True
        extension = _EXTENSION.fullmatch(origin)
        if extension is None or (self._extensions and extension[1] not in self._extensions):
            return False
        return _FOR_EXTENSIONS.fullmatch(path) is not None

    def headers(self, origin: str | None, path: str, *, is_private_network: bool) -> Mapping[str, str]:
        """Return the headers of any answer that let a browser show it to an origin that may call."""
        headers = {"X-Content-Type-Options": "nosniff"}
        if origin is not None and self.allows(origin, path):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After"
            if is_private_network:
                headers["Access-Control-Allow-Private-Network"] = "true"
        return headers

    @staticmethod
    def preflight_headers() -> Mapping[str, str]:
        """Return the headers of the answer to a preflight request."""
        return _PREFLIGHT_HEADERS
