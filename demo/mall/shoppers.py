"""Simulated shoppers of the demo mall: interactions with a known cause, for trying the trainer without real people.

`python -m demo shoppers --products FILE… --out interactions.csv` reads crawled products, finds the mall's hidden taste
of each by its address, and lets shoppers who like one or two tastes look around in several shops.
"""

import argparse
import csv
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from demo.errors import DemoError, UsageError
from demo.mall.catalogue import OPENING_DAY, build
from kernel.files import write_text_whole

COLUMNS = ("user", "shop", "itemId", "kind", "time")
# How people browse. Real shops see about this much: most views lead nowhere, and not every look is out of taste.
STRAY_SHARE = 0.2  # looks at something of any taste
CART_SHARE, WISHLIST_SHARE, PURCHASE_SHARE, RATING_SHARE = 0.25, 0.08, 0.4, 0.3  # of views, views, carts, purchases
DISMISS_SHARE = 0.25  # of stray looks
DAYS = 90


@dataclass(frozen=True)
class Article:
    """Crawled product with its taste, which only the mall knows."""

    shop: str
    item_id: str
    taste: str
    charm: float  # how often it is looked at, relative to others


def read_articles(paths: Sequence[Path], mall_seed: int) -> list[Article]:
    """Return the mall's products among those of products.jsonl files."""
    tastes = {product.url_path: product.taste for product in build(mall_seed)}
    found = {}
    for record in (record for path in paths for record in _records(path)):
        path = urlsplit(str(record.get("url", ""))).path
        if path in tastes and record.get("verdict") == "product":
            item_id = str(record["itemId"])
            charm = random.Random(f"{mall_seed}/{item_id}").paretovariate(1.5)  # a few favourites, a long tail
            found[item_id] = Article(str(record["shop"]), item_id, tastes[path], charm)
    if not found:
        files = ", ".join(map(str, paths))
        raise UsageError(
            f"{files}: no product of the demo mall with seed {mall_seed}; crawl it first, or give --mall-seed."
        )
    return sorted(found.values(), key=lambda article: article.item_id)


def simulate(articles: Sequence[Article], num_users: int, seed: int) -> Iterator[tuple[str, ...]]:
    """Yield rows of COLUMNS, user by user. Shopper n does not depend on the number of shoppers."""
    tastes = sorted({article.taste for article in articles})
    shops = sorted({article.shop for article in articles})
    for number in range(1, num_users + 1):
        dice = random.Random(f"{seed}/{number}")
        liked = dice.sample(tastes, min(len(tastes), dice.choices((1, 2), (6, 4))[0]))
        visited = dice.sample(shops, dice.randint(min(2, len(shops)), len(shops)))
        yield from _visits(f"shopper-{number:05d}", liked, [a for a in articles if a.shop in visited], dice)


def _visits(
    user: str, liked: Sequence[str], articles: Sequence[Article], dice: random.Random
) -> Iterator[tuple[str, ...]]:
    """Yield one shopper's interactions in the order of time."""
    in_taste = [article for article in articles if article.taste in liked]
    moment = OPENING_DAY + timedelta(days=dice.uniform(0, DAYS / 2))
    num_looks = min(80, round(dice.lognormvariate(2.7, 0.6)) + 2)  # about 17, some only 4, a few many
    for _ in range(num_looks):
        is_stray = dice.random() < STRAY_SHARE or not in_taste
        pool = articles if is_stray else in_taste
        article = dice.choices(pool, [one.charm for one in pool])[0]
        moment += timedelta(seconds=dice.choice((40, 90, 300, 86_400 * dice.uniform(0.5, 4))))
        for delay, kind in _deeds(article.taste in liked, dice):
            yield user, article.shop, article.item_id, kind, _wire(moment + timedelta(seconds=delay))
        moment += timedelta(seconds=30)


def _deeds(is_liked: bool, dice: random.Random) -> list[tuple[int, str]]:
    """Return (seconds after the view, kind) of the interactions that one view of a product leads to."""
    deeds = [(0, "view")]
    if not is_liked:
        return [*deeds, (10, "dismiss")] if dice.random() < DISMISS_SHARE else deeds
    if dice.random() < WISHLIST_SHARE:
        deeds.append((12, "wishlist"))
    if dice.random() < CART_SHARE:
        deeds.append((15, "cart"))
        if dice.random() < PURCHASE_SHARE:
            deeds.append((25, "purchase"))
            if dice.random() < RATING_SHARE:
                deeds.append((28, "rating"))
    return deeds


def _wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _records(path: Path) -> Iterator[Mapping[str, object]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}.") from error
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: is not JSON: {error}.") from error
        if isinstance(record, dict):
            yield record


def write_shoppers(products: Sequence[Path], out: Path, num_users: int, seed: int, mall_seed: int) -> int:
    """Write the interactions of simulated shoppers as CSV and return how many there are."""
    rows = list(simulate(read_articles(products, mall_seed), num_users, seed))
    with write_text_whole(out, is_durable=False) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options to a parser."""
    parser.add_argument(
        "--products", type=Path, nargs="+", required=True, metavar="FILE", help="the mall's products.jsonl"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help="where the interactions go")
    parser.add_argument("--users", type=int, default=400, help="how many shoppers (default 400)")
    parser.add_argument("--seed", type=int, default=7, help="which shoppers (default 7)")
    parser.add_argument("--mall-seed", type=int, default=7, help="the seed the mall was started with (default 7)")


def run(arguments: argparse.Namespace) -> None:
    """Run the command with parsed options."""
    if arguments.users < 1:
        raise UsageError(f"--users wants a number from 1, got {arguments.users}.")
    num_rows = write_shoppers(arguments.products, arguments.out, arguments.users, arguments.seed, arguments.mall_seed)
    print(f"{num_rows:,} interactions of {arguments.users:,} simulated shoppers: {arguments.out}")  # noqa: T201 - its result


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program; return 0 on success, 2 on bad usage or input."""
    parser = argparse.ArgumentParser(prog="python -m demo shoppers", description="Simulated shoppers of the demo mall.")
    add_arguments(parser)
    try:
        run(parser.parse_args(argv))
    except DemoError as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command line speaks to its user
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
