import json
import threading

import numpy as np
import pytest
from PIL import Image

from kernel.contracts import CONTRACTS
from kernel.item_text import item_text
from tests.trainer.planted import IMAGE_DIM, TEXT_DIM, WORDS, product, write_bundle
from trainer.errors import DataError, EncoderError
from trainer.features.encoders import Encoders, read_pixels
from trainer.features.item_features import build_features, find_images

RULE = {"size": 4, "resize": 5, "interpolation": "bilinear", "mean": [0.5] * 3, "std": [0.25] * 3}


@pytest.fixture
def encoders(tmp_path):
    return Encoders(write_bundle(tmp_path / "bundle"))


@pytest.fixture
def products():
    titles = ("coral shirt", "black studded leather bag, large, new, classic", "mug", "coral shirt")
    return [product(number, title) for number, title in enumerate(titles)]


def word_table(directory):
    import onnx

    return onnx.numpy_helper.to_array(onnx.load(directory / "text.onnx").graph.initializer[0])


CASES = json.loads((CONTRACTS / "vectors" / "item-text.json").read_text())


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: str(case["product"]["title"])[:12])
def test_item_text_follows_the_contract(case):
    assert item_text(case["product"], CASES["itemText"]) == case["text"]


def test_text_features_are_the_encoder_outputs_of_each_items_text(tmp_path, encoders, products):
    """Compare with word vector means computed by hand: sorting by length and padding must not mix rows up."""
    features = build_features(products, encoders, tmp_path / "cache")
    table = word_table(encoders.directory)
    words = [
        ["coral", "shirt"],
        ["black", "studded", "leather", "bag", "[UNK]", "large", "[UNK]", "new", "[UNK]", "classic"],
        ["mug"],
        ["coral", "shirt"],
    ]
    for row, mine in enumerate(words):
        mean = table[[WORDS.index(word) for word in mine]].sum(0)
        np.testing.assert_allclose(features.text[row], mean / np.linalg.norm(mean), atol=1e-6)
    assert features.modality_mask.tolist() == [[1, 0]] * 4
    assert features.image.shape == (4, IMAGE_DIM)
    assert not features.image.any()


def test_features_come_from_the_cache_the_second_time(tmp_path, encoders, products, monkeypatch):
    first = build_features(products, encoders, tmp_path / "cache")
    monkeypatch.setattr(Encoders, "encode_texts", lambda *_: pytest.fail("encoded again"))
    second = build_features(products, encoders, tmp_path / "cache")
    assert isinstance(second.text, np.memmap)
    np.testing.assert_array_equal(first.text, second.text)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 1


def test_other_texts_order_or_encoder_miss_the_cache(tmp_path, encoders, products):
    one = build_features(products, encoders, tmp_path / "cache").text
    changed = build_features([*products[:3], {**products[3], "title": "lamp"}], encoders, tmp_path / "cache").text
    assert np.array_equal(one[:3], changed[:3])
    assert not np.array_equal(one[3], changed[3])
    np.testing.assert_allclose(build_features(products[::-1], encoders, tmp_path / "cache").text, one[::-1], atol=1e-6)
    other = Encoders(write_bundle(tmp_path / "other", seed=1))
    assert not np.allclose(build_features(products, other, tmp_path / "cache").text, one)
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 4


def test_two_concurrent_runs_that_miss_both_get_whole_features(tmp_path, encoders, products):
    found = []
    threads = [
        threading.Thread(
            target=lambda: found.append(np.array(build_features(products, encoders, tmp_path / "cache").text))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(np.array_equal(found[0], other) for other in found)
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".json", ".npy"]


def test_images_are_found_by_item_id_and_encoded(tmp_path, encoders, products):
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (9, 6), (10, 200, 90)).save(images / f"{products[2]['itemId']}.png")
    Image.new("RGB", (6, 9), (200, 10, 90)).save(images / f"{products[0]['itemId']}.JPG", format="JPEG")
    features = build_features(products, encoders, tmp_path / "cache", images)
    assert features.modality_mask[:, 1].tolist() == [1, 0, 1, 0]
    assert features.image[[0, 2]].any(axis=1).all()
    assert not features.image[[1, 3]].any()
    pixels = ((np.array([10, 200, 90]) / 255 - 0.5) / 0.25).astype(np.float32)
    import onnx

    mix = onnx.numpy_helper.to_array(onnx.load(encoders.directory / "image.onnx").graph.initializer[0])
    np.testing.assert_allclose(features.image[2], np.repeat(pixels, 16) @ mix, rtol=1e-4)


def test_shop_folder_image_wins_and_an_ambiguous_image_is_refused(tmp_path, products):
    one, other, third = (dict(each) for each in products[:3])
    other["itemId"] = one["itemId"]
    names = (f"{one['shop']}/{one['itemId']}.jpg", f"{other['shop']}/{one['itemId']}.png", f"{third['itemId']}.jpg")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"image")
    found = find_images([one, other, third], tmp_path)
    assert {row: str(path.relative_to(tmp_path)) for row, path in found.items()} == dict(enumerate(names))
    (tmp_path / names[0]).rename(tmp_path / f"{one['itemId']}.jpg")
    assert find_images([one, third], tmp_path).keys() == {0, 1}  # no other shop has it
    with pytest.raises(
        DataError, match=rf"can belong to {one['shop']}, {other['shop']}; put each .* in {tmp_path}/SHOP"
    ):
        find_images([one, other, third], tmp_path)


def test_crawled_products_get_the_image_that_the_shop_shows_first(tmp_path, products):
    (tmp_path / "images").mkdir()
    for name in ("one.jpg", "two.png", "drawing.avif"):
        (tmp_path / "images" / name).write_bytes(b"image")
    shown = [dict(each) for each in products]
    shown[0]["images"] = ["http://s/unfetched", "http://s/two", "http://s/one"]
    entries = [
        {"url": "http://s/one", "file": "images/one.jpg", "itemIds": [shown[0]["itemId"], shown[1]["itemId"]]},
        {"url": "http://s/two", "file": "images/two.png", "itemIds": [shown[0]["itemId"]]},
        {"url": "http://s/d", "file": "images/drawing.avif", "itemIds": [shown[2]["itemId"]]},
        {"url": "http://s/gone", "file": "images/gone.jpg", "itemIds": [shown[3]["itemId"]]},
    ]
    (tmp_path / "images.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    found = find_images(shown, tmp_path)
    assert {row: path.name for row, path in found.items()} == {0: "two.png", 1: "one.jpg"}
    (tmp_path / "images.jsonl").write_text('{"url": "http://s/one"}\n')
    with pytest.raises(DataError, match=r"images.jsonl:1: expected url, file and itemIds"):
        find_images(shown, tmp_path)


def test_pixels_are_cropped_from_the_middle_with_transparency_on_white(tmp_path):
    image = Image.new("RGBA", (50, 10), (255, 0, 0, 255))
    image.paste((0, 0, 255, 255), (21, 0, 29, 10))  # the middle, which the crop keeps
    image.paste((0, 255, 0, 0), (21, 0, 29, 5))  # fully transparent: white, although it hides a colour
    image.save(tmp_path / "a.png")
    pixels = read_pixels(tmp_path / "a.png", {**RULE, "size": 4, "resize": 10})
    assert pixels.shape == (3, 4, 4)
    np.testing.assert_allclose(pixels[:, 0, :].T, np.full((4, 3), 2.0))  # white: (1 - .5) / .25
    np.testing.assert_allclose(pixels[:, 3, :].T, [[-2, -2, 2]] * 4)  # blue


@pytest.mark.parametrize("content", [b"not an image", b""])
def test_a_file_that_is_not_an_image_is_named(tmp_path, encoders, products, content):
    (tmp_path / f"{products[0]['itemId']}.jpg").write_bytes(content)
    with pytest.raises(EncoderError, match=rf"{products[0]['itemId']}.jpg: cannot be read as an image"):
        build_features(products, encoders, tmp_path / "cache", tmp_path)
    assert not list((tmp_path / "cache").glob(".writing-*"))


def test_a_small_file_of_very_many_pixels_is_refused(tmp_path, monkeypatch):
    Image.new("RGB", (40, 40)).save(tmp_path / "big.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(EncoderError, match=r"big.png: cannot be read as an image"):
        read_pixels(tmp_path / "big.png", RULE)


def test_a_missing_or_damaged_bundle_says_what_to_do(tmp_path, encoders, products):
    with pytest.raises(EncoderError, match=r"python -m exporter lite --out"):
        Encoders(tmp_path / "nowhere")
    path = encoders.directory / "text.onnx"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(EncoderError, match=r"text.onnx: its SHA-256 is not the manifest's"):
        build_features(products, encoders, tmp_path / "cache")
    with pytest.raises(DataError, match="is not a directory"):
        build_features(products, encoders, tmp_path / "cache", tmp_path / "no-images")


def test_encoders_know_their_widths_from_the_manifest(encoders):
    assert (encoders.text_dim, encoders.image_dim, encoders.name) == (TEXT_DIM, IMAGE_DIM, "tiny")
