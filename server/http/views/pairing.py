"""Views of POST /v1/pairing and /v1/pairing/finish: a browser and the server come to know each other."""

from flask import Blueprint, Response

from server.http.octets import octets, read_octets
from server.http.services import services
from server.trust.pairing import Pairing

bp = Blueprint("pairing", __name__)

MAX_MESSAGE_BYTES = 1024


def _pairing() -> Pairing:
    parts = services()
    return Pairing(parts.trust(), parts.channels.key, parts.channels.now)


@bp.post("/v1/pairing")
def start_pairing() -> Response:
    """Answer the first message of a browser whose person typed the code that waits."""
    return octets(_pairing().start(read_octets(MAX_MESSAGE_BYTES)))


@bp.post("/v1/pairing/finish")
def finish_pairing() -> Response:
    """Keep the browser's key, and tell its id."""
    return octets(_pairing().finish(read_octets(MAX_MESSAGE_BYTES)))
