"""Tests of the content towers against a slow, plain reference, and of their neutrality to missing modalities."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.towers.content import (
    DEFAULT_HALF_LIFE_DAYS,
    DEFAULT_HALF_LIFE_ITEMS,
    DEFAULT_KIND_WEIGHTS,
    KINDS,
    MAX_DISMISS_SHARE,
    REPEAT_EXPONENT,
    ContentItemTower,
    ContentUserTower,
    SharedSpaceItemTower,
)

VECTORS = json.loads(Path("contracts/vectors/user-tower.json").read_text(encoding="utf-8"))
TEXT, IMAGE = 7, 11  # different widths, so that a swapped input fails


def _item_tower(text_weight=0.6):
    rng = torch.Generator().manual_seed(3)
    return ContentItemTower(
        torch.randn(TEXT, generator=rng) * 0.1,
        torch.randn(TEXT, 4, generator=rng),
        torch.randn(IMAGE, generator=rng) * 0.1,
        torch.randn(IMAGE, 3, generator=rng),
        text_weight,
    ).eval()


def _features(seed, num=5):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(num, TEXT, generator=rng), torch.randn(num, IMAGE, generator=rng)


def _mask(num, *values):
    return torch.tensor([values], dtype=torch.float32).expand(num, 2)


def _slow_item(tower, text, image, has_text, has_image):
    """Return one item's embedding by plain numpy."""
    blocks, filler = [], 0.0
    parts = (
        (text, tower.text_mean, tower.text_basis, has_text, float(tower.shares[0])),
        (image, tower.image_mean, tower.image_basis, has_image, float(tower.shares[1])),
    )
    for features, mean, basis, present, share in parts:
        projected = (features.numpy() - mean.numpy()) @ basis.numpy()
        if present:
            blocks.append(projected / np.linalg.norm(projected) * share**0.5)
        else:
            blocks.append(np.zeros_like(projected))
            filler += share
    return np.concatenate([*blocks, [filler**0.5]])


@pytest.mark.parametrize("present", [(1, 1), (1, 0), (0, 1)])
def test_item_embedding_equals_a_slow_reference_and_has_unit_length(present):
    tower, (text, image) = _item_tower(), _features(1)
    got = tower(text * present[0], image * present[1], _mask(5, *present)).numpy()
    expected = np.stack([_slow_item(tower, text[row], image[row], *present) for row in range(5)])
    np.testing.assert_allclose(got, expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(got, axis=1), 1, atol=1e-6)


def test_item_without_text_and_image_gives_no_nan():
    got = _item_tower()(torch.zeros(2, TEXT), torch.zeros(2, IMAGE), _mask(2, 0, 0))
    assert torch.equal(got, torch.tensor([[0.0] * 7 + [1.0]] * 2))


def test_features_equal_to_the_mean_give_no_nan():
    tower = _item_tower()
    got = tower(tower.text_mean[None], tower.image_mean[None], _mask(1, 1, 1))
    assert torch.isfinite(got).all()
    assert got.norm().item() == pytest.approx(1, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), text_weight=st.floats(0.1, 0.9), kinds=st.lists(st.integers(0, 4), min_size=3))
def test_an_image_does_not_change_scores_for_a_text_only_history(seed, text_weight, kinds):
    """A browser has no image encoder, so its history must rank a shop by text alone."""
    items, users = _item_tower(text_weight), ContentUserTower().eval()
    text, image = _features(seed, 8)
    history = items(text[:3], torch.zeros(3, IMAGE), _mask(3, 1, 0))
    user = users(history[None], torch.tensor([kinds[:3]]), torch.tensor([[0.0, 9.0, 40.0]]), torch.ones(1, 3))[0]
    assert user[-1] == 0
    with_image = items(text[3:], image[3:], _mask(5, 1, 1)) @ user
    without = items(text[3:], torch.zeros(5, IMAGE), _mask(5, 1, 0)) @ user
    torch.testing.assert_close(with_image, without, atol=1e-6, rtol=0)


def test_a_missing_image_scores_as_an_orthogonal_one():
    """With a history that has images, a missing one adds 0, which is what an unrelated image adds."""
    items, users = _item_tower(), ContentUserTower().eval()
    text, image = _features(5, 2)
    both = items(text, image, _mask(2, 1, 1))
    user = users(both[None, :1], torch.tensor([[0]]), torch.zeros(1, 1), torch.ones(1, 1))[0]
    without = items(text[1:], torch.zeros(1, IMAGE), _mask(1, 1, 0))[0]
    text_part = (both[1, :4] * user[:4]).sum()
    assert (without @ user).item() == pytest.approx(text_part.item(), abs=1e-6)


def test_shared_space_scores_rise_with_the_images_similarity():
    tower = SharedSpaceItemTower(torch.zeros(4), torch.zeros(4), 0.5)
    user = ContentUserTower()(
        tower(torch.eye(4)[:1], torch.zeros(1, 4), _mask(1, 1, 0))[None],
        torch.zeros(1, 1, dtype=torch.long),
        torch.zeros(1, 1),
        torch.ones(1, 1),
    )[0]
    text = torch.eye(4)[:1]
    unrelated, alike, opposed = torch.eye(4)[1:2], text, -0.5 * text + torch.eye(4)[2:3]
    without = tower(text, torch.zeros(1, 4), _mask(1, 1, 0))[0] @ user
    assert (tower(text, unrelated, _mask(1, 1, 1))[0] @ user).item() == pytest.approx(without.item(), abs=1e-6)
    assert tower(text, alike, _mask(1, 1, 1))[0] @ user > without > tower(text, opposed, _mask(1, 1, 1))[0] @ user


def test_shared_space_item_has_unit_length_if_anything_is_missing():
    tower = SharedSpaceItemTower(torch.full((4,), 0.1), torch.zeros(4), 0.3)
    text, image = torch.randn(3, 4, generator=torch.Generator().manual_seed(0)), torch.ones(3, 4)
    for present in ((1, 1), (1, 0), (0, 1), (0, 0)):
        got = tower(text * present[0], image * present[1], _mask(3, *present))
        torch.testing.assert_close(got.norm(dim=1), torch.ones(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_user_embedding_equals_the_one_computed_by_hand(case):
    tower = ContentUserTower()
    got = tower(
        torch.tensor([case["items"]], dtype=torch.float32),
        torch.tensor([case["kinds"]]),
        torch.tensor([case["agesDays"]], dtype=torch.float32),
        torch.tensor([case["itemMask"]], dtype=torch.float32),
        torch.tensor([case["weights"]], dtype=torch.float32) if "weights" in case else None,
    )
    np.testing.assert_allclose(got[0].numpy(), case["embedding"], atol=VECTORS["tolerance"])


def test_contract_vectors_hold_the_towers_constants():
    constants = VECTORS["constants"]
    assert tuple(constants["kindWeights"][kind] for kind in KINDS) == DEFAULT_KIND_WEIGHTS
    assert constants["halfLifeDays"] == DEFAULT_HALF_LIFE_DAYS
    assert constants["halfLifeItems"] == DEFAULT_HALF_LIFE_ITEMS
    assert constants["repeatExponent"] == REPEAT_EXPONENT
    assert constants["maxDismissShare"] == MAX_DISMISS_SHARE


def test_user_embedding_is_independent_of_padding_and_batch():
    tower, rng = ContentUserTower(), torch.Generator().manual_seed(1)
    items, kinds = torch.randn(1, 3, 5, generator=rng), torch.tensor([[0, 5, 3]])
    ages, mask = torch.tensor([[1.0, 2.0, 50.0]]), torch.ones(1, 3)
    alone = tower(items, kinds, ages, mask)
    junk = torch.full((1, 2, 5), 9.0)
    padded = tower(
        torch.cat((items, junk), dim=1),
        torch.cat((kinds, torch.tensor([[3, 0]])), dim=1),
        torch.cat((ages, torch.zeros(1, 2)), dim=1),
        torch.cat((mask, torch.zeros(1, 2)), dim=1),
    )
    torch.testing.assert_close(alone, padded)


def test_user_weights_refuse_wrong_lengths_and_half_lives():
    with pytest.raises(ValueError, match="6 kind weights"):
        ContentUserTower((1.0, 2.0))
    with pytest.raises(ValueError, match="half_life_days"):
        ContentUserTower(half_life_days=0)
    with pytest.raises(ValueError, match="half_life_items"):
        ContentUserTower(half_life_items=0)
    with pytest.raises(ValueError, match="text_weight"):
        _item_tower(1.0)
