"""JSON responses."""

import orjson
from flask import Response


def json_response(document: object, *, cache: bool = False) -> Response:
    """Return `document` as application/json."""
    response = Response(orjson.dumps(document), content_type="application/json")
    if not cache:
        response.headers["Cache-Control"] = "no-store"
    return response
