"""How often one address, one token and one paired browser may ask; each worker counts by itself, in memory."""

import math
import threading
import time
from collections.abc import Callable
from typing import Literal, NoReturn

from server.errors import ProblemError
from server.settings import Settings

By = Literal["address", "token", "device", "failed_tries"]
_BURST_SECONDS = 10.0
_MAX_CALLERS = 10_000
_OTHERS = ""  # all callers beyond that many share one limit
_SWEEP_SECONDS = 1.0


class RateLimit:
    """Generic cell rate algorithm: a token bucket that keeps one number for each caller.

    At most `per_second` requests a second in the long run, and ten times as many at once; 0 is no limit.
    """

    def __init__(self, per_second: int, now: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._now = now
        self._full_again: dict[str, float] = {}  # caller -> when its bucket would be full again
        self._swept_at = -math.inf
        self._lock = threading.Lock()

    def wait_seconds(self, caller: str) -> float:
        """Count a request of this caller; return 0, or how long it must wait where there were too many."""
        if not self._interval:
            return 0.0
        with self._lock:
            now = self._now()
            if caller not in self._full_again and len(self._full_again) >= _MAX_CALLERS:
                self._sweep(now)
                if len(self._full_again) >= _MAX_CALLERS:
                    caller = _OTHERS
            after = max(self._full_again.get(caller, 0.0), now) + self._interval
            # Of floats whose sum should be the burst exactly the last digit is chance.
            if (wait := after - now - _BURST_SECONDS) > 1e-6:
                return wait
            self._full_again[caller] = after
            return 0.0

    def _sweep(self, now: float) -> None:
        """Forget callers whose bucket is full; at most once a second, because it looks at all of them."""
        if now - self._swept_at < _SWEEP_SECONDS:
            return
        self._swept_at = now
        self._full_again = {caller: at for caller, at in self._full_again.items() if at > now}


class Limits:
    """The limits of one worker; `count` is told of every request that one refuses."""

    def __init__(self, settings: Settings, count: Callable[[By], None]) -> None:
        self._count = count
        self.by_address = RateLimit(settings.requests_per_second)
        self._by_caller = {by: RateLimit(settings.requests_per_second) for by in ("token", "device")}

    def check(self, by: Literal["token", "device"], caller: str) -> None:
        """Count a request of a token or a paired browser; raises a problem where there were too many."""
        if wait := self._by_caller[by].wait_seconds(caller):
            self.refuse(by, wait)

    def refuse(self, by: By, wait_seconds: float) -> NoReturn:
        """Raise the problem of too many requests."""
        raise self.problem(by, wait_seconds)

    def problem(self, by: By, wait_seconds: float) -> ProblemError:
        """Return the problem of too many requests, and count it."""
        self._count(by)
        what = "tries with a wrong token" if by == "failed_tries" else f"requests of one {_NAMES[by]}"
        seconds = math.ceil(wait_seconds)
        return ProblemError(429, "too_many_requests", f"too many {what}: try again in {seconds} s", retry_after=seconds)


_NAMES = {"address": "address", "token": "token", "device": "browser"}
