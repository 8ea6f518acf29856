"""Images of products, read in threads: equal files once, unusable ones as none."""

import io
import threading

import numpy as np
import pytest
from PIL import Image

from encoders import image_loader
from encoders.errors import ImageError, ImagesFolderError
from encoders.image_loader import ImageLoader
from encoders.image_sources import LocalImages

RULE = {"size": 4, "resize": 4, "interpolation": "bilinear", "mean": [0, 0, 0], "std": [1, 1, 1]}


def _png(colour):
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(stream, "PNG")
    return stream.getvalue()


class Shelf:
    """Source of images from a dictionary; an item without one has no identity, one with None cannot be read."""

    def __init__(self, images):
        self.images = images

    def identity(self, product):
        return product["itemId"] if product["itemId"] in self.images else ""

    def read(self, product):
        raw = self.images[product["itemId"]]
        if raw is None:
            raise ImageError("gone")
        return raw


@pytest.fixture
def load():
    loaders = []

    def run(images, names, threads=4):
        loaders.append(ImageLoader(Shelf(images), RULE, 10_000, threads))
        return loaders[-1].start([{"itemId": name} for name in names]).wait()

    yield run
    for loader in loaders:
        loader.close()


def test_images_come_in_the_order_of_their_products(load):
    red, none, gone, broken, blue = load(
        {"a": _png("red"), "c": None, "d": b"not an image", "e": _png("blue")}, ["a", "b", "c", "d", "e"]
    )
    assert (none, gone, broken) == (None, None, None)
    assert np.allclose(red[:, 0, 0], [1, 0, 0])
    assert np.allclose(blue[:, 0, 0], [0, 0, 1])


@pytest.mark.parametrize("threads", [1, 8])
def test_equal_files_are_decoded_once_and_share_an_array(load, monkeypatch, threads):
    decoded, decode = [], image_loader.decode_image
    monkeypatch.setattr(image_loader, "decode_image", lambda raw, limit: decoded.append(raw) or decode(raw, limit))
    names = [f"{n}" for n in range(12)]
    shown = load({name: _png("red" if int(name) % 3 else "blue") for name in names}, names, threads)
    assert len(decoded) == 2
    assert len({id(array) for array in shown}) == 2
    assert shown[1] is shown[2] is not shown[0]


def test_unexpected_failure_reaches_everybody_who_waits(load, monkeypatch):
    def fail(raw, limit):
        raise RuntimeError("planted")

    monkeypatch.setattr(image_loader, "decode_image", fail)
    with pytest.raises(RuntimeError, match="planted"):
        load({"a": _png("red"), "b": _png("red")}, ["b", "a"])


def test_cancelled_images_are_not_read():
    read, release = [], threading.Event()

    class Slow(Shelf):
        def read(self, product):
            read.append(product["itemId"])
            release.wait(10)
            return super().read(product)

    names = [f"{n}" for n in range(20)]
    loader = ImageLoader(Slow(dict.fromkeys(names, _png("red"))), RULE, 10_000, 1)
    loading = loader.start([{"itemId": name} for name in names])
    loading.cancel()
    release.set()
    loader.close()
    loader._pool.shutdown(wait=True)
    assert len(read) <= 1


def test_folder_of_images_is_looked_up_by_item_id_then_sku(tmp_path):
    (tmp_path / "i1.PNG").write_bytes(_png("red"))
    (tmp_path / "s2.jpg").write_bytes(b"two")
    (tmp_path / "s3.txt").write_bytes(b"three")
    images = LocalImages(tmp_path)
    assert images.read({"itemId": "i1"}) == _png("red")
    assert images.read({"itemId": "i2", "sku": "s2"}) == b"two"
    assert images.identity({"itemId": "../s2", "sku": "s3"}) == ""
    with pytest.raises(ImageError, match="no image"):
        images.read({"itemId": "i3", "sku": "s3"})
    with pytest.raises(ImagesFolderError, match="expected a directory"):
        LocalImages(tmp_path / "nowhere")
