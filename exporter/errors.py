"""Errors of the exporter; the command line turns each of them into one line."""


class ExporterError(Exception):
    """Root of everything the exporter raises on purpose."""


class WeightsError(ExporterError):
    """Pretrained weights or a checkpoint are missing, damaged, or of another shape than the model."""


class ExportError(ExporterError):
    """A model could not be exported, or its ONNX form does not answer as the original does."""


class InputError(ExporterError):
    """A file, folder or cluster that the command names is missing or cannot be used."""


class BundleError(ExporterError):
    """A bundle breaks its contract; the message names the file or the field."""
