"""Command line of the server: `run`, `ingest`, `pack`, `bundle`, `check`, `repair`, `pair` and `rotate-keys`."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from encoders.errors import EncodersError
from server.errors import ServerError
from server.settings import DEFAULT_BITS, Settings, add_flags, settings_from


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
    _add_images(ingest_parser)
    ingest_parser.add_argument(
        "--prune", action="store_true", help="remove items of the file's shops that the file does not have"
    )
    add_flags(ingest_parser, "ingest")
    _add_bundle(commands.add_parser("bundle", help="serve another bundle without an outage"))
    _add_pack(commands.add_parser("pack", help="write the catalogue of shops as files for a static host"))
    _add_pair(commands.add_parser("pair", help="show a code, with which a browser comes to know this server"))
    add_flags(commands.add_parser("check", help="look for damage in the catalogue"), "check")
    add_flags(commands.add_parser("repair", help="write the catalogue again without what is damaged"), "repair")
    rotate = commands.add_parser("rotate-keys", help="encrypt what browsers keep here with a new key")
    add_flags(rotate, "rotate-keys")
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


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="fill a bundle's space while the server runs, and let it answer")
    add.add_argument("directory", type=Path, metavar="DIR", help="bundle directory (holds manifest.json)")
    _add_images(add)
    add_flags(add, "bundle")
    for action, text in (("switch", "serve another bundle that is ready"), ("drop", "remove one that is not served")):
        one = actions.add_parser(action, help=text)
        one.add_argument("bundle", metavar="BUNDLE", help="its directory, its name, or the first digits of its space")
        add_flags(one, "bundle")
    for action, text in (("rollback", "serve the one before again"), ("list", "print those that are registered")):
        add_flags(actions.add_parser(action, help=text), "bundle")


def _add_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--images", type=Path, metavar="DIR",
        help="take images from here, named {itemId} or {sku} with .jpg, .jpeg, .png or .webp, and fetch none",
    )  # fmt: skip


def _bundle(namespace: argparse.Namespace, settings: Settings) -> None:
    from server.commands import bundles  # noqa: PLC0415 (as below)

    if namespace.action == "add":
        added = bundles.add(namespace.directory, settings, namespace.images)
        print(orjson.dumps(added, option=orjson.OPT_INDENT_2).decode())
    elif namespace.action == "switch":
        print(bundles.switch(namespace.bundle, settings))
    elif namespace.action == "rollback":
        print(bundles.rollback(settings))
    elif namespace.action == "drop":
        print(bundles.drop(namespace.bundle, settings, _say))
    else:
        print("\n".join(bundles.list_bundles(settings)) or "no bundle is registered")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shops", nargs="+", metavar="SHOP", help="shop of the catalogue, such as shop.example")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder to publish: packs are added to its list.json"
    )
    parser.add_argument(
        "--bits", type=int, choices=(4, 8), default=DEFAULT_BITS,
        help=f"bits a number of an item's vector: 8 is truer and twice as large (default: {DEFAULT_BITS})",
    )  # fmt: skip
    parser.add_argument(
        "--sign", type=Path, metavar="KEY", help="sign with this private key, made by `python -m exporter keygen`"
    )
    parser.add_argument(
        "--previous", type=Path, metavar="DIR",
        help="folder with the packs before, for what changed since (default: the folder of --out)",
    )  # fmt: skip
    add_flags(parser, "pack")


def _add_pair(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="print the browsers that are paired, and show no code")
    instead.add_argument("--forget", metavar="ID", help="unpair a browser, and show no code")
    add_flags(parser, "pair")


def _pair(namespace: argparse.Namespace, settings: Settings) -> None:
    from server.commands.pair import forget_device, list_devices, pair  # noqa: PLC0415 (as below)

    if namespace.list:
        print("\n".join(list_devices(settings)) or "no browser is paired")
    elif namespace.forget is not None:
        forget_device(settings, namespace.forget)
        print(f"{namespace.forget} is not paired any more")
    else:
        pair(settings, lambda line: print(line, flush=True))


def _execute(namespace: argparse.Namespace) -> int:
    settings = settings_from(vars(namespace), os.environ)
    if namespace.command == "run":
        # Workers get their speed from processes; a BLAS that starts threads in each only makes them wait. NumPy reads
        # this when it is loaded, which is now.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from server.commands.run import run  # noqa: PLC0415 (ingest needs no web server)

        run(settings)
        return 0

    if namespace.command in ("pair", "bundle"):
        (_pair if namespace.command == "pair" else _bundle)(namespace, settings)
        return 0
    if namespace.command in ("check", "repair"):
        from server.commands.repair import check, repair  # noqa: PLC0415 (as below)

        found = (check if namespace.command == "check" else repair)(settings)
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return 1 if found["damaged"] or found["pages"] else 0
    if namespace.command == "rotate-keys":
        from server.commands.rotate_keys import rotate_keys  # noqa: PLC0415 (as below)

        print(rotate_keys(settings))
        return 0
    if namespace.command == "pack":
        from server.commands.pack import pack  # noqa: PLC0415 (as below)

        summaries = pack(
            namespace.shops, settings, namespace.out, bits=namespace.bits, key_file=namespace.sign,
            previous=namespace.previous, say=_say,
        )  # fmt: skip
        print(orjson.dumps(summaries, option=orjson.OPT_INDENT_2).decode())
        return 0
    from server.commands.ingest import ingest  # noqa: PLC0415 (a server that only answers needs no ingest)

    summary = ingest(namespace.products, settings, namespace.images, prune=namespace.prune, say=_say)
    print(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
