"""Bodies of bytes that only both ends can read."""

from flask import Response, request

from server.errors import ProblemError

_TYPE = "application/octet-stream"


def read_octets(most_bytes: int) -> bytes:
    """Return the body; raises a problem where it is longer."""
    if request.mimetype != _TYPE:
        raise ProblemError(415, "invalid_request", f"expected Content-Type {_TYPE}, got {request.mimetype or 'none'}")
    if (request.content_length or 0) > most_bytes:
        raise ProblemError(413, "body_too_large", f"expected a body of at most {most_bytes} bytes")
    content = request.get_data(cache=False)
    if len(content) > most_bytes:  # one without a length
        raise ProblemError(413, "body_too_large", f"expected a body of at most {most_bytes} bytes")
    return content


def octets(content: bytes, etag: str | None = None) -> Response:
    """Return bytes as an answer that no cache keeps."""
    response = Response(content, content_type=_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if etag is not None:
        response.set_etag(etag)
    return response
