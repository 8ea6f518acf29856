"""Export of a tokenizer.json with explicit truncation and padding."""

from tokenizers import Tokenizer


def tokenizer_json(tokenizer: Tokenizer, max_tokens: int, pad_to: int | None = None, pad_id: int = 0) -> bytes:
    """Return the tokenizer's file with explicit truncation, and padding to none or one fixed length.

    Published files have settings of their own (MiniLM's pads everything to 128), so both are always set.
    """
    tokenizer.enable_truncation(max_tokens)
    if pad_to is None:
        tokenizer.no_padding()
    else:
        tokenizer.enable_padding(length=pad_to, pad_id=pad_id, pad_token=tokenizer.id_to_token(pad_id))
    return (tokenizer.to_str(pretty=False) + "\n").encode()
