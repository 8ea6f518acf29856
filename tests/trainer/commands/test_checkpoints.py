import io
import json

import pytest

from tests.trainer.test_checkpoint import some_checkpoint
from trainer import checkpoint
from trainer.__main__ import main
from trainer.checkpoint import TrainingState

RUN = {"seed": 3, "model": {"type": "two_tower", "hidden": 6}, "training": {"learning_rate": 0.001}}


@pytest.fixture
def runs(tmp_path):
    """Write two runs that differ in learning rate and metrics; the second also has a last/."""
    metrics = {"valid": {"ndcg@10": 0.25}, "test": {"ndcg@10": {"mean": 0.2, "low": 0.1, "high": 0.3}}}
    checkpoint.save(some_checkpoint(run=RUN, metrics=metrics), tmp_path / "one" / "best")
    other = {**RUN, "training": {"learning_rate": 0.01}}
    better = some_checkpoint(run=other, metrics={"valid": {"ndcg@10": 0.5}}, epoch=5)
    checkpoint.save(better, tmp_path / "two" / "best")
    checkpoint.save(better, tmp_path / "two" / "last", TrainingState({}, {"epochs": []}))
    return tmp_path


def printed(capsys, *arguments):
    assert main(["checkpoints", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_list_shows_every_checkpoint(runs, capsys):
    rows = json.loads(printed(capsys, "list", runs, "--json"))
    assert [row["checkpoint"] for row in rows] == [str(runs / part) for part in ("one/best", "two/best", "two/last")]
    assert rows[0]["towers"] == ["TwoTowerItem", "TwoTowerUser"]
    assert [(row["stop_metric"], row["valid"]) for row in rows] == [("ndcg@10", value) for value in (0.25, 0.5, 0.5)]
    shown = printed(capsys, "list", runs)
    assert "TwoTowerItem" in shown
    assert "0.25" in shown


def test_list_shows_the_stop_metric_of_the_model(tmp_path, capsys):
    for model, metric in (("clip", "text_to_image_recall@10"), ("hybrid", "same_label@10")):
        metrics = {"valid": {"text_to_image_ndcg@10": 0.1, metric: 0.75}}
        checkpoint.save(some_checkpoint(run={"model": {"type": model}}, metrics=metrics), tmp_path / model)
        (row,) = json.loads(printed(capsys, "list", tmp_path / model, "--json"))
        assert (row["stop_metric"], row["valid"]) == (metric, 0.75)


def test_damaged_checkpoints_are_listed_and_removable(runs, capsys):
    (runs / "one" / "best" / "checkpoint.json").write_text("{")
    rows = json.loads(printed(capsys, "list", runs, "--json"))
    assert [row["checkpoint"] for row in rows] == [str(runs / part) for part in ("one/best", "two/best", "two/last")]
    assert ["damaged" in row for row in rows] == [True, False, False]
    assert rows[0]["damaged"].startswith("cannot be read: ")
    shown = printed(capsys, "list", runs)
    assert shown.index("checkpoint") < shown.index("megabytes") < shown.index("damaged") < shown.index("cannot be")
    assert "TwoTowerItem" in shown
    assert "removed 1" in printed(capsys, "remove", runs / "one" / "best", "--yes")
    assert not (runs / "one" / "best").exists()


def test_list_refuses_a_directory_without_checkpoints(tmp_path, capsys):
    assert main(["checkpoints", "list", str(tmp_path)]) == 2
    assert "no checkpoint" in capsys.readouterr().err
    assert main(["checkpoints", "list", str(tmp_path / "absent")]) == 2
    assert "no such directory" in capsys.readouterr().err


def test_info_verifies_weights_and_prints_the_document(runs, capsys):
    document = json.loads(printed(capsys, "info", runs / "one" / "best", "--json"))
    assert document["towers"]["user_tower"]["config"]["max_items"] == 9
    assert "training.learning_rate" in printed(capsys, "info", runs / "one" / "best")
    with (runs / "one" / "best" / "weights.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x7f")
    assert main(["checkpoints", "info", str(runs / "one" / "best")]) == 2
    assert "SHA-256" in capsys.readouterr().err


def test_compare_shows_differing_settings_and_all_metrics(runs, capsys):
    found = json.loads(printed(capsys, "compare", runs / "one" / "best", runs / "two" / "best", "--json"))
    assert found["settings"] == {"run.training.learning_rate": [0.001, 0.01], "epoch": [2, 5]}
    assert found["metrics"] == {"valid.ndcg@10": [0.25, 0.5], "test.ndcg@10": [0.2, None]}
    shown = printed(capsys, "compare", runs / "one" / "best", runs / "two" / "best")
    assert "+0.2500" in shown
    assert "hidden" not in shown


def test_remove_deletes_only_the_named_checkpoints(runs, capsys):
    assert "removed 2" in printed(capsys, "remove", runs / "one" / "best", runs / "two" / "last", "--yes")
    assert [path.parent.name for path in runs.rglob("checkpoint.json")] == ["best"]
    assert (runs / "one").is_dir()


@pytest.mark.parametrize(("answer", "is_left"), [("y\n", False), ("\n", True), ("n\n", True)])
def test_remove_asks_for_confirmation(runs, monkeypatch, capsys, answer, is_left):
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)
    shown = printed(capsys, "remove", runs / "one" / "best")
    assert str(runs / "one" / "best") in shown
    assert (runs / "one" / "best").exists() == is_left


def test_remove_without_a_terminal_needs_yes(runs, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["checkpoints", "remove", str(runs / "one" / "best")]) == 2
    assert "give --yes" in capsys.readouterr().err
    assert (runs / "one" / "best").exists()


def test_remove_refuses_other_directories_before_deleting_anything(runs, capsys):
    """Refused: not a checkpoint, a checkpoint with other files, a link."""
    good = runs / "two" / "best"
    (runs / "one" / "best" / "notes.txt").write_text("mine")
    (runs / "link").symlink_to(runs / "two" / "last")
    for bad, message in (
        (runs / "one" / "best", "notes.txt"),
        (runs / "two", "is not a checkpoint"),
        (runs / "link", "is not a checkpoint"),
    ):
        assert main(["checkpoints", "remove", str(good), str(bad), "--yes"]) == 2
        assert message in capsys.readouterr().err
    assert good.exists()
    assert (runs / "two" / "last").exists()
