"""The command line: `python -m scraper extract | extract-many | crawl | run | images | forget`."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from scraper.commands.crawl import add_commands, positive
from scraper.commands.extract_many import Engine, extract_many, read_source
from scraper.commands.images import add_command
from scraper.errors import InputError, ScraperError, UrlError
from scraper.extraction.extract import extract_product

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all subcommands."""
    parser = argparse.ArgumentParser(prog="python -m scraper", description="Shop pages to products, politely.")
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("extract", help="print the Product of one saved page as JSON")
    one.add_argument("page", metavar="PAGE.html", help="the saved page, plain or .gz; - reads standard input")
    one.add_argument("--url", required=True, help="the address the page was saved from")

    many = commands.add_parser("extract-many", help="saved pages to products.jsonl, one line out per line in")
    help_pages = (
        'one {"file": PATH, "url": URL} a line; PATH is relative to this file, plain or .gz; '
        "or the folder of a crawl, to extract its stored pages again"
    )
    many.add_argument("pages", metavar="PAGES.jsonl|DIR", type=Path, help=help_pages)
    many.add_argument("--out", required=True, type=Path, metavar="products.jsonl",
                      help="where to write; a name that ends in .parquet gets Parquet")  # fmt: skip
    many.add_argument("--engine", choices=("processes", "dask"), default="processes",
                      help="processes of this machine, or Dask (default processes)")  # fmt: skip
    many.add_argument("--scheduler", metavar="ADDRESS",
                      help="with --engine dask: the cluster to use, such as tcp://10.0.0.5:8786")  # fmt: skip
    many.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N",
                      help="processes to use (default: one per core)")  # fmt: skip
    add_commands(commands)
    add_command(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed in part, 2 bad input, 130 interrupted."""
    arguments = build_parser().parse_args(argv)
    # A service manager's way to say Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments)
    except (InputError, UrlError) as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except ScraperError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        is_whole_or_nothing = arguments.command in ("extract", "extract-many")
        what_now = "nothing was written" if is_whole_or_nothing else "run the same command again to go on"
        print(f"interrupted; {what_now}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`); point stdout elsewhere so that closing it stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "extract":
        product = extract_product(read_source(arguments.page), arguments.url)
        print(json.dumps(product.to_wire(), ensure_ascii=False, indent=2), flush=True)
        return OK
    if arguments.command == "extract-many":
        return _extract_many(arguments)
    return OK if arguments.run(arguments) else FAILED


def _extract_many(arguments: argparse.Namespace) -> int:
    if arguments.scheduler and arguments.engine != "dask":
        raise InputError("--scheduler: expected with --engine dask only")
    engine = Engine(arguments.workers, is_dask=arguments.engine == "dask", scheduler=arguments.scheduler)
    num_failed = extract_many(arguments.pages, arguments.out, engine=engine)
    if num_failed:
        print(f'{num_failed} pages could not be read; their lines have the verdict "empty"', file=sys.stderr)
    return FAILED if num_failed else OK


if __name__ == "__main__":
    sys.exit(main())
