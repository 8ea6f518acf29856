"""Types of the page's sections, as the template reads them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from markupsafe import Markup

from trainer.reports.document import RunReport
from trainer.reports.html.clusters import Agreement
from trainer.reports.html.slice_tables import SliceTable
from trainer.reports.html.tables import MetricTable
from trainer.reports.html.verdict import Verdict

Shares = list[tuple[str, float]]  # (name, share from 0 to 1)
TextTable = tuple[list[str], list[list[str]]]  # (column names, rows)


@dataclass(frozen=True)
class Tile:
    """Item on the page: image (or None) and title; `mark`: "found", "match", "itself" or ""."""

    title: str
    image: str | None
    mark: str = ""
    note: str = ""


class MapSection(TypedDict):
    """Maps of the item embeddings. `shares`: variance shares of the principal components, in percent."""

    num_items: int
    grouping: str
    legend: list[tuple[Markup, str, int]]
    tsne: Markup
    pca: Markup
    shares: list[str]


class ClusterEntry(TypedDict):
    """One cluster; `share`: of its items with a category, those of the most frequent `category`."""

    name: str
    size: int
    category: str
    share: float
    tiles: list[Tile]


class ClusterSection(TypedDict):
    """Clusters of the item embeddings; `agreements`: with each of the catalogue's groupings."""

    num_items: int
    num_clusters: int
    noise_share: float
    sizes: Markup
    clusters: list[ClusterEntry]
    agreements: list[tuple[str, Agreement]]


class UserEntry(TypedDict):
    """One test user: the latest history, the items shown and the held-out items."""

    length: int
    history: list[Tile]
    num_history: int
    shown: list[Tile]
    targets: list[Tile]
    num_targets: int
    num_found: int
    best_rank: int
    confidence: float


class FailureSection(TypedDict):
    """Users whose recommendations have no hit."""

    num_users: int
    num_missed: int
    long_history: int
    num_long: int
    num_long_missed: int
    missed: list[UserEntry]
    wrong: list[UserEntry]
    confidence_auc: float | None


class WordAnswers(TypedDict):
    """Items that one query of words finds."""

    query: str
    answers: list[Tile]


class ImageAnswers(TypedDict):
    """Items that one image finds."""

    query: Tile
    answers: list[Tile]


class AnswerSection(TypedDict):
    """Retrieval by words alone and by images alone."""

    has_shared_space: bool
    by_words: list[WordAnswers]
    by_image: list[ImageAnswers]
    shares: Shares
    grouping: str
    similarity: str


class ModelSections(TypedDict, total=False):
    """Sections that need the checkpoint and its data; each is absent where the model or the data do not allow it."""

    users: list[UserEntry]
    failures: FailureSection
    map: MapSection | None
    clusters: ClusterSection | None
    answers: AnswerSection


class PageContext(TypedDict):
    """Context of the page's template; a section without data is None."""

    style: Markup
    name: str
    ours: str
    written: datetime
    report: RunReport
    facts: list[tuple[str, str]]
    totals: list[tuple[str, str]]
    verdict: Verdict | None
    confidence: float
    is_corrected: bool
    charts: list[tuple[Markup, str]]
    epochs: TextTable | None
    metrics: list[MetricTable]
    config: list[tuple[str, str]]
    toml: str
    missing: str
    pairs: TextTable | None
    pair_notes: list[str]
    similarity_caveat: str
    slices: Sequence[SliceTable]
    slice_losses: list[str]
    baselines: list[tuple[str, str]]
    map: MapSection | None
    clusters: ClusterSection | None
    users: list[UserEntry] | None
    failures: FailureSection | None
    answers: AnswerSection | None
    contents: list[tuple[str, str]]
