"""Item vectors of the tiny bundle, whose towers are small enough to be computed in numpy."""

import json

import numpy as np
import pytest

from encoders.encoder import Encoder
from encoders.errors import EncodingError
from tests.server.tiny_bundle import DIM


def encoder_of(directory):
    return Encoder(directory, json.loads((directory / "manifest.json").read_text()))


def test_embeddings_are_of_unit_length_and_do_not_depend_on_the_batch(tiny_bundle):
    encoder = encoder_of(tiny_bundle)
    image = np.full((3, 16, 16), 0.5, np.float32)
    texts, images = ["navy tee", "", "a much longer text about an oak chair"], [None, image, image]
    together = encoder.embed(texts, images)
    assert together.shape == (3, DIM)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for row, (text, one) in enumerate(zip(texts, images, strict=True)):
        assert encoder.embed([text], [one])[0] == pytest.approx(together[row], abs=1e-5)


def test_an_image_changes_the_embedding(tiny_bundle):
    encoder = encoder_of(tiny_bundle)
    image = np.full((3, 16, 16), 0.5, np.float32)
    assert not np.allclose(encoder.embed(["tee"], [None]), encoder.embed(["tee"], [image]), atol=0.01)


def test_prefix_of_the_manifest_stands_before_every_text(tiny_bundle):
    manifest = json.loads((tiny_bundle / "manifest.json").read_text())
    manifest["text"]["prefix"] = "query "
    prefixed, plain = Encoder(tiny_bundle, manifest).embed(["red mug"], [None]), encoder_of(tiny_bundle)
    np.testing.assert_array_equal(prefixed, plain.embed(["query red mug"], [None]))
    assert not np.allclose(prefixed, plain.embed(["red mug"], [None]))


def test_neither_text_nor_image_is_refused(tiny_bundle):
    with pytest.raises(EncodingError, match="neither"):
        encoder_of(tiny_bundle).embed(["tee", ""], [None, None])


def test_a_file_that_is_not_onnx_is_one_clear_error(copied_bundle):
    (copied_bundle / "text.onnx").write_bytes(b"not a model")
    with pytest.raises(EncodingError, match=r"text\.onnx"):
        encoder_of(copied_bundle).embed(["tee"], [None])
