"""The lexical channel: a shop's items by the words of a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from server.catalogue.terms import Word
from server.catalogue.words import Labels, Weights, WordIndex
from server.query.spelling import apart, near_terms

# What a term counts beside the word as it was typed.
_PREFIX_WEIGHT = 0.7
_JOINED_WEIGHT = 1.0
_NEAR_WEIGHT = 0.8
_LEAST_PREFIX_CHARS = 3
_LEAST_CODE_PREFIX_CHARS = 5
# A word counts by this power of how rare it is: among offers of one product nearly all words are shared.
_COVERAGE_POWER = 1.0


@dataclass(frozen=True)
class Matches:
    """Items that hold words of a query.

    Attributes:
        labels: (n,), ascending.
        scores: (n,), above 0.
        num_words: (n,), how many of the query's words each item holds.
        corrections: word -> what it was taken for, of the words that no item holds.
    """

    labels: Labels
    scores: Weights
    num_words: Labels
    corrections: dict[str, str] = field(default_factory=dict)


@dataclass
class _Tally:
    """Items that one word, or a pair of words, finds, with their best score."""

    by_label: list[tuple[Labels, Weights]] = field(default_factory=list)

    def add(self, labels: Labels, scores: Weights) -> None:
        if len(labels):
            self.by_label.append((labels, scores))

    def best(self) -> tuple[Labels, Weights]:
        return _combined(self.by_label, np.maximum)


def match(index: WordIndex, shop: str, words: Sequence[Word], num_items: int) -> Matches:
    """Return a shop's items that hold any of the words, by BM25 over the shop's own counts.

    num_items: the shop's items.
    """
    corrections: dict[str, str] = {}
    found: list[tuple[Labels, Weights]] = []
    weights: list[float] = []
    joined = _joined(index, shop, words, num_items)
    for position, word in enumerate(words):
        tally = _Tally()
        _look_up(index, shop, word, num_items, tally)
        for labels, scores in joined.get(position, ()):
            tally.add(labels, scores)
        if not tally.by_label:
            corrections.update(_correct(index, shop, word, num_items, tally))
        labels, scores = tally.best()
        found.append((labels, scores))
        weights.append(float(scores.max(initial=0)))
    labels, totals = _combined(found, np.add)
    counts = np.zeros(len(labels), dtype=np.int64)
    covered = np.zeros(len(labels))
    for (own, _), weight in zip(found, weights, strict=True):
        places = np.searchsorted(labels, own)
        counts[places] += 1
        covered[places] += weight
    total = sum(weights)
    if total > 0:
        totals *= (covered / total) ** _COVERAGE_POWER
    return Matches(labels, totals, counts, corrections)


def _look_up(index: WordIndex, shop: str, word: Word, num_items: int, tally: _Tally) -> None:
    for term in word.terms:
        tally.add(*_scored(index, shop, term, num_items))
    if word.is_code and len(word.terms[0]) >= _LEAST_CODE_PREFIX_CHARS:
        labels, scores = _scored(index, shop, word.terms[0], num_items, is_prefix=True)
        tally.add(labels, _PREFIX_WEIGHT * scores)
    if word.parts and (word.is_code or not tally.by_label):
        tally.add(*_of_parts(index, shop, word.parts, num_items))
    if not tally.by_label and not word.is_code and len(word.terms[0]) >= _LEAST_PREFIX_CHARS:
        labels, scores = _scored(index, shop, word.terms[0], num_items, is_prefix=True)
        tally.add(labels, _PREFIX_WEIGHT * scores)


def _of_parts(index: WordIndex, shop: str, parts: Sequence[str], num_items: int) -> tuple[Labels, Weights]:
    """Return items by the parts of a word; those that hold all of them alone."""
    each = [_scored(index, shop, part, num_items) for part in dict.fromkeys(parts)]
    labels, scores = _combined(each, np.add)
    counts = np.zeros(len(labels), dtype=np.int64)
    for own, _ in each:
        counts[np.searchsorted(labels, own)] += 1
    is_whole = counts == len(each)
    return labels[is_whole], scores[is_whole]


def _joined(
    index: WordIndex, shop: str, words: Sequence[Word], num_items: int
) -> dict[int, list[tuple[Labels, Weights]]]:
    """Return word's position -> items that hold two or three neighbours in one: "wh 1000 xm4" as "wh1000xm4"."""
    found: dict[int, list[tuple[Labels, Weights]]] = {}
    for length in (2, 3):
        for start in range(len(words) - length + 1):
            part = words[start : start + length]
            term = "".join(word.text for word in part)
            if length == 3 and not any(c.isdigit() for c in term):
                continue
            labels, scores = _scored(index, shop, term, num_items)
            if len(labels):
                for position in range(start, start + length):
                    found.setdefault(position, []).append((labels, _JOINED_WEIGHT * scores / length))
    return found


def _correct(index: WordIndex, shop: str, word: Word, num_items: int, tally: _Tally) -> dict[str, str]:
    """Look up what a word without any item may have been meant as; return what it was taken for."""
    near = near_terms(index, shop, word)
    for term, distance in near:
        labels, scores = _scored(index, shop, term, num_items)
        tally.add(labels, _NEAR_WEIGHT**distance * scores)
    if near:
        return {word.text: near[0][0]}
    pair = apart(index, shop, word)
    if pair is None:
        return {}
    tally.add(*_of_parts(index, shop, pair, num_items))
    return {word.text: " ".join(pair)} if tally.by_label else {}


def _scored(
    index: WordIndex, shop: str, term: str, num_items: int, *, is_prefix: bool = False
) -> tuple[Labels, Weights]:
    labels, weights = index.rows_with(shop, term, is_prefix=is_prefix)
    count = len(labels)
    idf = float(np.log1p(max(num_items - count, 0.5) / (count + 0.5)))
    return labels, idf * weights


def _combined(parts: Sequence[tuple[Labels, Weights]], combine: np.ufunc) -> tuple[Labels, Weights]:
    """Return the union of labels, ascending, with their scores combined."""
    if not parts:
        return np.empty(0, dtype=np.int64), np.empty(0)
    labels = np.unique(np.concatenate([own for own, _ in parts]))
    totals = np.zeros(len(labels))
    for own, scores in parts:
        combine.at(totals, np.searchsorted(labels, own), scores)
    return labels, totals
