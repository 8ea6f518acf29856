import numpy as np
import pytest
import torch

from trainer.dataset.dataset import make_interactions
from trainer.learning.objective import ExampleBatch, Objective
from trainer.recipes.two_tower import TwoTowerConfig

NUM_ITEMS, TARGET, OTHER = 40, 3, 7


@pytest.mark.parametrize("num_near", [0, 1, 4])
@pytest.mark.parametrize(
    "settings",
    [
        {"negatives": "in_batch"},
        {"negatives": "in_batch", "hard_share": 0.5, "num_negatives": 128},
        {"negatives": "uniform", "hard_share": 0.3, "num_negatives": 200},
        {"negatives": "popularity", "hard_share": 0.3, "num_negatives": 200},
    ],
    ids=["in_batch", "in_batch_hard", "uniform_hard", "popularity_hard"],
)
def test_the_loss_estimates_the_softmax_over_the_whole_catalogue(settings, num_near):
    """However items are drawn, what they are corrected by must make their sum that of all items.

    Of -log(e^s / sum) the sum is known when s is; it is compared with the one over the catalogue, without the other
    item that this user had.
    """
    draw = np.random.default_rng(0)
    counts = draw.integers(1, 12, NUM_ITEMS)
    counts[TARGET] = 20
    crowd = [(f"u{n}", item) for n, item in enumerate(np.repeat(np.arange(NUM_ITEMS), counts).tolist())]
    users, items = zip(*[("a", OTHER), ("a", TARGET), *crowd], strict=True)
    size = len(users)
    train = make_interactions(list(users), list(items), [0] * size, [float(n) for n in range(size)], [1.0] * size)
    neighbours = np.full((NUM_ITEMS, 4), -1)
    neighbours[TARGET, :num_near] = [10, 11, 12, 13][:num_near]
    vectors = torch.nn.functional.normalize(torch.from_numpy(draw.normal(size=(NUM_ITEMS, 8))).float(), dim=1)
    vectors[[10, 11, 12, 13]] = torch.nn.functional.normalize(vectors[TARGET] + 0.3 * vectors[10:14], dim=1)
    mine = torch.nn.functional.normalize(vectors[TARGET] + vectors[20], dim=0)
    target_counts = np.bincount(items, minlength=NUM_ITEMS)
    config = TwoTowerConfig(loss="sampled_softmax", popularity_alpha=1.0, **settings)
    objective = Objective(config, 0.5, train, target_counts, neighbours if "hard_share" in settings else None)
    generator = torch.Generator().manual_seed(1)
    batch, sums = 256, []
    for _ in range(80):
        others = draw.choice(np.arange(2, size), batch - 1)
        users_asked = np.concatenate([[list(train.user_ids).index("a")], others * 0 + 1])
        targets = np.concatenate([[TARGET], np.array(items)[others]])
        negatives = objective.draw(users_asked, targets, generator)
        weights = np.zeros(batch, dtype=np.float32)
        weights[0] = 1.0
        asked = ExampleBatch(users_asked, targets, weights, negatives)
        loss = objective.loss(asked, mine.expand(batch, -1), vectors[targets], vectors[negatives.items])
        own = float(mine @ vectors[TARGET]) / 0.5
        by_chance = 1 - num_near / 4  # of hard draws: where a neighbour is missing
        extra = negatives.items.shape[1] / batch if objective.is_whole_batch else config.hard_share
        always = 1 if objective.is_whole_batch else 1 - config.hard_share
        chance = objective.q[TARGET] * (always + extra * by_chance)
        sums.append(np.exp(float(loss)) * np.exp(own) / chance)
    draws = batch if objective.is_whole_batch else config.num_negatives
    scores = np.exp((vectors @ mine).numpy().astype(np.float64) / 0.5)
    is_fair = ~np.isin(np.arange(NUM_ITEMS), [TARGET, OTHER])
    expected = scores[is_fair].sum() + scores[TARGET] / chance / draws  # the target itself stands there once
    # What would be unfair is drawn again, so the fair are up to an eighth more frequent than they are corrected by.
    assert np.mean(sums) / draws == pytest.approx(expected, rel=0.125)
