"""CLIP's byte-pair tokenizer as a tokenizer.json, made from the vocabulary in the open_clip package."""

from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors

from trainer.errors import UnsupportedModelError
from trainer.pretrained.text_cleaning import Cleaning, normaliser
from trainer.pretrained.tokenizer_file import tokenizer_json

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_END_OF_WORD = "</w>"


def make(simple: Any, context_length: int, cleaning: Cleaning = "lower") -> tuple[Tokenizer, bytes]:
    """Return the tokenizer and its file for open_clip's SimpleTokenizer; raise UnsupportedModelError.

    It pads with 0 to `context_length`, as CLIP needs.
    """
    vocabulary = dict(simple.encoder)
    merges = [pair for pair in simple.bpe_ranks if len(pair) == 2]
    start, end = (next(token for token, number in vocabulary.items() if number == special) for special in _ends(simple))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=end, end_of_word_suffix=_END_OF_WORD))
    tokenizer.normalizer = normaliser(cleaning)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, vocabulary[start]), (end, vocabulary[end])]
    )
    return tokenizer, tokenizer_json(tokenizer, context_length, pad_to=context_length)


def _ends(simple: Any) -> tuple[int, int]:
    if simple.reduction_fn is not None or simple.sot_token_id is None:
        raise UnsupportedModelError("this model's tokenizer shortens texts in a way that tokenizer.json cannot express")
    return simple.sot_token_id, simple.eot_token_id
