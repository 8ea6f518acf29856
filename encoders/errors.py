"""Errors of the encoders, under one root."""


class EncodersError(Exception):
    """Root of the encoders' errors; its text is fit for an operator."""

    exit_code = 1


class EncodingError(EncodersError):
    """A tower cannot be loaded, or its output differs from the manifest's declaration."""


class ImageError(EncodersError, ValueError):
    """Image that cannot be had, or bytes that are not an image within the limits."""


class ImagesFolderError(EncodersError, ValueError):
    """A folder of images that the operator named is not a folder."""

    exit_code = 2
