"""Hard texts and images, and folders in Hugging Face's form: tokenizers trained here, encoders with random weights."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from exporter import sample_texts
from trainer.pretrained import torchvision_schemas

HARD_TEXTS = (
    *("Navy “curly” ‘quoted’ men’s tee", "ﬁne ﬂuﬀy oﬃce chair", "🧶 wool 👩‍👩‍👧 blanket", "כוס תה كوب شاي"),
    *("\ufeffMug", "", "  two   spaces ", "shirt " * 300, "日本製 陶器 茶碗 blue", "Crème brûlée torch, 2-pack"),
    *("a_b-c, d! 65W (2-pin)", "Tom &amp; Jerry's &quot;mug&quot;", "Ｗｉｄｅ　ＡＢＣ"),
)


def hard_images() -> Iterator[Image.Image]:
    """Yield images that a shopper and a model's own transform see alike, as decoded from a file."""
    rng = np.random.default_rng(5)
    colours = Image.fromarray(rng.integers(0, 256, (37, 53, 3), dtype=np.uint8))
    for image, kind in (
        *((colours, "JPEG"), (colours, "PNG"), (colours.convert("P", palette=Image.Palette.ADAPTIVE), "PNG")),
        *((colours.convert("1"), "PNG"), (colours.convert("L"), "JPEG"), (colours.convert("CMYK"), "JPEG")),
        *((colours, "GIF"), (colours, "WEBP"), (colours.convert("RGBA"), "PNG"), (colours.resize((301, 7)), "PNG")),
        *((colours.resize((3, 64)), "PNG"), (colours.resize((1, 1)), "PNG"), (colours.resize((98, 49)), "PNG")),
    ):
        file = io.BytesIO()
        image.save(file, kind)
        yield Image.open(file)


def sample_corpus() -> list[str]:
    """Return texts to train a tokenizer on."""
    return [*sample_texts.compose(300, seed=3), *HARD_TEXTS]


def wordpiece(vocab_size: int = 400) -> Tokenizer:
    """Return a BERT tokenizer: [PAD] is 0, as in BERT."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        sample_corpus(), trainers.WordPieceTrainer(vocab_size=vocab_size, special_tokens=special, show_progress=False)
    )
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


def unigram(specials: tuple[str, ...], template: str, vocab_size: int = 400) -> Tokenizer:
    """Return a SentencePiece-like tokenizer, with special tokens from id 0 on."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        sample_corpus(),
        trainers.UnigramTrainer(
            vocab_size=vocab_size, special_tokens=list(specials), unk_token="<unk>", show_progress=False
        ),
    )
    ends = [(token, tokenizer.token_to_id(token)) for token in specials if token in template]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, special_tokens=ends)
    return tokenizer


def save_tokenizer(folder: Path, tokenizer: Tokenizer, **special: str) -> Path:
    """Write a folder as transformers saves it; `special` names tokens such as pad_token."""
    torchvision_schemas.declare()
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415 - it needs the line above first

    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)  # type: ignore[no-untyped-call]
    made.save_pretrained(str(folder))
    return folder


def t5_like(folder: Path) -> Path:
    """Write a tokenizer as SigLIP's: texts end with </s>, which is also the padding, id 1."""
    tokenizer = unigram(("<pad>", "</s>", "<unk>"), "$A </s>")
    return save_tokenizer(folder, tokenizer, pad_token="</s>", eos_token="</s>", unk_token="<unk>")


def save_encoder(folder: Path, config: object, seed: int = 0) -> Path:
    """Write a text encoder with random weights for a transformers configuration."""
    torchvision_schemas.declare()
    from transformers import AutoModel  # noqa: PLC0415 - it needs the line above first

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        AutoModel.from_config(config).save_pretrained(str(folder))  # type: ignore[no-untyped-call]
    return folder
