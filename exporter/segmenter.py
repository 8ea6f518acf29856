"""What turns a draft's texts into the inputs of its towers: its tokenizer, or its token table."""

from tokenizers import Tokenizer

from encoders.token_table import TokenTable, table_file_from
from exporter.bundle_draft import Draft
from exporter.errors import ExportError


def segmenter(draft: Draft) -> Tokenizer | TokenTable:
    """Return the tokenizer or the token table; raises ExportError for a draft with neither."""
    if draft.table is not None:
        return TokenTable(table_file_from(draft.table))
    if draft.tokenizer is None:
        raise ExportError(f"{draft.name}: expected a tokenizer or a token table")
    return Tokenizer.from_buffer(draft.tokenizer)
