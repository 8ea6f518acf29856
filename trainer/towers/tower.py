"""Base class of the towers that a checkpoint can hold."""

from typing import Any

from torch import nn


class Tower(nn.Module):
    """A module that a checkpoint can rebuild: `config` holds its constructor's arguments as JSON types.

    trainer/checkpoint.py finds every subclass in this package by its class name, so a class must not be renamed: the
    name is in the checkpoints on people's disks.
    """

    config: dict[str, Any]
