"""Views of PUT and DELETE /v1/items and of what became of them, for the operator.

They keep a write in the queue and answer; the writer process applies it.
"""

import re
from datetime import UTC, datetime

import orjson
from flask import Blueprint, Response

from encoders.product_lines import problem_of
from server.catalogue.queue import Kind, Queue
from server.errors import ProblemError
from server.http.gate import require_operator
from server.http.request_body import check_list, check_object, check_string, invalid, read_object
from server.http.services import services
from server.http.views.json_response import json_response

bp = Blueprint("items", __name__)

MAX_PRODUCTS = 256
MAX_DELETIONS = 1000


@bp.put("/v1/items")
def put_items() -> Response:
    """Accept items to be added or replaced: durable on return, recommendable when the writer has applied them."""
    require_operator("write")
    products = check_list(read_object(("products",))["products"], "/products", 1, MAX_PRODUCTS)
    problems = {i: problem.message for i, product in enumerate(products) if (problem := problem_of(product))}
    if len(problems) == len(products):
        invalid(f"none of {len(products)} products was valid; the first: {problems[0]}", "/products/0")
    valid = [(position, product) for position, product in enumerate(products) if position not in problems]
    rejected = [{"index": position, "problem": problem} for position, problem in problems.items()]
    return _accepted("put", valid, {"accepted": len(valid), "rejected": rejected})


@bp.delete("/v1/items")
def delete_items() -> Response:
    """Accept items to be removed: durable on return. It takes effect after all writes that were accepted earlier."""
    require_operator("write")
    keys = []
    for position, entry in enumerate(check_list(read_object(("items",))["items"], "/items", 1, MAX_DELETIONS)):
        pointer = f"/items/{position}"
        checked = check_object(entry, ("shop", "itemId"), (), pointer)
        item_id = check_string(checked["itemId"], f"{pointer}/itemId", 16)
        if not re.fullmatch("[0-9a-f]{16}", item_id):
            invalid("expected an item id: 16 hexadecimal digits", f"{pointer}/itemId")
        keys.append((check_string(checked["shop"], f"{pointer}/shop", 253), item_id))
    return _accepted("delete", keys, {"accepted": len(keys)})


def _accepted(
    kind: Kind, body: list[tuple[int, object]] | list[tuple[str, str]], report: dict[str, object]
) -> Response:
    number = Queue(services().catalogue()).add(kind, orjson.dumps(body), orjson.dumps(report))
    response = json_response({"write": number, **report})
    response.status_code = 202
    response.headers["Location"] = f"/v1/writes/{number}"
    return response


@bp.get("/v1/writes/<int:write>")
def get_write(write: int) -> Response:
    """Return what became of a write of the last day."""
    require_operator("write")
    found = Queue(services().catalogue()).find(write)
    if found is None:
        raise ProblemError(404, "unknown_write", "there is no such write, or it was finished more than a day ago")
    times = {"receivedAt": _time(found.received_at)}
    if found.finished_at is not None:
        times["finishedAt"] = _time(found.finished_at)
    return json_response({"write": write, "state": found.state, **times, **orjson.loads(found.report)})


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
