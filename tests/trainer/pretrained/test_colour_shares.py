"""Tests of colours read from pixels, on discs drawn in one colour."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from trainer.pretrained.colour_shares import COLOURS, ColourShares, _lab

NAMES = list(COLOURS)


def disc(colour, background="white", radius=70):
    image = Image.new("RGB", (224, 224), background)
    ImageDraw.Draw(image).ellipse((112 - radius, 112 - radius, 112 + radius, 112 + radius), fill=colour)
    values = np.asarray(image, dtype=np.float32) / 255.0
    return torch.from_numpy((values - 0.5) / 0.5).permute(2, 0, 1)


def shares_of(*images):
    return ColourShares()(torch.stack(images))


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [  # as published for sRGB and D65
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((128, 128, 128), (53.59, 0.0, 0.0)),
    ],
)
def test_colours_become_cielab(rgb, lab):
    assert _lab(torch.tensor(rgb) / 255.0).tolist() == pytest.approx(lab, abs=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_a_disc_has_most_of_its_own_colour(name):
    background = "white" if name not in ("white", "cream") else (60, 60, 200)
    (shares,) = shares_of(disc(COLOURS[name], background))
    assert NAMES[int(shares.argmax())] == name
    assert shares.sum().item() == pytest.approx(1.0, abs=1e-5)
    assert (shares >= 0).all()


@pytest.mark.parametrize("background", ["white", "black", (200, 220, 240)])
def test_the_background_does_not_count(background):
    (shares,) = shares_of(disc("#cc1a1f", background))
    assert shares[NAMES.index("red")] > 0.5


def test_a_thing_in_the_colour_of_its_background_has_that_colour():
    (shares,) = shares_of(disc("white", "white"))
    assert NAMES[int(shares.argmax())] == "white"


def test_an_image_has_the_same_shares_alone_and_among_others():
    red, blue = disc("red"), disc("blue", "black")
    assert torch.allclose(shares_of(red, blue)[1], shares_of(blue)[0], atol=1e-6)


def test_another_grid_sees_the_same_colours_in_fewer_pixels():
    image = disc((200, 30, 40), "lightgrey")
    small = torch.nn.functional.interpolate(image[None], size=192, mode="area")
    shares, again = ColourShares()(image[None]), ColourShares(grid=32)(small)
    assert again.numpy() == pytest.approx(shares.numpy(), abs=0.03)
