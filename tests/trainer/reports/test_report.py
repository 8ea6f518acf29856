import json

import numpy as np
import pytest

from tests.trainer.planted import write_run
from trainer.__main__ import main
from trainer.baselines import BASELINES
from trainer.evaluation.per_user import read_per_user
from trainer.reports.terminal_tables import report_table


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Train a planted run and return (its directory, report)."""
    directory = tmp_path_factory.mktemp("report")
    assert main(["train", str(write_run(directory))]) == 0
    return directory / "run", json.loads((directory / "run" / "report.json").read_text())


def test_report_names_the_encoders_and_their_space(run):
    manifest = json.loads((run[0].parent / "bundle" / "manifest.json").read_text())
    assert run[1]["encoders"] == {"name": manifest["name"], "space": manifest["space"]}


def test_report_has_every_baseline_with_its_tuning(run):
    report = run[1]
    assert list(report["test"]["models"]) == ["two_tower", *BASELINES]
    assert report["baselines"].keys() == BASELINES.keys()
    assert report["baselines"]["ease"]["chosen"].keys() == {"ridge", "proximity"}
    assert report["tuning"]["ease"][0].keys() == {"ridge", "proximity", "ndcg@10"}
    best = max(point["ndcg@10"] for point in report["tuning"]["co_occurrence"])
    assert report["baselines"]["co_occurrence"]["valid_ndcg@10"] == best


def test_means_equal_those_of_the_per_user_values(run):
    directory, report = run
    kept = read_per_user(directory / "per_user.npz")
    assert len(kept.users) == report["split"]["num_test_users"]
    assert kept.cases_hash == report["split"]["test_hash"]
    assert kept.data_hash == report["data"]["hash"]
    for model, metrics in report["test"]["models"].items():
        assert kept.values[model].keys() == metrics.keys()
        for name, interval in metrics.items():
            assert interval["mean"] == pytest.approx(kept.values[model][name].mean()), (model, name)
            assert interval["low"] <= interval["mean"] <= interval["high"]


def test_differences_are_paired_and_corrected(run):
    directory, report = run
    kept, test = read_per_user(directory / "per_user.npz"), report["test"]
    for baseline in BASELINES:
        found = test["two_tower_minus"][baseline]["ndcg@10"]
        mine = kept.values["two_tower"]["ndcg@10"] - kept.values[baseline]["ndcg@10"]
        assert found["mean"] == pytest.approx(mine.mean(), abs=1e-9)
        assert found["p_value"] <= found["holm_p_value"] <= 1
    assert test["two_tower_minus"]["random"]["ndcg@10"]["p_value"] == 2 / 201  # the lowest that 200 redraws can give


def test_report_has_coverage_novelty_and_diversity(run):
    test = run[1]["test"]
    assert all(0 < each["coverage@10"] <= 1 for each in test["coverage"].values())
    # Popularity shows nearly the same, known items to every user; random lists reach every item.
    assert test["coverage"]["popularity"]["coverage@5"] < test["coverage"]["random"]["coverage@5"]
    novelty = {name: metrics["novelty@5"]["mean"] for name, metrics in test["models"].items()}
    assert novelty["popularity"] == min(novelty.values())
    # Titles of one taste share a word, so lists of one taste are less diverse than random lists.
    diversity = {name: metrics["diversity@10"]["mean"] for name, metrics in test["models"].items()}
    assert diversity["two_tower"] < diversity["random"]


def test_report_table_never_shows_minus_zero(run):
    report = json.loads(json.dumps(run[1]))
    report["test"]["two_tower_minus"]["random"]["ndcg@5"] |= {"mean": -2e-5, "low": -3e-5, "high": -1e-5}
    shown = [cell for column in report_table(report).columns for cell in column.cells]
    assert not any("-0.0000" in cell for cell in shown)


def test_report_has_slices_and_timing(run):
    report = run[1]
    slices = report["slices"]
    assert {"history_length", "target_temperature", "target_popularity"} <= slices.keys()
    assert sum(entry["num_users"] for entry in slices["history_length"]) == report["split"]["num_test_users"]
    whole = [entry for entry in slices["target_temperature"] if entry["num_targets"]]
    assert sum(entry["num_targets"] for entry in whole) == report["split"]["num_test_targets"]
    assert all(entry["models"].keys() == report["test"]["models"].keys() for entry in whole)
    assert report["timing"]["score_seconds_per_1000_users"].keys() == report["test"]["models"].keys()
    assert report["timing"]["baseline_fit_seconds"].keys() == BASELINES.keys()


def test_evaluate_fits_only_the_requested_baselines(run, capsys):
    best = str(run[0] / "best")
    assert main(["evaluate", best, "--baselines", "popularity,ease", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["test"]["models"]) == ["two_tower", "popularity", "ease"]
    assert found["test"]["models"]["ease"] == run[1]["test"]["models"]["ease"]
    assert main(["evaluate", best, "--baselines", "none", "--slices"]) == 0
    shown = capsys.readouterr().out
    assert "history length: ndcg@10" in shown
    assert "popularity" not in shown.replace("target popularity", "")
    assert main(["evaluate", best, "--baselines", "popular"]) == 2
    assert "--baselines: no baseline 'popular'; choose from random, popularity" in capsys.readouterr().err


def test_compare_reads_the_output_of_evaluate(run, capsys, tmp_path):
    assert main(["evaluate", str(run[0] / "best"), "--out", str(tmp_path / "again")]) == 0
    capsys.readouterr()
    assert main(["compare", str(run[0]), str(tmp_path / "again"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {row["seeds"] for row in rows} == {1}  # the same run twice is not a second seed
    means = {row["model"]: row["mean"] for row in rows}
    assert means == pytest.approx({name: m["ndcg@10"]["mean"] for name, m in run[1]["test"]["models"].items()})
    np.testing.assert_array_equal(
        read_per_user(run[0] / "per_user.npz").values["ease"]["auc"],
        read_per_user(tmp_path / "again" / "per_user.npz").values["ease"]["auc"],
    )
