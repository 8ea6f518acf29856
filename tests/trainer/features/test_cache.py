import json
import os
import threading
import time

import numpy as np
import pytest

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.features.cache import FeatureCache

WHAT = {"what": "texts", "encoder": "tiny", "rule": "r"}


def fill(cache, name, rows=10):
    """Cache `rows` × 4 numbers by name: 16 bytes a row and a header of 128."""
    features = np.full((rows, 4), float(len(name)), dtype=np.float32)
    return cache.get((name,), (rows, 4), WHAT, lambda: iter([(range(rows), features)]))


def age(cache, days):
    for entry in cache.entries():
        moment = time.time() - days * 86_400
        os.utime(entry.path.with_suffix(".json"), (moment, moment))


def never():
    pytest.fail("computed again")


def test_cache_is_keyed_by_its_parts_and_records_use(tmp_path):
    cache = FeatureCache(tmp_path)
    fill(cache, "ab")
    age(cache, 3)
    assert cache.get(("ab",), (10, 4), WHAT, never)[9, 3] == 2
    (entry,) = cache.entries()
    assert time.time() - entry.last_used < 60
    assert {key: entry.metadata[key] for key in ("what", "encoder", "rows", "width")} == {
        "what": "texts", "encoder": "tiny", "rows": 10, "width": 4,
    }  # fmt: skip
    cache.get(("a", "b"), (2, 4), WHAT, lambda: iter(()))  # other parts, equal when joined
    assert len(cache.entries()) == 2


def test_pruning_removes_the_least_recently_used_but_never_the_last(tmp_path):
    cache = FeatureCache(tmp_path, limit_bytes=2 * 16_128)
    for days, name in ((5, "a"), (3, "bb"), (4, "ccc")):
        fill(FeatureCache(tmp_path), name, 1000)
        newest = cache.entries()[0]
        moment = time.time() - days * 86_400
        os.utime(newest.path.with_suffix(".json"), (moment, moment))
    fill(cache, "dddd", 1000)
    kept = [float(np.load(entry.path)[0, 0]) for entry in cache.entries()]
    assert kept == [4, 2]
    assert len(list(tmp_path.iterdir())) == 4  # sidecars go with their features
    assert fill(FeatureCache(tmp_path, limit_bytes=1), "eeeee", 1000)[0, 0] == 5
    assert len(cache.entries()) == 1


def test_a_file_without_a_sidecar_is_used_and_gets_one(tmp_path):
    cache = FeatureCache(tmp_path)
    fill(cache, "a")
    (sidecar,) = tmp_path.glob("*.json")
    sidecar.unlink()
    assert cache.entries()[0].metadata["what"] == "unknown"
    cache.get(("a",), (10, 4), WHAT, never)
    assert cache.entries()[0].metadata["what"] == "texts"


@pytest.mark.parametrize("damage", ["emptied", "cut", "other_shape", "other_type"])
def test_a_damaged_file_is_computed_again(tmp_path, damage):
    cache = FeatureCache(tmp_path)
    expected = np.array(fill(cache, "a", 1000))
    (path,) = tmp_path.glob("*.npy")
    if damage == "emptied":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "other_shape":
        np.save(path, np.zeros((1000, 3), dtype=np.float32))
    else:
        np.save(path, np.zeros((1000, 4), dtype=np.float64))
    assert np.array_equal(fill(cache, "a", 1000), expected)
    assert np.array_equal(cache.get(("a",), (1000, 4), WHAT, never), expected)


def test_concurrent_runs_that_fill_and_prune_get_whole_features(tmp_path):
    """Each thread's limit is below one file, so every write prunes the file that another thread has just written."""
    wrong = []

    def work(number):
        cache = FeatureCache(tmp_path, limit_bytes=1)
        for turn in range(15):
            name = "x" * (1 + (number + turn) % 4)
            if not np.array_equal(fill(cache, name, 200), np.full((200, 4), len(name), np.float32)):
                wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_precompute_writes_the_features_that_training_finds(tmp_path, capsys, monkeypatch):
    run = write_run(tmp_path)
    assert main(["features", "precompute", str(run), "--limit", "7"]) == 0
    assert "7 items, 7 texts, 0 images" in capsys.readouterr().out
    assert main(["features", "precompute", str(run)]) == 0
    assert "40 items" in capsys.readouterr().out
    monkeypatch.setattr("trainer.features.encoders.Encoders.encode_texts", lambda *_: pytest.fail("encoded again"))
    from kernel.progress import TerminalProgress
    from trainer.prepare import prepare
    from trainer.recipes.run_file import read_config

    prepared = prepare(read_config(run), TerminalProgress())
    assert prepared.features.text.any()
    assert prepared.features.numeric_names == ("log_text_length",)
    assert prepared.features.numeric.shape == (40, 1)


def test_list_stats_and_clear(tmp_path, capsys):
    cache = FeatureCache(tmp_path)
    fill(cache, "old", 1000)
    age(cache, 10)
    fill(cache, "newer", 2000)
    (tmp_path / "notes.npy").write_bytes(b"somebody else's")
    where = ["--cache", str(tmp_path)]
    assert main(["features", "list", *where, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(each["rows"], each["bytes"]) for each in listed] == [(2000, 32_128), (1000, 16_128)]
    assert main(["features", "list", *where]) == 0
    assert "tiny" in capsys.readouterr().out
    assert main(["features", "stats", *where]) == 0
    assert "2 files, 0.0 MB" in capsys.readouterr().out
    assert main(["features", "clear", *where, "--all"]) == 2  # no terminal to confirm at
    assert "give --yes" in capsys.readouterr().err
    assert main(["features", "clear", *where, "--unused-days", "9", "--yes"]) == 0
    assert "removed 1 files" in capsys.readouterr().out
    assert [entry.metadata["rows"] for entry in cache.entries()] == [2000]
    assert main(["features", "clear", *where, "--down-to-mb", "1", "--yes"]) == 0
    assert "no files to remove" in capsys.readouterr().out
    assert main(["features", "clear", *where, "--all", "--yes"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["notes.npy"]
    assert main(["features", "stats", "--cache", str(tmp_path / "nowhere")]) == 0


@pytest.mark.parametrize(
    "words", [["clear"], ["clear", "--all", "--unused-days", "3"], ["clear", "--unused-days", "0"]]
)
def test_clear_needs_exactly_one_valid_selection(words, capsys):
    with pytest.raises(SystemExit):
        main(["features", *words])
    assert "usage:" in capsys.readouterr().err
