"""Removal of a space's vectors from the catalogue, in small transactions, so that writers and readers wait for none."""

from collections.abc import Callable
from typing import Any

import orjson

from server.catalogue.bundles import Bundles
from server.catalogue.checksums import product_checksum, row_checksum, row_problem
from server.catalogue.database import Catalogue, vector_problem
from server.catalogue.writer import content_hash, content_of
from server.errors import InputError

_ROWS_AT_ONCE = 500


def remove_space(catalogue: Catalogue, space: str, say: Callable[[str], None]) -> int:
    """Remove the vectors of a bundle that is being dropped; return how many.

    A row whose own vector it is gets the served bundle's in its place: for readers of that space nothing changes, so
    the row keeps its label and its number. A row without one keeps what it has; the next write of its item replaces it.
    """
    served = Bundles(catalogue).served()
    if served is None or served.space == space:
        raise InputError("expected another bundle to be served")
    num_removed = _delete_beside(catalogue, space)
    after = kept = 0
    while rows := _own_rows(catalogue, space, after):
        with catalogue.transaction():
            for row in rows:
                is_promoted = _promote(catalogue, row[0], served.space)
                num_removed += is_promoted
                kept += not is_promoted
        after = rows[-1][0]
    if kept:
        say(f"{kept} items have no vector of bundle {served.name} and are not served; ingest them again")
    return num_removed


def _delete_beside(catalogue: Catalogue, space: str) -> int:
    num_removed = after = 0
    while rows := catalogue.db.execute(
        "SELECT rowid FROM vectors WHERE space = ? AND rowid > ? ORDER BY rowid LIMIT ?", (space, after, _ROWS_AT_ONCE)
    ).fetchall():
        with catalogue.transaction():
            catalogue.db.executemany(
                "DELETE FROM vectors WHERE rowid = ? AND space = ?", [(*row, space) for row in rows]
            )
        num_removed += len(rows)
        after = rows[-1][0]
    return num_removed


def _own_rows(catalogue: Catalogue, space: str, after: int) -> list[Any]:
    return catalogue.db.execute(
        "SELECT label FROM items WHERE deleted = 0 AND space = ? AND label > ? ORDER BY label LIMIT ?",
        (space, after, _ROWS_AT_ONCE),
    ).fetchall()


def _promote(catalogue: Catalogue, label: int, space: str) -> bool:
    """Make a row's vector in a space its own; return whether it has a sound one, and is sound itself."""
    row = catalogue.db.execute(
        "SELECT shop, item_id, items.space, rating_count, card, items.embedding, row_sum, product, product_sum,"
        " vectors.label, vectors.space, vectors.embedding, vectors.embedding_key, vectors.has_image, vector_sum"
        " FROM items JOIN vectors ON vectors.label = items.label AND vectors.space = ?"
        " WHERE items.label = ? AND deleted = 0",
        (space, label),
    ).fetchone()
    if row is None:
        return False
    content, row_sum, product, product_sum, vector = row[:6], row[6], row[7], row[8], row[9:]
    _, _, embedding, key, has_image, _ = vector
    is_sound = row_problem(content, row_sum) is None and product_sum in (None, product_checksum(product))
    if not is_sound or embedding is None or vector_problem(vector) is not None:
        return False
    shop, item_id, _, rating_count, card, _ = content
    promoted = (shop, item_id, space, rating_count, card, embedding)
    catalogue.db.execute(
        "UPDATE items SET space = ?, embedding = ?, embedding_key = ?, has_image = ?, row_sum = ?, content_hash = ?"
        " WHERE label = ?",
        (space, embedding, key, has_image, row_checksum(*promoted),
         content_hash(key, content_of(orjson.loads(product))), label),
    )  # fmt: skip
    catalogue.db.execute("DELETE FROM vectors WHERE label = ? AND space = ?", (label, space))
    return True
