"""Who may call: host names, web origins, and operators' tokens.

A shopper's own server listens on loopback, where any web page could reach it. The Host check stops DNS rebinding; the
Origin check stops pages, and keeps extensions to what proves itself (server/http/origins.py).
"""

import re

from flask import Flask, Response, request

from server.errors import ProblemError
from server.http.admission import PASSED_ON
from server.http.callers import is_this_machine
from server.http.origins import Origins
from server.http.services import services
from server.settings import LOOPBACK_HOSTS, Settings
from server.trust.operators import check_scope
from server.trust.tokens import Scope


def init_app(app: Flask, settings: Settings) -> None:
    """Check every request of `app` before its view runs."""
    hosts = {*LOOPBACK_HOSTS, *(host.lower() for host in settings.trusted_hosts)}
    if settings.host not in ("0.0.0.0", "::", "[::]"):  # noqa: S104 (compared, not bound)
        hosts.add(f"[{settings.host}]" if ":" in settings.host else settings.host)
    origins = Origins(settings)

    def check_caller() -> Response | None:
        if _host_name(request.headers.get("Host", "")) not in hosts:
            detail = "this host name is not served; --trusted-host NAME allows it"
            raise ProblemError(400, "untrusted_host", detail)
        origin = request.headers.get("Origin")
        if origin is not None and not origins.allows(origin, request.path):
            detail = "this origin may not call this; --allow-origin ORIGIN allows it, and extensions pair first"
            raise ProblemError(403, "untrusted_origin", detail)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return Response(status=204, headers=origins.preflight_headers())
        return None

    def add_headers(response: Response) -> Response:
        response.vary.add("Origin")
        is_private = request.headers.get("Access-Control-Request-Private-Network") == "true"
        found = origins.headers(request.headers.get("Origin"), request.path, is_private_network=is_private)
        for name, value in found.items():
            response.headers[name] = value
        return response

    app.before_request(check_caller)
    app.after_request(add_headers)


def _host_name(header: str) -> str:
    """Return the name in a Host header, lower case, without its port.

    Flask's own TRUSTED_HOSTS cuts its entries at the first colon and so can never match [::1].
    """
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?", header)
    return found[1].lower().removesuffix(".") if found else ""


def is_local() -> bool:
    """Return whether a request was made on this machine, and not passed on by a proxy that says so."""
    return not request.environ.get(PASSED_ON) and is_this_machine(request.remote_addr or "")


def require_operator(scope: Scope = "write") -> None:
    """Raise unless the request carries an operator's token with this scope.

    What `token make` made cannot be guessed and is always looked up. The configured token may be short: after failed
    tries it is not even compared.
    """
    parts = services()
    operators, database, address = parts.operators, parts.trust(), request.remote_addr or ""
    operators.require_any(database)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorised()
    token = operators.made(given.strip(), database)
    if token is None:
        if wait := operators.wait_seconds(address, database):
            parts.limits.refuse("failed_tries", wait)
        token = operators.configured_token(given.strip())
    if token is None:
        operators.note_failed(address, database)
        raise _unauthorised()
    check_scope(token, scope)
    parts.limits.check("token", token.name)


def _unauthorised() -> ProblemError:
    return ProblemError(401, "unauthorised", "expected Authorization: Bearer with an operator's token")
