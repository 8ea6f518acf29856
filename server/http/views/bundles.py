"""Views of GET /v1/bundles and of a bundle's files."""

from flask import Blueprint, Response, send_file

from kernel.bundle_signature import SIGNATURE
from kernel.json_object import JsonObject
from server.encoding.bundle import MANIFEST, Bundle
from server.errors import ProblemError
from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("bundles", __name__)

_IMMUTABLE = "public, max-age=31536000, immutable"


@bp.get("/v1/bundles")
def list_bundles() -> Response:
    """Return the bundles whose vectors this server answers, the served one first."""
    return json_response({"bundles": [_entry(space.bundle) for space in services().spaces.current.by_space.values()]})


def _entry(bundle: Bundle) -> JsonObject:
    entry: JsonObject = {
        "bundleId": bundle.bundle_id,
        "name": bundle.name,
        "dim": bundle.dim,
        "space": bundle.space,
    }
    if bundle.signer is not None:
        entry["signedBy"] = {"keyId": bundle.signer.key_id}
        if bundle.signer.name is not None:
            entry["signedBy"]["name"] = bundle.signer.name
    return entry


@bp.get("/v1/bundles/<bundle_id>/<path:path>")
def get_bundle_file(bundle_id: str, path: str) -> Response:
    """Return one file, cacheable for ever: the address contains the bundle's hash."""
    loaded = services().spaces.current.by_space.values()
    bundle = next((space.bundle for space in loaded if space.bundle.bundle_id == bundle_id), None)
    if bundle is None:
        raise ProblemError(404, "unknown_bundle", "this server has other bundles; GET /v1/bundles names them")
    if path == SIGNATURE and bundle.signer is not None:
        # No name of content: a bundle can be signed again, by another key.
        response = send_file(bundle.directory / SIGNATURE, mimetype="application/json")
        response.headers["Cache-Control"] = "no-cache"
        return response
    sha256 = bundle.bundle_id if path == MANIFEST else bundle.sha256_of.get(path)
    if sha256 is None:
        raise ProblemError(404, "not_found", "the manifest names no such file")
    mimetype = "application/json" if path.endswith(".json") else "application/octet-stream"
    # The name is a key of the verified manifest, so it cannot leave the directory.
    response = send_file((bundle.directory / path).resolve(), mimetype=mimetype, etag=sha256, conditional=True)
    response.headers["Cache-Control"] = _IMMUTABLE
    return response
