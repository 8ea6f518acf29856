"""HTTP client for one GET with limits on size, time and unpacking; redirects are reported, never followed silently."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from urllib3.exceptions import HTTPError

from scraper.crawl.guard import guarded_session
from scraper.crawl.settings import CrawlSettings
from scraper.errors import FetchError, RefusedAddressError, UrlError
from scraper.values.identity import absolute_url, canonical_url

CHUNK_BYTES = 64 * 1024
REDIRECT_STATUSES = frozenset((301, 302, 303, 307, 308))
MAX_CAUSES = 10


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer: `headers` by lower-case name, `location` absolute where it redirects."""

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    location: str | None = None


@dataclass(slots=True)
class Traffic:
    """Requests and bytes of one client since it was made; `num_bytes` counts unpacked bodies."""

    num_requests: int = 0
    num_bytes: int = 0
    seconds: float = 0.0


class Fetcher:
    """One thread's HTTP client: a connection pool for one host at a time."""

    def __init__(self, settings: CrawlSettings, traffic: Traffic | None = None) -> None:
        self._settings = settings
        self._traffic = traffic or Traffic()
        self._session = guarded_session(settings.pins, settings.user_agent)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def get(self, url: str, *, max_bytes: int, headers: Mapping[str, str] | None = None, cut: bool = False) -> Response:
        """Return the answer to one GET; raises FetchError. With `cut`, a longer body is cut, not refused."""
        settings = self._settings
        timeouts = (settings.connect_timeout_s, settings.read_timeout_s)
        self._traffic.num_requests += 1
        try:
            # `verify` is requests' default; trust_env is off, so no netrc and no proxy see the request.
            answer = self._session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=timeouts)
            with answer:
                body = self._body(answer, max_bytes, cut=cut)
        except RefusedAddressError as error:
            raise FetchError("refused_address", str(error)) from error
        except requests.exceptions.SSLError as error:
            raise FetchError("tls", f"{url}: the secure connection failed: {error}") from error
        except (requests.exceptions.Timeout, TimeoutError) as error:
            raise FetchError("timeout", f"{url}: no answer in time") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            raise FetchError("network", f"{url}: {_plain_cause(error)}") from error
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        location = None
        if answer.status_code in REDIRECT_STATUSES and "location" in lowered:
            location = _redirect_target(lowered["location"], url)
        return Response(url, answer.status_code, lowered, body, location)

    def get_following(self, url: str, *, max_bytes: int, max_redirects: int = 5, cut: bool = False) -> Response:
        """Return the answer after up to `max_redirects` redirects; the guard checks every hop."""
        for _ in range(max_redirects + 1):
            response = self.get(url, max_bytes=max_bytes, cut=cut)
            if response.location is None:
                return response
            url = response.location
        raise FetchError("redirects", f"{url}: more than {max_redirects} redirects")

    def _body(self, answer: requests.Response, max_bytes: int, *, cut: bool) -> bytes:
        deadline = time.monotonic() + self._settings.page_timeout_s
        chunks: list[bytes] = []
        size = 0
        # read1-sized reads keep unpacked data within the limit: a bomb is stopped after one chunk too many.
        while chunk := answer.raw.read(CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            size += len(chunk)
            self._traffic.num_bytes += len(chunk)
            if size > max_bytes:
                if cut:
                    break
                raise FetchError("too_large", f"{answer.url}: more than {max_bytes} bytes unpacked")
            if time.monotonic() > deadline:
                raise FetchError("timeout", f"{answer.url}: took longer than {self._settings.page_timeout_s:.0f} s")
        return b"".join(chunks)[:max_bytes]


def _plain_cause(error: BaseException) -> str:
    """Return the root cause of a library's error in plain words."""
    causes = [error]
    while (inner := causes[-1].__cause__ or causes[-1].__context__) is not None and len(causes) < MAX_CAUSES:
        causes.append(inner)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "the host name cannot be resolved; name its address with --resolve HOST:ADDRESS"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused: nothing answers there"
    return f"{type(causes[-1]).__name__}: {causes[-1]}"


def _redirect_target(location: str, url: str) -> str | None:
    # requests hands header bytes over as Latin-1; servers send UTF-8.
    text = location.encode("latin-1", "replace").decode("utf-8", "replace")
    target = absolute_url(text, url)
    try:
        return canonical_url(target) if target else None
    except UrlError:
        return None
