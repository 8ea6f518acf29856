"""The rows of benchmarks/fashion/retrieval.py that no recipe trains."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.fashion import spaces as fashion_spaces
from tests.trainer.shapes import prepared_shapes
from trainer.learning.pairs import run_pairs

HVSR = {
    "type": "hvsr",
    **{"dim": 24, "hidden": 20, "cnn_dim": 12, "cnn_width": 8, "image_size": 32, "num_negatives": 4},
    "hard_neighbours": 5,
}


@pytest.fixture(scope="module")
def prepared(minilm_bundle, tmp_path_factory):
    return prepared_shapes(minilm_bundle, tmp_path_factory.mktemp("shapes"), HVSR, {"batch_size": 32})


def test_the_text_free_row_has_the_sizes_that_it_names(prepared):
    learner = fashion_spaces.text_free_learner(prepared, run_pairs(prepared, ["color"], 0.25))
    config = learner.towers["item_tower"].config
    named = {"dim": 24, "hidden": 20, "cnn_dim": 12, "cnn_width": 8, "size": 32}
    assert {name: config[name] for name in named} == named


def test_the_text_free_rows_loss_is_taken_on_the_runs_device(prepared, monkeypatch):
    """The meta device refuses tensors of the processor as CUDA does, and every machine has it."""
    pairs = run_pairs(prepared, ["color"], 0.25)
    near = np.stack([np.roll(np.arange(len(prepared.features)), shift) for shift in (1, 2)], axis=1)
    monkeypatch.setattr(fashion_spaces, "nearest_items", lambda *_: near)  # it needs numbers, and meta has none
    learner = fashion_spaces.text_free_learner(replace(prepared, device=torch.device("meta")), pairs)
    assert learner.task.loss(pairs.train[:32], 1)["loss"].device.type == "meta"
