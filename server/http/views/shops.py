"""Views of GET /v1/shops, /v1/shop-means and /v1/shops/{shop}/items/{itemId}."""

import base64

from flask import Blueprint, Response, request

from server.errors import ProblemError
from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("shops", __name__)


@bp.get("/v1/shops")
def list_shops() -> Response:
    """Return every shop with at least one live item, by name."""
    shops = services().shops()
    return json_response(
        {"shops": [{"shop": name, "items": len(shops[name]), "version": shops[name].version} for name in sorted(shops)]}
    )


@bp.get("/v1/shop-means")
def list_shop_means() -> Response:
    """Return the mean of every shop, by name, in the space that is asked for, by default the served one."""
    parts = services()
    loaded, wanted = parts.spaces.current, request.args.get("space")
    if wanted is not None and wanted not in loaded.by_space:
        raise ProblemError(409, "space_mismatch", "this server has no bundle of this space; GET /v1/bundles names them")
    space = loaded.named(wanted)
    states = sorted(parts.shops(space).items())
    means = [
        {
            "shop": name,
            "count": state.metric.count,
            "mean": base64.b64encode(state.metric.mean.astype("<f4").tobytes()).decode("ascii"),
        }
        for name, state in states
        if state.metric is not None
    ]
    return json_response({"space": space.bundle.space, "shops": means})


@bp.get("/v1/shops/<shop>/items/<item_id>")
def get_item(shop: str, item_id: str) -> Response:
    """Return the Product as ingested."""
    product = services().catalogue().product(shop, item_id)
    if product is None:
        raise ProblemError(404, "unknown_item", "this shop has no such item")
    response = Response(product, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
