"""Checks of configuration values, called where a dataclass is built."""

from collections.abc import Sequence

from trainer.errors import ConfigError


def one_of(name: str, value: str, valid: Sequence[str]) -> None:
    """Raise ConfigError unless `value` is one of `valid`."""
    if value not in valid:
        raise ConfigError(f"{name} must be one of {', '.join(valid)}, got {value!r}")


def between(name: str, value: float, low: float, high: float) -> None:
    """Raise ConfigError unless low <= value <= high."""
    if not low <= value <= high:
        raise ConfigError(f"{name} must be between {low} and {high}, got {value!r}")
