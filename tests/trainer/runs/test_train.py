import filecmp
import json

import numpy as np
import pytest
import torch
from PIL import Image

from tests.trainer.planted import planted_interactions, planted_products, write_interactions, write_run
from trainer.__main__ import main
from trainer.checkpoint import load, load_training_state
from trainer.features.cache import FeatureCache
from trainer.learning.ranking_learner import RankingLearner


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Train on shoppers of two planted tastes and return (directory, report)."""
    directory = tmp_path_factory.mktemp("planted")
    assert main(["train", str(write_run(directory))]) == 0
    return directory, json.loads((directory / "run" / "report.json").read_text())


def ndcg(report, model="two_tower", k=10):
    return report["test"]["models"][model][f"ndcg@{k}"]["mean"]


def test_training_finds_planted_tastes_and_beats_baselines(planted):
    report = planted[1]
    assert ndcg(report) > 0.97
    for baseline in ("random", "popularity", "content"):
        assert report["test"]["two_tower_minus"][baseline]["ndcg@10"]["low"] > 0.15, baseline
    assert report["training"]["best_epoch"] >= 1
    assert report["training"]["epochs"][0]["ndcg@10"] < 0.9  # the untrained model is worse


@pytest.mark.parametrize(
    "model",
    [
        'loss = "bce"\nnegatives = "popularity"',
        'loss = "bpr_k"\nnegatives = "uniform"\nhard_share = 0.3\nhard_neighbours = 5',
    ],
)
def test_other_losses_find_planted_tastes(tmp_path, model):
    run = write_run(tmp_path)
    run.write_text(run.read_text().replace("[model]", f"[model]\n{model}"))
    assert main(["train", str(run)]) == 0
    assert ndcg(json.loads((tmp_path / "run" / "report.json").read_text())) > 0.9


def test_shuffled_interactions_train_no_better_than_chance(tmp_path, planted):
    """Control: without tastes in the data, a result better than chance would be a leak."""
    assert main(["train", str(write_run(tmp_path, shuffled=True))]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert ndcg(report) < 0.65 < ndcg(planted[1])
    assert report["test"]["two_tower_minus"]["random"]["ndcg@10"]["low"] < 0.05


def test_random_baseline_scores_as_expected_by_chance(planted):
    """Half of shop B is of a user's taste, so by chance half of any ten places are targets."""
    assert planted[1]["test"]["models"]["random"]["ndcg@10"]["mean"] == pytest.approx(0.5, abs=0.12)


def test_report_records_the_origin_of_its_numbers(planted):
    report = planted[1]
    assert report["data"]["num_items"] == 40
    assert report["data"]["num_users"] == 90
    assert report["split"]["rule"] == "catalogue"
    assert report["run"]["seed"] == 7
    for interval in report["test"]["models"]["content"].values():
        assert interval["low"] <= interval["mean"] <= interval["high"]
    saved = load(planted[0] / "run" / "best")
    assert saved.metrics["test"] == report["test"]["models"]["two_tower"]
    assert saved.data_hash == report["data"]["hash"]
    assert saved.encoders == {"space": "5" * 64, "name": "tiny", "text_dim": 12, "image_dim": 9, "dim": 16}


def same_tensors(one, two):
    return all(
        filecmp.cmp(one / name, two / name, shallow=False) for name in ("weights.safetensors", "training.safetensors")
    )


def test_same_seed_gives_the_same_result_bit_for_bit(tmp_path, planted):
    """Earlier draws from the global generators make no difference."""
    torch.rand(13)
    np.random.default_rng().random(5)
    assert main(["train", str(write_run(tmp_path))]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["test"] == planted[1]["test"]
    assert report["training"] == planted[1]["training"]
    assert same_tensors(tmp_path / "run" / "last", planted[0] / "run" / "last")


def stop_during_epoch(monkeypatch, number):
    """Raise KeyboardInterrupt in the middle of epoch `number`, as Ctrl-C does."""
    run_epoch, checked, seen = RankingLearner.run_epoch, RankingLearner._checked, {"epoch": 0, "batch": 0}

    def counted_epoch(self, *arguments):
        seen.update(epoch=seen["epoch"] + 1, batch=0)
        return run_epoch(self, *arguments)

    def interrupted_batch(self, loss):
        seen["batch"] += 1
        if (seen["epoch"], seen["batch"]) == (number, 3):
            raise KeyboardInterrupt
        return checked(self, loss)

    monkeypatch.setattr(RankingLearner, "run_epoch", counted_epoch)
    monkeypatch.setattr(RankingLearner, "_checked", interrupted_batch)


@pytest.mark.parametrize("epoch", [1, 3])
def test_ctrl_c_then_resume_equals_an_uninterrupted_run(tmp_path, planted, monkeypatch, capsys, epoch):
    run = write_run(tmp_path)
    stop_during_epoch(monkeypatch, epoch)
    assert main(["train", str(run)]) == 130
    assert "--resume" in capsys.readouterr().err
    monkeypatch.undo()
    assert load(tmp_path / "run" / "last").epoch == epoch - 1
    assert not (tmp_path / "run" / "report.json").exists()
    assert main(["train", str(run), "--resume"]) == 0
    assert same_tensors(tmp_path / "run" / "last", planted[0] / "run" / "last")
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["test"] == planted[1]["test"]
    assert report["training"] == planted[1]["training"]


def test_last_records_all_epochs(planted):
    state = load_training_state(planted[0] / "run" / "last")
    epochs = state.values["epochs"]
    assert [entry["epoch"] for entry in epochs] == list(range(len(epochs)))
    assert state.values["best_epoch"] == planted[1]["training"]["best_epoch"]
    assert load(planted[0] / "run" / "best").epoch == state.values["best_epoch"]
    assert len(epochs) - 1 <= state.values["best_epoch"] + 3  # patience


def test_train_refuses_to_overwrite_or_to_resume_another_run(planted, capsys):
    directory = planted[0]
    run = directory / "run.toml"
    assert main(["train", str(run)]) == 2
    assert "already holds a run" in capsys.readouterr().err
    other = directory / "other.toml"
    other.write_text(run.read_text().replace("hidden = 24", "hidden = 32"))
    assert main(["train", str(other), "--resume"]) == 2
    assert "model.hidden was 24 and is now 32" in capsys.readouterr().err
    other.write_text(run.read_text().replace("[training]", '[training]\nschedule = "cosine"'))
    assert main(["train", str(other), "--out", str(directory / "cosine")]) == 0
    other.write_text(other.read_text().replace("epochs = 6", "epochs = 7"))
    assert main(["train", str(other), "--out", str(directory / "cosine"), "--resume"]) == 2
    assert "training.epochs was 6 and is now 7" in capsys.readouterr().err
    assert main(["train", str(run), "--resume", "--out", str(directory / "new")]) == 2
    assert "nothing to resume" in capsys.readouterr().err


def test_a_run_that_crashed_between_two_renames_can_be_resumed(tmp_path, capsys):
    """It is not overwritten without --resume."""
    run = write_run(tmp_path, epochs=1)
    assert main(["train", str(run)]) == 0
    (tmp_path / "run" / "last").rename(tmp_path / "run" / ".last.replaced")
    assert main(["train", str(run)]) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert main(["train", str(run), "--resume"]) == 0
    assert "resumed after epoch 1" in capsys.readouterr().err


def test_resume_without_best_fails_before_any_work(tmp_path, capsys):
    run = write_run(tmp_path, epochs=1)
    assert main(["train", str(run)]) == 0
    best_epoch = load(tmp_path / "run" / "best").epoch
    assert main(["checkpoints", "remove", str(tmp_path / "run" / "best"), "--yes"]) == 0
    capsys.readouterr()
    assert main(["train", str(run), "--resume"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"the checkpoint of epoch {best_epoch} is missing; start a new run with another --out" in line


def test_changed_images_count_as_other_data(tmp_path, capsys):
    products, _ = planted_products()
    images = tmp_path / "images"
    images.mkdir()
    image = images / f"{products[3]['itemId']}.png"
    Image.new("RGB", (8, 8), "red").save(image)
    run = write_run(tmp_path, epochs=1)
    run.write_text(run.read_text().replace("[data]", f'[data]\nimages = "{images}"'))
    assert main(["train", str(run)]) == 0
    assert json.loads((tmp_path / "run" / "report.json").read_text())["data"]["num_items_with_image"] == 1
    images = images.rename(tmp_path / "moved")  # a moved directory still has the same images
    run.write_text(run.read_text().replace(str(tmp_path / "images"), str(images)))
    assert main(["train", str(run), "--resume"]) == 0
    Image.new("RGB", (8, 8), "blue").save(images / image.name)
    assert main(["train", str(run), "--resume"]) == 2
    assert "data_hash was" in capsys.readouterr().err


def test_evaluate_reproduces_the_numbers_of_the_report(planted, capsys):
    directory, report = planted
    assert main(["evaluate", str(directory / "run" / "best"), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["test"] == report["test"]
    assert main(["evaluate", str(directory / "run" / "best")]) == 0
    shown = capsys.readouterr().out
    assert "popularity" in shown
    assert f"{ndcg(report):.3f}" in shown


def test_evaluate_notes_other_data_and_refuses_other_encoders(planted, tmp_path, capsys):
    directory = planted[0]
    products, tastes = planted_products()
    other = write_interactions(tmp_path / "i.csv", planted_interactions(products, tastes, num_users=40, seed=9))
    assert main(["evaluate", str(directory / "run" / "best"), "--interactions", str(other), "--json"]) == 0
    captured = capsys.readouterr()
    assert "other data" in captured.err
    assert json.loads(captured.out)["data"]["num_users"] == 40
    manifest = (directory / "bundle" / "manifest.json").read_text()
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for path in (directory / "bundle").iterdir():
        (bundle / path.name).write_bytes(path.read_bytes())
    (bundle / "manifest.json").write_text(manifest.replace("5" * 64, "6" * 64))
    assert main(["evaluate", str(directory / "run" / "best"), "--encoders", str(bundle)]) == 2
    assert "space 555555555555" in capsys.readouterr().err


@pytest.mark.parametrize("rule", ["users", "temporal"])
def test_other_splits_train(tmp_path, rule):
    run = write_run(tmp_path, epochs=2)
    run.write_text(run.read_text().replace("[split]", f'[split]\nrule = "{rule}"'))
    assert main(["train", str(run)]) == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text())
    assert report["split"]["num_test_candidates"] == 40
    assert ndcg(report) > ndcg(report, "popularity")


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        ("seed = 7", "seed = 7\nsed = 8", 2, "unknown key sed; did you mean seed?"),
        ("products.jsonl", "absent.jsonl", 2, "absent.jsonl: cannot be read"),
        ("/bundle", "/absent", 2, "python -m exporter lite"),
        ("learning_rate = 0.005", "learning_rate = 1000000", 1, "try a lower training.learning_rate"),
    ],
)
def test_foreseeable_errors_are_one_line_and_an_exit_code(tmp_path, capsys, old, new, code, message):
    run = write_run(tmp_path)
    run.write_text(run.read_text().replace(old, new))
    assert main(["train", str(run)]) == code
    shown = capsys.readouterr().err.strip().splitlines()[-1]
    assert shown.startswith("error: ")
    assert message in shown


def test_cache_limit_includes_files_of_recipes(tmp_path):
    run = write_run(tmp_path, epochs=1)
    text = run.read_text().replace("seed = 7", "seed = 7\ncache_limit_gb = 1e-9")
    run.write_text(text.replace("[model]", "[model]\nhard_share = 0.3\nhard_neighbours = 5"))
    assert main(["train", str(run)]) == 0
    assert len(FeatureCache(tmp_path / "cache").entries()) == 1


def test_a_directory_without_a_checkpoint_is_bad_input(tmp_path, capsys):
    assert main(["evaluate", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "give a run's best/ or last/" in line


def test_an_epoch_does_not_use_the_global_generator(tmp_path, monkeypatch):
    """last/ saves only the run's own generator, so --resume would lose draws from any other."""
    run_epoch, states = RankingLearner.run_epoch, []

    def watched(self, *arguments):
        before = torch.get_rng_state()
        loss = run_epoch(self, *arguments)
        states.append(torch.equal(before, torch.get_rng_state()))
        return loss

    monkeypatch.setattr(RankingLearner, "run_epoch", watched)
    assert main(["train", str(write_run(tmp_path, epochs=2))]) == 0
    assert states == [True, True]


def test_init_from_starts_with_the_weights_of_another_run(tmp_path, planted, capsys):
    best = planted[0] / "run" / "best"
    run = write_run(tmp_path, epochs=1)
    run.write_text(run.read_text().replace("[model]", f'[model]\ninit_from = "{best}"'))
    assert main(["train", str(run)]) == 0
    epochs = json.loads((tmp_path / "run" / "report.json").read_text())["training"]["epochs"]
    known = planted[1]["training"]
    assert epochs[0]["ndcg@10"] == known["epochs"][known["best_epoch"]]["ndcg@10"]
    run.write_text(run.read_text().replace("hidden = 24", "hidden = 32"))
    assert main(["train", str(run), "--out", str(tmp_path / "wider")]) == 2
    assert "'hidden': 24" in capsys.readouterr().err
    assert not list((tmp_path / "wider").iterdir())  # no curves, and nothing to resume


def test_option_seed_needs_its_own_output_directory(tmp_path, capsys):
    run = write_run(tmp_path)
    run.write_text(run.read_text().replace("epochs = 6", "epochs = 1"))
    assert main(["train", str(run), "--seed", "11"]) == 2
    assert "--seed needs an --out of its own" in capsys.readouterr().err
    assert main(["train", str(run), "--seed", "11", "--out", str(tmp_path / "eleven")]) == 0
    assert json.loads((tmp_path / "eleven" / "report.json").read_text())["run"]["seed"] == 11
    assert main(["train", str(run), "--resume", "--out", str(tmp_path / "eleven")]) == 2
    assert "seed was 11 and is now" in capsys.readouterr().err
