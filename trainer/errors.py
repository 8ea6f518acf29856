"""Exceptions of the trainer, under one root that the command line turns into one line."""


class TrainerError(Exception):
    """Base class of all errors that the trainer raises on purpose."""


class ConfigError(TrainerError, ValueError):
    """The run file names an unknown key, or a value of the wrong type or out of range."""


class DataError(TrainerError, ValueError):
    """Products or interactions break their contract; the message names file and line."""


class RecordError(TrainerError, ValueError):
    """A record or an image breaks its format. `group` is the same for all that fail alike, to count them by."""

    def __init__(self, reason: str, group: str) -> None:
        super().__init__(reason)
        self.group = group


class EncoderError(TrainerError):
    """The encoders' bundle is missing, damaged or lacks a tower that the run needs."""


class PretrainedError(TrainerError):
    """Pretrained weights are missing, damaged or of another shape, or the named model does not exist."""


class UnsupportedModelError(TrainerError):
    """A pretrained model prepares texts or images in a way that a bundle's manifest cannot describe."""


class CheckpointError(TrainerError):
    """A checkpoint is missing, damaged, of a newer format, or does not fit its towers."""


class TrainingError(TrainerError):
    """Training cannot continue: there is nothing to learn from, or the loss is not finite."""
