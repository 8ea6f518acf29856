"""Token ids of texts by the manifest's rule: cut to a length, padded to the longest of a batch or to one width."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from kernel.contract_types import TokenizerRule

Ids = NDArray[np.int64]


class Tokens:
    """A bundle's tokenizer and its rule; `prefix` is the manifest's `text.prefix`, put before every text."""

    def __init__(self, file: Path, rule: TokenizerRule, prefix: str = "") -> None:
        self.tokenizer = Tokenizer.from_file(str(file))
        padding = self.tokenizer.padding or {}  # an encoder without a mask needs the id that it was trained with
        self.pad_id: int = padding.get("pad_id", _pad_id(self.tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(rule["maxTokens"])
        self.pad_to: int | None = rule.get("padTo")
        self.prefix = prefix

    @property
    def vocab_size(self) -> int:
        """Number of token ids."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        """Return the tokens of each text, not padded."""
        return list(self.tokenizer.encode_batch([self.prefix + text for text in texts]))

    def pad(self, encodings: Sequence[Encoding]) -> tuple[Ids, Ids]:
        """Return ids and mask, (n, T) int64 each; the mask is 1 at tokens and 0 at padding."""
        width = self.pad_to or max(1, *(len(encoding.ids) for encoding in encodings))
        ids = np.full((len(encodings), width), self.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            tokens = encoding.ids[:width]
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        return ids, mask


def _pad_id(tokenizer: Tokenizer) -> int:
    for token in ("[PAD]", "<pad>"):
        if (token_id := tokenizer.token_to_id(token)) is not None:
            return int(token_id)
    return 0  # any id will do: the attention mask hides it
