"""View of POST /v1/recommendations."""

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
from flask import Blueprint, Response, request

from server.catalogue.columns import Floats
from server.catalogue.vectors import to_int8
from server.errors import ProblemError
from server.http.arms import assign_arm
from server.http.request_body import (
    check_integer,
    check_list,
    check_number,
    check_object,
    check_string,
    check_strings,
    invalid,
    parse_object,
    type_name,
)  # fmt: skip
from server.http.services import Services, services
from server.search.filters import Filters
from server.search.retrieval import Found, recommend
from server.search.shop_state import ShopState

bp = Blueprint("recommendations", __name__)

ROUTE = "/v1/recommendations"
MAX_K = 1000
_OCTETS = "application/octet-stream"
_MAX_KEPT = 16  # first screens of a state
_NO_FILTERS = Filters()
_UNIT_TOLERANCE = 1e-3
_REQUIRED = ("mode", "shop", "k")
_OPTIONAL = ("vector", "space", "filters", "diversity", "include", "screen")
_OPTIONAL_BESIDE = tuple(name for name in _OPTIONAL if name != "vector")
_FILTERS = ("inStock", "priceMin", "priceMax", "currency", "brands", "category", "exclude")


@dataclass(frozen=True)
class Request:
    """RecommendationRequest of openapi.yaml, validated."""

    shop: str
    k: int
    vector: Floats | None
    filters: Filters
    diversity: float
    with_vectors: bool


@bp.post(ROUTE)
def post_recommendations() -> Response:
    """Return items of one shop, best first."""
    content = recommendations(services(), request.headers.get("Content-Type", ""), request.get_data(cache=False))
    response = Response(content, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def recommendations(parts: Services, content_type: str, raw: bytes, at_most_k: int = MAX_K) -> bytes | None:
    """Return the answer to a request's body, RecommendationResponse of openapi.yaml; None if it wants more items."""
    loaded = parts.spaces.current
    body, beside = _parsed(content_type, raw)
    # Only a vector needs its own space; what a request without one gets is the served bundle's.
    space = loaded.named(body.get("space")) if "vector" in body or beside is not None else loaded.served
    bundle = space.bundle
    body, arm = assign_arm(body, parts)
    wanted = read_request(body, beside, bundle.dim, bundle.space)
    if wanted.k > at_most_k:
        return None
    state = parts.shop(wanted.shop, space)
    found = _found(state, wanted, bundle.filler)
    parts.metrics.count_strategy(state.shop, found.strategy, bundle.space)
    head = b'{"shop":%b,"space":"%b","strategy":"%b","items":[' % (
        orjson.dumps(state.shop), bundle.space.encode(), found.strategy.encode(),
    )  # fmt: skip
    tail = b"]}" if arm is None else b'],"arm":%b}' % orjson.dumps(arm)
    return head + b",".join(_cards(state, found, with_vectors=wanted.with_vectors)) + tail


def _found(state: ShopState, wanted: Request, filler: int | None) -> Found:
    if wanted.vector is not None or not wanted.filters.is_empty:
        return recommend(state, wanted.vector, wanted.k, wanted.filters, wanted.diversity, filler)
    # A first screen depends on nothing of the person, so a state keeps those that were asked for.
    key = ("first_screen", wanted.k, wanted.diversity)
    found: Found | None = state.kept.get(key)
    if found is None:
        found = recommend(state, None, wanted.k, wanted.filters, wanted.diversity, filler)
        if len(state.kept) < _MAX_KEPT:
            state.kept[key] = found
    return found


def _cards(state: ShopState, found: Found, *, with_vectors: bool) -> list[bytes]:
    """Return cards with scores. Cards are stored as JSON text; each response adds only the score (and the vector)."""
    scores = found.scores.clip(-1, 1).tolist()
    cards = state.cards_of(found.rows)
    if not with_vectors:
        return [b'%b,"score":%.6f}' % pair for pair in zip(cards, scores, strict=True)]
    vectors = [base64.b64encode(row.tobytes()) for row in to_int8(state.compared_of(found.rows))]
    return [b'%b,"vectorInt8":"%b","score":%.6f}' % triple for triple in zip(cards, vectors, scores, strict=True)]


def _parsed(content_type: str, raw: bytes) -> tuple[Mapping[str, object], Floats | None]:
    """Return a body's object, and the vector that follows it in one of bytes."""
    if content_type != _OCTETS:
        return parse_object(content_type, raw, _REQUIRED, _OPTIONAL), None
    # The length of the JSON (uint32, little-endian), the JSON, and float32 numbers, little-endian.
    length = int.from_bytes(raw[:4], "little")
    if len(raw) < 4 + length or (len(raw) - length) % 4:
        detail = "expected the length of the JSON in four bytes, that JSON, and four bytes a number"
        raise ProblemError(400, "invalid_octets", detail)
    body = parse_object("application/json", raw[4 : 4 + length], _REQUIRED, _OPTIONAL_BESIDE)
    return body, np.frombuffer(raw, dtype="<f4", offset=4 + length)


def read_request(body: Mapping[str, object], beside: Floats | None, dim: int, space: str) -> Request:
    """Return `body` checked against openapi.yaml; by hand, because a schema library needs milliseconds for a vector.

    beside: the vector, where it came in bytes.
    """
    if body["mode"] != "own":
        invalid(f"expected mode 'own', got {_shown(body['mode'])}", "/mode")
    shop = check_string(body["shop"], "/shop", 253)
    k = check_integer(body["k"], "/k", 1, MAX_K)
    vector = _read_vector(body, beside, dim, space)
    include = body.get("include", [])
    if include not in ([], ["vectors"]):
        invalid("expected include to be [] or ['vectors']", "/include")
    return Request(
        shop=shop,
        k=k,
        vector=vector,
        filters=_read_filters(body.get("filters", {})),
        diversity=check_number(body["diversity"], "/diversity", 0, 1),
        with_vectors=bool(include),
    )


def _read_vector(body: Mapping[str, object], beside: Floats | None, dim: int, space: str) -> Floats | None:
    if "space" in body and not (isinstance(body["space"], str) and re.fullmatch("[0-9a-f]{64}", body["space"])):
        invalid("expected space to be 64 hexadecimal digits", "/space")
    values = body.get("vector") if beside is None else beside
    if values is None and "vector" not in body:
        return None
    if beside is None and (not isinstance(values, list) or not set(map(type, values)) <= {int, float}):
        invalid("expected vector to be a list of numbers", "/vector")
    if "space" not in body:
        invalid("space is missing: it says which bundle made the vector", "/space")
    if body["space"] != space:
        raise ProblemError(
            409,
            "space_mismatch",
            f"the vector is of a space that this server does not have; it serves {space}: load its bundle",
            "/space",
        )
    vector = np.asarray(values, dtype=np.float64)
    if len(vector) != dim:
        raise ProblemError(422, "vector_length", f"expected {dim} numbers, got {len(vector)}", "/vector")
    norm = math.sqrt(float(np.vecdot(vector, vector)))  # of numbers that are not finite it is not a number
    if not abs(norm - 1) <= _UNIT_TOLERANCE:
        invalid(f"expected finite numbers and unit length (±{_UNIT_TOLERANCE}), got length {norm:.6g}", "/vector")
    return (vector / norm).astype(np.float32)


def _read_filters(value: object) -> Filters:
    if value == {}:
        return _NO_FILTERS
    body = check_object(value, (), _FILTERS, "/filters")
    in_stock = body.get("inStock", False)
    if not isinstance(in_stock, bool):
        invalid(f"expected a boolean, got {type_name(in_stock)}", "/filters/inStock")
    prices = {
        name: check_number(body[name], f"/filters/{name}", 0) for name in ("priceMin", "priceMax") if name in body
    }
    currency = body.get("currency")
    if currency is not None and not (isinstance(currency, str) and re.fullmatch("[A-Z]{3}", currency)):
        invalid("expected an ISO 4217 code such as EUR", "/filters/currency")
    if prices and "currency" not in body:
        invalid("currency is missing: a price filter compares within one currency", "/filters/currency")
    exclude = check_list(body.get("exclude", []), "/filters/exclude", 0, 1000)
    for position, item_id in enumerate(exclude):
        if not isinstance(item_id, str) or not re.fullmatch("[0-9a-f]{16}", item_id):
            invalid("expected an item id: 16 hexadecimal digits", f"/filters/exclude/{position}")
    return Filters(
        in_stock=in_stock,
        price_min=prices.get("priceMin"),
        price_max=prices.get("priceMax"),
        currency=currency,
        brands=check_strings(body["brands"], "/filters/brands", 100) if "brands" in body else None,
        category=check_strings(body["category"], "/filters/category", 12, 1) if "category" in body else (),
        exclude=tuple(exclude),
    )


def _shown(value: object) -> str:
    return repr(value[:40]) if isinstance(value, str) else type_name(value)
