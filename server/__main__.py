"""Command line of the server: `run`, `ingest`, `bundle`, `pack`, `check`, `repair`, `pair`, `token`, and others."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from encoders.errors import EncodersError
from kernel.interest_clusters import FEWEST as FEWEST_CLUSTERS
from kernel.interest_clusters import MOST as MOST_CLUSTERS
from server.commands.feedback_flags import add_events, add_experiment, run_events, run_experiment
from server.errors import ServerError
from server.settings import DEFAULT_BITS, DEFAULT_CLUSTERS, Settings, add_flags, settings_from
from server.trust.tokens import SCOPES


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
    _add_token(commands.add_parser("token", help="make, list, rotate or revoke operators' tokens"))
    _add_clusters(commands.add_parser("clusters", help="make the interest clusters that devices report at random"))
    add_flags(commands.add_parser("check", help="look for damage in the catalogue"), "check")
    add_flags(commands.add_parser("repair", help="write the catalogue again without what is damaged"), "repair")
    rotate = commands.add_parser("rotate-keys", help="encrypt what browsers keep here with a new key")
    add_flags(rotate, "rotate-keys")
    add_events(commands.add_parser("events", help="report and export what was shown, clicked and dismissed"))
    add_experiment(commands.add_parser("experiment", help="compare two ways of ranking by what is clicked"))
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


def _add_clusters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", type=int, default=DEFAULT_CLUSTERS, choices=range(FEWEST_CLUSTERS, MOST_CLUSTERS + 1), metavar="K",
        help=f"number of clusters, {FEWEST_CLUSTERS} to {MOST_CLUSTERS} (default: {DEFAULT_CLUSTERS})",
    )  # fmt: skip
    add_flags(parser, "clusters")


def _add_pair(parser: argparse.ArgumentParser) -> None:
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="print the browsers that are paired, and show no code")
    instead.add_argument("--forget", metavar="ID", help="unpair a browser, and show no code")
    add_flags(parser, "pair")


def _add_token(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    make = actions.add_parser("make", help="make a token, and print its secret this one time")
    make.add_argument("--name", required=True, help="what it is known by, such as ci")
    make.add_argument(
        "--scope", action="append", required=True, choices=SCOPES, dest="scopes", help="what it is for; repeat for more"
    )
    make.add_argument(
        "--expires", default="90d", metavar="TIME", help="how long it works: 30m, 12h, 90d (default: 90d)"
    )
    rotate = actions.add_parser("rotate", help="give a token a new secret, and print it this one time")
    rotate.add_argument("name", help="name of the token")
    rotate.add_argument(
        "--overlap", default="1h", metavar="TIME", help="how long the old secret works as well (default: 1h)"
    )
    revoke = actions.add_parser("revoke", help="delete a token, with all its secrets")
    revoke.add_argument("name", help="name of the token")
    for action in (make, rotate, revoke, actions.add_parser("list", help="print the tokens, without their secrets")):
        add_flags(action, "token")


def _token(namespace: argparse.Namespace, settings: Settings) -> None:
    from server.commands import token  # noqa: PLC0415 (as below)

    if namespace.action == "list":
        print("\n".join(token.list_tokens(settings)) or "there is no token")
    elif namespace.action == "revoke":
        token.revoke_token(settings, namespace.name)
        print(f"{namespace.name} opens nothing any more")
    else:
        # Standard output has the secret alone, for whoever keeps it in a variable or a file.
        if namespace.action == "make":
            secret = token.make_token(settings, namespace.name, namespace.scopes, namespace.expires)
        else:
            secret = token.rotate_token(settings, namespace.name, namespace.overlap)
        print("the secret is shown this one time; keep it where only its user can read it", file=sys.stderr)
        print(secret)


def _pair(namespace: argparse.Namespace, settings: Settings) -> None:
    from server.commands.pair import forget_device, list_devices, pair  # noqa: PLC0415 (as below)

    if namespace.list:
        print("\n".join(list_devices(settings)) or "no browser is paired")
    elif namespace.forget is not None:
        forget_device(settings, namespace.forget)
        print(f"{namespace.forget} is not paired any more")
    else:
        pair(settings, lambda line: print(line, flush=True))


def _renewed(namespace: argparse.Namespace, settings: Settings) -> str:
    """Make what a server has one of, anew, and return what to print."""
    if namespace.command == "clusters":
        from server.commands.clusters import clusters  # noqa: PLC0415 (as below)

        return orjson.dumps(clusters(settings, namespace.count), option=orjson.OPT_INDENT_2).decode()
    from server.commands.rotate_keys import rotate_keys  # noqa: PLC0415 (as below)

    return rotate_keys(settings)


def _execute(namespace: argparse.Namespace) -> int:
    settings = settings_from(vars(namespace), os.environ)
    if namespace.command == "run":
        # Workers get their speed from processes; a BLAS that starts threads in each only makes them wait. NumPy reads
        # this when it is loaded, which is now.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        from server.commands.run import run  # noqa: PLC0415 (ingest needs no web server)

        run(settings)
        return 0

    if namespace.command in ("pair", "token", "events", "experiment", "bundle"):
        run_command = {
            "pair": _pair, "token": _token, "events": run_events, "experiment": run_experiment, "bundle": _bundle,
        }  # fmt: skip
        run_command[namespace.command](namespace, settings)
        return 0
    if namespace.command in ("check", "repair"):
        from server.commands.repair import check, repair  # noqa: PLC0415 (as below)

        found = (check if namespace.command == "check" else repair)(settings)
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return 1 if found["damaged"] or found["pages"] else 0
    if namespace.command in ("clusters", "rotate-keys"):
        print(_renewed(namespace, settings))
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
