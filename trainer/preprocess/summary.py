"""Extractive summaries of long descriptions: they leave sentences out and never write new ones."""

import re

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])")
MAX_SENTENCES = 200  # later sentences of longer texts are usually small print


def summarise(text: str, max_chars: int) -> str:
    """Return the most central sentences of a text in their order, together at most `max_chars` long.

    Centrality is the sum of cosines between a sentence's TF-IDF vector (over the text's own sentences) and all others.
    This is the degree centrality of LexRank (Erkan and Radev, 2004) without its threshold. Sentences are added from the
    most central on while they fit, equal ones in their order. Deterministic. A text that is short enough, or whose
    sentences are all too long, is returned unchanged.
    """
    sentences = [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()][:MAX_SENTENCES]
    if len(text) <= max_chars or len(sentences) < 2:
        return text
    try:
        vectors = TfidfVectorizer(sublinear_tf=True).fit_transform(sentences)
    except ValueError:  # no sentence has a word
        return text
    centrality = np.asarray((vectors @ vectors.T).sum(axis=1)).ravel() - 1
    chosen: list[int] = []
    left = max_chars
    for place in np.argsort(-centrality.round(9), kind="stable"):
        if len(sentences[place]) + bool(chosen) <= left:
            chosen.append(int(place))
            left -= len(sentences[place]) + (len(chosen) > 1)
    return " ".join(sentences[place] for place in sorted(chosen)) or text
