"""A bundle is written whole or not at all."""

import copy
import json
from dataclasses import replace

import onnx
import onnx.numpy_helper
import pytest

from exporter.bundle_draft import TowerFile
from exporter.errors import BundleError
from exporter.publish import publish
from exporter.verify import verify

FILES = {"a.onnx": b"a", "lite/b.onnx": b"b"}


def _tree(directory):
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def _refuse(directory):
    raise BundleError(f"{directory}: no")


def _put(out, text="new", check=lambda directory: None):
    publish(FILES, {"name": text}, out, check)


def test_publish_writes_files_and_manifest_and_nothing_else(tmp_path):
    _put(tmp_path / "deep" / "bundle")
    assert sorted(_tree(tmp_path)) == [f"deep/bundle/{name}" for name in ("a.onnx", "lite/b.onnx", "manifest.json")]
    assert (tmp_path / "deep" / "bundle").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("can_exchange", [True, False])
def test_publish_replaces_a_bundle_with_all_its_files(tmp_path, monkeypatch, can_exchange):
    if not can_exchange:  # as on a file system without renameat2
        monkeypatch.setattr("kernel.files._exchange", lambda one, other: False)
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "manifest.json").write_text("{}")
    (out / "old.onnx").write_text("old")
    _put(out)
    assert sorted(_tree(out)) == ["a.onnx", "lite/b.onnx", "manifest.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


@pytest.mark.parametrize("error", [BundleError("no"), KeyboardInterrupt(), OSError("disk full")])
def test_an_export_that_fails_leaves_the_old_bundle_and_no_litter(tmp_path, error):
    out = tmp_path / "bundle"
    _put(out, "old")
    before = _tree(out)

    def stop(directory):
        assert (directory / "lite" / "b.onnx").read_bytes() == b"b"
        raise error

    with pytest.raises(type(error)):
        _put(out, "new", stop)
    assert _tree(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_publish_overwrites_no_directory_that_is_not_a_bundle(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_text("x")
    with pytest.raises(BundleError, match="neither empty nor a bundle"):
        _put(tmp_path / "photos")
    assert _tree(tmp_path) == {"photos/me.jpg": b"x"}


def test_publish_writes_through_no_symbolic_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(BundleError, match="not a directory"):
        _put(tmp_path / "link")


@pytest.mark.long
def test_two_exports_of_the_same_towers_have_the_same_files_and_space(make_tiny_draft, tiny_draft, tmp_path):
    again = make_tiny_draft()
    assert again.files() == tiny_draft.files()
    assert again.manifest()["space"] == tiny_draft.manifest()["space"]
    publish(again.files(), again.manifest(), tmp_path / "again", verify)
    written = json.loads((tmp_path / "again" / "manifest.json").read_text())
    assert written["files"] == tiny_draft.manifest()["files"]


def test_other_weights_are_another_space_and_another_user_tower_is_not(tiny_draft):
    other, towers = copy.copy(tiny_draft), tiny_draft.towers
    model = onnx.load_model_from_string(towers["textEncoder"].data)
    weights = next(one for one in model.graph.initializer if len(one.dims) == 2)
    weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights) * 1.001, weights.name))
    other.towers = {**towers, "textEncoder": TowerFile.of("text_encoder.onnx", model)}
    assert other.manifest()["space"] != tiny_draft.manifest()["space"]
    other.towers = {**towers, "userTower": replace(towers["itemTower"], file="user_tower.onnx")}
    assert other.manifest()["space"] == tiny_draft.manifest()["space"]
    other.image = {**other.image, "mean": [0.4] * 3}
    assert other.manifest()["space"] != tiny_draft.manifest()["space"]
