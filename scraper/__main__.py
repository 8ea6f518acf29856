"""Command line of the scraper: `python -m scraper extract | extract-many | crawl | run | images | forget`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from kernel.files import UnwritableError
from scraper.commands import crawl, extract, extract_many, forget, images, run
from scraper.errors import InputError, ScraperError, UrlError

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="python -m scraper", description="Crawl shops politely, and extract products from their feeds and pages."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for command in (extract, extract_many, crawl, run, forget, images):
        command.add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed in part, 2 bad input, 130 interrupted."""
    arguments = build_parser().parse_args(argv)
    # A service manager's way to say Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return OK if arguments.run(arguments) else FAILED
    except (InputError, UrlError, UnwritableError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except ScraperError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        what_now = "run the same command again to resume" if arguments.is_resumable else "nothing was written"
        print(f"interrupted; {what_now}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); point stdout elsewhere so that closing it stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


if __name__ == "__main__":
    sys.exit(main())
