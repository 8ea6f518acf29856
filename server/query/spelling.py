"""Terms of a shop that a word may have been meant as: near spellings, and words written together or apart."""

from collections.abc import Mapping, Sequence

import orjson
from rapidfuzz import process
from rapidfuzz.distance import OSA

from server.catalogue.terms import Word, query_words
from server.catalogue.words import WordIndex
from server.query.rows import rows_of
from server.search.shop_state import ShopState

# Terms that are compared with a word: those that begin as it does. A shop of 100,000 items has some 5,000 a letter.
_MAX_COMPARED = 50_000
_LEAST_CHARS = 4
_TWO_EDITS_CHARS = 8
_MAX_TERMS = 3


def near_terms(index: WordIndex, shop: str, word: Word) -> list[tuple[str, int]]:
    """Return terms of a shop that a word without any item may be a misspelling of, with their distance, best first.

    One edit up to seven letters, two beyond; an edit may swap neighbours. Terms that begin with the first letter come
    before those that begin with the second, as where the first two are swapped.
    """
    written = word.terms[0]
    if len(written) < _LEAST_CHARS or written.isdigit():
        return []
    edits = 1 if len(written) < _TWO_EDITS_CHARS or word.is_code else 2
    for start in written[:2]:
        counts = dict(index.known(shop, start, _MAX_COMPARED))
        close = process.extract(written, list(counts), scorer=OSA.distance, score_cutoff=edits, limit=None)
        found = [(term, int(distance)) for term, distance, _ in close]
        if found:
            nearest = min(distance for _, distance in found)
            ranked = sorted(found, key=lambda each: -counts[each[0]])
            return [each for each in ranked if each[1] == nearest][:_MAX_TERMS]
    return []


def apart(index: WordIndex, shop: str, word: Word) -> tuple[str, str] | None:
    """Return the two terms of a shop that a word without any item joins, None if there are none."""
    written = word.terms[0]
    if word.is_code or not written.isalpha():
        return None
    best: tuple[int, tuple[str, str]] | None = None
    for cut in range(3, len(written) - 2):
        first, second = written[:cut], written[cut:]
        counts = [_count(index, shop, part) for part in (first, second)]
        if min(counts) > 0 and (best is None or min(counts) > best[0]):
            best = min(counts), (first, second)
    return None if best is None else best[1]


def _count(index: WordIndex, shop: str, term: str) -> int:
    found = index.known(shop, term, 1)
    return found[0][1] if found and found[0][0] == term else 0


def as_written(state: ShopState, index: WordIndex, words: Sequence[Word], corrections: Mapping[str, str]) -> str:
    """Return the query with its corrections, each spelt as an item's title or brand spells it."""
    return " ".join(
        _spelt(state, index, corrections[word.text]) if word.text in corrections else word.text for word in words
    )


def _spelt(state: ShopState, index: WordIndex, terms: str) -> str:
    """Return terms as an item writes them: the index holds words without their plural."""
    written = []
    for term in terms.split():
        rows = rows_of(state, index.rows_with(state.shop, term)[0])
        cards = (orjson.loads(state.card(int(row)) + b"}") for row in rows[rows >= 0][:_MAX_TERMS])
        texts = (text for card in cards for text in (card.get("title", ""), card.get("brand", "")))
        found = (word.text for text in texts for word in query_words(text) if term in word.terms)
        written.append(next(found, term))
    return " ".join(written)
