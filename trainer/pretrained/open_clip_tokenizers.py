"""Tokenizers of open_clip models as tokenizer.json: CLIP's own, or one of Hugging Face's from a local folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, processors

from kernel.contract_types import TokenizerType
from kernel.json_object import JsonMapping
from trainer.errors import PretrainedError, UnsupportedModelError
from trainer.pretrained import clip_tokenizer, tokenizer_folder
from trainer.pretrained.text_cleaning import normaliser

_CONTEXT_LENGTH = 77  # open_clip's, where a configuration states none


@dataclass(frozen=True)
class Tokens:
    """A tokenizer that gives an open_clip model's ids, all of `context_length`, and its file."""

    tokenizer: Tokenizer
    file: bytes
    type: TokenizerType
    context_length: int
    pad_id: int


def load(open_clip: Any, name: str, text_cfg: JsonMapping, place: Path | None) -> Tokens:
    """Return the tokenizer of a model; raise PretrainedError where it needs a folder and `place` is not one.

    text_cfg: the part of open_clip's model configuration.
    """
    length = int(text_cfg.get("context_length", _CONTEXT_LENGTH))
    options = text_cfg.get("tokenizer_kwargs", {})
    wanted = text_cfg.get("hf_tokenizer_name")
    if not wanted:
        simple = open_clip.get_tokenizer(name)
        if not isinstance(simple, open_clip.tokenizer.SimpleTokenizer):
            raise UnsupportedModelError(f"{name}: uses the tokenizer {type(simple).__name__}, which cannot be exported")
        tokenizer, file = clip_tokenizer.make(simple, length, options.get("clean", "lower"))
        return Tokens(tokenizer, file, "bpe", length, 0)
    if place is None:
        raise PretrainedError(
            f"{name}: uses the tokenizer {wanted}, which is not in open_clip; download tokenizer.json, "
            f"tokenizer_config.json and config.json from https://huggingface.co/{wanted} into a folder DIR, "
            "then add --tokenizer DIR"
        )
    if unknown := sorted(options.keys() - {"clean", "strip_sep_token"}):
        raise UnsupportedModelError(f"{name}: its tokenizer's option {unknown[0]} cannot be exported")
    found = tokenizer_folder.load(place).cleaned(normaliser(options.get("clean", "whitespace")))
    if options.get("strip_sep_token"):
        _end_with_zero(found.tokenizer, place)
    return Tokens(found.tokenizer, found.file(length, fixed=True), found.type, length, found.pad_id)


def _end_with_zero(tokenizer: Tokenizer, place: Path) -> None:
    """Let a BERT tokenizer end its texts with id 0 in place of [SEP], as CLIPA was trained."""
    start, end = tokenizer.token_to_id("[CLS]"), tokenizer.id_to_token(0)
    if start is None:
        raise UnsupportedModelError(f"{place}: expected BERT's tokenizer with a token [CLS]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"[CLS] $A {end}", special_tokens=[("[CLS]", start), (end, 0)]
    )
