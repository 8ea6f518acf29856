"""Problem responses: every error as application/problem+json (RFC 9457), in one form."""

import errno
import logging
import sqlite3
from http import HTTPStatus

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from server.errors import HandshakeError, ProblemError

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


def problem_response(status: int, code: str, detail: str, pointer: str | None = None) -> Response:
    """Return one problem; openapi.yaml lists the codes."""
    body = problem_body(status, code, detail, pointer)
    response = Response(body, status=status, content_type=PROBLEM_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def problem_body(status: int, code: str, detail: str, pointer: str | None = None) -> bytes:
    """Return the content of one problem."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if pointer is not None:
        body["pointer"] = pointer
    return orjson.dumps(body)


def is_disk_full(error: Exception) -> bool:
    """Return whether an error says that the disk, or this user's share of it, is full."""
    if isinstance(error, sqlite3.Error):
        # SQLite tells it as the second and third where it could not make room in its log, or in what indexes that.
        return getattr(error, "sqlite_errorname", "") in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def init_app(app: Flask) -> None:
    """Turn every exception of `app` into a problem."""
    app.register_error_handler(ProblemError, _from_problem)
    app.register_error_handler(HandshakeError, _from_handshake)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_exception)


def _from_problem(error: ProblemError) -> Response:
    response = problem_response(error.status, error.code, error.detail, error.pointer)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _from_handshake(_: HandshakeError) -> Response:
    return problem_response(400, "handshake_failed", "the message does not open; docs/pairing.md says what is expected")


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    detail = {
        404: "no such resource; see openapi.yaml",
        405: f"{request.method} is not possible here",
    }.get(status, error.description or HTTPStatus(status).phrase)
    if isinstance(error, RequestEntityTooLarge):
        detail = f"expected a body of at most {request.max_content_length} bytes; send fewer items at a time"
    code = _CODES.get(status, "invalid_request" if status < 500 else "internal")
    response = problem_response(status, code, detail)
    for name, value in error.get_headers(request.environ):
        if name == "Allow":
            response.headers[name] = value
    return response


def _from_exception(error: Exception) -> Response:
    if is_disk_full(error):
        logger.error("the disk is full: %s %s is refused", request.method, request.url_rule)
        return problem_response(507, "disk_full", "the server's disk is full, and nothing was written; reads continue")
    # The route, never the path or the body: they name items and hold the shopper's vector.
    logger.error("unexpected failure in %s %s", request.method, request.url_rule, exc_info=error)
    return problem_response(500, "internal", "the server failed; its log says how")
