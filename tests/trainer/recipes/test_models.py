"""Tests of the registries that are derived from the declarations of models."""

import pytest

from trainer.checkpoint import tower_types
from trainer.errors import ConfigError
from trainer.recipes import MODELS, two_tower
from trainer.recipes.model import config_of
from trainer.recipes.run_file import parse_config

LEAST = {"seed": 1, "encoders": "b", "out": "o", "data": {"products": ["p.jsonl"], "interactions": "i.csv"}}


def test_every_loadable_tower_belongs_to_a_model():
    assert set(tower_types().values()) == {tower for model in MODELS.values() for tower in model.towers}


@pytest.mark.parametrize("name", MODELS)
def test_a_run_file_reads_the_configuration_of_every_model(name):
    config = parse_config({**LEAST, "model": {"type": name, "dim": 32}}).model
    assert type(config) is MODELS[name].config
    assert (config.type, config.dim) == (name, 32)


def test_a_run_file_without_a_model_is_of_the_two_tower_model():
    assert parse_config(LEAST).model == two_tower.TwoTowerConfig()


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=f"one of {', '.join(MODELS)}, got 'other'"):
        parse_config({**LEAST, "model": {"type": "other"}})


def test_a_run_of_another_model_is_refused():
    class Prepared:
        config = parse_config({**LEAST, "model": {"type": "clip"}})

    with pytest.raises(ConfigError, match="\"two_tower\", got 'clip'"):
        config_of(Prepared, two_tower.TwoTowerConfig)
