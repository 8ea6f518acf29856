"""Request pace of one host: one request at a time, within the rate limit, slower for a while after trouble."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_INTERVAL_S = 60.0


@dataclass(slots=True)
class Pace:
    """Time of the next request: `usual_s` seconds between requests, longer for a while after trouble.

    `refusals` and `failures` count consecutive ones.
    """

    usual_s: float
    interval_s: float
    next_at: float = 0.0
    refusals: int = 0
    failures: int = 0

    @classmethod
    def of_rate(cls, rate: float) -> "Pace":
        """Return the pace for a rate in requests per second."""
        return cls(1.0 / rate, 1.0 / rate)

    def obey(self, delay_s: float | None, max_delay_s: float) -> None:
        """Apply robots.txt's Crawl-delay in seconds, capped at `max_delay_s`, which would in effect stop the crawl."""
        if delay_s is not None:
            self.usual_s = max(self.usual_s, min(delay_s, max_delay_s))

    def slow_down(self, wait_s: float) -> None:
        """Double the interval and wait at least `wait_s` seconds, as long as the site asks for."""
        self.interval_s = min(max(self.interval_s * 2, 0.1), MAX_INTERVAL_S)
        self.next_at = time.monotonic() + max(wait_s, self.interval_s)

    def succeed(self) -> None:
        """Record a successful request; the pace returns to the usual one step by step."""
        self.failures = 0
        self.interval_s = max(self.usual_s, self.interval_s * 0.8)
        self.next_at = time.monotonic() + self.interval_s

    @property
    def wait_s(self) -> float:
        """Return the seconds until the next request may be sent."""
        return max(0.0, self.next_at - time.monotonic())


def retry_after_s(value: str | None) -> float:
    """Return the seconds of a Retry-After header, in either of its forms; 0 without one (RFC 9110, 10.2.3)."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
