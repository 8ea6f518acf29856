"""A bundle whose text encoder is a token table: proven, verified, described, and read by the server's encoder."""

import base64
import json

import numpy as np
import pytest
import torch

from encoders.encoder import Encoder
from encoders.token_table import TokenTable, table_file_from
from exporter import measurements, shop_metric, torch_export
from exporter.browser_towers import lite_members, pooling_of, text_block_of
from exporter.bundle_draft import Draft, TowerFile
from exporter.card import card_of, lines_of
from exporter.compare import compare
from exporter.errors import BundleError
from exporter.probes import add_probes
from exporter.publish import publish
from exporter.verify import verify
from kernel.bundle_rules import space_of
from kernel.contracts import CONTRACTS
from kernel.shop_metric import Block
from server.encoding.bundle import load_bundle
from trainer.towers.content import ContentItemTower, ContentUserTower, SharedSpaceItemTower

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
        **lite_members(None, item, user, table.dim, IMAGE_DIM),
        origin=ORIGIN,
    )
    measurements.prove(draft, {"imageEncoder": encoder, "itemTower": item, "userTower": user}, table)
    out = tmp_path_factory.mktemp("bundles") / "table"
    add_probes(draft)
    publish(draft.files(), draft.manifest(), out, verify)
    return out


def test_manifest_has_a_table_and_no_text_encoder(table_bundle):
    manifest = verify(table_bundle)
    assert manifest["text"]["table"] == {"file": "tokens.bin", "dim": 36}
    assert "tokenizer" not in manifest["text"]
    assert "textEncoder" not in manifest["towers"]
    assert manifest["lite"]["textBlock"] == {"start": 0, "share": 0.5}
    assert manifest["lite"]["pooling"]["kindWeights"] == [1.0, 1.4, 1.7, 2.0, 1.2, -0.03]
    assert manifest["lite"].keys() == {"textBlock", "pooling", "downloadBytes"}
    assert {entry["tower"] for entry in manifest["parity"]} >= {"lite.textBlock", "lite.pooling"}


def test_item_vectors_hold_the_features_of_the_table(table_bundle):
    bundle = load_bundle(table_bundle)
    items = Encoder(table_bundle, bundle.manifest).embed(["red shirt", "Hemd"], [None, None])
    features = TokenTable(table_file_from(DATA)).encode(["red shirt", "Hemd"])
    assert items[:, :36] == pytest.approx(features * 0.5**0.5, abs=1e-6)
    assert items[:, -1] == pytest.approx([0.5**0.5] * 2, abs=1e-6)


@pytest.fixture
def edited(table_bundle):
    """Return a function that edits the manifest; the fixture puts it back."""
    path = table_bundle / "manifest.json"
    original = path.read_bytes()

    def edit(change):
        manifest = json.loads(original)
        change(manifest)
        manifest["space"] = space_of(manifest)
        path.write_text(json.dumps(manifest))
        return table_bundle

    yield edit
    path.write_bytes(original)


def test_table_of_another_width_is_refused(edited):
    def narrow(manifest):
        manifest["text"]["table"]["dim"] = 34
        inputs = manifest["towers"]["itemTower"]["inputs"]
        next(tensor for tensor in inputs if tensor["role"] == "text")["shape"][-1] = 34

    with pytest.raises(BundleError, match="34"):
        verify(edited(narrow))


@pytest.mark.parametrize(
    ("rule", "changes", "against"),
    [
        ("textBlock", {"share": 0.51}, "itemTower"),
        ("textBlock", {"start": 1}, "itemTower"),
        ("pooling", {"kindWeights": [1.0, 1.4, 1.8, 2.0, 1.2, -0.03]}, "userTower"),
        ("pooling", {"kindWeights": [1.0, 1.4, 1.7, 2.0, 1.2, -0.04]}, "userTower"),
        ("pooling", {"halfLifeDays": 31}, "userTower"),
        ("pooling", {"halfLifeItems": 31}, "userTower"),
        ("pooling", {"repeatExponent": 0.52}, "userTower"),
        ("pooling", {"maxDismissShare": 0.16}, "userTower"),
    ],
)
def test_rules_that_do_not_answer_as_their_tower_are_refused(edited, rule, changes, against):
    bundle = edited(lambda manifest: manifest["lite"][rule].update(changes))
    with pytest.raises(BundleError, match=rf"^lite\.{rule}: does not answer as towers\.{against} does"):
        verify(bundle)


def test_a_tower_of_another_basis_is_no_rule():
    """Directions, a mean or other classes decide more than a block and a share can say."""
    directions, centre = torch.eye(6), torch.zeros(6)
    image = torch.zeros(IMAGE_DIM), torch.eye(IMAGE_DIM)
    assert text_block_of(ContentItemTower(centre, directions, *image, 0.25)) == {"start": 0, "share": 0.25}
    assert text_block_of(ContentItemTower(centre, directions.flip(0), *image, 0.5)) is None
    assert text_block_of(ContentItemTower(centre, directions[:, :5], *image, 0.5)) is None
    assert text_block_of(ContentItemTower(centre + 0.1, directions, *image, 0.5)) is None
    assert text_block_of(SharedSpaceItemTower(centre, centre, 0.5)) is None
    assert pooling_of(torch.nn.Linear(2, 2)) is None


def test_trained_towers_on_a_table_are_downloaded():
    turned = ContentItemTower(torch.zeros(36), torch.eye(36).flip(0), torch.zeros(IMAGE_DIM), torch.eye(IMAGE_DIM), 0.5)
    members = lite_members(None, turned.eval(), torch.nn.Identity(), 36, IMAGE_DIM)
    assert members.keys() == {"text_to_item"}
    assert members["text_to_item"].precision == "float32"


def test_card_describes_the_table(table_bundle):
    card = card_of(table_bundle)
    assert card["tokenizer"] is None
    assert card["table"]["pieces"] == len(table_file_from(DATA).pieces)
    assert card["table"]["translations"] == 3
    assert set(card["download"]) == {"shop_metric.bin", "tokens.bin", "probes.json"}
    assert any("lite.textBlock" in line and "share 0.5" in line for line in lines_of(card))
    assert compare(table_bundle, table_bundle)["sameSpace"]
