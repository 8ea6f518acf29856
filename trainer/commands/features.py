"""`python -m trainer features`: encode items ahead of training, and list or clear the feature cache."""

import argparse
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from kernel.json_object import JsonObject
from kernel.progress import TerminalProgress
from trainer.commands.console import EXIT_CODES, print_table
from trainer.config.run import RunConfig
from trainer.dataset.dataset import read_products
from trainer.errors import ConfigError
from trainer.features.cache import Entry, FeatureCache
from trainer.features.encoders import Encoders
from trainer.features.item_features import build_features
from trainer.prepare import feature_cache, find_files
from trainer.recipes.run_file import read_config

DEFAULT_CACHE = Path(RunConfig.cache)
_MB = 1_000_000
_SECONDS_PER_DAY = 86_400


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser("features", epilog=EXIT_CODES)
    actions = command.add_subparsers(required=True, metavar="ACTION")
    precompute = actions.add_parser("precompute", help="encode a run's items now, before its training")
    precompute.add_argument("run", type=Path, metavar="RUN.toml")
    precompute.add_argument("--limit", type=_count, metavar="N", help="only the first N items, to measure the speed")
    precompute.set_defaults(command=_precompute)
    for name, what, function in (
        ("list", "list the cached files, most recently used first", _list),
        ("stats", "print the number and size of the cached files", _stats),
        ("clear", "remove cached files", _clear),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument(
            "--cache", type=Path, default=DEFAULT_CACHE, metavar="DIR", help="the cache (default %(default)s)"
        )
        action.set_defaults(command=function)
        if name == "clear":
            _add_choice(action)
        else:
            action.add_argument("--json", action="store_true", help="print JSON")


def _add_choice(action: Any) -> None:
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("--all", action="store_true", help="remove all files")
    which.add_argument("--unused-days", type=_count, metavar="N", help="remove files that were not used for N days")
    which.add_argument("--down-to-mb", type=_count, metavar="N", help="remove least recently used files down to N MB")
    action.add_argument("--yes", action="store_true", help="remove without asking")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return int(text)


def _precompute(arguments: argparse.Namespace) -> None:
    config = read_config(arguments.run)
    encoders = Encoders(Path(config.encoders))
    products = read_products(find_files(config.data.products))[: arguments.limit]
    images = Path(config.data.images) if config.data.images else None
    start = time.perf_counter()
    with TerminalProgress() as progress:
        features = build_features(products, encoders, feature_cache(config), images, progress.update)
    with_text, with_image = features.modality_mask.sum(axis=0).astype(int)
    seconds = time.perf_counter() - start
    print(f"{len(features):,} items, {with_text:,} texts, {with_image:,} images in {config.cache} ({seconds:.1f} s)")


def _list(arguments: argparse.Namespace) -> None:
    entries = FeatureCache(arguments.cache).entries()
    if arguments.json:
        print(json.dumps([_document(entry) for entry in entries], indent=1))
        return
    table = Table()
    for column in ("what", "encoder", "rows", "width", "MB", "made", "last used", "name"):
        table.add_column(column, justify="right" if column in ("rows", "width", "MB") else "left")
    for entry in entries:
        found = _document(entry)
        shape = (str(found.get("rows", "")), str(found.get("width", "")))
        when = (found["created"], found["last_used"])
        table.add_row(found["what"], found["encoder"], *shape, f"{entry.bytes / _MB:.1f}", *when, entry.path.stem[:12])
    print_table(table)


def _stats(arguments: argparse.Namespace) -> None:
    entries = FeatureCache(arguments.cache).entries()
    total = sum(entry.bytes for entry in entries)
    if arguments.json:
        oldest = _moment(entries[-1].last_used) if entries else None
        print(json.dumps({"files": len(entries), "bytes": total, "least_recently_used": oldest}))
        return
    print(f"{arguments.cache}: {len(entries):,} files, {total / _MB:,.1f} MB")
    if entries:
        print(f"last used between {_moment(entries[-1].last_used)} and {_moment(entries[0].last_used)}")


def _clear(arguments: argparse.Namespace) -> None:
    cache = FeatureCache(arguments.cache)
    chosen = _chosen(cache.entries(), arguments)
    size = f"{len(chosen):,} files, {sum(entry.bytes for entry in chosen) / _MB:,.1f} MB"
    if not chosen:
        print(f"{arguments.cache}: no files to remove")
        return
    if not arguments.yes and not _confirmed(f"remove {size} from {arguments.cache}? [y/N] "):
        print("nothing removed")
        return
    for entry in chosen:
        cache.remove(entry)
    print(f"removed {size} from {arguments.cache}; runs that need them will encode again")


def _chosen(entries: list[Entry], arguments: argparse.Namespace) -> list[Entry]:
    if arguments.all:
        return entries
    if arguments.unused_days is not None:
        before = time.time() - arguments.unused_days * _SECONDS_PER_DAY
        return [entry for entry in entries if entry.last_used < before]
    total, chosen = 0, []
    for entry in entries:
        total += entry.bytes
        if total > arguments.down_to_mb * _MB:
            chosen.append(entry)
    return chosen


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("features clear: cannot ask for confirmation without a terminal; give --yes")
    return input(question).strip().lower() in ("y", "yes")


def _document(entry: Entry) -> JsonObject:
    moments = {"created": _moment(entry.metadata.get("created", 0)), "last_used": _moment(entry.last_used)}
    return {**entry.metadata, **moments, "bytes": entry.bytes, "path": str(entry.path)}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(sep=" ", timespec="minutes").replace("+00:00", "Z")
