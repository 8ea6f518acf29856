"""Simulated shoppers for a real catalogue with images: interactions with a known cause, in place of real ones.

    python -m trainer prepare --format fashion styles.csv images.zip --only-with-image --out var/data/fashion
    python -m benchmarks.towers.simulated_shoppers var/data/fashion --out var/data/fashion_shoppers

Products and images are real; NO PERSON DID ANY OF THIS. The data with users that we have show no images and those
with images have no users, so here shoppers are drawn. One shopper's taste is

- a gender: their own products and unisex ones, but for a few stray choices;
- two to four article types, each with a weight of its own;
- one or two colours, chosen COLOUR_FACTOR times as often as others;
- for USAGE_SHARE of shoppers a usage (sports, formal, ...), chosen USAGE_FACTOR times as often as others;
- and, as everybody's, Zipf's popularity of single products. STRAY_SHARE of choices follow popularity alone.

Histories are 4 to 40 products long, geometrically distributed with median 8, no product twice, some days apart.

What numbers on these data say: which towers find a taste of this kind in words, in images and in what others chose,
and what is left where words or images are missing. What they do not say: anything of real people. Real taste is more
than five columns of a table, words here spell out nearly all that there is to know (names and categories say gender,
type and colour, which flatters text), images can only repeat it, and choices depend on no earlier choice. Methods
that are told the same columns (labels, a graph by category) know part of the answer in advance.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Product, read_products
from trainer.errors import DataError
from trainer.evaluation.protocol import Scorer
from trainer.splits.cases import Cases

COLUMNS = ("user", "shop", "itemId", "kind", "time", "weight")
STRAY_SHARE = 0.15
COLOUR_FACTOR = 8.0
USAGE_SHARE, USAGE_FACTOR = 0.3, 6.0
ZIPF_EXPONENT = 0.8
NUM_TYPES = (2, 4)
TWO_COLOURS_SHARE = 0.5
SHORTEST, LONGEST, STOP_CHANCE = 4, 40, 0.14  # 4 + a geometric number with median 4
MAX_DAYS_APART = 20
MIN_GENDER_SHARE = 0.02  # a gender with fewer of the products is nobody's
FIRST_DAY = datetime(2012, 1, 1, tzinfo=UTC)
UNISEX = "Unisex"

Column = NDArray[np.str_]


@dataclass(frozen=True)
class Taste:
    """What one shopper likes; drawn, and written down so that it can be looked up."""

    gender: str
    types: dict[str, float]  # article type -> weight, 1 together
    colours: tuple[str, ...]
    usage: str | None


class Catalogue:
    """The products as the columns that taste is made of."""

    def __init__(self, products: Sequence[Product], seed: int) -> None:
        """Raise DataError where products lack a column, or every gender is rare."""
        self.products = products
        self.gender, self.colour, self.usage = (_column(products, name) for name in ("gender", "color", "usage"))
        self.type: Column = np.array([(product.get("categoryPath") or [""])[-1] for product in products], dtype=str)
        if not self.type.all():
            raise DataError(f"categoryPath is missing in {_example(products, self.type)}; taste is partly made of it")
        rank = np.random.default_rng([seed, 1]).permutation(len(products)) + 1
        self.popularity: NDArray[np.float64] = rank**-ZIPF_EXPONENT
        names, counts = np.unique(self.gender[self.gender != UNISEX], return_counts=True)
        is_common = counts >= MIN_GENDER_SHARE * len(products)
        if not is_common.any():
            raise DataError("expected products for some gender, found only unisex ones; `--format fashion` names them")
        self.genders = dict(zip(names[is_common].tolist(), counts[is_common].tolist(), strict=True))

    def fits(self, gender: str) -> NDArray[np.bool_]:
        """Mark what is for this gender, (num_products,)."""
        return (self.gender == gender) | (self.gender == UNISEX)


def draw_taste(catalogue: Catalogue, generator: np.random.Generator) -> Taste:
    """Return a taste that the catalogue can serve: its types and colours have products of the gender."""
    gender = _draw(catalogue.genders, 1, generator)[0]
    fits = catalogue.fits(gender)
    types = _draw(_counts(catalogue.type[fits]), int(generator.integers(NUM_TYPES[0], NUM_TYPES[1] + 1)), generator)
    weights = generator.dirichlet(np.full(len(types), 2.0))
    wanted = fits & np.isin(catalogue.type, types)
    num_colours = 1 + int(generator.random() < TWO_COLOURS_SHARE)
    colours = _draw(_counts(catalogue.colour[wanted]), num_colours, generator)
    usages = _draw(_counts(catalogue.usage[wanted]), 1, generator)
    usage = usages[0] if generator.random() < USAGE_SHARE else None
    return Taste(gender, dict(zip(types, weights.tolist(), strict=True)), tuple(colours), usage)


def chances(catalogue: Catalogue, taste: Taste) -> NDArray[np.float64]:
    """Return how likely each product is to be a shopper's first choice, stray choices included, (num_products,)."""
    appeal = catalogue.popularity * np.where(np.isin(catalogue.colour, taste.colours), COLOUR_FACTOR, 1.0)
    if taste.usage is not None:
        appeal = appeal * np.where(catalogue.usage == taste.usage, USAGE_FACTOR, 1.0)
    on_taste = np.zeros(len(appeal))
    fits = catalogue.fits(taste.gender)
    for name, weight in taste.types.items():
        mine = fits & (catalogue.type == name)
        on_taste[mine] = weight * appeal[mine] / appeal[mine].sum()
    return STRAY_SHARE * catalogue.popularity / catalogue.popularity.sum() + (1 - STRAY_SHARE) * on_taste


def simulate(catalogue: Catalogue, num_users: int, seed: int) -> Iterator[tuple[str, Taste, list[tuple[int, int]]]]:
    """Yield (user, taste, [(item_idx, day)]) in order of time. Shopper n is the same however many others there are."""
    for number in range(num_users):
        generator = np.random.default_rng([seed, 2, number])
        taste = draw_taste(catalogue, generator)
        length = min(SHORTEST + int(generator.geometric(STOP_CHANCE)) - 1, LONGEST, len(catalogue.products))
        chosen = generator.choice(
            len(catalogue.products), size=length, replace=False, p=chances(catalogue, taste), shuffle=False
        )
        days = generator.integers(0, 365) + np.cumsum(generator.integers(1, MAX_DAYS_APART + 1, size=length))
        yield f"shopper{number:06d}", taste, list(zip(chosen.tolist(), days.tolist(), strict=True))


def planted_scorer(folder: Path, products: Sequence[Product]) -> Scorer:
    """Return the scorer that knows each shopper's taste, from what `write` left in the folder: a ceiling for others."""
    catalogue = Catalogue(products, json.loads((folder / "simulated.json").read_text("utf-8"))["seed"])
    tastes = {}
    for line in (folder / "tastes.jsonl").read_text("utf-8").splitlines():
        taste = json.loads(line)
        user = taste.pop("user")
        tastes[user] = Taste(**taste)

    def score(cases: Cases, positions: NDArray[np.int64]) -> NDArray[np.float64]:
        users = [cases.history.user_ids[user] for user in cases.users[positions]]
        return np.stack([chances(catalogue, tastes[user])[cases.candidates] for user in users])

    return score


class Simulation(TypedDict):
    """Content of simulated.json. `settings`: the module's constants in lower case."""

    warning: str
    users: int
    seed: int
    interactions: int
    median_history: float
    settings: dict[str, float]
    products_sha256: str


def write(source: Path, out: Path, num_users: int, seed: int) -> Simulation:
    """Write products.jsonl, images (a link), interactions.csv, tastes.jsonl and simulated.json; return the last."""
    if not (source / "images").is_dir():
        raise DataError(f"{source}: expected products.jsonl and images/, as `python -m trainer prepare` writes them")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "simulated.json").exists())):
        raise DataError(f"{out}: is there and not of this command; name another directory")
    catalogue = Catalogue(read_products([source / "products.jsonl"]), seed)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "products.jsonl", out / "products.jsonl")
    images = out / "images"
    images.unlink(missing_ok=True)
    images.symlink_to(os.path.relpath(source / "images", out), target_is_directory=True)
    lengths = []
    with (
        (out / "interactions.csv").open("w", encoding="utf-8", newline="") as rows,
        (out / "tastes.jsonl").open("w", encoding="utf-8") as tastes,
    ):
        writer = csv.writer(rows, lineterminator="\n")
        writer.writerow(COLUMNS)
        for user, taste, choices in simulate(catalogue, num_users, seed):
            tastes.write(json.dumps({"user": user, **asdict(taste)}) + "\n")
            lengths.append(len(choices))
            for item, day in choices:
                product = catalogue.products[item]
                time = (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
                writer.writerow([user, product["shop"], product["itemId"], "purchase", time, "1.0"])
    document = _document(source, num_users, seed, lengths)
    (out / "simulated.json").write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return document


def _document(source: Path, num_users: int, seed: int, lengths: Sequence[int]) -> Simulation:
    names = ("STRAY_SHARE", "COLOUR_FACTOR", "USAGE_SHARE", "USAGE_FACTOR", "ZIPF_EXPONENT", "NUM_TYPES", "STOP_CHANCE")
    return {
        "warning": "simulated shoppers: no person did any of this",
        "users": num_users,
        "seed": seed,
        "interactions": sum(lengths),
        "median_history": float(np.median(lengths)),
        "settings": {name.lower(): globals()[name] for name in names},
        "products_sha256": hashlib.sha256((source / "products.jsonl").read_bytes()).hexdigest(),
    }


def _column(products: Sequence[Product], name: str) -> Column:
    values: Column = np.array([product.get("attributes", {}).get(name) or "" for product in products], dtype=str)
    if not values.all():
        raise DataError(
            f"attributes.{name} is missing in {_example(products, values)}; taste is partly made of it, "
            "and `python -m trainer prepare --format fashion` writes it"
        )
    return values


def _example(products: Sequence[Product], values: Column) -> str:
    missing = np.flatnonzero(values == "")
    return f"{len(missing):,} of {len(products):,} products, first {products[missing[0]]['itemId']}"


def _counts(column: Column) -> dict[str, int]:
    names, counts = np.unique(column, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _draw(counts: dict[str, int], number: int, generator: np.random.Generator) -> list[str]:
    """Return different names, as likely as they are frequent; all of them where there are no more."""
    share = np.array(list(counts.values()), dtype=np.float64)
    drawn = generator.choice(len(share), size=min(number, len(share)), replace=False, p=share / share.sum())
    return [list(counts)[place] for place in drawn]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the data and print a summary; return 2 for unusable input."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.towers.simulated_shoppers", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("source", type=Path, help="prepared products with images: products.jsonl and images/")
    parser.add_argument("--out", type=Path, required=True, help="a directory for the data")
    parser.add_argument("--users", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args(argv)
    if arguments.users < 1 or arguments.seed < 0:
        parser.error(f"--users must be 1 or more and --seed 0 or more, got {arguments.users} and {arguments.seed}")
    try:
        document = write(arguments.source, arguments.out, arguments.users, arguments.seed)
    except (DataError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{arguments.out}: {document['interactions']:,} interactions of {document['users']:,} simulated shoppers, "
        f"half of them with {document['median_history']:g} or fewer"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
