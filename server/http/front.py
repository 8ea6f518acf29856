"""The RSGI side of a worker: reads each request whole before a thread answers it.

granian reads bodies while the application asks for them, without a deadline, so a client that stops half way would hold
the thread that reads. Here the event loop reads them, within a deadline and a size, and the threads see only whole
requests. Requests that may take long have a thread of their own, and so have those that watch the server.
"""

import asyncio
import io
import re
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from flask import Flask, request
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # exported under another name

from kernel.json_object import JsonObject
from server.errors import ProblemError
from server.http import fast_path
from server.http.admission import ADMISSION_KEY, PASSED_ON, Admission, Caller
from server.http.drain import Drain
from server.http.metrics import READ
from server.http.views.recommendations import ROUTE
from server.query.encoder_queue import busy
from server.settings import Settings

# Key of a request's environment; no header can set it.
BODY_PROBLEM = "carryover.body_problem"

_WATCHING = frozenset({"/healthz", "/readyz", "/metrics"})
_SEARCH = "/v1/search"
_MAX_SEARCHES = 64  # that one worker answers, or has waiting
# They wait for the disk, or build a pack.
_SLOW = re.compile(r"/v1/(items|writes|events|candidates)(/|$)|/v1/shops/[^/]+/pack(/|$)")

# Bodies up to this size are read by one call: 4,096 of them, as many as a worker has connections, are 64 MB.
_READ_AT_ONCE = 16 * 1024

Headers = list[tuple[str, str]]


class Scope(Protocol):
    """Head of a request, as granian gives it."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Any


@dataclass
class SentFile:
    """A file that a view sends, which granian reads without a thread of Python's (PEP 3333, `wsgi.file_wrapper`)."""

    file: IO[bytes]
    block_bytes: int = 64 * 1024

    def __iter__(self) -> "SentFile":
        return self

    def __next__(self) -> bytes:
        block = self.file.read(self.block_bytes)
        if not block:
            raise StopIteration
        return block

    def seekable(self) -> bool:
        """Return whether a range of the file can be sent."""
        return self.file.seekable()

    def seek(self, *position: int) -> int:
        """Move to a position."""
        return self.file.seek(*position)

    def tell(self) -> int:
        """Return the position."""
        return self.file.tell()

    def close(self) -> None:
        """Close the file."""
        self.file.close()


@dataclass
class _Answer:
    status: int = 500
    headers: Headers = field(default_factory=list)
    body: Iterable[bytes] = ()

    def start(self, status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = int(status.partition(" ")[0]), headers
        return _refuse_write


def _refuse_write(_: bytes) -> object:
    raise NotImplementedError("the application returns its body")


class Front:
    """RSGI application around a WSGI one, in one worker process."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app = app
        self._admission: Admission = app.extensions[ADMISSION_KEY]
        self._fast = fast_path.FastPath(app)
        self._max_bytes = settings.max_body_bytes
        self._max_bytes_at_once = settings.max_bodies_bytes
        self._timeout_seconds = settings.body_timeout_seconds
        self._num_bytes = 0  # of all bodies that are being read, or wait for a thread
        self._answering = ThreadPoolExecutor(settings.threads_per_worker, "answer")
        self._slow = ThreadPoolExecutor(1, "slow")
        self._searching = ThreadPoolExecutor(settings.search_threads, "search")
        self._num_searches = 0
        self._watching = ThreadPoolExecutor(1, "watch")
        self._drain = Drain()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """End without a failed request when it is told to."""
        self._drain.follow(loop)

    async def __rsgi__(self, scope: Scope, protocol: Any) -> None:
        """Answer one request."""
        caller = self._admission.admit(scope)
        if caller.refusal is not None:
            protocol.response_bytes(*caller.refusal)
            return
        body = bytearray()
        head = _fast_head(scope)
        problem = None
        try:
            try:
                await self._read(scope, protocol, body)
            except ProtocolClosed:  # by the client, in the middle of its body
                return
            except ProblemError as error:
                # The application answers these, too: with the headers of its answers, counted as all are.
                problem = error
                self._num_bytes -= len(body)
                body.clear()
            if head is not None and problem is None and len(body) <= fast_path.MAX_BYTES:
                found = self._fast.answer(head, bytes(body))
                if found is not None:
                    headers, content = found
                    protocol.response_bytes(200, self._drain.headers(scope.http_version, headers), content)
                    return
            environ = _environ(scope, caller, body)
            environ[BODY_PROBLEM], environ[READ] = problem, time.perf_counter()
            answer = await self._answered(scope.path, environ)
        finally:
            self._num_bytes -= len(body)
        if head is not None:
            self._fast.keep(head, scope.headers.get("content-type") or "", answer.status, answer.headers)
        answer.headers = self._drain.headers(scope.http_version, answer.headers)
        await _send(protocol, answer)

    async def _answered(self, path: str, environ: JsonObject) -> _Answer:
        pool = self._pool(path)
        is_search = pool is self._searching
        if is_search and self._num_searches >= _MAX_SEARCHES:
            environ[BODY_PROBLEM] = environ[BODY_PROBLEM] or busy()
            is_search, pool = False, self._answering
        self._num_searches += is_search
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, self._call, environ)
        finally:
            self._num_searches -= is_search

    def __rsgi_del__(self, _loop: object) -> None:
        """Stop the threads."""
        for pool in (self._answering, self._slow, self._searching, self._watching):
            pool.shutdown(wait=False, cancel_futures=True)

    def _pool(self, path: str) -> ThreadPoolExecutor:
        if path in _WATCHING:
            return self._watching
        if path.rstrip("/") == _SEARCH:
            return self._searching
        return self._slow if _SLOW.match(path) else self._answering

    async def _read(self, scope: Scope, protocol: Any, body: bytearray) -> None:
        """Read a request's body; raises a problem for one that is too large or too slow."""
        length = scope.headers.get("content-length")
        if length is not None and int(length) > self._max_bytes:
            raise self._too_large()
        if not length and "transfer-encoding" not in scope.headers and scope.http_version.startswith("1"):
            return
        try:
            async with asyncio.timeout(self._timeout_seconds):
                if length is not None and int(length) <= _READ_AT_ONCE:
                    await self._read_at_once(protocol, body, int(length))
                    return
                async for chunk in protocol:
                    body += chunk
                    self._num_bytes += len(chunk)
                    if len(body) > self._max_bytes:
                        raise self._too_large()
                    if self._num_bytes > self._max_bytes_at_once:
                        raise self._busy()
        except TimeoutError as error:
            raise ProblemError(
                408, "body_too_slow", f"expected the whole body within {self._timeout_seconds} s"
            ) from error

    async def _read_at_once(self, protocol: Any, body: bytearray, length: int) -> None:
        """Read a small body, in a tenth of the time that reading it chunk by chunk takes."""
        if self._num_bytes + length > self._max_bytes_at_once:
            raise self._busy()
        self._num_bytes += length  # as it will be: until then nobody knows how much has come
        try:
            body += await protocol()
        finally:
            self._num_bytes += len(body) - length

    def _busy(self) -> ProblemError:
        return ProblemError(503, "busy", "too many bodies at once; try again later", retry_after=5)

    def _too_large(self) -> ProblemError:
        detail = f"expected a body of at most {self._max_bytes} bytes; send fewer items at a time"
        return ProblemError(413, "body_too_large", detail)

    def _call(self, environ: JsonObject) -> _Answer:
        """Run the application in a thread; its answer is whole, but for files."""
        answer = _Answer()
        body = self.app.wsgi_app(environ, answer.start)
        if isinstance(body, SentFile) or isinstance(getattr(body, "iterable", None), SentFile):
            answer.body = body
            return answer
        try:
            answer.body = [b"".join(body)]
        finally:
            if hasattr(body, "close"):
                body.close()
        return answer


def init_app(app: Flask) -> None:
    """Answer requests whose body could not be read with the reason, after the caller has been checked."""

    def refuse_unread() -> None:
        problem: ProblemError | None = request.environ.get(BODY_PROBLEM)
        if problem is not None:
            raise problem

    app.before_request(refuse_unread)


def _environ(scope: Scope, caller: Caller, body: bytearray) -> JsonObject:
    """Return the WSGI environment of a request (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ: JsonObject = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": caller.address,
        PASSED_ON: caller.is_passed_on,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": SentFile,
    }
    for name, value in scope.headers.items():
        # The name with an underscore would be taken for the one with a hyphen.
        if "_" in name or name in ("content-length", "transfer-encoding"):
            continue
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ


def _fast_head(scope: Scope) -> fast_path.Head | None:
    """Return what the fast path knows a request by, None if it is for another route."""
    if scope.path != ROUTE or scope.method != "POST":
        return None
    headers = tuple([pair for pair in scope.headers.items() if pair[0] != "content-length"])
    return scope.http_version, scope.query_string, headers


async def _send(protocol: Any, answer: _Answer) -> None:
    body = answer.body
    if isinstance(body, list):
        if body[0]:
            protocol.response_bytes(answer.status, answer.headers, body[0])
        else:
            protocol.response_empty(answer.status, answer.headers)
    elif isinstance(body, SentFile):
        body.close()
        protocol.response_file(answer.status, answer.headers, str(body.file.name))
    else:  # a range of a file
        transport = protocol.response_stream(answer.status, answer.headers)
        try:
            for chunk in body:
                await transport.send_bytes(chunk)
        finally:
            body.close()  # type: ignore[attr-defined]  # werkzeug's wrapper of a file
