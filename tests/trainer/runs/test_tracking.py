import itertools
import json
import sys
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.recipes.run_file import read_config
from trainer.runs.tracking import TensorBoardTracker, WandbTracker, curves


def shown(directory):
    """Return {curve: {step: value}} as TensorBoard would show them."""
    events = EventAccumulator(str(directory))
    events.Reload()
    return {tag: {event.step: event.value for event in events.Scalars(tag)} for tag in events.Tags()["scalars"]}


def test_a_resumed_run_continues_its_tensorboard_curves(tmp_path):
    run = write_run(tmp_path, epochs=2)
    assert main(["train", str(run)]) == 0
    run.write_text(run.read_text().replace("epochs = 2", "epochs = 3"))
    assert main(["train", str(run), "--resume"]) == 0
    found = shown(tmp_path / "run" / "tensorboard")
    epochs = json.loads((tmp_path / "run" / "report.json").read_text())["training"]["epochs"]
    assert found["valid/ndcg_at_10"] == pytest.approx({entry["epoch"]: entry["ndcg@10"] for entry in epochs})
    assert found["loss"] == pytest.approx({entry["epoch"]: entry["loss"] for entry in epochs[1:]})
    assert sorted(found["grad_norm"]) == sorted(found["learning_rate"]) == [1, 2, 3]


def test_repeated_epochs_replace_those_of_a_crash(tmp_path, monkeypatch):
    # TensorBoard reads the files in the order of their names, which begin with the second that each was opened in.
    seconds = itertools.count(1_700_000_000)
    monkeypatch.setattr(event_file_writer, "time", SimpleNamespace(time=lambda: next(seconds)))
    first = TensorBoardTracker(tmp_path)
    for epoch, loss in enumerate([3.0, 2.0, 1.5]):
        first.log(epoch, {"loss": loss})
    first.close()
    again = TensorBoardTracker(tmp_path, purge_epoch=2)
    again.close()
    assert shown(tmp_path)["loss"] == {0: 3.0, 1: 2.0}  # before the repeated epoch is finished
    again = TensorBoardTracker(tmp_path, purge_epoch=2)
    again.log(2, {"loss": 1.0})
    again.close()
    assert shown(tmp_path)["loss"] == {0: 3.0, 1: 2.0, 2: 1.0}


class RecordingWandb:
    """Replacement for the wandb package that records its calls."""

    def __init__(self):
        self.started, self.logged, self.finished = [], [], 0

    def init(self, **settings):
        self.started.append(settings)
        return self

    def log(self, data, step):
        self.logged.append((step, data))

    def finish(self):
        self.finished += 1


def test_wandb_gets_every_epoch_under_one_run_id(tmp_path):
    config = read_config(write_run(tmp_path))
    wandb = RecordingWandb()
    for epoch in (0, 1):  # the second as after --resume
        tracker = WandbTracker(wandb, config, tmp_path / "run")
        tracker.log(epoch, curves({"loss": 2.0} if epoch else {}, {"ndcg@10": 0.5}))
        tracker.close()
    one, two = wandb.started
    assert one == two
    assert (one["project"], one["name"], one["resume"]) == ("carryover", "run", "allow")
    assert len(one["id"]) == 16
    assert one["config"]["training"]["batch_size"] == 64
    assert wandb.logged == [(0, {"valid/ndcg_at_10": 0.5}), (1, {"loss": 2.0, "valid/ndcg_at_10": 0.5})]
    assert wandb.finished == 2


@pytest.mark.parametrize("source", ["flag", "file"])
def test_wandb_without_the_package_is_an_error_in_one_line(tmp_path, capsys, monkeypatch, source):
    monkeypatch.setitem(sys.modules, "wandb", None)  # makes the import fail
    run = write_run(tmp_path)
    if source == "file":
        run.write_text(f"{run.read_text()}\n[tracking]\nwandb = true\n")
    assert main(["train", str(run), *(["--wandb"] if source == "flag" else [])]) == 2
    assert "pip install wandb" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
