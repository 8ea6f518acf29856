"""Views of a shop's pack: its list, and the files below it."""

import hashlib

from flask import Blueprint, Response, request

from kernel.pack_reader import LIST
from server.errors import InputError, ProblemError
from server.http.services import services

bp = Blueprint("packs", __name__)

_IMMUTABLE = "public, max-age=31536000, immutable"


@bp.get("/v1/shops/<shop>/pack")
def get_pack_list(shop: str) -> Response:
    """Return the list of packs with the one of this shop."""
    return _answer(shop, LIST)


@bp.get("/v1/shops/<shop>/pack/<name>")
def get_pack_file(shop: str, name: str) -> Response:
    """Return a file of the shop's pack; all but the list are named by their hash, and cacheable for ever."""
    return _answer(shop, name)


def _answer(shop: str, name: str) -> Response:
    parts = services()
    served = parts.spaces.current.served
    parts.shop(shop, served)
    try:
        content = served.packs.files(parts.catalogue(), shop).get(name)
    except InputError as error:  # its last item went a moment ago
        raise ProblemError(404, "unknown_shop", str(error)) from error
    if content is None:
        raise ProblemError(404, "not_found", f"the shop's pack has no such file now; read its {LIST} again")
    response = Response(content, content_type=f"application/{'json' if name.endswith('.json') else 'octet-stream'}")
    response.set_etag(hashlib.sha256(content).hexdigest())
    response.headers["Cache-Control"] = "no-cache" if name == LIST else _IMMUTABLE
    response.make_conditional(request)
    return response
