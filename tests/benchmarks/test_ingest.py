"""Ratios and differences that the ingest benchmark reports, and what it gives both commits."""

import json
import zipfile

import numpy as np
import pytest

from benchmarks.ingest import as_format_1, differences, ratios, write_shelf


def test_ratio_compares_each_run_with_those_beside_it():
    """The machine becomes twice as slow in the middle: neighbours still tell the true 2.0 in most pairs."""
    found = ratios([10.0, 20.0, 20.0], [5.0, 10.0, 10.0])
    assert found == {"median": 2.0, "min": 2.0, "max": 4.0}


def test_differences_are_the_worst_of_any_item():
    one = {"a": np.array([1.0, 0.0], np.float32), "b": np.array([0.6, 0.8], np.float32)}
    other = {"b": np.array([0.8, 0.6], np.float32), "a": np.array([1.0, 0.0], np.float32)}
    assert differences(one, other) == {"maxAbsDiff": pytest.approx(0.2), "minCosine": pytest.approx(0.96)}


def test_other_items_are_refused():
    with pytest.raises(RuntimeError, match="same items"):
        differences({"a": np.zeros(2, np.float32)}, {"b": np.zeros(2, np.float32)})


def test_an_earlier_commit_gets_a_manifest_without_what_it_does_not_know():
    manifest = {
        "format": 2,
        "lite": {},
        "probes": {},
        "shopMetric": {},
        "space": "s",
        "towers": {
            "itemTower": {"file": "item.onnx"},
            "userTower": {"file": "user.onnx", "inputs": [{"role": "items"}, {"role": "weights"}]},
        },
    }
    given = json.loads(json.dumps(manifest))
    assert as_format_1(given) == {
        "format": 1,
        "space": "s",
        "towers": {
            "itemTower": {"file": "item.onnx"},
            "userTower": {"file": "user.onnx", "inputs": [{"role": "items"}]},
        },
    }
    assert given == manifest


def test_data_are_the_first_named_products_with_an_image(tmp_path):
    columns = (
        "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName,has_image"
    )
    rows = [
        f"{number},Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,{name},{has_image}"
        for number, (name, has_image) in enumerate([("A shirt", 1), ("", 1), ("No image", 0), ("B shirt", 1), ("C", 1)])
    ]
    (tmp_path / "styles.csv").write_text("\n".join([columns, *rows]) + "\n")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for number in (0, 1, 3, 4):
            archive.writestr(f"images/{number}.jpg", b"image %d" % number)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    write_shelf(tmp_path, 2, scratch)
    titles = [json.loads(line)["title"] for line in (scratch / "products.jsonl").read_text().splitlines()]
    assert titles == ["A shirt", "B shirt"]
    assert sorted(path.name for path in (scratch / "images").iterdir()) == ["0.jpg", "3.jpg"]
