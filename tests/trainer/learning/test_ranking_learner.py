import numpy as np
import pytest
import torch

from trainer.config.run import TrainingConfig
from trainer.dataset.dataset import DISMISS, make_interactions
from trainer.errors import TrainingError
from trainer.evaluation.protocol import embed_items
from trainer.features.item_features import ItemFeatures
from trainer.features.item_inputs import drop_modalities, item_inputs
from trainer.learning.ranking_learner import RankingLearner, RankingTask
from trainer.recipes.two_tower import TwoTowerConfig
from trainer.towers.two_tower import TwoTowerItem, TwoTowerUser

VIEW, CART = 0, 2


def fit_on(rows, *, has_image=True, **settings):
    """Return a RankingLearner on rows of (user, item, kind), in order of time, among nine items."""
    users, items, kinds = (list(column) for column in zip(*rows, strict=True))
    train = make_interactions(users, items, kinds, [float(n) for n in range(len(rows))], [1.0] * len(rows))
    draw = np.random.default_rng(0)
    mask = np.ones((9, 2), dtype=np.float32)
    mask[:, 1] = has_image
    features = ItemFeatures(*(draw.normal(size=(9, width)).astype(np.float32) for width in (5, 4)), mask)
    generator = torch.Generator().manual_seed(1)
    towers = TwoTowerItem(5, 4, 6, 8, generator=generator), TwoTowerUser(6, 8, 3, generator=generator)
    config, task = TrainingConfig(**settings), RankingTask(train, features, TwoTowerConfig())
    return RankingLearner(
        *towers, task, config, generator, torch.device("cpu"), validator=lambda item_tower, user_tower: {}
    )


ROWS = [("a", 0, VIEW), ("a", 1, VIEW), ("a", 2, CART), ("b", 3, VIEW), ("b", 1, VIEW), ("c", 4, VIEW), ("c", 5, VIEW)]


def test_examples_are_liked_items_that_something_came_before():
    fit = fit_on([*ROWS, ("c", 6, DISMISS)])
    assert fit.train.item_idx[fit.examples].tolist() == [1, 2, 1, 5]


def test_q_is_how_often_an_item_is_a_target():
    fit = fit_on(ROWS)
    np.testing.assert_allclose(fit.objective.q[[1, 2, 5]], [0.5, 0.25, 0.25])


def test_the_target_itself_is_taken_out_of_its_history():
    """Who viewed an item and then bought it gives no example where nothing else came before."""
    with pytest.raises(TrainingError, match="no batch had a user with another liked item"):
        fit_on(
            [("a", 0, VIEW), ("a", 0, CART), ("b", 1, VIEW), ("b", 1, CART), ("c", 2, VIEW), ("c", 2, CART)]
        ).run_epoch()
    seen = []
    fit = fit_on([("a", 0, VIEW), ("a", 1, VIEW), ("a", 0, CART), ("b", 2, VIEW), ("b", 3, VIEW)])
    fit.user_tower.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[3].tolist()))
    fit._loss(np.array([2, 4]))  # a's cart of item 0, after viewing 0 and 1; b's view of 3, after 2
    assert seen == [[[0, 1], [0, 1]]]


def test_history_is_what_came_before_the_target_and_no_more_than_max_items():
    seen = []
    fit = fit_on([("a", item, VIEW) for item in range(6)] + [("b", 6, VIEW), ("b", 7, VIEW)], max_items=3)
    fit.user_tower.register_forward_pre_hook(lambda _, inputs: seen.append((inputs[2].tolist(), inputs[3].tolist())))
    fit._loss(np.array([4, 7]))
    assert seen == [([[3, 2, 1], [0, 0, 1]], [[1, 1, 1], [0, 0, 1]])]


def test_only_dismissals_before_a_target_make_no_example():
    fit = fit_on([("a", 0, DISMISS), ("a", 1, VIEW), ("b", 2, VIEW), ("b", 3, VIEW), ("c", 4, VIEW), ("c", 5, VIEW)])
    assert fit._loss(np.array([1, 3])) is None  # one usable example has nothing to be told from
    assert fit._loss(np.array([3, 5])) is not None


def test_one_step_moves_both_towers_and_repeated_epochs_lower_the_loss():
    fit = fit_on(ROWS, learning_rate=0.01)
    before = [parameter.detach().clone() for parameter in fit.optimiser.parameters]
    losses = [fit.run_epoch()["loss"] for _ in range(30)]
    moved = [not torch.equal(one, two) for one, two in zip(before, fit.optimiser.parameters, strict=True)]
    assert all(moved[: len(list(fit.item_tower.parameters()))][2:])  # the missing vectors need a lost modality to move
    assert any(moved[len(list(fit.item_tower.parameters())) :])
    assert losses[-1] < 0.5 * losses[0]


def test_gradients_are_clipped_to_the_configured_norm():
    norms = []
    fit = fit_on(ROWS, grad_clip=1e-3)
    step = fit.optimiser.torch_optimiser.step
    fit.optimiser.torch_optimiser.step = lambda: (
        norms.append(torch.stack([p.grad.norm() for p in fit.optimiser.parameters if p.grad is not None]).norm()),
        step(),
    )
    fit.run_epoch()
    assert norms
    assert all(norm <= 1.001e-3 for norm in norms)


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.5, 0.4, 0.6), (1.0, 1, 1)])
def test_modality_dropout_takes_one_modality_of_items_that_have_both(share, low, high):
    mask = torch.tensor([[1.0, 1], [1, 0], [0, 1], [0, 0]]).repeat(500, 1)
    kept = drop_modalities(mask, torch.rand(len(mask), 2, generator=torch.Generator().manual_seed(7)), share)
    both = mask.sum(1) == 2
    assert torch.equal(kept[~both], mask[~both])
    assert low <= (kept[both].sum(1) == 1).float().mean() <= high
    assert kept[both].sum(1).min() >= 1
    if share == 0.5:
        assert kept[both].mean(0).tolist() == pytest.approx([0.75, 0.75], abs=0.08)


def test_data_with_nothing_to_learn_are_refused():
    with pytest.raises(TrainingError, match="nothing to learn"):
        fit_on([("a", 0, VIEW), ("b", 1, VIEW)])


def test_extra_inputs_reach_the_item_tower_in_training_and_in_use():
    """A recipe's numbers, one per item, that alone tell liked items from others; drawn from the run's generator."""

    class Pushed(TwoTowerItem):
        def forward(self, text, image, modality_mask, push=None):
            items = super().forward(text, image, modality_mask)
            return items if push is None else torch.nn.functional.normalize(items + push[:, None], dim=-1)

    asked = []

    def extra(rows, generator):
        asked.append((rows.tolist(), generator))
        return {"push": torch.from_numpy(rows).float()}

    fit = fit_on(ROWS)
    fit.extra, fit.item_tower = extra, Pushed(5, 4, 6, 8)
    fit._loss(np.array([2, 4]))
    assert asked == [([0, 1, 2, 3], fit.generator)]  # padding is item 0
    embeddings = embed_items(fit.item_tower, fit.features, fit.device, extra)
    assert asked[1] == (list(range(9)), None)
    inputs = item_inputs(fit.features, np.array([7]), fit.device)
    assert torch.allclose(embeddings[7:8], fit.item_tower(*inputs, torch.tensor([7.0])))
    assert not torch.allclose(embeddings[7:8], fit.item_tower(*inputs))


def test_dropout_depends_on_the_run_generator_alone():
    draws = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        fit = fit_on(ROWS)
        fit.user_tower.register_forward_hook(lambda *_: draws.append(torch.rand(3).tolist()))
        before = torch.get_rng_state()
        fit.run_epoch()
        fit.run_epoch()
        assert torch.equal(before, torch.get_rng_state())
    assert draws[:2] == draws[2:]
    assert draws[0] != draws[1]
