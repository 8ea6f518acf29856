"""Sections of the page that show items and users: map, clusters, recommendations, retrieval, failures."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from torch import nn

from trainer.evaluation.protocol import Scorer
from trainer.evaluation.retrieval_metrics import avg_mean_similarity_at_5
from trainer.prepare import Prepared
from trainer.reports.html.categories import OTHER, Grouping, groupings, largest
from trainer.reports.html.charts import Bar, Group, bar_chart, scatter
from trainer.reports.html.clusters import NOISE, Agreement, agreement, central_rows, find_clusters
from trainer.reports.html.embeddings import IMAGE, TEXT, Embeddings, ItemViews, embed_words
from trainer.reports.html.examples import (
    CUTOFF,
    EvaluatedUser,
    confidence_auc,
    confidently_wrong,
    evaluate_users,
    long_history,
    missed_with_long_history,
    sample_users,
)
from trainer.reports.html.marks import NUM_GROUPS, legend_mark
from trainer.reports.html.projection import FEWEST_POINTS, principal_plane, sample_rows, tsne
from trainer.reports.html.queries import WORD, nearest, query_words, same_group_share
from trainer.reports.html.sections import (
    AnswerSection,
    ClusterEntry,
    ClusterSection,
    ImageAnswers,
    MapSection,
    ModelSections,
    Shares,
    Tile,
    UserEntry,
    WordAnswers,
)
from trainer.reports.html.thumbnails import Thumbnails

NUM_USERS, NUM_FAILURES = 6, 3
NUM_HISTORY, NUM_TILES = 8, 8
NUM_QUERIES, NUM_ANSWERS = 6, 6
MAX_CLUSTERS, NUM_CENTRAL = 16, 6
MAX_LABEL_CHARS = 60


class TileFactory:
    """Factory of tiles from items."""

    def __init__(self, prepared: Prepared) -> None:
        self.products = prepared.dataset.products
        self.thumbnails = Thumbnails(prepared.images)

    def title(self, item_idx: int) -> str:
        """Return an item's title, else its brand, else its itemId."""
        product = self.products[item_idx]
        return str(product.get("title") or product.get("brand") or product["itemId"])

    def tile(self, item_idx: int, mark: str = "", note: str = "") -> Tile:
        """Return one item as a tile."""
        return Tile(self.title(item_idx), self.thumbnails(item_idx), mark, note)

    def tiles(self, items: Iterable[int]) -> list[Tile]:
        """Return items as tiles without marks."""
        return [self.tile(int(item)) for item in items]


def map_section(views: ItemViews, prepared: Prepared, factory: TileFactory) -> MapSection | None:
    """Return both maps and their legend, None where there are too few items for a map."""
    rows = _sampled(views, prepared)
    if len(rows) < FEWEST_POINTS:
        return None
    found = groupings(prepared.dataset.products)
    embeddings, values = views.whole[rows], _values(found, rows)
    names = largest(values, NUM_GROUPS)
    near, plane = tsne(embeddings, prepared.config.seed % 2**32), principal_plane(embeddings)
    labels = [factory.title(int(row))[:MAX_LABEL_CHARS] for row in rows]
    grouping = found[0].name if found else ""
    described = f"{len(rows):,} items" + (f", marked by {grouping}: {', '.join(names)} and {OTHER}" if names else "")
    shares = [f"{share:.0%}" for share in plane.variance_shares]
    return {
        "num_items": len(rows),
        "grouping": grouping,
        "legend": _legend(values, names),
        "tsne": scatter(
            _groups(near, values, names, labels), name="tsne", title="Item embeddings by t-SNE", description=described
        ),
        "pca": scatter(
            _groups(plane.points, values, names), name="pca", title="Item embeddings by PCA", description=described
        ),
        "shares": shares,
    }


def cluster_section(views: ItemViews, prepared: Prepared, factory: TileFactory) -> ClusterSection | None:
    """Return the clusters with sizes, examples and agreement with the catalogue's categories.

    None where there are too few items.
    """
    rows = _sampled(views, prepared)
    if len(rows) < FEWEST_POINTS:
        return None
    embeddings = views.whole[rows]
    labels = find_clusters(embeddings)
    found = groupings(prepared.dataset.products)
    values = _values(found[-1:], rows)
    clusters = [
        _cluster(number, embeddings, labels, values, rows, factory)
        for number in range(min(MAX_CLUSTERS, int(labels.max(initial=NOISE)) + 1))
    ]
    num_noise = int((labels == NOISE).sum())
    bars = [Bar(cluster["name"], cluster["size"]) for cluster in clusters]
    bars.append(Bar("in no cluster", num_noise, None))
    agreements: list[tuple[str, Agreement]] = []
    for grouping in found:
        agreed = agreement(labels, _values([grouping], rows))
        if agreed is not None:
            agreements.append((grouping.name, agreed))
    return {
        "num_items": len(rows),
        "num_clusters": int(labels.max(initial=NOISE)) + 1,
        "noise_share": num_noise / len(rows),
        "sizes": bar_chart(
            bars,
            name="cluster-sizes",
            title="Items in each cluster",
            description=", ".join(f"{bar.label}: {bar.value:.0f}" for bar in bars),
        ),
        "clusters": clusters,
        "agreements": agreements,
    }


def user_sections(scorer: Scorer, prepared: Prepared, factory: TileFactory) -> ModelSections:
    """Return "users", a sample of recommendations, and "failures", recommendations without a hit."""
    seed = prepared.config.seed
    users = evaluate_users(scorer, prepared.split.test, seed)
    long = long_history(users)
    with_long = [user for user in users if user.length >= long]
    missed = missed_with_long_history(users, NUM_FAILURES)
    wrong = [user for user in confidently_wrong(users, 2 * NUM_FAILURES) if user not in missed][:NUM_FAILURES]
    return {
        "users": [_user(user, factory) for user in sample_users(users, NUM_USERS, seed)],
        "failures": {
            "num_users": len(users),
            "num_missed": sum(user.is_missed for user in users),
            "long_history": long,
            "num_long": len(with_long),
            "num_long_missed": sum(user.is_missed for user in with_long),
            "missed": [_user(user, factory) for user in missed],
            "wrong": [_user(user, factory) for user in wrong],
            "confidence_auc": confidence_auc(users),
        },
    }


def answer_section(
    views: ItemViews, prepared: Prepared, towers: Mapping[str, nn.Module], factory: TileFactory
) -> AnswerSection:
    """Return retrieval by words alone and by images alone, and the share of results in the same category."""
    found = groupings(prepared.dataset.products)
    has = prepared.features.modality_mask > 0
    imaged, titled = np.flatnonzero(has[:, IMAGE]), np.flatnonzero(has[:, TEXT])
    return {
        "has_shared_space": views.has_shared_space,
        "by_words": _by_words(views, prepared, towers, factory, found, imaged if len(imaged) else None),
        "by_image": _by_image(views, prepared, factory, found, imaged, titled),
        "shares": _same_category(views, prepared, found[-1:], has),
        "grouping": found[-1].name if found else "",
        "similarity": _similarity(views.whole[_sampled(views, prepared)]),
    }


def _similarity(embeddings: Embeddings) -> str:
    """Return AvgMeanSimilarity@5 as a sentence, "" for fewer than two items."""
    if len(embeddings) < 2:
        return ""
    found = avg_mean_similarity_at_5(embeddings)
    return f"AvgMeanSimilarity@5: {found:.3f} among {len(embeddings):,} whole items."


def _sampled(views: ItemViews, prepared: Prepared) -> NDArray[np.int64]:
    return sample_rows(len(views.whole), np.random.default_rng([prepared.config.seed, 6]))


def _values(found: Sequence[Grouping], rows: NDArray[np.int64]) -> list[str | None]:
    return [found[0].values[row] if found else None for row in rows]


def _groups(
    points: NDArray[np.float64], values: Sequence[str | None], names: Sequence[str], labels: Sequence[str] | None = None
) -> list[Group]:
    """Return the groups of a scatter plot: "other" first, drawn below the rest, then named groups from the largest."""
    numbers = {name: number for number, name in enumerate(names)}
    group_of = np.array([numbers.get(value, NOISE) if value is not None else NOISE for value in values])
    groups = []
    for number in (NOISE, *range(len(names))):
        mine = np.flatnonzero(group_of == number).tolist()
        if mine:
            texts = None if labels is None else [labels[row] for row in mine]
            name, group = (OTHER, None) if number == NOISE else (names[number], number)
            groups.append(Group(name, group, points[mine], texts))
    return groups


def _legend(values: Sequence[str | None], names: Sequence[str]) -> list[tuple[Markup, str, int]]:
    legend = [(legend_mark(number), name, values.count(name)) for number, name in enumerate(names)]
    num_others = len(values) - sum(count for _, _, count in legend)
    return [*legend, (legend_mark(None), OTHER, num_others)] if num_others and names else legend


def _cluster(
    number: int,
    embeddings: Embeddings,
    labels: NDArray[np.int64],
    values: Sequence[str | None],
    rows: NDArray[np.int64],
    factory: TileFactory,
) -> ClusterEntry:
    mine = np.flatnonzero(labels == number)
    named = [value for value in (values[int(row)] for row in mine) if value is not None]
    most = largest(named, 1)
    share = named.count(most[0]) / len(named) if most else 0.0
    return {
        "name": f"{number + 1}: {most[0]}" if most else str(number + 1),
        "size": len(mine),
        "category": most[0] if most else "",
        "share": share,
        "tiles": factory.tiles(rows[central_rows(embeddings, labels, number, NUM_CENTRAL)]),
    }


def _user(user: EvaluatedUser, factory: TileFactory) -> UserEntry:
    targets = dict(user.targets)
    shown = [
        factory.tile(item, "found" if item in targets else "", f"{place}.")
        for place, item in enumerate(user.shown[:NUM_TILES], 1)
    ]
    return {
        "length": user.length,
        "history": factory.tiles(user.history[:NUM_HISTORY]),
        "num_history": len(user.history),
        "shown": shown,
        "targets": [factory.tile(item, "", f"rank {rank:,}") for item, rank in user.targets[:NUM_TILES]],
        "num_targets": len(user.targets),
        "num_found": sum(rank <= CUTOFF for _, rank in user.targets),
        "best_rank": user.targets[0][1],
        "confidence": user.confidence,
    }


def _by_words(
    views: ItemViews,
    prepared: Prepared,
    towers: Mapping[str, nn.Module],
    factory: TileFactory,
    found: Sequence[Grouping],
    imaged: NDArray[np.int64] | None,
) -> list[WordAnswers]:
    titles = [factory.title(item) for item in range(len(factory.products))]
    words = query_words(titles, found[0] if found else None, NUM_QUERIES)
    if not words:
        return []
    is_image_only = views.has_shared_space and imaged is not None
    gallery = imaged if is_image_only and imaged is not None else np.arange(len(titles))
    answers = (views.from_image if is_image_only else views.whole)[gallery]
    rows = nearest(embed_words(words, prepared, towers), answers, NUM_ANSWERS)
    return [
        {
            "query": query,
            "answers": [
                factory.tile(item, "match" if _contains_words(titles[item], query) else "") for item in gallery[row]
            ],
        }
        for query, row in zip(words, rows, strict=True)
    ]


def _by_image(
    views: ItemViews,
    prepared: Prepared,
    factory: TileFactory,
    found: Sequence[Grouping],
    imaged: NDArray[np.int64],
    titled: NDArray[np.int64],
) -> list[ImageAnswers]:
    if not len(imaged) or not len(titled):
        return []
    items = _one_of_each(imaged, found[:1], prepared.config.seed)
    if views.has_shared_space:
        gallery, answers, own = titled, views.from_text[titled], None
    else:
        gallery, answers = np.arange(len(views.whole)), views.whole
        own = [int(item) for item in items]
    rows = nearest(views.from_image[items], answers, NUM_ANSWERS, own)
    values = found[-1].values if found else None
    return [
        {
            "query": factory.tile(item),
            "answers": [factory.tile(other, _image_mark(item, int(other), values)) for other in gallery[row]],
        }
        for item, row in zip((int(item) for item in items), rows, strict=True)
    ]


def _image_mark(item: int, other: int, values: Sequence[str | None] | None) -> str:
    if item == other:
        return "itself"
    return "match" if values is not None and values[item] is not None and values[item] == values[other] else ""


def _one_of_each(items: NDArray[np.int64], found: Sequence[Grouping], seed: int) -> NDArray[np.int64]:
    """Return one item of each of the largest groups, drawn with the seed; without groups, a sample of items."""
    generator = np.random.default_rng([seed, 7])
    if not found:
        return np.sort(generator.choice(items, size=min(NUM_QUERIES, len(items)), replace=False))
    values = [found[0].values[item] for item in items]
    groups = (
        [item for item, own in zip(items, values, strict=True) if own == name] for name in largest(values, NUM_QUERIES)
    )
    return np.array([generator.choice(group) for group in groups], dtype=np.int64)


def _same_category(views: ItemViews, prepared: Prepared, found: Sequence[Grouping], has: NDArray[np.bool_]) -> Shares:
    """Return (kind of query, share of its ten nearest items in the same category) of each kind."""
    if not found:
        return []
    sampled = _sampled(views, prepared)
    kinds = (
        ("the whole item", views.whole, np.ones(len(has), dtype=bool)),
        ("its text alone", views.from_text, has[:, TEXT]),
        ("its image alone", views.from_image, has[:, IMAGE]),
    )
    shares = []
    for what, queries, is_there in kinds:
        rows = sampled[is_there[sampled]]
        share = same_group_share(queries[rows], views.whole, rows, found[0].values) if len(rows) else None
        if share is not None:
            shares.append((what, share))
    return shares


def _contains_words(title: str, query: str) -> bool:
    return set(query.split()) <= set(WORD.findall(title.lower()))
