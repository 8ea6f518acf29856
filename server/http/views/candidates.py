"""Views of GET /v1/interest-clusters and POST /v1/candidates."""

import base64
import re
from collections.abc import Mapping

from flask import Blueprint, Response

from kernel.interest_clusters import EPSILON, InterestClusters
from server.candidates.make import encoded
from server.candidates.served import Wanted
from server.errors import InputError, ProblemError
from server.http.request_body import check_integer, check_string, invalid, read_object
from server.http.services import Services, services
from server.http.spaces import Space
from server.http.views.json_response import json_response
from server.packs.build import Pack

bp = Blueprint("candidates", __name__)

MAX_OF_CLUSTER, MAX_OF_ITEM = 20_000, 1000
# Nothing else may be said: a vector or a filter would tell of the person what the report hides.
_MEMBERS = {"clusters": ("mode", "shop", "k", "of", "cluster"), "context": ("mode", "shop", "k", "itemId")}


@bp.get("/v1/interest-clusters")
def get_interest_clusters() -> Response:
    """Return the public clusters, the same for everybody."""
    clusters = _clusters(services().spaces.current.served)
    return json_response(
        {
            "sha256": clusters.sha256,
            "space": clusters.space,
            "epsilon": EPSILON,
            "count": len(clusters.centroids),
            "centroids": encoded(clusters.centroids),
        }
    )


@bp.post("/v1/candidates")
def post_candidates() -> Response:
    """Return candidates of one shop as a pack, for a reported cluster or the product on screen."""
    parts = services()
    body = read_object(("mode",), tuple(sorted({name for names in _MEMBERS.values() for name in names} - {"mode"})))
    mode = body["mode"]
    if not isinstance(mode, str) or mode not in _MEMBERS:
        invalid("expected mode 'clusters' or 'context'", "/mode")
    _check_members(body, _MEMBERS[mode])
    try:
        pack = _of_cluster(parts, body) if mode == "clusters" else _of_item(parts, body)
    except InputError as error:  # its last item went a moment ago
        raise ProblemError(404, "unknown_shop", str(error)) from error
    files = {name: base64.b64encode(content).decode("ascii") for name, content in pack.files.items()}
    return json_response({"mode": mode, "manifest": pack.manifest_name, "files": files})


def _check_members(body: Mapping[str, object], members: tuple[str, ...]) -> None:
    for name in members:
        if name not in body:
            invalid(f"{name} is missing", f"/{name}")
    others = sorted(set(body) - set(members))
    if others:
        invalid(f"unknown member {others[0]!r}; known in mode {body['mode']!r}: {', '.join(members)}", f"/{others[0]}")


def _of_cluster(parts: Services, body: Mapping[str, object]) -> Pack:
    loaded = parts.spaces.current
    # Reports are kept for a year, so those of a bundle that answers beside the served one stay valid.
    of = [
        space
        for space in loaded.by_space.values()
        if space.candidates.clusters is not None and space.candidates.clusters.sha256 == body["of"]
    ]
    space = of[0] if of else loaded.served
    clusters = _clusters(space)
    if not of:
        raise ProblemError(
            409,
            "clusters_mismatch",
            "the report is of other clusters; GET /v1/interest-clusters has those of now",
            "/of",
        )
    cluster = check_integer(body["cluster"], "/cluster", 0, len(clusters.centroids) - 1)
    wanted = Wanted(_shop(parts, body, space), check_integer(body["k"], "/k", 1, MAX_OF_CLUSTER), cluster)
    state = parts.shop(wanted.shop, space)
    return space.candidates.of_cluster(parts.catalogue(), state, wanted, clusters.centres[cluster])


def _of_item(parts: Services, body: Mapping[str, object]) -> Pack:
    k = check_integer(body["k"], "/k", 1, MAX_OF_ITEM)
    item_id = body["itemId"]
    if not isinstance(item_id, str) or not re.fullmatch("[0-9a-f]{16}", item_id):
        invalid("expected an item id: 16 hexadecimal digits", "/itemId")
    space = parts.spaces.current.served
    state = parts.shop(_shop(parts, body, space), space)
    row = state.row_of(item_id)
    if row is None:
        raise ProblemError(404, "unknown_item", "this shop has no such item", "/itemId")
    return space.candidates.of_item(parts.catalogue(), state, row, k)


def _shop(parts: Services, body: Mapping[str, object], space: Space) -> str:
    return parts.shop(check_string(body["shop"], "/shop", 253), space).shop


def _clusters(space: Space) -> InterestClusters:
    if space.candidates.clusters is None:
        raise ProblemError(
            404,
            "no_clusters",
            "this server has no interest clusters of its bundle's space; `python -m server clusters` makes them",
        )
    return space.candidates.clusters
