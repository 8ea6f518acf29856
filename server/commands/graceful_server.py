"""granian with listening sockets that outlive its workers.

On Linux granian's workers each have a socket of their own on the one port (SO_REUSEPORT), and the kernel ends whatever
waits on it when its worker ends. Here the parent holds them: while one worker takes the place of another, connections
wait. A worker that was killed gets a new one, so that new connections go to the others until it is there.
"""

import os
import socket
from collections.abc import Callable, Sequence
from typing import Any

from granian._granian import SocketHolder
from granian.server.mp import MPServer

from server.http.drain import LISTENER


class GracefulServer(MPServer):
    """granian whose SIGHUP replaces workers one after the other and whose SIGTERM ends them without a failed request.

    It overrides methods that granian has for itself: another version of it needs tests/server/commands/test_reload.py.
    """

    _listeners: list[socket.socket]

    def _init_shared_socket(self) -> None:
        self._ssp = self._sso = None
        self._listeners = [self._bound() for _ in range(self.workers)]

    def _bound(self) -> socket.socket:
        """Return a socket on the port; it gets no connections before its worker listens."""
        family = socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        for level, option in (
            (socket.SOL_SOCKET, socket.SO_REUSEADDR),
            (socket.SOL_SOCKET, socket.SO_REUSEPORT),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        ):
            listener.setsockopt(level, option, 1)
        listener.bind((self.bind_addr, self.bind_port))
        return listener

    def _drop_shared_socket(self) -> None:
        for listener in self._listeners:
            listener.close()

    def _spawn_worker(  # type: ignore[override]  # as in granian's own class
        self, idx: int, target: Callable[..., Any], callback_loader: Callable[..., Any]
    ) -> Any:
        # A spawned process has the socket under the same number; it would be another's were it forked.
        self._sso = self._listeners[idx]
        descriptor = self._sso.fileno()
        os.environ[LISTENER] = str(descriptor)
        self._shd = SocketHolder(descriptor, False, self.backlog)  # type: ignore[call-arg,assignment]  # stubs
        return super()._spawn_worker(idx, target, callback_loader)

    def _respawn_workers(
        self, workers: Sequence[int], spawn_target: Callable[..., Any], target_loader: Callable[..., Any],
        delay: float = 0,
    ) -> None:  # fmt: skip
        for idx in workers:
            if not self.wrks[idx].is_alive():  # type: ignore[no-untyped-call]
                self._listeners[idx].close()
                self._listeners[idx] = self._bound()
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
