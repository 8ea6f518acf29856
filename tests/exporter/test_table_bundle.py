"""A bundle whose text encoder is a token table: proven, verified, described, and read by the server's encoder."""

import base64
import json

import numpy as np
import pytest
import torch

from encoders.encoder import Encoder
from encoders.token_table import TokenTable, table_file_from
from exporter import measurements, shop_metric, torch_export
from exporter.browser_towers import browser_text_to_item
from exporter.bundle_draft import Draft, TowerFile
from exporter.card import card_of
from exporter.compare import compare
from exporter.errors import BundleError
from exporter.publish import publish
from exporter.verify import verify
from kernel.bundle_rules import space_of
from kernel.contracts import CONTRACTS
from kernel.shop_metric import Block
from server.encoding.bundle import load_bundle
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


@pytest.fixture(scope="module")
def table_bundle(tmp_path_factory):
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
    draft = Draft(
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
        text_to_item=browser_text_to_item(None, torch_export.text_only_item_tower(item, table.dim, IMAGE_DIM)),
        origin=ORIGIN,
    )
    measurements.prove(draft, {"imageEncoder": encoder, "itemTower": item, "userTower": user}, table)
    out = tmp_path_factory.mktemp("bundles") / "table"
    publish(draft.files(), draft.manifest(), out, verify)
    return out


def test_manifest_has_a_table_and_no_text_encoder(table_bundle):
    manifest = verify(table_bundle)
    assert manifest["text"]["table"] == {"file": "tokens.bin", "dim": 36}
    assert "tokenizer" not in manifest["text"]
    assert "textEncoder" not in manifest["towers"]
    assert [tensor["role"] for tensor in manifest["lite"]["textToItem"]["inputs"]] == ["text"]


def test_item_vectors_hold_the_features_of_the_table(table_bundle):
    bundle = load_bundle(table_bundle)
    items = Encoder(table_bundle, bundle.manifest).embed(["red shirt", "Hemd"], [None, None])
    features = TokenTable(table_file_from(DATA)).encode(["red shirt", "Hemd"])
    assert items[:, :36] == pytest.approx(features * 0.5**0.5, abs=1e-6)
    assert items[:, -1] == pytest.approx([0.5**0.5] * 2, abs=1e-6)


def test_table_of_another_width_is_refused(table_bundle):
    path = table_bundle / "manifest.json"
    original = path.read_bytes()
    manifest = json.loads(original)
    manifest["text"]["table"]["dim"] = 34
    for place in (manifest["towers"]["itemTower"], manifest["lite"]["textToItem"]):
        text = next(tensor for tensor in place["inputs"] if tensor["role"] == "text")
        text["shape"][-1] = 34
    manifest["space"] = space_of(manifest)
    path.write_text(json.dumps(manifest))
    try:
        with pytest.raises(BundleError, match="34"):
            verify(table_bundle)
    finally:
        path.write_bytes(original)


def test_card_describes_the_table(table_bundle):
    card = card_of(table_bundle)
    assert card["tokenizer"] is None
    assert card["table"]["pieces"] == len(table_file_from(DATA).pieces)
    assert card["table"]["translations"] == 3
    assert set(card["download"]) == {"lite/text_to_item.onnx", "shop_metric.bin", "tokens.bin", "user_tower.onnx"}
    assert compare(table_bundle, table_bundle)["sameSpace"]
