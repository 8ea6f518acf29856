"""The command `run`: granian in front of worker processes."""

import logging
import multiprocessing
import os
import resource
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels

from server.catalogue.bundles import Bundles
from server.catalogue.database import Catalogue
from server.commands.apply_writes import WriterProcess
from server.commands.graceful_server import GracefulServer
from server.encoding.bundle import Bundle, check_probes, load_bundle
from server.errors import ServerError
from server.http.metric_hub import SOCKET, MetricHub
from server.locks import held_lock
from server.search import snapshots
from server.settings import Settings, environment_from, settings_from
from server.trust.channel import share_ticket_key
from server.trust.server_key import fingerprint, read_or_make

if TYPE_CHECKING:
    from server.http.front import Front

logger = logging.getLogger(__name__)

# How long a worker may take to finish what it is answering when the server is stopped.
_STOP_SECONDS = 10
# How long a new worker loads beside the one whose place it takes; where it needs longer, connections wait.
_RESPAWN_SECONDS = 2.5
# How long a worker loads the catalogue before it accepts requests all the same and answers them with not_ready.
_LOAD_SECONDS = 10
# Connections of one worker, those that wait for the next request among them; the rest waits to be accepted.
_MAX_CONNECTIONS = 4096
_SWITCH_SECONDS = 0.0005
# Before workers are started again after granian has given up.
_AGAIN_SECONDS = 1.0
# How long the head of a request may take, and how long a connection may wait for the next one.
_HEADER_MS = 15_000
# Largest head of a request.
_HEAD_BYTES = 64 * 1024
# Requests at a time on one HTTP/2 connection.
_MAX_STREAMS = 32


def run(settings: Settings) -> None:
    """Serve until a signal stops it. All configuration errors are found before a worker starts."""
    bundle = load_bundle(settings.bundle_dir, settings.trusted_keys)
    settings.read_operator_token()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    busy = f"{settings.data_dir} is already served by process {{pid}}; stop it first, or use another --data"
    with held_lock(settings.data_dir / "run.lock", busy):
        with closing(Catalogue(settings.data_dir)) as catalogue:
            bundle = _served(catalogue, bundle, settings)
            num_items, num_usable = catalogue.count_live(), catalogue.count_live(bundle.space)
            snapshots.remove_spaces(settings.data_dir, [one.space for one in Bundles(catalogue).all()])
        own_key = fingerprint(read_or_make(settings.data_dir).public)
        _refuse_taken_port(settings)
        url = f"http://{settings.host}:{settings.port}"
        signed = f"signed by {bundle.signer}" if bundle.signer else "not signed"
        print(f"serving {num_usable} items with bundle {bundle.name} ({signed}) on {url}", file=sys.stderr)  # noqa: T201 (a command)
        if num_usable < num_items:
            other = num_items - num_usable
            print(f"{other} items have no vector of this bundle and are not served: ingest them again", file=sys.stderr)  # noqa: T201 (a command)
        print(f"server key {own_key}; `python -m server pair` pairs a browser", file=sys.stderr)  # noqa: T201 (a command)
        os.environ.update(environment_from(settings))
        share_ticket_key()
        _allow_open_files()
        shutil.rmtree(settings.data_dir / "metrics", ignore_errors=True)  # counters of earlier versions
        hub = MetricHub()
        os.environ[SOCKET] = hub.path
        hub.start()
        writer = WriterProcess(settings)
        writer.start()
        try:
            _serve(settings)
        finally:
            writer.stop()
            hub.close()


def _served(catalogue: Catalogue, bundle: Bundle, settings: Settings) -> Bundle:
    """Return the bundle that the catalogue serves, after its probes; the settings' own where it never had one."""
    bundles = Bundles(catalogue)
    served = bundles.served()
    if served is None or served.space == bundle.space:
        check_probes(bundle)
        bundles.accept(bundle, "serve")
        return bundle
    served = bundles.accept(bundle, "serve")
    print(f"the catalogue serves bundle {served.name}, not {bundle.name}: see `bundle switch`", file=sys.stderr)  # noqa: T201 (a command)
    bundle = served.load(settings.trusted_keys)
    check_probes(bundle)
    return bundle


def _serve(settings: Settings) -> None:
    """Serve until a signal stops it, also when granian gives up: it does where a worker ends twice within seconds."""
    # A forked worker would hold copies of whatever its parent had open at that moment: of the pipe by which another
    # thread is starting the writer, which then waits for ever, and of the sockets to other workers.
    multiprocessing.set_start_method("spawn", force=True)
    while True:
        granian = _granian(settings)
        try:
            granian.serve()
        except SystemExit:
            if granian.interrupt_signal:
                raise
            logger.error("workers ended again and again; all of them are started anew")
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _granian(settings: Settings) -> GracefulServer:
    return GracefulServer(
        "server.commands.run:worker_app", address=settings.host, port=settings.port, interface=Interfaces.RSGI,
        workers=settings.workers, factory=True, websockets=False, backpressure=_MAX_CONNECTIONS,
        http=HTTPModes.auto if settings.http2 else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MS, max_buffer_size=_HEAD_BYTES),
        http2_settings=HTTP2Settings(max_headers_size=_HEAD_BYTES, max_concurrent_streams=_MAX_STREAMS),
        log_level=LogLevels.warning,
        respawn_failed_workers=True, respawn_interval=_RESPAWN_SECONDS, workers_kill_timeout=_STOP_SECONDS,
    )  # fmt: skip


def worker_app() -> "Front":
    """Return the application inside a worker process; its settings are environment variables."""
    for number in (signal.SIGINT, signal.SIGTERM):  # nothing may swallow a stop that comes while it is starting
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    from server.http.app import create_app  # noqa: PLC0415 (the parent answers no requests)
    from server.http.front import Front  # noqa: PLC0415 (as above)
    from server.http.services import EXTENSION_KEY  # noqa: PLC0415 (as above)

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = settings_from({}, os.environ)
    # Only one thread runs Python, and granian's, which reads and writes sockets, would wait ten times longer for it.
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app(settings)
    # Workers share one socket: one that accepts before it has loaded would answer beside others that are ready.
    app.extensions[EXTENSION_KEY].spaces.wait_until_ready(_LOAD_SECONDS)
    if SOCKET in os.environ:
        app.extensions[EXTENSION_KEY].join(os.environ[SOCKET])
    return Front(app, settings)


def _end_with_parent() -> None:
    """End this worker when the process that started it has ended: it would hold the port, and nobody would stop it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _allow_open_files() -> None:
    """Let workers have as many connections open as the system allows; a shell's own limit is often 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MAX_CONNECTIONS if hard == resource.RLIM_INFINITY else min(2 * _MAX_CONNECTIONS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _refuse_taken_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ServerError(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
