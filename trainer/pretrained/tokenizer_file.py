"""A tokenizer.json that says itself how texts are cut and padded."""

from tokenizers import Tokenizer


def tokenizer_json(tokenizer: Tokenizer, max_tokens: int, pad_to: int | None = None, pad_id: int = 0) -> bytes:
    """The tokenizer's file with truncation and padding made explicit: none, or to one fixed length.

    Files as published bring settings of their own (MiniLM's pads everything to 128), so none is left to chance.
    """
    tokenizer.enable_truncation(max_tokens)
    if pad_to is None:
        tokenizer.no_padding()
    else:
        tokenizer.enable_padding(length=pad_to, pad_id=pad_id, pad_token=tokenizer.id_to_token(pad_id))
    return (tokenizer.to_str(pretty=False) + "\n").encode()
