"""Errors of the demo, each a sentence for the person at the terminal."""


class DemoError(Exception):
    """Root of every foreseeable failure of the demo; its text says what happened and what to do."""


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
