"""Tests of the content model as a run: nothing is trained, and its scores have a closed form."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.checkpoint import load
from trainer.features.item_features import ItemFeatures
from trainer.prepare import prepare
from trainer.recipes import MODELS
from trainer.recipes.content import ContentConfig
from trainer.recipes.run_file import read_config


class Silent:
    def update(self, what, done, total): ...
    def say(self, line): ...


@pytest.fixture(scope="module")
def run_file(tmp_path_factory):
    path = write_run(tmp_path_factory.mktemp("content"))
    text = path.read_text().replace("hidden = 24\nattention_dim = 8", 'type = "content"\nwhitening = 0.5')
    path.write_text(text)
    return path


def test_content_is_evaluated_once_beside_the_other_baselines(run_file, capsys):
    assert main(["train", str(run_file)]) == 0
    report = json.loads((run_file.parent / "run" / "report.json").read_text())
    assert [epoch["epoch"] for epoch in report["training"]["epochs"]] == [0]
    models = report["test"]["models"]
    assert next(iter(models)) == "content"
    assert "content" not in report["baselines"]
    assert models["content"]["ndcg@10"]["mean"] > models["random"]["ndcg@10"]["mean"] + 0.03
    assert (run_file.parent / "run" / "report.html").stat().st_size > 10_000
    best = run_file.parent / "run" / "best"
    assert main(["train", str(run_file), "--resume"]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(best), "--baselines", "none"]) == 0
    assert "content" in capsys.readouterr().out
    towers = load(best).towers
    again = MODELS["content"].build(prepare(read_config(run_file), Silent())).towers
    for name, tower in towers.items():
        for key, tensor in tower.state_dict().items():
            torch.testing.assert_close(tensor, again[name].state_dict()[key])


def prepared_with(run_file, text, image, mask, **settings):
    prepared = prepare(read_config(run_file), Silent())
    model = ContentConfig(**{"dim": 64, **settings})
    features = ItemFeatures(text, image, mask.astype(np.float32))
    return replace(prepared, features=features, config=replace(prepared.config, model=model))


def embeddings(prepared):
    tower = MODELS["content"].build(prepared).towers["item_tower"].eval()
    features = prepared.features
    inputs = (torch.from_numpy(part) for part in (features.text, features.image, features.modality_mask))
    return tower(*inputs).numpy().astype(np.float64)


def whitened(features, strength):
    """Return unit vectors of features times their covariance to the power of -strength / 2, in all directions."""
    centred = features - features.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(centred, rowvar=False, bias=True))
    moved = centred @ (vectors * (values / values.max()) ** (-strength / 2)) @ vectors.T
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


@pytest.mark.parametrize("whitening", [0.0, 0.5, 1.0])
def test_cosines_equal_those_of_centred_whitened_weighted_features(run_file, whitening):
    draw = np.random.default_rng(0)
    count = len(prepare(read_config(run_file), Silent()).dataset.products)
    text = (draw.normal(size=(count, 6)) @ (2 * np.eye(6) + draw.normal(size=(6, 6)) / 2) + 1).astype(np.float32)
    image = (draw.normal(size=(count, 5)) @ (2 * np.eye(5) + draw.normal(size=(5, 5)) / 2) - 2).astype(np.float32)
    mask = np.ones((count, 2))
    prepared = prepared_with(run_file, text, image, mask, text_weight=0.7, whitening=whitening)
    found = embeddings(prepared)
    assert found.shape == (count, 64)
    texts, images = whitened(text.astype(float), whitening), whitened(image.astype(float), whitening)
    np.testing.assert_allclose(found @ found.T, 0.7 * texts @ texts.T + 0.3 * images @ images.T, atol=1e-4)


def test_without_any_image_texts_take_all_dimensions(run_file):
    draw = np.random.default_rng(1)
    count = len(prepare(read_config(run_file), Silent()).dataset.products)
    text = draw.normal(size=(count, 12)).astype(np.float32)
    mask = np.tile([1.0, 0.0], (count, 1))
    prepared = prepared_with(run_file, text, np.zeros((count, 9), np.float32), mask, dim=14)
    found = embeddings(prepared)[:, :-1]
    texts = whitened(text.astype(float), 0.0)
    np.testing.assert_allclose(found @ found.T, 0.5 * texts @ texts.T, atol=1e-4)
