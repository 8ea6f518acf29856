"""What the trainer raises: one root, so that the command line turns any of them into one clear line."""


class TrainerError(Exception):
    """Root of everything the trainer raises on purpose."""


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
    """Pretrained weights are missing, damaged or of another shape, or the model cannot be had as it was asked for."""


class UnsupportedModelError(TrainerError):
    """A pretrained model prepares texts or images in a way that a bundle's manifest has no words for."""


class CheckpointError(TrainerError):
    """A checkpoint is missing, damaged, of a newer format, or does not fit its towers."""


class TrainingError(TrainerError):
    """Training cannot go on: nothing to learn from, or the loss is no longer a number."""
