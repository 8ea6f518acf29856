"""Tests of the tower in which an image suggests words, on three classes and two colours."""

import math

import pytest
import torch

from trainer.towers.suggested_words import SuggestedWords, WordsAndLooksItem

CLASS_NAMES = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
COLOUR_NAMES = torch.tensor([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, -1.0]])
SHARES = (0.5, 0.3, 0.2)
SHOE = [8.0, 0.0]  # features of the first class
RED, BLUE = [0.9, 0.1], [0.1, 0.9]


def suggested():
    weight = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    return SuggestedWords(weight, torch.zeros(3), CLASS_NAMES, COLOUR_NAMES, torch.tensor([0.5, 0.5]))


def tower():
    return WordsAndLooksItem(torch.zeros(2), torch.eye(2), suggested(), SHARES)


def embed(text, image, has_text, has_image):
    return tower()(torch.tensor([text]), torch.tensor([image]), torch.tensor([[has_text, has_image]]))[0]


def test_an_image_suggests_the_name_of_its_class_and_of_its_colour():
    words = suggested()(torch.tensor([SHOE, SHOE]), torch.tensor([RED, BLUE]))
    # By hand: square roots of softmax(8, 0, -8), class names without their mean (1, 1, 1)/3, at unit length.
    roots = [math.exp(4), 1.0, math.exp(-4)]
    centred = [[(2 if row == column else -1) / math.sqrt(6) for column in range(3)] for row in range(3)]
    name = [sum(root * row[column] for root, row in zip(roots, centred, strict=True)) for column in range(3)]
    length = math.sqrt(sum(value * value for value in name))
    whole = math.sqrt(1 + 0.8**2)
    for row, sign in zip(words.tolist(), (1, -1), strict=True):
        assert row == pytest.approx([*(value / length / whole for value in name), sign * 0.8 / whole], abs=1e-5)


def test_only_an_item_without_a_text_has_the_suggested_words():
    text = [0.0, 3.0, 4.0, 0.0]
    both, shown = embed(text, [*SHOE, *RED], 1.0, 1.0), embed([0.0] * 4, [*SHOE, *RED], 0.0, 1.0)
    assert both[:4].tolist() == pytest.approx([value / 5 * math.sqrt(0.5) for value in text], abs=1e-6)
    words = suggested()(torch.tensor([SHOE]), torch.tensor([RED]))[0]
    assert shown[:4].tolist() == pytest.approx((words * math.sqrt(0.5)).tolist(), abs=1e-6)
    assert both[4:].tolist() == pytest.approx(shown[4:].tolist(), abs=1e-6)


def test_an_item_of_looks_leaves_the_text_to_whoever_has_one():
    """It is the item of text and image, with the text's share of the squared length at the filler."""
    item = tower().of_looks(torch.tensor([[*SHOE, *RED]]))[0]
    both = embed([0.0, 3.0, 4.0, 0.0], [*SHOE, *RED], 1.0, 1.0)
    assert item[:4].tolist() == [0.0] * 4
    assert item[4:-1].tolist() == pytest.approx(both[4:-1].tolist(), abs=1e-6)
    assert item[-1].item() == pytest.approx(math.sqrt(0.5), abs=1e-6)


@pytest.mark.parametrize(
    ("known", "filler"), [((1.0, 1.0), 0.0), ((0.0, 1.0), 0.0), ((1.0, 0.0), 0.5), ((0.0, 0.0), 1.0)]
)
def test_the_filler_has_the_shares_of_what_is_not_known(known, filler):
    item = embed([1.0, 0.0, 0.0, 0.0], [*SHOE, *RED], *known)
    assert item.norm().item() == pytest.approx(1.0, abs=1e-6)
    assert item[-1].item() == pytest.approx(math.sqrt(filler), abs=1e-6)


def test_colours_are_compared_by_the_square_roots_of_their_shares():
    colours = embed([1.0, 0.0, 0.0, 0.0], [*SHOE, *RED], 1.0, 1.0)[6:8]
    roots = [math.sqrt(0.9) - math.sqrt(0.5), math.sqrt(0.1) - math.sqrt(0.5)]
    length = math.hypot(*roots)
    assert colours.tolist() == pytest.approx([root / length * math.sqrt(0.2) for root in roots], abs=1e-6)


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.0), (0.5, 0.4, 0.2)])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ValueError, match="add up to 1"):
        WordsAndLooksItem(torch.zeros(2), torch.eye(2), suggested(), shares)
