"""The writer process of a running server: applies accepted writes, one after the other.

`run` starts it beside the workers and again whenever it ends. Its settings are environment variables.
"""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import orjson

from encoders.errors import EncodersError
from server.catalogue.bundles import Bundles
from server.catalogue.database import Catalogue
from server.catalogue.queue import MAX_ATTEMPTS, Queue, Waiting
from server.catalogue.writer import Writer, WriteReport
from server.commands.events import tidy_events
from server.encoding.bundle import load_bundle
from server.errors import BundleError, ServerError
from server.settings import Settings, child_environment, settings_from

logger = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
_RETRY_SECONDS = 5.0
_TIDY_SECONDS = 3600.0
_RESTART_SECONDS = 1.0
_STOP_SECONDS = 10


def apply_next(catalogue: Catalogue, writer: Writer) -> bool:
    """Apply the oldest write that waits; return whether there was one.

    One that cannot be applied is set aside with the reason. Raises OSError, sqlite3.Error and BundleError, where the
    disk, the database or a registered bundle is the reason: the write waits.
    """
    queue = Queue(catalogue)
    write = queue.next()
    if write is None:
        return False
    if write.attempts >= MAX_ATTEMPTS:
        queue.note_failed(write, f"{write.attempts} writer processes ended while they applied it")
        logger.error("write %d is set aside: %d writer processes ended in it", write.id, write.attempts)
        return True
    queue.begin(write)
    try:
        _apply(catalogue, writer, queue, write)
    except BundleError:
        raise
    except (EncodersError, ServerError, ValueError, KeyError, TypeError, RuntimeError) as error:
        logger.exception("write %d is set aside", write.id)
        queue.note_failed(write, str(error) or type(error).__name__)
    return True


def _apply(catalogue: Catalogue, writer: Writer, queue: Queue, write: Waiting) -> None:
    if write.kind == "delete":
        keys = [(shop, item_id) for shop, item_id in orjson.loads(write.body)]

        def note_deleted(num_deleted: int) -> None:
            queue.note_applied(write, orjson.dumps({"deleted": num_deleted}))

        catalogue.delete(keys, note_deleted)
        return
    known = orjson.loads(queue.report_so_far(write))["rejected"]

    def note_written(report: WriteReport) -> None:
        found = [{"index": position, "problem": problem} for position, problem in report.rejected]
        rejected = sorted([*known, *found], key=lambda entry: int(entry["index"]))
        document = {"accepted": report.accepted, "unchanged": report.unchanged, "rejected": rejected}
        queue.note_applied(write, orjson.dumps(document))

    writer.write(catalogue, dict(orjson.loads(write.body)), note_written)


def _serve(parent: int) -> None:
    settings = settings_from({}, os.environ)
    catalogue = Catalogue(settings.data_dir)
    served = Bundles(catalogue).served()
    bundle = (
        load_bundle(settings.bundle_dir, settings.trusted_keys)
        if served is None
        else served.load(settings.trusted_keys)
    )
    # One thread embeds: answering must keep the other core.
    writer = Writer(settings, bundle, threads=1)
    Queue(catalogue).count_ended()
    tidied_at = 0.0
    while os.getppid() == parent:
        try:
            if apply_next(catalogue, writer):
                continue
            if catalogue.fill_words():
                continue
            if time.monotonic() - tidied_at > _TIDY_SECONDS:
                Queue(catalogue).forget_old()
                catalogue.purge_tombstones()
                tidy_events(settings)
                tidied_at = time.monotonic()
        except (OSError, sqlite3.Error, BundleError) as error:
            logger.error("writes wait, and are tried again: %s", error)
            time.sleep(_RETRY_SECONDS)
        time.sleep(_POLL_SECONDS)


class WriterProcess:
    """The writer process as `run` keeps it: started, started again when it ends, and stopped with the server."""

    def __init__(self, settings: Settings) -> None:
        self._environment = child_environment(settings)
        self._command = [sys.executable, "-m", "server.commands.apply_writes", str(os.getpid())]
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="writer-process", daemon=True)

    def start(self) -> None:
        """Start it, and keep it running."""
        self._thread.start()

    def stop(self) -> None:
        """End it. What it was doing is done again by the next one."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopping.is_set():
            with subprocess.Popen(self._command, env=self._environment) as process:  # noqa: S603 (our own module)
                while process.poll() is None and not self._stopping.wait(_POLL_SECONDS):
                    pass
                if process.returncode is None:
                    process.terminate()
                    _end(process.wait, process.kill)
                    return
            logger.error("the writer process ended with %s; another one is started", process.returncode)
            self._stopping.wait(_RESTART_SECONDS)


def _end(wait: Callable[[float], int], kill: Callable[[], None]) -> None:
    try:
        wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill()


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):  # whatever it is doing waits in the queue for the next one
        signal.signal(number, signal.SIG_DFL)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    _serve(int(sys.argv[1]))
