"""Who may call: host names, web origins, and the operator's token.

A shopper's own server listens on loopback, where any web page could reach it. The Host check stops DNS rebinding; the
Origin check stops pages; a browser extension's origin is allowed because the person granted that extension its hosts.
"""

import hmac
import re

from flask import Flask, Response, current_app, request

from server.errors import ProblemError
from server.settings import LOOPBACK_HOSTS, Settings

_EXTENSION_SCHEMES = ("chrome-extension://", "moz-extension://")
_CORS_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
    "Access-Control-Max-Age": "600",
}
OPERATOR_CONFIG = "CARRYOVER_OPERATOR_TOKEN"


def init_app(app: Flask, settings: Settings) -> None:
    """Check every request of `app` before its view runs."""
    hosts = {*LOOPBACK_HOSTS, *(host.lower() for host in settings.trusted_hosts)}
    if settings.host not in ("0.0.0.0", "::", "[::]"):  # noqa: S104 (compared, not bound)
        hosts.add(f"[{settings.host}]" if ":" in settings.host else settings.host)
    app.config[OPERATOR_CONFIG] = settings.read_operator_token()
    allowed = frozenset(settings.allow_origins)

    def check_caller() -> Response | None:
        if _host_name(request.headers.get("Host", "")) not in hosts:
            detail = "this host name is not served; --trusted-host NAME allows it"
            raise ProblemError(400, "untrusted_host", detail)
        origin = request.headers.get("Origin")
        if origin is not None and not _is_allowed(origin, allowed):
            raise ProblemError(403, "untrusted_origin", "this web origin may not call; --allow-origin ORIGIN allows it")
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204, headers=_CORS_HEADERS)
        return None

    def add_cors(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is not None and _is_allowed(origin, allowed):
            response.headers["Access-Control-Allow-Origin"] = origin
            if request.headers.get("Access-Control-Request-Private-Network") == "true":
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    app.before_request(check_caller)
    app.after_request(add_cors)


def _host_name(header: str) -> str:
    """Return the name in a Host header, lower case, without its port.

    Flask's own TRUSTED_HOSTS cuts its entries at the first colon and so can never match [::1].
    """
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", header)
    return found[1].lower().removesuffix(".") if found else ""


def _is_allowed(origin: str, allowed: frozenset[str]) -> bool:
    return origin.startswith(_EXTENSION_SCHEMES) or origin in allowed


def require_operator() -> None:
    """Raise unless the request carries the operator's token."""
    expected: str | None = current_app.config[OPERATOR_CONFIG]
    if expected is None:
        raise ProblemError(
            403,
            "forbidden",
            "writes are off: start the server with CARRYOVER_OPERATOR_TOKEN or --operator-token-file",
        )
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected.encode()):
        raise ProblemError(401, "unauthorised", "expected Authorization: Bearer with the operator token")
