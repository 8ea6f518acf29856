"""A small bundle whose texts the shared vectors' token table reads, quick to export."""

import base64
import json

import numpy as np
import torch

from encoders.token_table import TokenTable, table_file_from
from exporter import measurements, shop_metric, torch_export
from exporter.browser_towers import lite_members
from exporter.bundle_draft import Draft, TowerFile
from exporter.probes import add_probes
from kernel.contracts import CONTRACTS
from kernel.shop_metric import Block
from trainer.towers.content import ContentItemTower, ContentUserTower

DATA = base64.b64decode(json.loads((CONTRACTS / "vectors/token-table.json").read_text("utf-8"))["table"])
IMAGE_DIM = 4
SIZE = 16
IMAGE = {"size": SIZE, "resize": SIZE, "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3}
ORIGIN = [{"tower": "text.table", "source": "the shared vectors", "licence": "MIT"}]


class TinyImageEncoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, IMAGE_DIM, 8, stride=8)

    def forward(self, pixels):
        return self.patches(pixels).mean(dim=(2, 3))


def draft():
    """Return the draft with its probes."""
    table = TokenTable(table_file_from(DATA))
    item = ContentItemTower(
        torch.zeros(table.dim), torch.eye(table.dim), torch.zeros(IMAGE_DIM), torch.eye(IMAGE_DIM), 0.5
    ).eval()
    user = ContentUserTower().eval()
    torch.manual_seed(0)
    encoder = TinyImageEncoder().eval()
    texts = torch.from_numpy(table.encode(["red shirt", "Hemd", "32gb red", "café", "shirt shirt", "셔츠"]))
    images = torch.from_numpy(np.random.default_rng(1).normal(size=(12, IMAGE_DIM)).astype(np.float32))
    blocks = [Block(0, table.dim), Block(table.dim, IMAGE_DIM)]
    made = Draft(
        name="table",
        dim=item.dim,
        filler=item.dim - 1,
        image=IMAGE,
        towers={
            "imageEncoder": TowerFile.of("image_encoder.onnx", torch_export.image_encoder(encoder, SIZE)),
            "itemTower": TowerFile.of("item_tower.onnx", torch_export.item_tower(item, table.dim, IMAGE_DIM)),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user, item.dim)),
        },
        table=DATA,
        table_dim=table.dim,
        shop_metric=shop_metric.measured(item, texts, images, blocks),
        **lite_members(None, item, user, table.dim, IMAGE_DIM),
        origin=ORIGIN,
    )
    measurements.prove(made, {"imageEncoder": encoder, "itemTower": item, "userTower": user}, table)
    add_probes(made)
    return made
