"""Fast path for POST /v1/recommendations: Flask's answer without Flask's machinery, byte for byte.

Nearly all that this route costs beside its search is the same for every request of a client. So the first request goes
through Flask, which checks the caller; the head of its answer is kept, and the next request with the very same head
gets it again, with a body from the very same function. Whatever is not answered here, Flask answers: errors, other
heads, and requests that might take long.
"""

import time
from collections.abc import Sequence

from flask import Flask

from server.errors import ProblemError
from server.http.services import EXTENSION_KEY, Services
from server.http.views.recommendations import ROUTE, recommendations

# Bodies up to this size; 256 numbers written out take 5 kB.
MAX_BYTES = 16 * 1024
# It answers in the event loop, where nothing else happens meanwhile: re-ranking more takes milliseconds.
_MAX_K = 50
_MAX_HEADS = 256

Headers = list[tuple[str, str]]
# HTTP version, query and headers, but for the length of the body.
Head = tuple[str, str, tuple[tuple[str, str], ...]]


class FastPath:
    """Heads of requests that Flask has answered in one worker process, and the heads of its answers."""

    def __init__(self, app: Flask) -> None:
        self._parts: Services = app.extensions[EXTENSION_KEY]
        self._answers: dict[Head, tuple[str, Headers]] = {}
        self._count = self._parts.metrics.requests.labels("POST", ROUTE, "200").inc
        self._time = self._parts.metrics.seconds.labels(ROUTE).observe

    def answer(self, head: Head, body: bytes) -> tuple[Headers, bytes] | None:
        """Return headers and body of the answer, None where Flask has to give it."""
        kept = self._answers.get(head)
        if kept is None:
            return None
        started = time.perf_counter()
        content_type, headers = kept
        try:
            content = recommendations(self._parts, content_type, body, at_most_k=_MAX_K)
        except ProblemError:
            return None
        if content is None:
            return None
        self._count()
        self._time(time.perf_counter() - started)
        return [*headers, ("content-length", str(len(content)))], content

    def keep(self, head: Head, content_type: str, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Keep the head of Flask's answer to a request with this one."""
        if status != 200:
            return
        if len(self._answers) >= _MAX_HEADS:
            self._answers.clear()
        if head not in self._answers:
            others = [(name, value) for name, value in headers if name.lower() != "content-length"]
            self._answers[head] = content_type, others
