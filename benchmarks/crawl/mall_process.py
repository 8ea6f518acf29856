"""The demo mall as a running program, with its access log, as a target for measured crawls."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import psutil

from demo.mall.catalogue import SHOPS

ROOT = Path(__file__).parents[2]


class MallProcess:
    """`python -m demo mall` on free ports; `folder` gets its access log. Ends with the `with` block."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.ports = dict(zip(SHOPS, _free_ports(len(SHOPS)), strict=True))
        self.log = folder / "access.jsonl"
        self._log_size = self._num_requests = 0
        ports = ",".join(map(str, self.ports.values()))
        command = [sys.executable, "-u", "-m", "demo", "mall", "--ports", ports, "--seed", str(seed)]
        self._process = subprocess.Popen(
            [*command, "--access-log", str(self.log)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        while "Ctrl-C" not in (line := self._process.stdout.readline()):
            if not line:
                raise RuntimeError("the mall ended before it opened")
        self._program = psutil.Process(self._process.pid)
        self._num_idle = self._program.num_threads()

    def __enter__(self) -> "MallProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=30)

    def url(self, shop: str, path: str = "/") -> str:
        """Return an address in a shop."""
        return f"http://{shop}.localhost:{self.ports[shop]}{path}"

    def crawl_command(self, out: Path, *more: str, shops: tuple[str, ...] = SHOPS, rate: float = 300) -> list[str]:
        """Return the command that crawls shops into a folder."""
        pins = [word for shop in shops for word in ("--resolve", f"{shop}.localhost:127.0.0.1")]
        return [sys.executable, "-m", "scraper", "crawl", *map(self.url, shops), "--out", str(out), "--rate", str(rate),
                "--contact", "https://example.org/bot", *pins, *more]  # fmt: skip

    def crawl(self, out: Path, *more: str, shops: tuple[str, ...] = SHOPS, rate: float = 300) -> dict[str, dict]:
        """Crawl to the end and return the products by URL; raise RuntimeError with a failing crawl's message."""
        command = self.crawl_command(out, *more, shops=shops, rate=rate)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"the crawl ended with {done.returncode}: {done.stderr[-2000:]}")
        return products_of(out)

    def num_requests(self) -> int:
        """Return the number of requests so far, by reading only what the log has gained."""
        if self.log.exists():
            with self.log.open("rb") as log:
                log.seek(self._log_size)
                new = log.read()
            self._log_size += len(new)
            self._num_requests += new.count(b"\n")
        return self._num_requests

    def is_answering(self) -> bool:
        """Return whether a shop has a connection open: a thread each, whose last request may not be in the log yet."""
        return self._program.num_threads() > self._num_idle

    def requests(self) -> list[tuple[str, str]]:
        """Return (shop, path) of every request so far; a line still being written is not counted."""
        text = self.log.read_text() if self.log.exists() else ""
        entries = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
        return [(entry["host"].partition(".")[0], entry["path"]) for entry in entries]


def products_of(out: Path) -> dict[str, dict]:
    """Return the products of a crawl folder by URL."""
    with (out / "products.jsonl").open(encoding="utf-8") as lines:
        return {product["url"]: product for product in map(json.loads, lines)}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]
