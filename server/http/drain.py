"""The end of a worker, without a failed request.

A worker that is told to end (SIGTERM) takes no more connections, but answers on those that it has for a moment, and
each answer says that its connection ends there. So clients go elsewhere by themselves before granian closes what is
left: a server that closed a connection at once would meet requests that are already under way to it.
"""

import asyncio
import os
import signal
import socket

# Long enough for a client that sends one request after the other to have met an answer that ends its connection.
DRAIN_SECONDS = 1.0

Headers = list[tuple[str, str]]

# Environment variable with the number of the socket on which a worker accepts connections; its parent has it, too.
LISTENER = "CARRYOVER_LISTENER"


class Drain:
    """Whether a worker is ending."""

    def __init__(self) -> None:
        self.has_begun = False

    def follow(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin at SIGTERM. SIGINT stays granian's, which finishes what is being answered and closes the rest."""
        loop.add_signal_handler(signal.SIGTERM, self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self.has_begun:
            self.has_begun = True
            _stop_accepting()
            loop.call_later(DRAIN_SECONDS, signal.raise_signal, signal.SIGINT)

    def headers(self, http_version: str, headers: Headers) -> Headers:
        """Return the headers of an answer; while the worker ends, with the one that ends the connection."""
        ends = self.has_begun and http_version.startswith("1")
        return [*headers, ("connection", "close")] if ends else headers


def _stop_accepting() -> None:
    """Put a socket that nobody can reach in the place of the one on which connections come.

    granian has no way to stop accepting alone, and closing the socket here would end what waits on it for others.
    """
    descriptor = os.environ.pop(LISTENER, None)
    if descriptor is None:  # not a worker of `run`
        return
    with socket.create_server(("127.0.0.1", 0)) as nowhere:
        nowhere.setblocking(False)
        os.dup2(nowhere.fileno(), int(descriptor))
