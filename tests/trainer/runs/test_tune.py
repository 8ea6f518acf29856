import json

import optuna
import pytest

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.errors import ConfigError
from trainer.features.cache import FeatureCache
from trainer.recipes.run_file import read_config
from trainer.runs import epochs, tune
from trainer.runs.tune import Parameter, parse_parameter


def run_tune(directory, capsys, *more, trials=3):
    """Run `tune` and return the exit code and the best trial, or None."""
    arguments = ("--param", "training.learning_rate=1e-6..1e-2:log", "--param", "model.hidden=8,24")
    out = ("--out", str(directory / "tune"), "--trials", str(trials), "--json")
    code = main(["tune", str(directory / "run.toml"), *arguments, *out, *more])
    shown = capsys.readouterr().out
    return code, json.loads(shown) if shown else None


def test_best_trial_has_the_best_value_and_best_toml_reproduces_it(tmp_path, capsys):
    write_run(tmp_path, epochs=1)
    code, best = run_tune(tmp_path, capsys)
    assert code == 0
    found = {}
    for trial in range(3):
        document = json.loads((tmp_path / "tune" / f"trial-{trial:04d}" / "best" / "checkpoint.json").read_text())
        found[trial] = document["metrics"]["valid"]["ndcg@10"]
        if trial == best["trial"]:
            assert document["run"]["training"]["learning_rate"] == best["parameters"]["training.learning_rate"]
    assert best["value"] == max(found.values()) == found[best["trial"]]
    assert best["num_trials"] == 3

    config = read_config(tmp_path / "tune" / "best.toml")
    assert config.training.learning_rate == best["parameters"]["training.learning_rate"]
    assert config.model.hidden == best["parameters"]["model.hidden"]
    assert main(["train", str(tmp_path / "tune" / "best.toml")]) == 0
    epochs = json.loads((tmp_path / "tune" / "best" / "report.json").read_text())["training"]["epochs"]
    assert max(entry["ndcg@10"] for entry in epochs) == best["value"]


def test_resumed_search_tries_the_same_values_as_uninterrupted(tmp_path, capsys, monkeypatch):
    """Ctrl-C keeps finished trials."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    for directory in (whole, stopped):
        directory.mkdir()
        write_run(directory, epochs=1)
    _, expected = run_tune(whole, capsys)

    run_epoch, calls = epochs.EpochLoop.run_epoch, []

    def interrupted(self, trackers=()):
        calls.append(self.out.name)
        if len(calls) == 4:  # trials have two epochs, so this is the last of the second trial
            raise KeyboardInterrupt
        run_epoch(self, trackers)

    monkeypatch.setattr(epochs.EpochLoop, "run_epoch", interrupted)
    assert run_tune(stopped, capsys)[0] == 130
    assert (stopped / "tune" / "best.toml").exists()
    monkeypatch.undo()
    assert run_tune(stopped, capsys)[0] == 2  # refuses, because there are trials already
    code, best = run_tune(stopped, capsys, "--resume")
    assert code == 0
    assert (best["parameters"], best["value"]) == (expected["parameters"], expected["value"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training.learning_rate=1e-4..1e-2:log", Parameter("training.learning_rate", 1e-4, 1e-2, True)),
        ("model.num_blocks=1..3", Parameter("model.num_blocks", 1, 3)),
        ("model.dim=128,256", Parameter("model.dim", values=(128, 256))),
        ("training.nesterov=true,false", Parameter("training.nesterov", values=(True, False))),
        ("model.loss=bce,bpr", Parameter("model.loss", values=("bce", "bpr"))),
    ],
)
def test_parse_parameter_reads_ranges_and_values(text, expected):
    assert parse_parameter(text) == expected


def test_integer_bounds_of_a_float_setting_give_floats(tmp_path):
    config = read_config(write_run(tmp_path))
    found = tune._with_setting_type(parse_parameter("training.modality_dropout=0..1"), config)
    assert (type(found.low), type(found.high)) == (float, float)
    found = tune._with_setting_type(parse_parameter("training.max_items=1..9"), config)
    assert (type(found.low), type(found.high)) == (int, int)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.learning_rate", "expected NAME="),
        ("seed=1,2", "only settings of model and training"),
        ("training.learning_rate=1e-2..1e-4", "must be below"),
        ("training.learning_rate=0..1:log", "above 0 for :log"),
        ("training.learning_rate=low..high", "two numbers"),
        ("training.learning_rate=1e-4..1e-2:lin", "two numbers"),
    ],
)
def test_parse_parameter_refuses_wrong_ranges(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_parameter(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.learning_rat=1e-4..1e-2", "unknown key training.learning_rat; did you mean training.learning_rate?"),
        ("model.hidden=8,0", "model.hidden must be between 1"),
        ("training.epochs=1.5..3", "training.epochs must be int, got 1.5"),
    ],
)
def test_values_that_a_run_file_refuses_fail_before_any_trial(tmp_path, capsys, text, message):
    run = write_run(tmp_path)
    assert main(["tune", str(run), "--param", text]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run-tune").exists()


def test_search_continues_after_a_trial_that_diverges(tmp_path, capsys):
    run = write_run(tmp_path, epochs=1)
    arguments = ["--param", "training.learning_rate=1e6,9e5,1e-3", "--trials", "4", "--json"]
    assert main(["tune", str(run), *arguments]) == 0
    shown = capsys.readouterr()
    assert "try a lower training.learning_rate" in shown.err
    best = json.loads(shown.out)
    assert best["parameters"] == {"training.learning_rate": 1e-3}
    assert 1 <= best["num_pruned"] <= 3


def test_search_continues_after_weights_diverge_in_the_last_step(tmp_path, capsys):
    """No loss is computed after that step, so validation is the first to use these weights."""
    run = write_run(tmp_path, epochs=1, batch_size=2000)
    graph = 'type = "graphsage"\nwidth = 16\nhidden = 16\nattention_dim = 8'
    run.write_text(run.read_text().replace("hidden = 24\nattention_dim = 8", graph))
    arguments = ["--param", "training.learning_rate=1e6,1e-3", "--trials", "4", "--json"]
    assert main(["tune", str(run), *arguments]) == 0
    shown = capsys.readouterr()
    assert "scores hold NaN" in shown.err
    assert json.loads(shown.out)["parameters"] == {"training.learning_rate": 1e-3}
    run.write_text(run.read_text().replace("learning_rate = 0.005", "learning_rate = 1e6"))
    assert main(["train", str(run)]) == 1
    assert "try a lower training.learning_rate" in capsys.readouterr().err


def test_search_resumes_unless_a_changed_setting_affects_trials(tmp_path, capsys):
    """Settings newer than the search have their defaults."""
    run = write_run(tmp_path, epochs=1)
    assert run_tune(tmp_path, capsys, trials=1)[0] == 0
    study = optuna.load_study(study_name="tune", storage=f"sqlite:///{tmp_path / 'tune' / tune.STORAGE_FILE}")
    old = {**json.loads(study.user_attrs["run"]), "out": "", "cache": "", "device": ""}  # as older searches saved it
    del old["training"]["precision"], old["tracking"]
    study.set_user_attr("run", json.dumps(old, sort_keys=True))
    text = run.read_text()
    run.write_text(text.replace("seed = 7", "seed = 7\ncache_limit_gb = 2") + "\n[tracking]\nproject = 'mine'\n")
    assert run_tune(tmp_path, capsys, "--resume", trials=2)[0] == 0
    run.write_text(text.replace("dim = 16", "dim = 8"))
    assert main(["tune", str(run), "--out", str(tmp_path / "tune"), "--param", "model.hidden=8,24", "--resume"]) == 2
    assert "its trials are of another run file" in capsys.readouterr().err


def test_search_continues_after_incompatible_values(tmp_path, capsys):
    run = write_run(tmp_path, epochs=1)
    fusion = 'type = "fusion"\nwidth = 8\nnum_heads = 4'
    run.write_text(run.read_text().replace("attention_dim = 8", fusion))
    arguments = ["tune", str(run), "--param", "model.width=8,12", "--param", "model.num_heads=4,8", "--json"]
    assert main([*arguments, "--trials", "5"]) == 0
    shown = capsys.readouterr()
    assert "model.width must be a multiple of model.num_heads, got 12, 8" in shown.err
    assert (json.loads(shown.out)["num_trials"], json.loads(shown.out)["num_pruned"] > 0) == (5, True)
    assert main([*arguments, "--trials", "6", "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["num_trials"] == 6


def test_cache_limit_includes_files_of_trials(tmp_path):
    run = write_run(tmp_path, epochs=1)
    text = run.read_text().replace("seed = 7", "seed = 7\ncache_limit_gb = 1e-9")
    run.write_text(text.replace("[model]", "[model]\nhard_share = 0.3\nhard_neighbours = 5"))
    assert main(["tune", str(run), "--param", "model.hidden=8,24", "--trials", "1"]) == 0
    assert len(FeatureCache(tmp_path / "cache").entries()) == 1
