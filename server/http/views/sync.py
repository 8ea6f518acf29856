"""Views of /v1/sync: copies that paired browsers keep here for each other, reached through the channel only."""

from datetime import UTC, datetime

from flask import Blueprint, Response, request

from server.errors import ProblemError
from server.http.octets import octets, read_octets
from server.http.services import DEVICE, services
from server.http.views.json_response import json_response
from server.sync.copies import MAX_ENVELOPE_BYTES, Copies

bp = Blueprint("sync", __name__)


def _device() -> str:
    """Return the paired browser that asks; raises a problem for everybody else."""
    device = request.environ.get(DEVICE)
    if not isinstance(device, str):
        raise ProblemError(403, "not_paired", "a copy is reached through the channel of a paired browser only")
    return device


def _copies() -> Copies:
    _device()
    return services().copies()


@bp.get("/v1/sync/<space>")
def get_copy(space: str) -> Response:
    """Return the newest envelope."""
    kept, envelope = _copies().read(space)
    return octets(envelope, kept.etag)


@bp.put("/v1/sync/<space>")
def put_copy(space: str) -> Response:
    """Keep an envelope in place of the one that its writer knew."""
    device = _device()
    response = Response(status=204)
    response.set_etag(_copies().write(space, read_octets(MAX_ENVELOPE_BYTES), _known(), device).etag)
    return response


def _known() -> str | None:
    """Return the ETag that the writer knew, None where it knew that there is none."""
    if request.if_none_match.star_tag and not request.if_match:
        return None
    tags = list(request.if_match.as_set())
    if len(tags) != 1 or request.if_none_match:
        raise ProblemError(428, "no_condition", "expected If-Match with one ETag, or If-None-Match: *")
    return tags[0]


@bp.get("/v1/sync/<space>/versions")
def list_versions(space: str) -> Response:
    """Return which envelopes are kept, the newest first."""
    versions = [
        {
            "version": kept.number,
            "bytes": kept.num_bytes,
            "savedAt": datetime.fromtimestamp(kept.saved_at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        for kept in _copies().versions(space)
    ]
    return json_response({"versions": versions})


@bp.get("/v1/sync/<space>/versions/<int:version>")
def get_version(space: str, version: int) -> Response:
    """Return one of the envelopes that are kept."""
    kept, envelope = _copies().read(space, version)
    return octets(envelope, kept.etag)


@bp.delete("/v1/sync/<space>")
def delete_copy(space: str) -> Response:
    """Delete all envelopes of a space."""
    _copies().delete(space)
    return Response(status=204)
