"""The benchmark's images come from where they should."""

import csv
import io
import zipfile

from PIL import Image

from benchmarks.browser.photographs import large_files, mall_images, photographs
from demo.mall.catalogue import build


def jpeg(colour):
    file = io.BytesIO()
    Image.new("RGB", (60, 80), colour).save(file, "JPEG")
    return file.getvalue()


def test_photographs_are_drawn_with_their_own_labels(tmp_path):
    colours = {"1": "red", "2": "blue", "3": "green"}
    with (tmp_path / "styles.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "articleType", "baseColour", "productDisplayName", "has_image"])
        for key, colour in colours.items():
            writer.writerow([key, f"Type {key}", colour, f" A  {colour} thing ", "1"])
        writer.writerow(["4", "Type 4", "red", "No image", "0"])
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for key, colour in colours.items():
            archive.writestr(f"images/{key}.jpg", jpeg(colour))
    found = photographs(tmp_path, 2)
    assert len(found.names) == len(found.files) == 2
    for name, file, kind, colour in zip(found.names, found.files, found.types, found.colours, strict=True):
        assert name == f"A {colour} thing"
        assert file == jpeg(str(colour))
        assert colours[kind.removeprefix("Type ")] == colour
    [image, _] = found.images()
    assert image.size == (60, 80)


def test_large_files_keep_their_proportions():
    [file] = large_files([jpeg("red")], 300)
    assert Image.open(io.BytesIO(file)).size == (300, 400)


def test_mall_images_are_there_where_products_have_them():
    made = [next(each for each in build(7) if each.has_image is wanted) for wanted in (True, False)]
    shown, missing = mall_images(made)
    assert shown is not None
    assert missing is None
