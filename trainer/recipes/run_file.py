"""Run files: TOML read into a RunConfig, the [model] table by the declaration of its model."""

import tomllib
from pathlib import Path
from typing import Any

from kernel.json_object import JsonMapping
from trainer.config.run import RunConfig, parse_run
from trainer.errors import ConfigError
from trainer.recipes import MODELS


def read_config(path: Path, **overrides: Any) -> RunConfig:
    """Return the run that the TOML file describes; raises ConfigError naming file and key."""
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; give a run's TOML file") from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
    try:
        return parse_config({**values, **overrides})
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def parse_config(values: JsonMapping) -> RunConfig:
    """Return the run that a mapping describes, as read from TOML or from a checkpoint's `run`; raises ConfigError."""
    return parse_run(values, {name: model.config for name, model in MODELS.items()})
