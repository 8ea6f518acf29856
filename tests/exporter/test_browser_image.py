"""The browser's image tower: its items are near the full towers', and it is offered, proven and refused as such."""

import json

import numpy as np
import onnxruntime as ort
import pytest
import torch

from encoders.token_table import TokenTable, table_file_from
from exporter import browser_image, lite_rules, loss, measurements, sample_images, torch_export
from exporter.browser_towers import lite_members
from exporter.bundle_draft import Draft, TowerFile
from exporter.card import card_of, lines_of
from exporter.encoder_inputs import pixels
from exporter.probes import add_probes
from exporter.publish import publish
from exporter.verify import check_towers, read_manifest, verify
from kernel.bundle_probes import ProbeError
from kernel.bundle_rules import space_of
from tests.exporter import tiny_table
from trainer.pretrained.colour_shares import COLOURS, ColourShares
from trainer.towers.content import ContentUserTower
from trainer.towers.suggested_words import SuggestedWords, WordsAndLooksItem

FEATURES = 6
SIZE, SMALL = 64, 32
RULE = {"size": SIZE, "resize": SIZE, "interpolation": "bicubic", "mean": [0.5] * 3, "std": [0.5] * 3}
SMALL_RULE = {**RULE, "size": SMALL, "resize": SMALL}
SHARES = (0.4, 0.38, 0.22)


class Encoder(torch.nn.Module):
    """Features of 4 x 4 means of colour, nearly the same at any size, and shares of colours behind them."""

    def __init__(self, grid):
        super().__init__()
        self.hidden = torch.nn.Linear(48, 64)
        self.mix = torch.nn.Linear(64, FEATURES)
        self.colours = ColourShares(grid)
        generator = torch.Generator().manual_seed(3)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)

    def forward(self, shown):
        means = torch.nn.functional.avg_pool2d(shown, shown.shape[-1] // 4).flatten(1)
        return torch.cat((self.mix(self.hidden(means).relu()), self.colours(shown)), dim=1)


def item_tower(text_dim):
    generator = torch.Generator().manual_seed(4)

    def drawn(*shape):
        return torch.randn(shape, generator=generator)

    suggested = SuggestedWords(
        drawn(9, FEATURES),
        drawn(9),
        drawn(9, text_dim),
        drawn(len(COLOURS), text_dim),
        torch.full((len(COLOURS),), 0.05),
    )
    return WordsAndLooksItem(torch.zeros(FEATURES), torch.eye(FEATURES), suggested, SHARES).eval()


@pytest.fixture(scope="module")
def draft():
    table = TokenTable(table_file_from(tiny_table.DATA))
    tower, user, encoder = item_tower(table.dim), ContentUserTower().eval(), Encoder(16).eval()
    small = browser_image.build(Encoder(8), tower, SMALL_RULE)
    image_dim = FEATURES + len(COLOURS)
    made = Draft(
        name="looks",
        dim=tower.dim,
        filler=tower.dim - 1,
        image=RULE,
        towers={
            "imageEncoder": TowerFile.of("image_encoder.onnx", torch_export.image_encoder(encoder, SIZE)),
            "itemTower": TowerFile.of("item_tower.onnx", torch_export.item_tower(tower, table.dim, image_dim)),
            "userTower": TowerFile.of("user_tower.onnx", torch_export.user_tower(user, tower.dim)),
        },
        table=tiny_table.DATA,
        table_dim=table.dim,
        browser_image=small,
        **lite_members(None, tower, user, table.dim, image_dim),
        origin=tiny_table.ORIGIN,
    )
    originals = {"imageEncoder": encoder, "itemTower": tower, "lite.image.toItem": small.original}
    measurements.prove(made, originals, table)
    loss.reduce(made, {}, accept_loss=True)
    add_probes(made)
    return made


@pytest.fixture(scope="module")
def bundle(draft, tmp_path_factory):
    out = tmp_path_factory.mktemp("bundles") / "looks"
    publish(draft.files(), draft.manifest(), out, verify)
    return out


def test_a_browser_downloads_it_only_where_images_are_read(draft, bundle):
    manifest = verify(bundle)
    lite, files = manifest["lite"], manifest["files"]
    assert lite["image"]["rule"] == SMALL_RULE
    assert lite["image"]["toItem"]["inputs"][0]["shape"] == ["N", 3, SMALL, SMALL]
    assert lite["image"]["downloadBytes"] == files["lite/image_to_item.onnx"]["bytes"]
    without = ("tokens.bin", "probes.json")
    assert lite["downloadBytes"] == sum(files[name]["bytes"] for name in without)
    card = card_of(bundle)
    assert card["imageDownload"] == {"lite/image_to_item.onnx": lite["image"]["downloadBytes"]}
    assert set(card["download"]) == set(without)
    assert any("A browser that reads images" in line for line in lines_of(card))


def test_it_does_not_change_the_space(draft):
    with_it, without = draft.manifest(), draft.manifest()
    del without["lite"]["image"]
    assert space_of(without) == with_it["space"]


def test_an_item_of_text_and_image_is_that_of_the_full_towers(draft):
    """At the full size and in float32 the rule and the item tower are one function."""
    table = TokenTable(table_file_from(tiny_table.DATA))
    tower, encoder = item_tower(table.dim), Encoder(16)
    shown = torch.from_numpy(pixels(sample_images.draw(5, seed=4), RULE))
    texts = table.encode(["red shirt", "32gb red", "Hemd", "café", "shirt"])
    with torch.inference_mode():
        expected = tower(torch.from_numpy(texts), encoder(shown), torch.ones(5, 2)).numpy()
        seen = browser_image.PixelsToItem(encoder, tower)(shown).numpy()
    assert not seen[:, : table.dim].any()
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    alone = lite_rules.text_block(texts, draft.text_block, draft.dim, draft.filler)
    got = lite_rules.with_text_block(seen, alone, slice(0, table.dim), draft.filler)
    assert got == pytest.approx(expected, abs=1e-6)


def test_its_weights_are_bytes_and_its_loss_is_stated(draft):
    stated = next(entry for entry in draft.loss if entry["tower"] == "lite.image.toItem")
    assert stated["precision"] == "int8-weights"
    assert -1 <= stated["minCosine"] <= stated["medianCosine"] <= 1
    proven = next(entry for entry in draft.parity if entry["tower"] == "lite.image.toItem")
    assert proven["minCosine"] > 0.99
    shown = pixels(sample_images.draw(3, seed=4), SMALL_RULE)
    tower = draft.browser_image.tower
    got = ort.InferenceSession(tower.data, providers=["CPUExecutionProvider"]).run(None, {"pixels": shown})[0]
    with torch.inference_mode():
        expected = draft.browser_image.original(torch.from_numpy(shown)).numpy()
    assert got == pytest.approx(expected, abs=0.1)
    assert not np.array_equal(got, expected)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"mean": [0.2, 0.5, 0.8]}, r"items\[\d+\] by lite\.image\.toItem: its vector has the cosine"),
        ({"mode": "squash", "resize": 64}, r"items\[\d+\] by lite\.image\.toItem: its vector has the cosine"),
    ],
)
def test_another_image_rule_is_refused_by_a_probe(bundle, change, says):
    path = bundle / "manifest.json"
    original = path.read_bytes()
    manifest = json.loads(original)
    manifest["lite"]["image"]["rule"].update(change)
    path.write_text(json.dumps(manifest))
    try:
        with pytest.raises(ProbeError, match=says):
            check_towers(bundle, read_manifest(bundle), lambda line: None)
    finally:
        path.write_bytes(original)
