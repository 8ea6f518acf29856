import json

import numpy as np
import pytest

from trainer.__main__ import main
from trainer.evaluation.per_user import PerUser, write_per_user


def write_run(
    directory,
    values,
    *,
    seed=1,
    model=None,
    split=None,
    users=40,
    cases_hash="c",
    data_hash="d",
    bundle="lite",
    space="s",
    counted=None,
    **more,
):
    """Write a run directory with these per-user values, {model: (n,)}, and return its path."""
    directory.mkdir(parents=True)
    model = model or {"type": "two_tower", "dim": 8}
    settings = {"seed": seed, "out": str(directory), "encoders": bundle, "split": split or {}, "model": model, **more}
    settings["data"] = {"products": ["products.jsonl"], "interactions": "visits.csv"}
    report = {"run": settings, "encoders": {"space": space}, "split": counted or {}}
    (directory / "report.json").write_text(json.dumps(report if space else {"run": report["run"]}))
    values = {name: {"ndcg@10": each, "recall@10": 1 - each} for name, each in values.items()}
    found = PerUser(tuple(f"u{n}" for n in range(users)), values, data_hash, cases_hash)
    write_per_user(found, directory / "per_user.npz")
    return str(directory)


def values(mean, seed, users=40):
    return np.random.default_rng(seed).uniform(mean - 0.05, mean + 0.05, users)


@pytest.fixture
def runs(tmp_path):
    """Write three seeds of one model, another model, and a baseline in all of them."""
    base = values(0.3, 0)
    three = [
        write_run(tmp_path / f"seed{n}", {"two_tower": base + 0.1 * n, "popularity": base}, seed=n) for n in range(3)
    ]
    other = {"type": "two_tower", "dim": 16}
    wide = write_run(tmp_path / "wide", {"two_tower": base + values(0, 9), "popularity": base}, model=other)
    return [*three, wide]


def compare(capsys, *arguments):
    assert main(["compare", *arguments]) == 0
    return capsys.readouterr().out


def test_seeds_of_one_model_are_one_row_with_mean_and_sd(runs, capsys):
    """The first run's model is the first row."""
    found = json.loads(compare(capsys, *runs, "--json"))
    rows = {row["model"]: row for row in found["rows"]}
    assert list(rows) == ["two_tower (seed0)", "two_tower (wide)", "popularity"]
    assert [row["seeds"] for row in found["rows"]] == [3, 1, 3]  # two runs have popularity of seed 1
    assert found["notes"] == []
    mine, base = rows["two_tower (seed0)"], values(0.3, 0).mean()
    assert (mine["mean"], mine["sd"]) == pytest.approx((base + 0.1, 0.1))
    assert mine["runs"] == runs[:3]
    assert rows["two_tower (wide)"]["sd"] is None
    assert found["num_users"] == 40
    gap = rows["popularity"]["difference"]
    assert gap["mean"] == pytest.approx(0.1)
    assert gap["low"] < 0.04  # pairing removes the effect of users, not of three seeds that differ by 0.1
    assert gap["p_value"] <= gap["holm_p_value"] <= 2 * gap["p_value"]


def test_compare_detects_a_steady_difference_and_not_noise(tmp_path, capsys):
    base = values(0.3, 0)
    better = base + values(0.02, 1) * 0.5
    same = base + np.random.default_rng(2).normal(0, 0.05, 40)
    run = write_run(tmp_path / "one", {"two_tower": better, "popularity": base, "content": same})
    rows = {row["model"]: row for row in json.loads(compare(capsys, run, "--json"))["rows"]}
    assert rows["popularity"]["difference"]["low"] > 0
    assert rows["popularity"]["difference"]["holm_p_value"] < 0.05
    assert rows["content"]["difference"]["low"] < 0 < rows["content"]["difference"]["high"]


def test_option_metric_selects_a_metric_and_refuses_unknown_ones(runs, capsys):
    found = json.loads(compare(capsys, runs[0], "--metric", "recall@10", "--json"))
    assert found["rows"][0]["mean"] == pytest.approx(1 - values(0.3, 0).mean())
    assert main(["compare", runs[0], "--metric", "recall@11"]) == 2
    assert "has no recall@11; it has ndcg@10, recall@10" in capsys.readouterr().err


def test_compare_prints_every_row(runs, capsys):
    shown = compare(capsys, *runs)
    for word in ("two_tower (seed0)", "two_tower (wide)", "popularity", "40 test users", "0.1000"):
        assert word in shown


@pytest.mark.parametrize("recorded", ["spaces", "bundles of old reports"])
def test_runs_on_other_encoders_are_another_model(tmp_path, capsys, recorded):
    places = [("a", "s"), ("b", "s"), ("a", "t")] if recorded == "spaces" else [("a", None), ("a", None), ("b", None)]
    runs = [
        write_run(tmp_path / f"run{n}", {"two_tower": values(0.3, n)}, seed=n, bundle=bundle, space=space)
        for n, (bundle, space) in enumerate(places)
    ]
    rows = json.loads(compare(capsys, *runs, "--json"))["rows"]
    assert {row["model"]: row["runs"] for row in rows} == {"two_tower (run0)": runs[:2], "two_tower (run2)": runs[2:]}


def test_a_copy_of_a_run_is_not_a_second_seed(tmp_path, capsys):
    found = {"two_tower": values(0.3, 0), "popularity": values(0.2, 0)}
    runs = [write_run(tmp_path / name, found, seed=4) for name in ("one", "copy")]
    assert main(["compare", *runs, "--json"]) == 0
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert [(row["model"], row["seeds"], row["sd"]) for row in document["rows"]] == [
        ("two_tower", 1, None),
        ("popularity", 1, None),
    ]
    note = f"{runs[1]} repeats {runs[0]} (two_tower, seed 4): counted once"
    assert document["notes"] == [note]
    assert shown.err == f"note: {note}\n"


def test_compare_refuses_two_results_of_one_model_and_seed(tmp_path, capsys):
    runs = [write_run(tmp_path / f"run{n}", {"two_tower": values(0.3, n)}, seed=4) for n in range(2)]
    assert main(["compare", *runs]) == 2
    error = capsys.readouterr().err
    assert f"{runs[0]} and {runs[1]} are both two_tower of seed 4, but differ in ndcg@10" in error
    assert error.count("\n") == 1


def test_a_baseline_takes_the_values_of_the_first_run_of_a_seed(tmp_path, capsys):
    """On another machine ties may be broken differently; two models must still be comparable."""
    runs = [
        write_run(tmp_path / f"run{n}", {"two_tower": values(0.3, 0), "ease": values(0.3, n)}, model=model)
        for n, model in enumerate([None, {"type": "two_tower", "dim": 16}])
    ]
    for given in (runs, runs[::-1]):
        found = json.loads(compare(capsys, *given, "--json"))
        (row,) = (row for row in found["rows"] if row["model"] == "ease")
        assert (row["seeds"], row["runs"]) == (1, given[:1])
        assert row["mean"] == pytest.approx(values(0.3, runs.index(given[0])).mean())


@pytest.mark.parametrize("other", [{"space": "t"}, {"split": {"hide_valid_shop": True}}])
def test_a_baseline_has_a_row_per_encoder_space_and_training_data(tmp_path, capsys, other):
    found = [{"two_tower": values(0.3, n), "content": values(0.2, n), "ease": values(0.1, 0)} for n in range(2)]
    wide = {"model": {"type": "two_tower", "dim": 16}}
    runs = [write_run(tmp_path / "one", found[0]), write_run(tmp_path / "other", found[1], **wide, **other)]
    rows = json.loads(compare(capsys, *runs, "--json"))["rows"]
    assert [row["model"] for row in rows[2:]] == ["content (one)", "content (other)", "ease"]


def saved_split(sha256, num_train=500):
    return {"rule": "catalogue", "num_train_interactions": num_train, "info": {"file_sha256": sha256}}


@pytest.mark.parametrize(
    "splits",
    [
        [{"counted": saved_split("1"), "split": {"file": "both.npz"}}, {"counted": saved_split("2")}],
        [{"counted": {"num_train_interactions": 500}}, {"counted": {"num_train_interactions": 200}}],
        [{"split": {"file": "both.npz"}}, {"split": {"file": "new_shop.npz"}}],
    ],
    ids=["by their files", "by what training saw", "in reports of before they were hashed"],
)
def test_baselines_of_splits_with_equal_test_cases_have_own_rows(tmp_path, capsys, splits):
    runs = [
        write_run(tmp_path / name, {"two_tower": values(0.4, n), "popularity": values(mean, n)}, seed=n, **split)
        for n, (name, mean, split) in enumerate(zip(("both", "new"), (0.3, 0.1), splits, strict=True))
    ]
    for given in (runs, runs[::-1]):
        found = json.loads(compare(capsys, *given, "--json"))
        rows = {row["model"]: row for row in found["rows"]}
        assert sorted(rows) == ["popularity (both)", "popularity (new)", "two_tower (both)", "two_tower (new)"]
        for n, name in enumerate(("both", "new")):
            assert rows[f"popularity ({name})"]["runs"] == [runs[n]]
            assert rows[f"popularity ({name})"]["mean"] == pytest.approx(values((0.3, 0.1)[n], n).mean())
        (note,) = found["notes"]
        assert f"{given[1]} has the test cases of {given[0]}, but another split" in note


def test_a_saved_split_is_the_same_at_any_path(tmp_path, capsys):
    runs = [
        write_run(
            *(tmp_path / f"run{n}", {"two_tower": values(0.4, n), "popularity": values(0.3, 0)}),
            **{"seed": n, "split": {"file": f"{n}/split.npz"}, "counted": saved_split("1")},
        )
        for n in range(2)
    ]
    found = json.loads(compare(capsys, *runs, "--json"))
    assert [(row["model"], row["seeds"]) for row in found["rows"]] == [("two_tower", 2), ("popularity", 2)]
    assert found["notes"] == []


def test_model_content_is_not_the_baseline_content(tmp_path, capsys):
    base = values(0.1, 0)
    runs = [
        write_run(tmp_path / "content", {"content": values(0.2, 1), "popularity": base}, model={"type": "content"}),
        write_run(tmp_path / "tt", {"two_tower": values(0.4, 2), "content": values(0.3, 3), "popularity": base}),
    ]
    for given in (runs, runs[::-1]):
        rows = {row["model"]: row["mean"] for row in json.loads(compare(capsys, *given, "--json"))["rows"]}
        assert rows == pytest.approx(
            {
                "two_tower": values(0.4, 2).mean(),
                "content (content)": values(0.2, 1).mean(),
                "content (tt)": values(0.3, 3).mean(),
                "popularity": base.mean(),
            }
        )


@pytest.mark.parametrize(
    "changed",
    [
        {"tracking": {"wandb": True}},
        {"cache_limit_gb": 5.0},
        {"evaluation": {"bootstrap_samples": 5000}},
        {"training": {"batch_size": 512}},
        {"model": {"type": "two_tower", "dim": 8, "hidden": 512}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_settings_without_effect_on_training_do_not_split_a_model(tmp_path, capsys, changed):
    found = {"two_tower": values(0.3, 0)}
    runs = [write_run(tmp_path / "old", found), write_run(tmp_path / "new", found, seed=2, **changed)]
    rows = json.loads(compare(capsys, *runs, "--json"))["rows"]
    assert [(row["model"], row["seeds"]) for row in rows] == [("two_tower", 2)]


def test_reports_with_unknown_settings_are_compared_unchanged(tmp_path, capsys):
    found = {"two_tower": values(0.3, 0)}
    runs = [
        write_run(tmp_path / f"run{n}", found, seed=n, model={"type": "two_tower", "of_tomorrow": n}) for n in range(2)
    ]
    rows = json.loads(compare(capsys, *runs, "--json"))["rows"]
    assert [row["model"] for row in rows] == ["two_tower (run0)", "two_tower (run1)"]


def test_seeds_are_paired_by_number_in_any_order_of_runs(tmp_path, capsys):
    """Both models share the effect of each seed, so that their difference is the same in all three."""
    wide = {"type": "two_tower", "dim": 16}
    runs = [
        write_run(tmp_path / f"{name}{seed}", {"two_tower": values(0.3, 0) + seed + gain}, seed=seed, model=model)
        for name, gain, model, seeds in (("wide", 0.1, wide, (3, 1, 2)), ("narrow", 0, None, (1, 2, 3)))
        for seed in seeds
    ]
    gap = json.loads(compare(capsys, *runs, "--json"))["rows"][1]["difference"]
    assert (gap["low"], gap["high"]) == pytest.approx((0.1, 0.1))


def test_models_in_directories_of_equal_name_show_their_paths(tmp_path, capsys):
    runs = [
        write_run(tmp_path / place / "run", {"two_tower": values(0.3, n)}, space=place)
        for n, place in enumerate(("here", "there", "elsewhere"))
    ]
    rows = json.loads(compare(capsys, *runs, "--json"))["rows"]
    assert [row["model"] for row in rows] == [f"two_tower ({run})" for run in runs]


def test_compare_never_prints_minus_zero(tmp_path, capsys):
    base = values(0.3, 0)
    run = write_run(tmp_path / "one", {"two_tower": base - 1e-5 * values(1, 1), "popularity": base})
    shown = compare(capsys, run)
    assert "+0.0000 [+0.0000, +0.0000]" in shown
    assert "-0.0000" not in shown


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cases_hash": "x"}, "different test cases; a split depends on the run's seed"),
        ({"data_hash": "x"}, "different data"),
    ],
)
def test_compare_refuses_runs_with_different_test_cases(tmp_path, runs, capsys, change, message):
    other = write_run(tmp_path / "other", {"two_tower": values(0.3, 0)}, **change)
    assert main(["compare", runs[0], other]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "other" in error
    assert error.count("\n") == 1


def test_compare_names_a_directory_that_is_not_a_run(tmp_path, runs, capsys):
    assert main(["compare", runs[0], str(tmp_path / "absent")]) == 2
    assert "absent/report.json: not found" in capsys.readouterr().err
    (tmp_path / "seed0" / "report.json").write_text("[]")
    assert main(["compare", runs[0]]) == 2
    assert "is not a report of a run" in capsys.readouterr().err
    (tmp_path / "seed1" / "per_user.npz").unlink()
    assert main(["compare", runs[1]]) == 2
    assert "evaluate CKPT --out DIR" in capsys.readouterr().err
