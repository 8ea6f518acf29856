"""Long descriptions shortened by leaving sentences out, never by writing new ones."""

import re

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])")
MAX_SENTENCES = 200  # of more, the last ones are small print


def summarise(text: str, max_chars: int) -> str:
    """Return the sentences nearest to what the text is about, in their order, together at most `max_chars` long.

    A sentence is as central as the sum of the cosines of its TF-IDF vector (over the text's own sentences) with those
    of all others: degree centrality of LexRank (Erkan and Radev, 2004), without its threshold. Sentences are taken
    from the most central on while they fit; equal ones in their order. Deterministic. A text that is short enough, or
    whose sentences are all too long, comes back as it is.
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
