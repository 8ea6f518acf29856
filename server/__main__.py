"""Command line of the server: `run` and `ingest`."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from encoders.errors import EncodersError
from server.errors import ServerError
from server.settings import add_flags, settings_from


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 1 for failure, 2 for bad usage or input, 130 on Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m server", description="Add products to a catalogue and recommend them over HTTP."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    add_flags(commands.add_parser("run", help="serve a catalogue over HTTP"), "run")
    ingest_parser = commands.add_parser("ingest", help="add the products of a products.jsonl to the catalogue")
    ingest_parser.add_argument(
        "products", type=Path, metavar="PRODUCTS.jsonl", help="products, as the scraper writes them"
    )
    ingest_parser.add_argument(
        "--images", type=Path, metavar="DIR",
        help="take images from here, named {itemId} or {sku} with .jpg, .jpeg, .png or .webp, and fetch none",
    )  # fmt: skip
    ingest_parser.add_argument(
        "--prune", action="store_true", help="remove items of the file's shops that the file does not have"
    )
    add_flags(ingest_parser, "ingest")
    namespace = parser.parse_args(arguments)
    try:
        return _execute(namespace)
    except (ServerError, EncodersError) as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, sqlite3.Error) as error:  # a full disk, a directory without permission
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; everything reported so far is kept", file=sys.stderr)
        return 130


def _execute(namespace: argparse.Namespace) -> int:
    settings = settings_from(vars(namespace), os.environ)
    if namespace.command == "run":
        from server.commands.run import run  # noqa: PLC0415 (ingest needs no web server)

        run(settings)
        return 0
    from server.commands.ingest import ingest  # noqa: PLC0415 (a server that only answers needs no ingest)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    summary = ingest(namespace.products, settings, namespace.images, prune=namespace.prune, say=say)
    print(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
