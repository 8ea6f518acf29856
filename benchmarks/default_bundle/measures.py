"""Measures of a space: a shop without known visitors, neighbours, the same product elsewhere, the demo mall, languages.

Every measure returns one number for each question, so that halves and intervals can be computed.
"""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.default_bundle.languages import LANGUAGES, PHRASES, TITLES, TYPES
from benchmarks.default_bundle.spaces import Floats, Space
from benchmarks.offers.data import Offers, across_shops
from demo.mall.catalogue import DemoProduct, build
from kernel.contract_types import Product
from trainer.evaluation.ranking_metrics import ndcg_at_k, target_ranks, top_columns
from trainer.splits.cases import Cases

Values = NDArray[np.float64]
K = 10
DRAWS = 15
MALL_SEED = 7
_CHUNK = 500


def half_of(keys: Sequence[str]) -> NDArray[np.int64]:
    """Return 0 (the half to choose on) or 1 (the half to report) for each key, by its hash."""
    return np.array([hashlib.sha256(key.encode()).digest()[0] & 1 for key in keys])


def new_shop(space: Space, items: Floats, cases: Cases, shop_of: NDArray[np.int64]) -> Values:
    """Return NDCG@10 of each case: its history in one shop ranks the candidates of the other.

    shop_of: (num_items,) 1 for the shop that answers, else 0.
    """
    seen, stored = np.zeros_like(items), np.zeros_like(items)
    for shop in (0, 1):
        rows = shop_of == shop
        seen[rows], stored[rows] = space.of_shop(items[rows])
    generator = np.random.default_rng(0)
    found = []
    for start in range(0, len(cases), _CHUNK):
        users = cases.users[start : start + _CHUNK]
        histories = [cases.history.item_idx[cases.history.ptr[user] : cases.history.ptr[user + 1]] for user in users]
        scores = np.stack([seen[rows].mean(axis=0) for rows in histories]) @ stored[cases.candidates].T
        for row, history in enumerate(histories):
            scores[row, np.isin(cases.candidates, history)] = -np.inf
        ptr = cases.target_ptr[start : start + len(users) + 1]
        columns = np.searchsorted(cases.candidates, cases.target_items[ptr[0] : ptr[-1]])
        ranks = target_ranks(scores, ptr - ptr[0], columns, generator.random(scores.shape))
        found.append(ndcg_at_k(ranks, ptr - ptr[0], K))
    return np.concatenate(found)


def neighbours(space: Space, items: Floats, labels: NDArray[np.str_], queries: NDArray[np.int64]) -> Values:
    """Return for each query the share of its ten nearest items of the same shop that have its label."""
    seen, stored = space.of_shop(items)
    scores = seen[queries] @ stored.T
    scores[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argpartition(-scores, K, axis=1)[:, :K]
    return (labels[nearest] == labels[queries][:, None]).mean(axis=1)


def same_product(space: Space, items: Floats, offers: Offers, num_queries: int) -> tuple[Values, Values, list[str]]:
    """Return R@1 and hit@10 of each query, an offer of one merchant that asks for the same product at others."""
    seen, stored = np.zeros_like(items), np.zeros_like(items)
    for shop in np.unique(offers.shop):
        rows = offers.shop == shop
        seen[rows], stored[rows] = space.of_shop(items[rows])
    question = across_shops(offers, 0, num_queries)
    first, hit = [], []
    for start in range(0, len(question.queries), _CHUNK):
        scores = seen[question.queries[start : start + _CHUNK]] @ stored[question.gallery].T
        for row, top in enumerate(top_columns(scores, np.zeros_like(scores), K)):
            right = np.isin(top, question.relevant[start + row])
            first.append(float(right[0]))
            hit.append(float(right.any()))
    return np.array(first), np.array(hit), [str(offers.product[row]) for row in question.queries]


def across_modalities(space: Space, asked: Floats, gallery: Floats) -> Values:
    """Return for each row whether its own item is among the ten nearest of a shop whose items have the other modality.

    asked, gallery: (n, dim), the same items by text alone and by image alone, in either order. A tie is a miss.
    """
    seen, stored = space.of_shop(asked)[0], space.of_shop(gallery)[1]
    scores = seen @ stored.T
    own = scores.diagonal().copy()
    np.fill_diagonal(scores, -np.inf)
    return ((scores >= own[:, None]).sum(axis=1) < K).astype(np.float64)


@dataclass(frozen=True)
class MallDraw:
    """Hits of one draw: how many of ten products share the taste of the products that were seen."""

    where: str  # from > to
    taste: str
    hits: int


def mall_products() -> tuple[list[DemoProduct], list[Product]]:
    """Return the demo mall's products, and as much of each as a text rule reads."""
    made = build(MALL_SEED)
    return made, [_as_product(product) for product in made]


def _as_product(made: DemoProduct) -> Product:
    product: Product = {"shop": made.shop, "itemId": str(made.number), "url": "", "verdict": "product"}
    product["title"], product["categoryPath"] = made.title, list(made.category_path)
    product["attributes"] = {"color": made.colour, "material": made.material, "pattern": made.pattern}
    if made.brand is not None:
        product["brand"] = made.brand
    return product


def mall(
    space: Space, items: Floats, made: Sequence[DemoProduct], views: int, seen: Floats | None = None
) -> list[MallDraw]:
    """Return six directions x twelve tastes x fifteen draws: views in one shop, ten products of another.

    seen: the items as the user's device knows them, where it knows them otherwise than the shops.
    """
    shops, tastes = np.array([one.shop for one in made]), np.array([one.taste for one in made])
    by_shop = {str(shop): np.flatnonzero(shops == shop) for shop in np.unique(shops)}
    known = items if seen is None else seen
    compared = {shop: space.of_shop(items[rows], known[rows]) for shop, rows in by_shop.items()}
    found = []
    for source in by_shop:
        for target in by_shop:
            if source == target:
                continue
            for taste in sorted(set(tastes)):
                liked = np.flatnonzero(tastes[by_shop[source]] == taste).tolist()
                for draw in range(DRAWS):
                    dice = random.Random(f"{source}/{target}/{taste}/{draw}")
                    user = compared[source][0][dice.sample(liked, views)].mean(axis=0)
                    top = np.argsort(-(compared[target][1] @ user), kind="stable")[:K]
                    hits = int((tastes[by_shop[target][top]] == taste).sum())
                    found.append(MallDraw(f"{source} > {target}", str(taste), hits))
    return found


def type_names(space: Space, items: Floats, types: NDArray[np.str_]) -> dict[str, Values]:
    """Return by language, for each article type, the share of the ten nearest products that are of this type."""
    asked = [name for name in TYPES if (types == name).sum() >= K]
    found = {}
    for place, language in enumerate(LANGUAGES):
        names = space.bundle.texts([TYPES[name][place] for name in asked])
        # The names are a question to the shop, so they are compared as its items are.
        seen, stored = space.of_shop(np.concatenate([items, names]))
        scores = seen[len(items) :] @ stored[: len(items)].T
        nearest = np.argpartition(-scores, K, axis=1)[:, :K]
        found[language] = (types[nearest] == np.array(asked)[:, None]).mean(axis=1)
    return found


def translations(space: Space) -> dict[str, dict[str, Values]]:
    """Return by kind and language whether each phrase or title finds its own English one first."""
    found: dict[str, dict[str, Values]] = {}
    for kind, rows in (("phrases", PHRASES), ("titles", TITLES)):
        found[kind] = {}
        english = space.bundle.texts([row[0] for row in rows])
        for place, language in enumerate(LANGUAGES[1:], 1):
            own = space.bundle.texts([row[place] for row in rows])
            seen, stored = space.of_shop(np.concatenate([own, english]))
            first = np.argmax(seen[: len(rows)] @ stored[len(rows) :].T, axis=1)
            found[kind][language] = (first == np.arange(len(rows))).astype(np.float64)
    return found
