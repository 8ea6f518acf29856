"""A bundle whose text encoder is a token table: proven, verified, described, and read by the server's encoder."""

import json

import pytest
import torch

from encoders.encoder import Encoder
from encoders.token_table import TokenTable, table_file_from
from exporter.browser_towers import lite_members, pooling_of, text_block_of
from exporter.card import card_of, lines_of
from exporter.compare import compare
from exporter.errors import BundleError
from exporter.publish import publish
from exporter.verify import check_towers, read_manifest, verify
from kernel.bundle_rules import space_of
from server.encoding.bundle import load_bundle
from tests.exporter import tiny_table
from tests.exporter.tiny_table import DATA, IMAGE_DIM
from trainer.towers.content import ContentItemTower, SharedSpaceItemTower


@pytest.fixture(scope="module")
def table_bundle(tmp_path_factory):
    draft, out = tiny_table.draft(), tmp_path_factory.mktemp("bundles") / "table"
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
        check_towers(bundle, read_manifest(bundle), lambda line: None)


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
