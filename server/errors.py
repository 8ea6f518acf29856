"""Errors of the server, under one root."""


class ServerError(Exception):
    """Root of the server's errors; its text is fit for an operator."""

    exit_code = 1


class SettingsError(ServerError, ValueError):
    """A setting has a value that cannot work."""

    exit_code = 2


class InputError(ServerError, ValueError):
    """A file that the operator named is missing or has another form."""

    exit_code = 2


class BundleError(ServerError, ValueError):
    """A bundle's manifest, file list or hashes do not match."""

    exit_code = 2


class FetchError(ServerError):
    """An image could not be fetched, or its address is refused."""


class CatalogueError(ServerError):
    """The catalogue cannot be opened or has another format."""


class SpacesChangedError(ServerError):
    """Bundles were registered or dropped while items were being embedded."""


class SnapshotError(ServerError):
    """An index snapshot is damaged, belongs elsewhere, or could not be written whole."""


class OtherMetricError(SnapshotError):
    """An index snapshot holds vectors in another metric than the shop's current one."""


class AlreadyLockedError(ServerError):
    """Another process holds the data directory for the same job."""


class ProblemError(ServerError):
    """A request that is answered with an RFC 9457 problem."""

    def __init__(
        self, status: int, code: str, detail: str, pointer: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.status = status
        self.code = code
        self.detail = detail
        self.pointer = pointer


class HandshakeError(ServerError):
    """A message of a handshake or a channel does not open. One indistinct error: the reason would help an attacker."""


class PairingError(ServerError):
    """No browser was paired with a code."""
