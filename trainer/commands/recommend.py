"""`python -m trainer recommend`: recommend items with a checkpoint, to users of the data or to an unknown shopper."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from kernel.files import write_text_whole
from kernel.progress import TerminalProgress
from trainer.baselines.content import content_embeddings
from trainer.commands.checkpoint_data import add_arguments, load_with_data
from trainer.commands.console import EXIT_CODES, print_table
from trainer.errors import ConfigError
from trainer.evaluation.recommend import Lists, cases_of_items, cases_of_users, recommend
from trainer.prepare import Prepared
from trainer.recipes import MODELS
from trainer.splits.cases import Cases

MAX_HISTORY_SHOWN = 20


class ItemName(TypedDict):
    """An item by its identity and its title."""

    shop: str
    itemId: str
    title: str | None


class ScoredItem(ItemName):
    """A recommended item and the model's score."""

    score: float


class Recommendations(TypedDict):
    """Recommendations to one shopper: the history, latest first, and the items, best first."""

    user: str
    num_history: int
    history: list[ItemName]
    items: list[ScoredItem]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    command = commands.add_parser(
        "recommend",
        epilog=EXIT_CODES,
        description="Recommend items to users of the data, from all their interactions, or to an unknown shopper.",
    )
    add_arguments(command)
    who = command.add_mutually_exclusive_group(required=True)
    who.add_argument("--user", nargs="+", metavar="ID", help="users of the data")
    who.add_argument("--users-file", type=Path, metavar="FILE", help="file with one user ID per line")
    who.add_argument("--sample", type=int, metavar="N", help="N test users, drawn with the run's seed")
    who.add_argument("--items", nargs="+", metavar="SHOP/ITEMID", help="items an unknown shopper viewed, oldest first")
    command.add_argument("--k", type=int, default=10, help="number of items (default 10)")
    command.add_argument("--shop", metavar="SHOP", help="recommend this shop's items only")
    command.add_argument(
        "--diversity", type=float, default=0.0, metavar="0..1", help="0: score only; 1: dissimilarity only (MMR)"
    )
    command.add_argument("--include-seen", action="store_true", help="also recommend items of the history")
    command.add_argument("--json", metavar="FILE", help="write JSON to FILE, or to stdout with -")
    command.set_defaults(command=_recommend)


def _recommend(arguments: argparse.Namespace) -> None:
    if arguments.k < 1 or not 0 <= arguments.diversity <= 1 or (arguments.sample is not None and arguments.sample < 1):
        raise ConfigError(
            "--k and --sample must be 1 or more and --diversity from 0 to 1, "
            f"got {arguments.k}, {arguments.sample} and {arguments.diversity}"
        )
    users = _read_users(arguments.users_file) if arguments.users_file else arguments.user
    with TerminalProgress() as progress:
        saved, prepared = load_with_data(arguments, progress)
        recipe = MODELS[prepared.config.model.type]
        towers = {name: tower.to(prepared.device).eval() for name, tower in saved.towers.items()}
        scorer = recipe.scorer(prepared, towers)
        if scorer is None:
            raise ConfigError(
                f"{arguments.checkpoint}: expected a model that ranks items for users, got type "
                f"{prepared.config.model.type}; choose another checkpoint"
            )
        cases = _cases(arguments, users, prepared)
        lists = recommend(
            scorer,
            cases,
            arguments.k,
            np.random.default_rng(prepared.config.seed),
            include_seen=arguments.include_seen,
            embeddings=content_embeddings(prepared.features, prepared.device) if arguments.diversity else None,
            diversity=arguments.diversity,
        )
    document = describe(cases, lists, prepared)
    if arguments.json == "-":
        json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
        print()
    elif arguments.json:
        _write(document, Path(arguments.json))
    else:
        for shopper in document:
            print_table(_table(shopper))


def describe(cases: Cases, lists: Lists, prepared: Prepared) -> list[Recommendations]:
    """Return the recommendations of each case."""
    found: list[Recommendations] = []
    for user, items, scores in zip(cases.users, *lists, strict=True):
        rows = slice(cases.history.ptr[user], cases.history.ptr[user + 1])
        liked = cases.history.item_idx[rows][cases.history.is_liked[rows]]
        latest = dict.fromkeys(liked[::-1].tolist())
        found.append(
            {
                "user": cases.history.user_ids[user],
                "num_history": len(latest),
                "history": [_name(item, prepared) for item in list(latest)[:MAX_HISTORY_SHOWN]],
                "items": [
                    {**_name(item, prepared), "score": round(float(score), 6)}
                    for item, score in zip(items.tolist(), scores, strict=True)
                    if item >= 0
                ],
            }
        )
    return found


def _name(item: int, prepared: Prepared) -> ItemName:
    product = prepared.dataset.products[item]
    return {"shop": product["shop"], "itemId": product["itemId"], "title": product.get("title")}


def _cases(arguments: argparse.Namespace, users: Sequence[str] | None, prepared: Prepared) -> Cases:
    dataset, candidates = prepared.dataset, _candidates(arguments.shop, prepared)
    if arguments.items:
        return cases_of_items(arguments.items, dataset, candidates)
    if users is None:
        test = prepared.split.test.users
        if len(test) == 0:
            raise ConfigError("--sample: the data have no test users; give viewed items with --items")
        chosen = np.random.default_rng(prepared.config.seed).permutation(test)[: arguments.sample]
        users = [dataset.interactions.user_ids[user] for user in chosen]
    return cases_of_users(users, dataset.interactions, candidates)


def _candidates(shop: str | None, prepared: Prepared) -> NDArray[np.int64]:
    shops = [product["shop"] for product in prepared.dataset.products]
    if shop is None:
        return np.arange(len(shops))
    found = np.flatnonzero([each == shop for each in shops])
    if len(found) == 0:
        raise ConfigError(f"--shop: no product of {shop!r} in the data; it has {', '.join(sorted(set(shops))[:20])}")
    return found


def _read_users(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    users = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not users:
        raise ConfigError(f"{path}: expected one user ID per line, got none")
    return users


def _write(document: list[Recommendations], path: Path) -> None:
    if not path.parent.is_dir():  # most likely a mistyped path
        raise ConfigError(f"{path}: cannot be written: {path.parent} is not a directory")
    try:
        with write_text_whole(path) as file:
            file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from error


def _table(shopper: Recommendations) -> Table:
    titles = [str(item["title"]) for item in shopper["history"][:5]]
    table = Table(title=f"{shopper['user']}: {shopper['num_history']} items, last {'; '.join(titles)}")
    for name in ("", "score", "shop", "itemId", "title"):
        table.add_column(name, overflow="fold")
    for place, item in enumerate(shopper["items"], 1):
        table.add_row(str(place), f"{item['score']:.4f}", item["shop"], item["itemId"], str(item["title"]))
    return table
