"""Token ids by the manifest's rule."""

from tokenizers import Tokenizer, models, pre_tokenizers

from encoders.tokens import Tokens


def _file(path):
    tokenizer = Tokenizer(models.WordPiece({"[PAD]": 0, "[UNK]": 1, "query": 2, ":": 3, "mug": 4}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(path))
    return path


def test_prefix_stands_before_every_text_and_counts_as_tokens(tmp_path):
    tokens = Tokens(_file(tmp_path / "tokenizer.json"), {"file": "x", "type": "wordpiece", "maxTokens": 4}, "query: ")
    ids, mask = tokens.pad(tokens.encode(["mug", "mug mug mug"]))
    assert ids.tolist() == [[2, 3, 4, 0], [2, 3, 4, 4]]
    assert mask.tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
