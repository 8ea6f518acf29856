"""Decides at the door of a worker, before a thread or a body is taken, whether an address asks too often."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from server.http.callers import client_of, is_this_machine, limited_as
from server.http.limits import Limits
from server.http.origins import Origins
from server.http.problems import PROBLEM_TYPE, problem_body
from server.settings import Settings

ADMISSION_KEY = "carryover.admission"  # of app.extensions
# Key of a request's environment: whether a proxy passed it on. No header can set it.
PASSED_ON = "carryover.passed_on"

_TOO_MANY = 429
_FORWARDED_FOR = "x-forwarded-for"
_FORWARDED = "forwarded"


class Head(Protocol):
    """What is read of a request's head, as granian gives it."""

    client: str
    method: str
    path: str
    headers: Any


# Status, headers and content of an answer.
Refusal = tuple[int, list[tuple[str, str]], bytes]


class Caller(NamedTuple):
    """Where a request comes from, and the answer where it is not admitted."""

    address: str
    is_passed_on: bool
    refusal: Refusal | None = None


class Admission:
    """The limit by address. This machine itself has none: there one page could lock out its owner.

    Whoever comes through a proxy that adds X-Forwarded-For or Forwarded is not this machine, whether the proxy is
    trusted or not: a proxy that nobody has named shares one limit among all its clients.
    """

    def __init__(self, settings: Settings, limits: Limits, count: Callable[[str, int], None]) -> None:
        self._proxies = settings.proxy_networks()
        self._origins = Origins(settings)
        self._limits = limits
        self._count = count

    def admit(self, head: Head) -> Caller:
        """Return the address of the client, and the answer where it asked too often."""
        peer = head.client.rpartition(":")[0].strip("[]")
        headers = head.headers
        # granian leaves values that are not UTF-8 out of `items`, and their names in.
        is_passed_on = _FORWARDED_FOR in headers or _FORWARDED in headers
        if not is_passed_on and is_this_machine(peer):
            return Caller(peer, is_passed_on=False)
        entries = [value for name, value in headers.items() if name == _FORWARDED_FOR] if is_passed_on else []
        address = client_of(peer, ",".join(entries) or None, self._proxies)
        wait = self._limits.by_address.wait_seconds(limited_as(address))
        return Caller(address, is_passed_on, self._refusal(head, wait) if wait else None)

    def _refusal(self, head: Head, wait: float) -> Refusal:
        problem = self._limits.problem("address", wait)
        self._count(head.method, _TOO_MANY)
        body = problem_body(problem.status, problem.code, problem.detail)
        headers = {
            "Content-Type": PROBLEM_TYPE,
            "Cache-Control": "no-store",
            "Vary": "Origin",
            "Retry-After": str(problem.retry_after),
            **self._origins.headers(head.headers.get("origin"), head.path, is_private_network=False),
        }
        return problem.status, list(headers.items()), body
