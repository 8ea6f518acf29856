"""A server as people run it: a real process, real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from shelf import TOKEN

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def call(port, path, body=None, method=None, timeout=60):
    """Return status and body of an answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def start(*flags, environment=None):
    """Start `python -m server run`; return the process."""
    return subprocess.Popen(
        [sys.executable, "-m", "server", "run", *map(str, flags)], cwd=ROOT, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "CARRYOVER_OPERATOR_TOKEN": TOKEN, **(environment or {})},
    )  # fmt: skip


def wait_until(is_true, seconds=120):
    """Wait until a function returns something true, and return that; it may raise OSError meanwhile."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := is_true():
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def start_ready(*flags, environment=None):
    """Start a server on a free port and wait until it is ready; return port and process."""
    port = free_port()
    process = start("--port", port, *flags, environment=environment)

    def ready():
        assert process.poll() is None, process.stderr.read()
        return call(port, "/readyz")[0] == 200

    wait_until(ready)
    return port, process


def stop(process):
    """Stop a server, and everything that it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    process.stderr.close()


def children(pid):
    """Return the ids of the children of all threads of a process, with their command lines."""
    found = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            with suppress(FileNotFoundError):
                found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def workers_of(process):
    """Return the ids of a server's workers, ascending."""
    return sorted(pid for pid, command in children(process.pid).items() if "spawn_main" in command)


def has_ended(pid):
    """Return whether a process has ended; one that nobody waits for keeps its entry, without a command line."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b""
    except FileNotFoundError:
        return True
