"""Command line `python -m trainer`. Each command is a file of trainer/commands, imported only when it runs."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import FrameType

from encoders.errors import EncodersError
from trainer.commands.console import EXIT_CODES
from trainer.errors import TrainerError, TrainingError

COMMANDS = {
    "prepare": "turn a data set in another form into what the trainer reads",
    "features": "encode ahead of time; list or clear the cache",
    "split": "save a run's split in a file, or show one",
    "train": "train a run file's model",
    "tune": "find better settings for a run file",
    "evaluate": "measure a checkpoint again",
    "compare": "compare finished runs, user by user",
    "recommend": "show what a checkpoint recommends",
    "checkpoints": "list, show, compare or remove checkpoints",
    "report": "make a run's report.html",
}
STOPPED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    with _stopping_at_once():
        arguments = _parser(words).parse_args(words)
        # Torch takes seconds to import; a wrong option is reported before that.
        import_module("trainer.runs.determinism").use_deterministic_algorithms()
    try:
        arguments.command(arguments)
        sys.stdout.flush()
    except TrainerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1 if isinstance(error, TrainingError) else 2  # all other errors are about the input
    except EncodersError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader of the output closed it, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes stdout once more when it exits
        return 1
    return 0


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer",
        description="Learn item and user towers from products and interactions that you own.",
        epilog=EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, what in COMMANDS.items():
        if words[:1] == [name]:  # importing all of them takes seconds, too long to list the commands
            import_module(f"trainer.commands.{name}").add(commands)
        else:
            commands.add_parser(name, help=what)
    return parser


@contextmanager
def _stopping_at_once() -> Iterator[None]:
    """End the process at Ctrl-C: during an import, KeyboardInterrupt may be lost or become another error."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # else another handler is set, as by nohup
        signal.signal(signal.SIGINT, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(number: int, frame: FrameType | None) -> None:
    os.write(2, b"stopped\n")
    os._exit(STOPPED)


if __name__ == "__main__":
    sys.exit(main())
