"""Reader of schema.org's Rating and Review nodes."""

import re
from collections.abc import Iterable
from typing import Any

from scraper.extraction.markup.nodes import as_list, text_of
from scraper.values.product import Rating, Review
from scraper.values.text import clean, scrub
from scraper.values.vocabulary import vocabulary

MAX_REVIEWS = 50
_COUNT_KEYS = vocabulary("markup", "ratings")["countKeys"]
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")


def rating_of(value: Any, *, counted: bool) -> Rating | None:
    """Return the score of a Rating; an AggregateRating is `counted`, and one by nobody gives None."""
    for part in as_list(value):
        if not isinstance(part, dict):
            continue
        score, best = _number(part.get("ratingValue")), _number(part.get("bestRating")) or 5.0
        if score is None or not 0 <= score <= best:
            continue
        counts = (_number(part.get(key)) for key in _COUNT_KEYS)
        count = next((int(number) for number in counts if number is not None and 0 <= number < 1e12), None)
        if counted and count == 0:
            continue
        return Rating(score, best, count if counted else None)
    return None


def _number(value: Any) -> float | None:
    match = re.fullmatch(r"\s*([0-9]{1,12}(?:[.,][0-9]{1,20})?)\s*", text_of(value) or "")
    return float(match.group(1).replace(",", ".")) if match else None


def reviews_of(parts: Iterable[Any]) -> tuple[Review, ...]:
    """Return rating, date and text of Reviews; authors are never read, e-mails and phone numbers are removed."""
    reviews: list[Review] = []
    for part in parts:
        if not isinstance(part, dict) or len(reviews) >= MAX_REVIEWS:
            continue
        text = clean(text_of(part.get("reviewBody")) or text_of(part.get("description")), 5000)
        date = _DATE.match(text_of(part.get("datePublished")) or "")
        rating = rating_of(part.get("reviewRating"), counted=False)
        if text or rating:
            reviews.append(Review(rating, date.group() if date else None, scrub(text) if text else None))
    return tuple(reviews)
