"""Views of PUT and DELETE /v1/items, for the operator."""

import re

from flask import Blueprint, Response

from server.http.gate import require_operator
from server.http.request_body import check_list, check_object, check_string, invalid, read_object
from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("items", __name__)

MAX_PRODUCTS = 256
MAX_DELETIONS = 1000


@bp.put("/v1/items")
def put_items() -> Response:
    """Add or replace items; durable and recommendable here on return, in other workers within a second."""
    require_operator()
    products = check_list(read_object(("products",))["products"], "/products", 1, MAX_PRODUCTS)
    parts = services()
    report = parts.writer.write(parts.catalogue(), products)
    if len(report.rejected) == len(products):
        position, problem = report.rejected[0]
        invalid(f"none of {len(products)} products was valid; the first: {problem}", f"/products/{position}")
    parts.replica.refresh()
    return json_response(
        {
            "accepted": report.accepted,
            "unchanged": report.unchanged,
            "rejected": [{"index": position, "problem": problem} for position, problem in report.rejected],
        }
    )


@bp.delete("/v1/items")
def delete_items() -> Response:
    """Remove items; absent items are not counted."""
    require_operator()
    keys = []
    for position, entry in enumerate(check_list(read_object(("items",))["items"], "/items", 1, MAX_DELETIONS)):
        pointer = f"/items/{position}"
        checked = check_object(entry, ("shop", "itemId"), (), pointer)
        item_id = check_string(checked["itemId"], f"{pointer}/itemId", 16)
        if not re.fullmatch("[0-9a-f]{16}", item_id):
            invalid("expected an item id: 16 hexadecimal digits", f"{pointer}/itemId")
        keys.append((check_string(checked["shop"], f"{pointer}/shop", 253), item_id))
    parts = services()
    num_deleted = parts.catalogue().delete(keys)
    parts.replica.refresh()
    return json_response({"deleted": num_deleted})
