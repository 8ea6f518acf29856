"""Errors of the demo; each text is one sentence for the terminal."""


class DemoError(Exception):
    """Root of the demo's expected failures; the text names the failure and the remedy."""


class PortInUseError(DemoError):
    """A port the demo needs is taken by another program."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(
            f"Port {port} is already in use; stop the program that has it, or choose another with {option}."
        )
        self.port = port


class UsageError(DemoError):
    """A command-line value that cannot work."""


class StepFailedError(DemoError):
    """A step of `demo run` ended with an error of its own."""


class NoSpaceError(DemoError):
    """The disk has less room than the demo needs."""
