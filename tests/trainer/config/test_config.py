from pathlib import Path

import pytest

from trainer.config.run import as_document
from trainer.errors import ConfigError
from trainer.recipes.run_file import parse_config, read_config

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "examples"
RUNS = sorted(path for path in EXAMPLES.glob("*.toml") if path.name != "shops.toml")  # that one is the scraper's
LEAST = {"seed": 1, "encoders": "b", "out": "o", "data": {"products": ["p.jsonl"], "interactions": "i.csv"}}


def with_value(section, key, value):
    return {**LEAST, section: {**LEAST.get(section, {}), key: value}} if section else {**LEAST, key: value}


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_an_example_in_the_docs_is_a_valid_run_and_says_how_to_start_it(path):
    config = read_config(path)
    assert config.out == f"var/runs/{path.stem}"
    assert f"python -m trainer train docs/examples/{path.name}" in path.read_text()
    assert config.model.type in path.stem.replace("-", "_")


def test_the_examples_show_every_loss_optimiser_and_schedule():
    configs = [read_config(path) for path in RUNS]
    assert {config.model.loss for config in configs if hasattr(config.model, "loss")} >= {
        "sampled_softmax",
        "bce",
        "bpr_k",
    }
    assert {config.training.optimiser for config in configs} == {"adamw", "adam", "sgd"}
    assert {config.training.schedule for config in configs} == {"constant", "linear", "cosine", "plateau"}


def test_a_run_survives_a_round_trip_through_json():
    config = parse_config(with_value("evaluation", "k", [3, 7]))
    document = as_document(config)
    assert document["evaluation"]["k"] == [3, 7]
    assert document["data"]["products"] == ["p.jsonl"]
    assert parse_config(document) == config


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("training", "learning_rat", 0.1, r"unknown key training.learning_rat; did you mean training.learning_rate\?"),
        ("", "enocders", "b", r"unknown key enocders; did you mean encoders\?"),
        ("model", "layers", 2, r"unknown key model.layers; did you mean model\.\w+\?"),
        ("training", "epochs", "ten", r"training.epochs must be int, got 'ten'"),
        ("training", "epochs", True, r"training.epochs must be int, got True"),
        ("training", "temperature", 0, r"training.temperature must be between"),
        ("split", "rule", "random", r"split.rule must be one of catalogue, .*, temporal, got 'random'"),
        ("split", "test", 0.95, r"split.valid \+ split.test must"),
        ("split", "fold", 5, r"split.fold must be between 0 and 4, got 5"),
        ("split", "max_test_users", 0, r"split.max_test_users must be between 1"),
        ("data", "products", "p.jsonl", r"data.products must be a list"),
        ("", "training", 3, r"training must be a table"),
        ("model", "dim", 4, r"model.dim must be between 8"),
        ("model", "loss", "softmax", r"model.loss must be one of sampled_softmax, bce, bpr, bpr_k"),
        ("model", "hard_share", 1.5, r"model.hard_share must be between 0 and 1"),
        ("model", "type", "towers", r"model.type must be one of .*two_tower"),
        ("training", "optimiser", "lion", r"training.optimiser must be one of adamw, adam, sgd"),
        ("training", "schedule", "step", r"training.schedule must be one of constant, linear, cosine, plateau"),
        ("training", "precision", "fp8", r"training.precision must be one of fp32, bf16, fp16"),
        ("evaluation", "k", [], r"evaluation.k must name at least one"),
    ],
)
def test_a_wrong_value_is_refused_by_name(section, key, value, message):
    with pytest.raises(ConfigError, match=message):
        parse_config(with_value(section, key, value))


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match=r"missing key data\.interactions"):
        parse_config({**LEAST, "data": {"products": []}})


def test_whole_numbers_serve_as_fractions():
    assert parse_config(with_value("training", "grad_clip", 2)).training.grad_clip == 2.0


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    (tmp_path / "run.toml").write_text("seed = = 3")
    with pytest.raises(ConfigError, match=r"run.toml: cannot be read as TOML"):
        read_config(tmp_path / "run.toml")
    with pytest.raises(ConfigError, match=r"other.toml: no such file"):
        read_config(tmp_path / "other.toml")
