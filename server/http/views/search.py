"""View of POST /v1/search."""

import base64
import binascii
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from flask import Blueprint, Response, request

from server.catalogue.columns import Floats
from server.catalogue.terms import MAX_QUERY_CHARS, Word, query_words
from server.errors import ProblemError
from server.http.metrics import READ
from server.http.request_body import check_integer, check_object, check_string, invalid, read_object, type_name
from server.http.searches import deadline_from
from server.http.services import Services, services
from server.http.spaces import Space
from server.http.views.json_response import json_response
from server.http.views.recommendations import _read_filters as read_filters
from server.http.views.recommendations import _read_vector as read_vector
from server.query.encoder_queue import busy
from server.query.facets import facets_of
from server.query.search import Result, Wanted, search
from server.query.spelling import as_written
from server.query.time_limit import time_limit
from server.search.filters import Filters
from server.search.shop_state import ShopState

bp = Blueprint("search", __name__)

MAX_K = 100
_DEFAULT_K = 20
_OPTIONAL = ("text", "image", "taste", "k", "filters", "facets")
# They separate words, and no encoder knows them.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True)
class SearchRequest:
    """SearchRequest of openapi.yaml, validated. `image` is a file's bytes, not decoded yet."""

    shop: str
    text: str
    words: Sequence[Word]
    image: bytes | None
    taste: Floats | None
    k: int
    filters: Filters
    with_facets: bool
    space: Space


@bp.post("/v1/search")
def post_search() -> Response:
    """Return items of one shop that a text, an image, or both describe, best first."""
    parts = services()
    deadline = deadline_from(request.environ.get(READ, time.perf_counter()))
    if time.monotonic() > deadline:  # it has waited for a thread for so long that nobody waits for it
        raise busy()
    asked = read_search(parts)
    space = asked.space
    state = parts.shop(asked.shop, space)
    pixels = None if asked.image is None else space.searches.pixels(asked.image)
    text = asked.text if asked.words else ""
    vector = space.searches.vector(text, pixels, deadline)
    catalogue = parts.catalogue()
    wanted = Wanted(asked.words, vector, asked.taste, asked.k, asked.filters)
    with time_limit(catalogue.db, deadline):
        found = search(state, catalogue.words, wanted)
    document = {
        "shop": state.shop,
        "space": space.bundle.space,
        "strategy": found.strategy,
        "total": len(found.matching),
        "items": _cards(state, found),
    }
    if asked.with_facets:
        document["facets"] = facets_of(state, catalogue, found.matching, asked.filters.category, asked.filters.currency)
    if found.corrections:
        document["didYouMean"] = as_written(state, catalogue.words, asked.words, found.corrections)
    parts.metrics.searches.labels(state.shop, found.strategy).inc()
    return json_response(document)


def read_search(parts: Services) -> SearchRequest:
    """Return the body checked against openapi.yaml."""
    body = read_object(("shop",), _OPTIONAL)
    text = _CONTROLS.sub(" ", check_string(body.get("text", ""), "/text", MAX_QUERY_CHARS, 0)).strip()
    words = query_words(text)
    # A taste is of one space, in which the query is then read; without one it is the served bundle's.
    taste = body.get("taste")
    space = parts.spaces.current.named(taste.get("space") if isinstance(taste, Mapping) else None)
    image = _read_image(body["image"], parts.settings.image_max_bytes, space) if "image" in body else None
    if not words and image is None:
        invalid("expected a text with letters or digits, an image, or both", "/text")
    with_facets = body.get("facets", True)
    if not isinstance(with_facets, bool):
        invalid(f"expected a boolean, got {type_name(with_facets)}", "/facets")
    return SearchRequest(
        shop=check_string(body["shop"], "/shop", 253),
        text=text,
        words=words,
        image=image,
        taste=_read_taste(taste, space) if "taste" in body else None,
        k=check_integer(body.get("k", _DEFAULT_K), "/k", 1, MAX_K),
        filters=read_filters(body.get("filters", {})),
        with_facets=with_facets,
        space=space,
    )


def _read_image(value: object, most: int, space: Space) -> bytes:
    if not isinstance(value, str) or not value:
        invalid(f"expected an image file as base64, got {type_name(value)}", "/image")
    if not space.searches.takes_images:
        invalid("this server's bundle compares texts alone; leave the image out", "/image")
    if len(value) > 4 * (most + 2) // 3:
        invalid(f"expected an image of at most {most} bytes", "/image")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        invalid("expected an image file as base64 (RFC 4648, section 4)", "/image")


def _read_taste(value: object, space: Space) -> Floats | None:
    body: Mapping[str, object] = check_object(value, ("vector", "space"), (), "/taste")
    try:
        return read_vector(body, None, space.bundle.dim, space.bundle.space)
    except ProblemError as error:
        raise ProblemError(error.status, error.code, error.detail, f"/taste{error.pointer or ''}") from error


def _cards(state: ShopState, found: Result) -> list[orjson.Fragment]:
    """Return cards with scores and the channels that found them; cards are stored as JSON text."""
    cards = []
    for row, score, by_words, by_vector in zip(
        found.rows.tolist(), found.scores.tolist(), found.by_words.tolist(), found.by_vector.tolist(), strict=True
    ):
        channels = orjson.dumps([name for name, is_in in (("words", by_words), ("vector", by_vector)) if is_in])
        cards.append(orjson.Fragment(state.card(row) + b',"score":%.6f,"foundBy":%b}' % (score, channels)))
    return cards
