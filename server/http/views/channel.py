"""Views of POST /v1/channel and /v1/channel/request: the requests of a paired browser, which nobody else can read."""

from urllib.parse import unquote

from flask import Blueprint, Response, current_app, request
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response as PlainResponse

from kernel.json_object import JsonObject
from server.errors import HandshakeError
from server.http.octets import octets, read_octets
from server.http.services import DEVICE, services
from server.trust.frames import seal_answer

bp = Blueprint("channel", __name__)

_HANDSHAKE_BYTES = 1024
# What a request inside may say, and what its answer does.
_METHODS = ("GET", "PUT", "POST", "DELETE")
_REQUEST_HEADERS = ("content-type", "if-match", "if-none-match")
_ANSWER_HEADERS = ("Content-Type", "ETag", "Retry-After")
_OUTSIDE = ("/v1/channel", "/v1/pairing")


@bp.post("/v1/channel")
def open_channel() -> Response:
    """Answer the handshake of a paired browser; the answer holds the ticket of its requests."""
    parts = services()
    return octets(parts.channels.open(read_octets(_HANDSHAKE_BYTES), parts.trust()))


@bp.post("/v1/channel/request")
def take_request() -> Response:
    """Answer a request through the channel, as the route that it names does."""
    parts = services()
    sealed = read_octets(parts.settings.max_body_bytes)
    opened, head, body = parts.channels.take(sealed, parts.trust())
    parts.limits.check("device", opened.device_id)
    answer = _answer(head, body, opened.device_id)
    headers = {name: answer.headers[name] for name in _ANSWER_HEADERS if name in answer.headers}
    return octets(seal_answer(opened.sending, sealed, {"status": answer.status_code, "headers": headers}, answer.data))


def _answer(head: JsonObject, body: bytes, device_id: str) -> PlainResponse:
    method, path, headers = str(head.get("method")), str(head.get("path")), head.get("headers")
    is_well_formed = (
        method in _METHODS
        and path.startswith("/v1/")
        and not unquote(path).startswith(_OUTSIDE)
        and isinstance(headers, dict)
        and all(isinstance(value, str) and value.isprintable() for value in headers.values())
        and {str(name).lower() for name in headers} <= set(_REQUEST_HEADERS)
    )
    if not is_well_formed:
        raise HandshakeError
    builder = EnvironBuilder(path=path, method=method, headers=headers, data=body, base_url="http://127.0.0.1/")
    environ = builder.get_environ()
    environ[DEVICE] = device_id
    environ["REMOTE_ADDR"] = request.remote_addr or ""
    return PlainResponse.from_app(current_app.wsgi_app, environ, buffered=True)
