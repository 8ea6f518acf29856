"""View of POST /v1/events: what happened on one screen, from a device whose shopper allows it."""

import re

from flask import Blueprint, Response

from server.errors import ProblemError
from server.events.database import KINDS, MODES, Event, Kind, Shown
from server.events.experiments import NAME
from server.http.request_body import (
    check_integer,
    check_list,
    check_object,
    check_screen,
    check_string,
    invalid,
    read_object,
)
from server.http.services import services

bp = Blueprint("events", __name__)

MAX_ITEMS = 100
MAX_POSITION = 999
REQUIRED = ("screen", "shop", "mode", "space", "kind", "items")
OPTIONAL = ("arm",)


@bp.post("/v1/events")
def post_event() -> Response:
    """Keep what was shown, clicked or dismissed on a screen. The same event again changes nothing."""
    parts = services()
    body = read_object(REQUIRED, OPTIONAL)
    screen = check_screen(body["screen"])
    if body["mode"] not in MODES:
        invalid(f"expected mode to be one of {', '.join(MODES)}", "/mode")
    if body["kind"] not in KINDS:
        invalid(f"expected kind to be one of {', '.join(KINDS)}", "/kind")
    kind: Kind = KINDS[KINDS.index(body["kind"])]
    arm = check_string(body.get("arm", ""), "/arm", 42, 0)
    if arm and not re.fullmatch(rf"{NAME}\.[ab]", arm):
        invalid("expected the arm as the recommendations named it", "/arm")
    space = parts.spaces.current.named(body["space"])
    if body["space"] != space.bundle.space:
        detail = f"this server ranks in the space {space.bundle.space}; drop events of screens of before"
        raise ProblemError(409, "space_mismatch", detail, "/space")
    # Names of shops are kept: only those that are served.
    shop = parts.shop(check_string(body["shop"], "/shop", 253), space).shop
    items = tuple(_read_item(value, f"/items/{i}") for i, value in enumerate(_items(body)))
    parts.events().add(Event(screen, shop, str(body["mode"]), space.bundle.space, arm, kind, items))
    return Response(status=204)


def _items(body: dict[str, object]) -> list[object]:
    return check_list(body["items"], "/items", 1, MAX_ITEMS)


def _read_item(value: object, pointer: str) -> Shown:
    item = check_object(value, ("itemId", "position"), (), pointer)
    item_id = check_string(item["itemId"], f"{pointer}/itemId", 16)
    if not re.fullmatch("[0-9a-f]{16}", item_id):
        invalid("expected an item id: 16 hexadecimal digits", f"{pointer}/itemId")
    return Shown(bytes.fromhex(item_id), check_integer(item["position"], f"{pointer}/position", 0, MAX_POSITION))
