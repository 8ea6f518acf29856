import math

import numpy as np
import onnxruntime
import pytest
import torch

from trainer.towers.two_tower import DISMISS, TwoTowerItem, TwoTowerUser

TEXT, IMAGE, DIM = 24, 40, 16


@pytest.fixture
def item_tower() -> TwoTowerItem:
    return TwoTowerItem(TEXT, IMAGE, DIM, hidden=32, num_blocks=2, generator=torch.Generator().manual_seed(1)).eval()


@pytest.fixture
def user_tower() -> TwoTowerUser:
    tower = TwoTowerUser(DIM, hidden=32, attention_dim=8, generator=torch.Generator().manual_seed(2)).eval()
    return disturbed(tower)


def disturbed(tower: torch.nn.Module) -> torch.nn.Module:
    """Move every weight off its initial value, where the blocks are the identity and hide mistakes."""
    generator = torch.Generator().manual_seed(9)
    with torch.no_grad():
        for weight in tower.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator), alpha=0.2)
    return tower


def history(length: int, batch: int = 1, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    items = torch.nn.functional.normalize(torch.randn(batch, length, DIM, generator=generator), dim=-1)
    kinds = torch.randint(0, DISMISS, (batch, length), generator=generator)
    return items, kinds, 100 * torch.rand(batch, length, generator=generator), torch.ones(batch, length)


@pytest.mark.parametrize("mask", [(1, 1), (1, 0), (0, 1), (0, 0)])
def test_an_item_has_unit_length_with_any_input_missing(item_tower, mask):
    mask = torch.tensor([mask], dtype=torch.float32)
    embedding = item_tower(torch.randn(1, TEXT) * mask[:, :1], torch.randn(1, IMAGE) * mask[:, 1:], mask)
    assert embedding.shape == (1, DIM)
    assert embedding.norm().item() == pytest.approx(1, abs=1e-6)


def test_a_masked_modality_is_ignored(item_tower):
    disturbed(item_tower)
    text, mask = torch.randn(1, TEXT), torch.tensor([[1.0, 0.0]])
    assert torch.equal(item_tower(text, torch.zeros(1, IMAGE), mask), item_tower(text, torch.randn(1, IMAGE), mask))
    assert not torch.allclose(
        item_tower(text, torch.randn(1, IMAGE), torch.ones(1, 2)), item_tower(text, torch.zeros(1, IMAGE), mask)
    )


def test_missing_modality_weights_affect_only_items_that_miss_it(item_tower):
    text, image, mask = torch.randn(4, TEXT), torch.randn(4, IMAGE), torch.tensor([[1.0, 1], [1, 0], [0, 1], [0, 0]])
    before = item_tower(text, image, mask)
    with torch.no_grad():
        item_tower.missing_image.add_(1)
    is_same = (item_tower(text, image, mask) == before).all(dim=1)
    assert is_same.tolist() == [True, False, True, False]
    with torch.no_grad():
        item_tower.missing_image.sub_(1)
        item_tower.missing_text.add_(1)
    is_same = torch.isclose(item_tower(text, image, mask), before, atol=1e-6).all(dim=1)
    assert is_same.tolist() == [True, True, False, False]


def test_untrained_item_similarities_are_near_content_similarities():
    """From 384 + 1,280 features to 256 the projection must keep cosines, or training would start from noise."""
    tower = TwoTowerItem(384, 1280, 256, generator=torch.Generator().manual_seed(1)).eval()
    generator = torch.Generator().manual_seed(2)
    centre = torch.randn(4, 1, 384, generator=generator)
    text = (centre + 0.8 * torch.randn(4, 10, 384, generator=generator)).reshape(40, 384)
    mask = torch.tensor([[1.0, 0.0]]).expand(40, 2)
    embedding = tower(text, torch.zeros(40, 1280), mask)
    text = torch.nn.functional.normalize(text, dim=-1)
    truth, embedded = (text @ text.T).flatten(), (embedding @ embedding.T).flatten()
    assert torch.corrcoef(torch.stack([truth, embedded]))[0, 1] > 0.95


def test_untrained_text_and_image_have_equal_influence():
    tower = TwoTowerItem(384, 1280, 256, generator=torch.Generator().manual_seed(1))
    unit = torch.nn.functional.normalize
    text = unit(torch.randn(200, 384), dim=-1) @ tower.project.weight[:, :384].T
    image = unit(torch.randn(200, 1280), dim=-1) @ tower.project.weight[:, 384:].T
    assert (text.norm(dim=1).mean() / image.norm(dim=1).mean()).item() == pytest.approx(1, abs=0.05)


def test_untrained_user_is_mean_of_liked_less_dismissed_items():
    tower = TwoTowerUser(DIM, hidden=32, attention_dim=8, generator=torch.Generator().manual_seed(2))
    items, kinds, ages, mask = history(3)
    kinds[0, 2] = DISMISS
    expected = (items[0, 0] + items[0, 1]) / 2 - math.log(1 + math.exp(-1)) * items[0, 2]
    assert torch.allclose(tower(items, kinds, ages, mask)[0], expected / expected.norm(), atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 300])
def test_padding_changes_nothing_at_any_history_length(user_tower, length):
    items, kinds, ages, mask = history(length, batch=2)
    user = user_tower(items, kinds, ages, mask)
    assert torch.allclose(user.norm(dim=1), torch.ones(2), atol=1e-6)
    junk = torch.randn(2, 5, DIM) * 50
    padded = user_tower(
        torch.cat([junk, items], 1),
        torch.cat([torch.full((2, 5), DISMISS), kinds], 1),
        torch.cat([torch.full((2, 5), 1e6), ages], 1),
        torch.cat([torch.zeros(2, 5), mask], 1),
    )
    assert torch.allclose(user, padded, atol=1e-6)


def test_user_depends_on_kinds_and_ages_but_not_on_order(user_tower):
    items, kinds, ages, mask = history(6)
    user = user_tower(items, kinds, ages, mask)
    shuffled = torch.tensor([3, 0, 5, 1, 4, 2])
    assert torch.allclose(user, user_tower(items[:, shuffled], kinds[:, shuffled], ages[:, shuffled], mask), atol=1e-6)
    assert not torch.allclose(user, user_tower(items, (kinds + 1) % DISMISS, ages, mask), atol=1e-4)
    assert not torch.allclose(user, user_tower(items, kinds, ages.flip(1), mask), atol=1e-4)


def test_a_user_who_liked_nothing_is_all_zeros(user_tower):
    items, kinds, ages, mask = history(3)
    assert torch.equal(user_tower(items, kinds, ages, torch.zeros_like(mask)), torch.zeros(1, DIM))
    assert torch.equal(user_tower(items, torch.full_like(kinds, DISMISS), ages, mask), torch.zeros(1, DIM))


def test_negative_ages_count_as_zero(user_tower):
    items, kinds, ages, mask = history(3)
    ages[0, 1] = 0
    before = ages.clone()
    before[0, 1] = -5
    assert torch.equal(user_tower(items, kinds, ages, mask), user_tower(items, kinds, before, mask))


def test_tower_weights_depend_only_on_the_given_generator():
    def build(seed):
        torch.rand(7)  # other code that draws from the global generator
        return TwoTowerItem(TEXT, IMAGE, DIM, generator=torch.Generator().manual_seed(seed))

    for (name, one), two in zip(build(5).named_parameters(), build(5).parameters(), strict=True):
        assert torch.equal(one, two), name
    assert not torch.equal(build(5).project.weight, build(6).project.weight)
    users = [TwoTowerUser(DIM, 8, generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    assert all(torch.equal(*pair) for pair in zip(*(user.parameters() for user in users), strict=True))


@pytest.mark.filterwarnings("ignore")  # torch's exporter warns about its own deprecations
def test_both_towers_export_to_onnx_with_free_sizes(tmp_path, item_tower, user_tower):
    n, b, length = (torch.export.Dim(name) for name in ("N", "B", "L"))
    item_inputs = (torch.randn(3, TEXT), torch.randn(3, IMAGE), torch.ones(3, 2))
    user_shapes = ({0: b, 1: length},) * 4
    exported = {
        "item": (
            disturbed(item_tower),
            item_inputs,
            ({0: n},) * 3,
            (torch.randn(7, TEXT), torch.randn(7, IMAGE), torch.eye(7, 2)),
        ),
        "user": (user_tower, history(5, batch=2), user_shapes, history(30, batch=3)),
    }
    for name, (tower, inputs, shapes, others) in exported.items():
        torch.onnx.export(tower, inputs, dynamo=True, dynamic_shapes=shapes, verbose=False).save(tmp_path / name)
        session = onnxruntime.InferenceSession(tmp_path / name, providers=["CPUExecutionProvider"])
        feeds = {node.name: tensor.numpy() for node, tensor in zip(session.get_inputs(), others, strict=True)}
        np.testing.assert_allclose(session.run(None, feeds)[0], tower(*others).detach().numpy(), atol=2e-6)


def test_training_shortcut_without_images_gives_equal_gradients():
    tower = TwoTowerItem(7, 5, dim=8, hidden=6, generator=torch.Generator().manual_seed(2))
    text, image = torch.randn(4, 7), torch.zeros(4, 5)
    mask = torch.tensor([[1.0, 0], [1, 0], [0, 0], [1, 0]])
    found, gradients = [], []
    for training in (True, False):
        tower.train(training).zero_grad()
        found.append(tower(text, image, mask))
        found[-1].square().mul(torch.arange(8)).sum().backward()
        gradients.append([parameter.grad.clone() for parameter in tower.parameters()])
    torch.testing.assert_close(*found)
    torch.testing.assert_close(*gradients)
    assert gradients[0][1].abs().max() > 1e-4  # that of the vector for a missing image
