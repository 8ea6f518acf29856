import os

import numpy as np
import pytest
import torch
from PIL import Image

from trainer.errors import EncoderError
from trainer.features.cache import FeatureCache
from trainer.features.encoders import read_pixels
from trainer.features.pixels import augment, build_pixels, image_rule_at
from trainer.learning.pairs import balanced_batches, shuffled_batches

RULE = {"size": 8, "resize": 10, "interpolation": "bilinear", "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}


@pytest.fixture
def images(tmp_path):
    generator = np.random.default_rng(2)
    paths = {}
    for row, (width, height) in {0: (30, 20), 2: (16, 24)}.items():
        paths[row] = tmp_path / f"{row}.png"
        Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(paths[row])
    return paths


def test_cached_pixels_equal_the_encoders_input(images, tmp_path):
    pixels = build_pixels(images, 3, RULE, tmp_path / "cache")
    batch = pixels.batch(np.array([2, 0, 1]))
    for place, row in enumerate((2, 0)):
        np.testing.assert_allclose(batch[place].numpy(), read_pixels(images[row], RULE), atol=1e-5)
    white = (1 - torch.tensor(RULE["mean"])) / torch.tensor(RULE["std"])
    assert torch.allclose(batch[2], white.view(3, 1, 1).expand(3, 8, 8))  # no image


def test_images_are_decoded_once_until_a_file_changes(images, tmp_path):
    progress = []
    for _ in range(2):
        build_pixels(images, 3, RULE, tmp_path / "cache", lambda what, done, total: progress.append(done))
    assert progress == [1, 2]
    Image.new("RGB", (9, 9), "red").save(images[0])
    assert build_pixels(images, 3, RULE, tmp_path / "cache").rgb[0, 0, 0].tolist() == [255, 0, 0]
    assert not list((tmp_path / "cache").glob(".writing-*"))


def test_decoded_images_are_listed_shared_and_cleared_like_features(images, tmp_path):
    build_pixels(images, 3, RULE, tmp_path / "cache")
    cache = FeatureCache(tmp_path / "cache", limit_bytes=1)
    (entry,) = cache.entries()
    assert (entry.metadata["what"], entry.metadata["rows"], entry.metadata["width"]) == ("decoded images", 3, 8)
    (tmp_path / "plain").touch()
    assert entry.path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    os.utime(entry.path.with_suffix(".json"), (0, 0))
    build_pixels(images, 3, RULE, tmp_path / "cache")
    assert cache.entries()[0].last_used > 0  # a use counts, so that pruning keeps what is used daily
    os.utime(entry.path.with_suffix(".json"), (0, 0))
    cache.get(("a",), (2, 4), {"what": "texts", "encoder": "tiny"}, lambda: iter(()))
    assert [each.metadata["what"] for each in cache.entries()] == ["texts"]


def test_a_damaged_file_of_decoded_images_is_decoded_again(images, tmp_path):
    expected = np.array(build_pixels(images, 3, RULE, tmp_path / "cache").rgb)
    (path,) = (tmp_path / "cache").glob("*.npy")
    path.write_bytes(path.read_bytes()[:-1])
    assert np.array_equal(build_pixels(images, 3, RULE, tmp_path / "cache").rgb, expected)


def test_a_file_that_is_not_an_image_is_named_and_leaves_no_cache(images, tmp_path):
    images[0].write_bytes(b"junk")
    with pytest.raises(EncoderError, match=r"0\.png"):
        build_pixels(images, 3, RULE, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_image_rule_at_another_size_crops_the_same_share():
    assert image_rule_at({"size": 224, "resize": 256}, 64) == {"size": 64, "resize": 73}
    assert image_rule_at({"size": 224, "resize": 256}, 0) == {"size": 224, "resize": 256}


def test_augmentation_mirrors_crops_and_uses_only_its_generator():
    rgb = torch.rand(40, 3, 6, 6, generator=torch.Generator().manual_seed(1))
    mirrored = augment(rgb, torch.Generator().manual_seed(2), flip=0.5, crop=1.0)
    same, flipped = ((mirrored - other).abs().amax(dim=(1, 2, 3)) < 1e-5 for other in (rgb, rgb.flip(3)))
    assert (same ^ flipped).all()
    assert 10 < int(flipped.sum()) < 30
    cropped = [augment(rgb, torch.Generator().manual_seed(2), crop=0.6) for _ in range(2)]
    assert torch.equal(*cropped)
    assert not torch.allclose(cropped[0], mirrored)
    ramp = torch.linspace(0, 1, 50).expand(30, 3, 50, 50)
    part = augment(ramp, torch.Generator().manual_seed(3), flip=0.0, crop=0.6)
    width = (part[:, 0, 0, -1] - part[:, 0, 0, 0]).numpy()  # the share of the ramp that is left
    assert width.min() >= 0.6 * 0.97
    assert width.max() <= 1.0
    assert part.min() >= 0
    assert width.std() > 0.05


def test_balanced_batches_hold_labels_in_equal_parts():
    labels = np.repeat(np.arange(7), [9, 8, 4, 4, 4, 1, 4])
    labels[-1] = -1
    batches = balanced_batches(labels, np.arange(len(labels)), 3, 4, torch.Generator().manual_seed(5))
    seen = np.concatenate(batches)
    assert len(np.unique(seen)) == len(seen)  # nothing twice in an epoch
    assert not set(np.flatnonzero((labels == 5) | (labels == -1))) & set(seen)  # a label of one item, and no label
    for batch in batches:
        counts = np.bincount(labels[batch])
        assert 2 <= (counts > 0).sum() <= 3
        assert counts.max() <= 4


def test_every_row_occurs_once_and_no_batch_has_size_one():
    batches = shuffled_batches(np.arange(10, 19), 4, torch.Generator().manual_seed(1))
    assert [len(batch) for batch in batches] == [4, 5]
    assert sorted(np.concatenate(batches)) == list(range(10, 19))
