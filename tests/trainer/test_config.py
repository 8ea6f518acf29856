from pathlib import Path

import pytest

from trainer.config import as_document, parse_config, read_config
from trainer.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "two-tower.toml"
LEAST = {"seed": 1, "encoders": "b", "out": "o", "data": {"products": ["p.jsonl"], "interactions": "i.csv"}}


def with_value(section, key, value):
    return {**LEAST, section: {**LEAST.get(section, {}), key: value}} if section else {**LEAST, key: value}


def test_the_example_in_the_docs_is_a_valid_run():
    config = read_config(EXAMPLE)
    assert config.model.type == "two_tower"
    assert config.data.interactions.endswith(".csv")


def test_a_run_survives_the_way_through_json():
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


def test_a_file_that_is_no_toml_says_so(tmp_path):
    (tmp_path / "run.toml").write_text("seed = = 3")
    with pytest.raises(ConfigError, match=r"run.toml: cannot be read as TOML"):
        read_config(tmp_path / "run.toml")
