"""The privacy ledger beside the proxy's record, in the form in which a request left the browser."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from tests.e2e.proxy import Request

# Method, address, and the SHA-256 of the body.
Wire = tuple[str, str, str]


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def asked(entries: Iterable[dict[str, Any]]) -> list[Wire]:
    """Return what entries say left the device, but for images that were shown."""
    found: list[Wire] = []
    for entry in entries:
        sealed = entry.get("sealed")
        if sealed is not None:
            found.append(("POST", sealed["url"], sealed["sha256"]))
        elif entry.get("purpose") != "shown":
            found.append((entry["method"], entry["url"], _hash(entry["body"].encode())))
    return found


def shown(entries: Iterable[dict[str, Any]]) -> set[str]:
    """Return the addresses of the images that entries say were shown."""
    return {url for entry in entries if entry.get("purpose") == "shown" for url in json.loads(entry["body"])}


def sent(request: Request) -> Wire:
    """Return a request as the proxy saw it."""
    return request.method, request.url, _hash(request.body)


def bodies(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Return what was said inside the channel to ask for recommendations."""
    return [entry["body"] for entry in entries if entry["url"].endswith("/v1/recommendations")]
