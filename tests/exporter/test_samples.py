"""Sample texts and drawn images: a bundle's space is a hash of what was computed from them."""

import colorsys
import hashlib

import numpy as np
import pytest

from exporter import sample_images, sample_texts
from exporter.sample_images import NUM_COLOURS, NUM_OUTLINES, NUM_SURFACES, Look

PHRASES = "c6fc58403ba8896d"
WORDS = {
    word
    for entries in (
        *(sample_texts.COLOURS, sample_texts.MATERIALS, sample_texts.PATTERNS, sample_texts.STYLES),
        *(sample_texts.AUDIENCES, sample_texts.PRODUCTS),
    )
    for entry in entries
    for word in entry.split()
}


def test_phrases_of_a_seed_never_change():
    """Other phrases give every bundle another space: whoever changes a list exports and ingests everything again."""
    phrases = sample_texts.compose(200, seed=3)
    assert hashlib.sha256("\n".join(phrases).encode()).hexdigest().startswith(PHRASES)


def test_more_phrases_begin_with_the_fewer_ones():
    assert sample_texts.compose(40, seed=3)[:15] == sample_texts.compose(15, seed=3)
    assert sample_texts.compose(15, seed=3) != sample_texts.compose(15, seed=4)


def test_a_phrase_names_a_product_last_and_uses_listed_words_only():
    for phrase in sample_texts.compose(300, seed=11):
        assert phrase.endswith(sample_texts.PRODUCTS), phrase
        assert set(phrase.split()) <= WORDS, phrase
        assert phrase == " ".join(phrase.split())


def test_images_of_a_seed_are_the_same_bytes():
    first, second = (sample_images.draw(3, seed=9) for _ in range(2))
    assert [image.tobytes() for image in first] == [image.tobytes() for image in second]
    assert len({image.tobytes() for image in [*first, *sample_images.draw(3, seed=10)]}) == 6


def test_an_object_lies_in_the_middle_of_a_pale_background():
    for image in sample_images.draw(12, seed=2):
        pixels = np.asarray(image).astype(int)
        assert pixels.shape == (256, 256, 3)
        corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert corners.min() >= 215
        middle = pixels[108:148, 108:148].reshape(-1, 3).mean(axis=0)
        assert np.abs(middle - corners.mean(axis=0)).max() > 25


@pytest.mark.parametrize("colour", range(NUM_COLOURS))
def test_a_look_has_its_hue(colour):
    """Hues lie an eighth of the circle apart; shade, grain and folds move a hue by less than half of that."""
    for seed in range(4):
        pixels = np.asarray(sample_images.draw_look(Look(0, 0, colour), seed)).astype(float) / 255
        red, green, blue = np.median(pixels[98:158, 98:158].reshape(-1, 3), axis=0)
        hue = colorsys.rgb_to_hsv(red, green, blue)[0]
        away = abs(hue - colour / NUM_COLOURS)
        assert min(away, 1 - away) < 0.5 / NUM_COLOURS


def test_every_look_can_be_drawn():
    looks = {
        sample_images.draw_look(Look(outline, surface, 3), 1).tobytes()
        for outline in range(NUM_OUTLINES)
        for surface in range(NUM_SURFACES)
    }
    assert len(looks) == NUM_OUTLINES * NUM_SURFACES
