"""Tests of resuming: for all settings, a resumed run equals an uninterrupted one bit for bit."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from trainer import checkpoint
from trainer.checkpoint import Checkpoint
from trainer.config.run import TrainingConfig
from trainer.dataset.dataset import make_interactions
from trainer.features.item_features import ItemFeatures
from trainer.learning.negatives import nearest_items
from trainer.learning.ranking_learner import RankingLearner, RankingTask
from trainer.recipes.two_tower import TwoTowerConfig
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser

CPU = torch.device("cpu")
NUM_ITEMS = 30


def new_fit(seed=1, device=CPU, **settings):
    """Return a RankingLearner on 25 users, validated by a metric that rises and falls with its weights."""
    model = TwoTowerConfig(**{k: v for k, v in settings.items() if k in TwoTowerConfig.__dataclass_fields__})
    training = {k: v for k, v in settings.items() if k in TrainingConfig.__dataclass_fields__}
    draw = np.random.default_rng(0)
    users, items = draw.integers(0, 25, 200), draw.integers(0, NUM_ITEMS, 200)
    train = make_interactions(
        list(map(str, users)), items, draw.integers(0, 6, 200), draw.uniform(0, 9, 200), [1.0] * 200
    )
    features = ItemFeatures(
        *(draw.normal(size=(NUM_ITEMS, width)).astype(np.float32) for width in (5, 4)),
        np.ones((NUM_ITEMS, 2), np.float32),
    )
    neighbours = nearest_items(features, "text", np.unique(train.item_idx), 3, device) if model.hard_share else None
    generator = torch.Generator().manual_seed(seed)
    item_tower, user_tower = TwoTowerItem(5, 4, 6, 8, generator=generator), TwoTowerUser(6, 8, 3, generator=generator)
    # Like a tower with nn.Dropout, this draws from torch's global generator.
    user_tower.register_forward_hook(lambda tower, _, users: F.dropout(users, 0.2, training=tower.training))
    config = TrainingConfig(**{"epochs": 4, "batch_size": 32, "learning_rate": 0.01, "max_items": 5, **training})
    validate = lambda item, user: {"ndcg@10": math.sin(1e5 * item.project.weight.sum().item())}  # noqa: E731
    task = RankingTask(train, features, model, neighbours=neighbours)
    return RankingLearner(item_tower, user_tower, task, config, generator, device, validate)


def run(fit, epochs):
    return [(fit.run_epoch(), fit.validate()) for _ in range(epochs)]


def weights(fit):
    return torch.cat([p.detach().flatten() for tower in fit.towers.values() for p in tower.parameters()])


SETTINGS = [
    {},
    {"optimiser": "adam", "schedule": "linear", "warmup_steps": 3},
    {"optimiser": "sgd", "schedule": "cosine", "nesterov": True},
    {"optimiser": "sgd", "momentum": 0.0, "schedule": "plateau", "plateau_patience": 1},
    {"schedule": "plateau", "plateau_patience": 1, "accumulate": 3},
    {"precision": "bf16", "schedule": "cosine", "warmup_steps": 2},
    {"loss": "bce", "negatives": "popularity"},
    {"loss": "bpr", "negatives": "uniform"},
    {"loss": "bpr_k", "negatives": "in_batch", "hard_share": 0.5},
    {"loss": "sampled_softmax", "negatives": "uniform", "hard_share": 0.25},
    {"loss": "sampled_softmax", "hard_share": 0.5, "accumulate": 2},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, s.values())) or "default")
def test_resume_equals_an_uninterrupted_run_bit_for_bit(tmp_path, settings):
    whole = new_fit(**settings)
    untrained = weights(whole).clone()
    record = run(whole, 4)
    assert not torch.equal(weights(whole), untrained)

    stopped = new_fit(**settings)
    first = run(stopped, 2)
    saved = Checkpoint(stopped.towers, run={}, seed=1, encoders={}, epoch=2, step=stopped.step)
    checkpoint.save(saved, tmp_path / "last", stopped.state())
    resumed = new_fit(**settings)
    resumed.restore(checkpoint.load(tmp_path / "last").towers, checkpoint.load_training_state(tmp_path / "last"))
    assert first + run(resumed, 2) == record
    assert torch.equal(weights(resumed), weights(whole))
    one, two = whole.state(), resumed.state()
    assert one.values == two.values
    assert one.tensors.keys() == two.tensors.keys()
    assert all(torch.equal(one.tensors[name], two.tensors[name]) for name in one.tensors)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("settings", [SETTINGS[0], SETTINGS[-1], {"precision": "fp16"}], ids=str)
def test_resume_on_cuda_continues_like_an_uninterrupted_run(tmp_path, settings):
    cuda = torch.device("cuda")
    whole, stopped, resumed = (new_fit(device=cuda, **settings) for _ in range(3))
    losses = [found["loss"] for found, _ in run(whole, 4)]
    before = [found["loss"] for found, _ in run(stopped, 2)]
    saved = Checkpoint(stopped.towers, run={}, seed=1, encoders={}, epoch=2, step=stopped.step)
    checkpoint.save(saved, tmp_path / "last", stopped.state())
    resumed.restore(checkpoint.load(tmp_path / "last").towers, checkpoint.load_training_state(tmp_path / "last"))
    after = [found["loss"] for found, _ in run(resumed, 2)]
    assert before + after == pytest.approx(losses, rel=1e-2)  # GPUs sum in no fixed order
    assert losses[-1] < losses[0]


def test_weights_depend_on_the_seed_alone():
    one, two, other = new_fit(), new_fit(), new_fit(seed=2)
    for fit in (one, two, other):
        run(fit, 2)
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))
