"""Tokenizers from a local folder, as tokenizer.json: what transformers' own tokenizer of the folder would give."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, normalizers

from kernel.contract_types import TokenizerType
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import torchvision_schemas
from trainer.pretrained.tokenizer_file import tokenizer_json

_TYPES: dict[str, TokenizerType] = {"WordPiece": "wordpiece", "BPE": "bpe", "Unigram": "unigram"}
# Larger values are transformers' way of saying that a tokenizer states no limit.
_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class FolderTokenizer:
    """A tokenizer of a folder: its type, its padding token's id, and the most tokens that it states, 0 for no limit."""

    tokenizer: Tokenizer
    type: TokenizerType
    pad_id: int
    max_tokens: int

    def cleaned(self, normaliser: normalizers.Normalizer) -> "FolderTokenizer":
        """Return the tokenizer with a normaliser before its own."""
        tokenizer = Tokenizer.from_str(self.tokenizer.to_str())
        own = tokenizer.normalizer
        tokenizer.normalizer = normaliser if own is None else normalizers.Sequence([normaliser, own])
        return FolderTokenizer(tokenizer, self.type, self.pad_id, self.max_tokens)

    def file(self, max_tokens: int, *, fixed: bool) -> bytes:
        """Return tokenizer.json, truncating at `max_tokens`; where `fixed`, padding every text to that length."""
        return tokenizer_json(self.tokenizer, max_tokens, max_tokens if fixed else None, self.pad_id)


def load(place: Path) -> FolderTokenizer:
    """Return the tokenizer of a folder, or of a tokenizer.json; raise PretrainedError or UnsupportedModelError."""
    torchvision_schemas.declare()
    import transformers  # noqa: PLC0415 - it takes seconds to import, and few commands need it

    if not place.exists():
        raise PretrainedError(f"{place}: no such folder; {WANTED}")
    try:
        if place.is_file():
            found: Any = transformers.PreTrainedTokenizerFast(tokenizer_file=str(place))  # type: ignore[no-untyped-call]
        else:
            found = transformers.AutoTokenizer.from_pretrained(str(place), local_files_only=True)
    except Exception as error:  # tokenizers raises plain Exception for a file that it cannot read
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise PretrainedError(f"{place}: holds no tokenizer that can be read: {first[:160]}; {WANTED}") from error
    if not getattr(found, "is_fast", False):
        raise UnsupportedModelError(f"{place}: its tokenizer has no tokenizer.json form; {WANTED}")
    if found.padding_side != "right":
        raise UnsupportedModelError(f"{place}: pads on the {found.padding_side}; a bundle pads on the right only")
    tokenizer = Tokenizer.from_str(found.backend_tokenizer.to_str())
    limit = found.model_max_length or _NO_LIMIT
    return FolderTokenizer(
        tokenizer, _type(tokenizer, place), _pad_id(found, tokenizer), limit if limit < _NO_LIMIT else 0
    )


WANTED = (
    "expected a folder with tokenizer.json, or with vocab.txt or vocab.json and merges.txt. A SentencePiece file "
    "(.model) alone is converted by transformers: AutoTokenizer.from_pretrained(NAME).save_pretrained(DIR)"
)


def _type(tokenizer: Tokenizer, place: Path) -> TokenizerType:
    kind = json.loads(tokenizer.to_str())["model"]["type"]
    if kind not in _TYPES:
        raise UnsupportedModelError(f"{place}: a tokenizer of the type {kind}; expected one of {', '.join(_TYPES)}")
    return _TYPES[kind]


def _pad_id(found: Any, tokenizer: Tokenizer) -> int:
    """Return the id that pads; a tokenizer of one file alone states none, and then a token's usual names count."""
    if found.pad_token_id is not None:
        return int(found.pad_token_id)
    named = (tokenizer.token_to_id(token) for token in ("[PAD]", "<pad>", "</s>"))
    return next((token_id for token_id in named if token_id is not None), 0)
