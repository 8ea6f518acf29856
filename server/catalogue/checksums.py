"""Checksums of rows, so that a damaged one is found before it is served."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import orjson

_BYTES = 16


@dataclass(frozen=True)
class Damage:
    """A row that is not served, and why; its shop and item id are as the row has them."""

    label: int
    shop: str
    item_id: str
    problem: str


def row_problem(row: tuple[object, object, object, object, object, object], checksum: object) -> str | None:
    """Return what is wrong with shop, item id, space, rating count, card and embedding of a live row, None if nothing.

    Rows of earlier versions have no checksum; of them the form alone is checked.
    """
    if checksum is not None:
        return None if row_checksum(*row) == checksum else "its checksum differs"
    shop, item_id, space, rating_count, card, embedding = row
    if not (isinstance(shop, str) and isinstance(item_id, str) and isinstance(space, str)):
        return "its shop, item id or space is not a text"
    if not (isinstance(rating_count, int) and isinstance(card, bytes) and isinstance(embedding, bytes)):
        return "its rating count, card or embedding is missing"
    if len(embedding) % 4 or not np.isfinite(np.frombuffer(embedding, dtype="<f4")).all():
        return "its embedding is not finite numbers"
    return _card_problem(card)


def _card_problem(raw: bytes) -> str | None:
    try:
        card = orjson.loads(raw)
        price = card.get("price", {})
        float(price.get("amount", "nan"))
        is_well_formed = (
            isinstance(card.get("brand", ""), str)
            and isinstance(price.get("currency", ""), str)
            and isinstance(card.get("availability", ""), str)
            and all(isinstance(part, str) for part in card.get("categoryPath", ()))
        )
    except (ValueError, TypeError, AttributeError) as error:
        return f"its card cannot be read: {error}"
    return None if is_well_formed else "its card has values of another kind"


def row_checksum(
    shop: object, item_id: object, space: object, rating_count: object, card: object, embedding: object
) -> bytes:
    """Return 16 bytes over everything of a live row that search serves; of values of any type, as damage may give."""
    return _digest((shop, item_id, space, rating_count, card, embedding))


def vector_checksum(label: object, space: object, embedding: object, embedding_key: object, has_image: object) -> bytes:
    """Return 16 bytes over a vector that a row has beside its own, of values of any type; without one it is None."""
    return _digest((label, space, embedding, embedding_key, has_image))


def product_checksum(product: object) -> bytes:
    """Return 16 bytes over the Product's JSON."""
    return _digest((product,))


def _digest(parts: Iterable[object]) -> bytes:
    digest = hashlib.blake2b(digest_size=_BYTES)
    for part in parts:
        content = part if isinstance(part, bytes) else f"{type(part).__name__}:{part}".encode("utf-8", "replace")
        # Lengths keep ("ab", "c") apart from ("a", "bc").
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.digest()
