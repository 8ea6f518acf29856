"""A small bundle with everything in it, quick to export: the real code over a tiny text encoder."""

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from exporter import measurements, shop_metric, torch_export
from exporter.bundle_draft import Draft, TowerFile
from exporter.probes import add_probes
from kernel.shop_metric import Block
from trainer.pretrained import minilm
from trainer.pretrained.tokenizer_file import tokenizer_json
from trainer.towers.content import ContentItemTower, ContentUserTower

CONFIG = {
    "hidden_size": 24,
    "layer_norm_eps": 1e-12,
    "vocab_size": 200,
    "max_position_embeddings": 64,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "num_hidden_layers": 1,
}
MAX_TOKENS = 32
IMAGE_DIM, SIZE = 10, 32


class TinyImageEncoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, IMAGE_DIM, 8, stride=8)

    def forward(self, pixels):
        return self.patches(pixels).relu().mean(dim=(2, 3))


def tokenizer():
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    made = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


def draft(seed=0, name="tiny"):
    rng = torch.Generator().manual_seed(seed)
    text_encoder, image_encoder = minilm.TextEncoder(CONFIG), TinyImageEncoder()
    with torch.no_grad():
        for parameter in (*text_encoder.parameters(), *image_encoder.parameters()):
            parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.3)
    item = ContentItemTower(
        torch.zeros(24), torch.randn(24, 12, generator=rng), torch.zeros(IMAGE_DIM), torch.eye(IMAGE_DIM)[:, :5], 0.5
    )
    originals = {
        "textEncoder": text_encoder.eval(),
        "imageEncoder": image_encoder.eval(),
        "itemTower": item.eval(),
        "userTower": ContentUserTower().eval(),
    }
    words = tokenizer()
    file = tokenizer_json(words, MAX_TOKENS)
    encoder = torch_export.text_encoder(text_encoder)
    text_only = torch_export.text_only_item_tower(item, 24, IMAGE_DIM)
    made = Draft(
        name=name,
        dim=item.dim,
        towers={
            "textEncoder": TowerFile.of("text_encoder.onnx", encoder),
            "imageEncoder": TowerFile.of("image_encoder.onnx", torch_export.image_encoder(image_encoder, SIZE)),
            "itemTower": TowerFile.of("item_tower.onnx", torch_export.item_tower(item, 24, IMAGE_DIM)),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(originals["userTower"], item.dim)),
        },
        shop_metric=shop_metric.measured(
            item,
            torch.randn(40, 24, generator=rng),
            torch.randn(20, IMAGE_DIM, generator=rng),
            [Block(0, 12), Block(12, 5)],
        ),
        text_to_item=TowerFile.of("lite/text_to_item.onnx", torch_export.text_to_item(encoder, text_only), "int8"),
        tokenizer=file,
        tokenizer_about={"type": "wordpiece", "maxTokens": MAX_TOKENS},
        image={"size": SIZE, "resize": 40, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.25] * 3},
    )
    measurements.prove(made, originals, words)
    add_probes(made)
    return made
