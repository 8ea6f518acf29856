"""Ports for programs that are told theirs before they listen."""

import random
import socket

# Below the ports that systems give to whoever asks for any, so that no connection that is opened meanwhile takes one.
_RANGE = range(10_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, drawn anew each time so that two processes hardly draw the same."""
    dice = random.SystemRandom()
    found: list[int] = []
    while len(found) < count:
        port = dice.choice(_RANGE)
        with socket.socket() as probe:
            if port not in found and not _is_taken(probe, port):
                found.append(port)
    return found


def _is_taken(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return True
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    return free_ports(1)[0]
