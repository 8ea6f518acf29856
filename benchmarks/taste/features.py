"""Text vectors for the benchmark: MiniLM, and plain sums of its tokens' vectors."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from benchmarks.taste.rule import LEAST, Floats
from exporter.encoder_inputs import token_feeds
from trainer.pretrained import minilm

STATIC_DIM = 256
BATCH, TOKEN_BATCH = 64, 512


def unit(vectors: Floats) -> Floats:
    """Return the rows (n, dim) at unit length."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), LEAST), dtype=np.float32)


class TextVectors:
    """Makes vectors of texts; what takes minutes is kept in a folder, where one is given."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._tokenizer = Tokenizer.from_file(str(minilm.model_dir() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(minilm.MAX_TOKENS)
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)

    def minilm(self, name: str, texts: Sequence[str]) -> Floats:
        """Return MiniLM's vectors (n, 384) of texts, unit length."""
        return self._kept(f"{name}_minilm", lambda: self._encode(texts))

    def static(self, name: str, texts: Sequence[str]) -> Floats:
        """Return the sums of the tokens' vectors (n, 256), unit length."""
        table = self._kept("table", self._token_table)
        table = table - table.mean(axis=0)
        directions = np.linalg.svd(table, full_matrices=False)[2][:STATIC_DIM]
        table = table @ directions.T
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return unit(np.stack([table[encoding.ids].sum(axis=0) for encoding in encodings]))

    def _kept(self, name: str, make: Callable[[], Floats]) -> Floats:
        path = None if self._cache is None else self._cache / f"{name}.npy"
        if path is not None and path.exists():
            return np.asarray(np.load(path), dtype=np.float32)
        made = make()
        if path is not None:
            np.save(path, made)
        return made

    def _encode(self, texts: Sequence[str]) -> Floats:
        encoder, order = minilm.load().eval(), sorted(range(len(texts)), key=lambda row: len(texts[row]))
        made = np.zeros((len(texts), encoder.config["hidden_size"]), dtype=np.float32)
        self._tokenizer.enable_padding()
        with torch.inference_mode():
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                feeds = token_feeds(self._tokenizer, [texts[row] for row in rows])
                made[rows] = encoder(*(torch.from_numpy(value) for value in feeds.values())).numpy()
        self._tokenizer.no_padding()
        return made

    def _token_table(self) -> Floats:
        """Return the vector of each token, embedded alone, (vocabulary, 384)."""
        encoder = minilm.load().eval()
        first, last = (int(self._tokenizer.token_to_id(token) or 0) for token in ("[CLS]", "[SEP]"))
        num_tokens = self._tokenizer.get_vocab_size()
        parts = []
        with torch.inference_mode():
            for start in range(0, num_tokens, TOKEN_BATCH):
                tokens = torch.arange(start, min(start + TOKEN_BATCH, num_tokens))
                ids = torch.stack([torch.full_like(tokens, first), tokens, torch.full_like(tokens, last)], dim=1)
                parts.append(encoder(ids, torch.ones_like(ids)).numpy())
        return np.concatenate(parts)
