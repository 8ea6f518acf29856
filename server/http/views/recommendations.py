"""View of POST /v1/recommendations."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import orjson
from flask import Blueprint, Response

from server.catalogue.columns import Floats
from server.catalogue.vectors import to_int8
from server.errors import ProblemError
from server.http.request_body import (
    check_integer,
    check_list,
    check_number,
    check_object,
    check_string,
    check_strings,
    invalid,
    read_object,
    type_name,
)  # fmt: skip
from server.http.services import services
from server.http.views.json_response import json_response
from server.search.filters import Filters
from server.search.retrieval import Found, recommend
from server.search.shop_state import ShopState

bp = Blueprint("recommendations", __name__)

MAX_K = 1000
_UNIT_TOLERANCE = 1e-3
_DEFAULT_DIVERSITY = 0.2
_REQUIRED = ("mode", "shop", "k")
_OPTIONAL = ("vector", "space", "filters", "diversity", "include")
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


@bp.post("/v1/recommendations")
def post_recommendations() -> Response:
    """Return items of one shop, best first."""
    parts = services()
    wanted = read_request(read_object(_REQUIRED, _OPTIONAL), parts.bundle.dim, parts.bundle.space)
    state = parts.shop(wanted.shop)
    found = recommend(state, wanted.vector, wanted.k, wanted.filters, wanted.diversity, parts.bundle.filler)
    parts.metrics.strategies.labels(state.shop, found.strategy).inc()
    return json_response(
        {
            "shop": state.shop,
            "space": parts.bundle.space,
            "strategy": found.strategy,
            "items": _cards(state, found, with_vectors=wanted.with_vectors),
        }
    )


def _cards(state: ShopState, found: Found, *, with_vectors: bool) -> list[orjson.Fragment]:
    """Return cards with scores. Cards are stored as JSON text; each response adds only the score (and the vector)."""
    scores = np.clip(found.scores, -1, 1).tolist()
    endings = [b',"score":%.6f}' % score for score in scores]
    if with_vectors:
        bytes_ = to_int8(state.compared_of(found.rows))
        vectors = [base64.b64encode(row.tobytes()) for row in bytes_]
        endings = [b',"vectorInt8":"%b"%b' % (vector, end) for vector, end in zip(vectors, endings, strict=True)]
    rows = found.rows.tolist()
    return [orjson.Fragment(state.card(row) + ending) for row, ending in zip(rows, endings, strict=True)]


def read_request(body: Mapping[str, object], dim: int, space: str) -> Request:
    """Return `body` checked against openapi.yaml; by hand, because a schema library needs milliseconds for a vector."""
    if body["mode"] != "own":
        invalid(f"expected mode 'own', got {_shown(body['mode'])}", "/mode")
    shop = check_string(body["shop"], "/shop", 253)
    k = check_integer(body["k"], "/k", 1, MAX_K)
    vector = _read_vector(body, dim, space)
    include = body.get("include", [])
    if include not in ([], ["vectors"]):
        invalid("expected include to be [] or ['vectors']", "/include")
    return Request(
        shop=shop,
        k=k,
        vector=vector,
        filters=_read_filters(body.get("filters", {})),
        diversity=check_number(body.get("diversity", _DEFAULT_DIVERSITY), "/diversity", 0, 1),
        with_vectors=bool(include),
    )


def _read_vector(body: Mapping[str, object], dim: int, space: str) -> Floats | None:
    if "space" in body and not (isinstance(body["space"], str) and re.fullmatch("[0-9a-f]{64}", body["space"])):
        invalid("expected space to be 64 hexadecimal digits", "/space")
    if "vector" not in body:
        return None
    values = body["vector"]
    if not isinstance(values, list) or not set(map(type, values)) <= {int, float}:
        invalid("expected vector to be a list of numbers", "/vector")
    if "space" not in body:
        invalid("space is missing: it says which bundle made the vector", "/space")
    if body["space"] != space:
        raise ProblemError(
            409,
            "space_mismatch",
            f"the vector is of another space than this server's {space}; load its bundle",
            "/space",
        )
    if len(values) != dim:
        raise ProblemError(422, "vector_length", f"expected {dim} numbers, got {len(values)}", "/vector")
    vector = np.asarray(values, dtype=np.float64)
    norm = float(np.linalg.norm(vector)) if np.isfinite(vector).all() else float("nan")
    if not abs(norm - 1) <= _UNIT_TOLERANCE:
        invalid(f"expected finite numbers and unit length (±{_UNIT_TOLERANCE}), got length {norm:.6g}", "/vector")
    return (vector / norm).astype(np.float32)


def _read_filters(value: object) -> Filters:
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
