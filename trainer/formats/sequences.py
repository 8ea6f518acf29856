"""Reader for user_sequence.txt and item_text.txt: ordered interactions without times, and a short text per item.

Sequential recommenders publish Amazon departments in this format (S3-Rec, P5, IDGenRec). A line of user_sequence.txt
is a user's name and then items, oldest first. A line of item_text.txt is an item's name and then its text.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from trainer.formats.fields import find_one, present, shop_name
from trainer.formats.lines import text_lines
from trainer.formats.source import Bad, ForeignInteraction, ForeignProduct, OnBytes, Options, Source


def read(sources: tuple[Path, ...], options: Options) -> Source:
    """Return the source of a directory or of the two files."""
    sequences, texts = find_one(sources, ("user_sequence.txt", "item_text.txt"), "sequences")
    notes = ["no times: a user's n-th item counts as of day n, so ages give only the order"]
    if options.brand_from_first_word:
        notes.append("brands are the titles' first words, which is a guess")
    return Source(
        files=(sequences, texts),
        products=partial(_products, texts, options),
        interactions=partial(_interactions, sequences, options),
        shop=shop_name(sources, options),
        notes=tuple(notes),
    )


def _products(path: Path, options: Options, on_bytes: OnBytes) -> Iterator[ForeignProduct | Bad]:
    for where, line in text_lines(path, on_bytes):
        key, _, text = line.strip().partition(" ")
        if not key:
            continue
        if not text.strip():
            yield Bad(where, f"expected an item's name and its text, got {line.strip()[:80]!r}", "item without text")
            continue
        brand = text.split()[0] if options.brand_from_first_word else None
        yield ForeignProduct(where, key, present({"title": text, "brand": brand}))


def _interactions(path: Path, options: Options, on_bytes: OnBytes) -> Iterator[ForeignInteraction | Bad]:
    for where, line in text_lines(path, on_bytes):
        user, *keys = line.split() or [""]
        if user and not keys:
            yield Bad(where, f"expected a user and items, got {line.strip()[:80]!r}", "user without items")
        for place, key in enumerate(keys):
            yield ForeignInteraction(where, user, key, options.kind, float(place))
