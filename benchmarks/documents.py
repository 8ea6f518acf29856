"""Types of the result files that docs' tables are made from."""

from typing import NotRequired, TypedDict

from benchmarks.record import Environment
from kernel.json_object import JsonObject


class Spread(TypedDict):
    """A mean over seeds and its standard deviation, None for one seed."""

    mean: float
    sd: float | None


class SpreadInterval(Spread):
    """A mean over seeds with its interval."""

    low: float
    high: float


class Verdict(TypedDict):
    """A tower's paired difference to the best baseline; `p_holm`: with Holm's correction."""

    baseline: str
    mean: float
    low: float
    high: float
    p_value: float
    p_holm: float
    verdict: str


# One slice: its number of users and, where it has any, [mean, low, high] of each metric.
SliceFigures = TypedDict(
    "SliceFigures", {"users": int, "ndcg@10": NotRequired[list[float]], "recall@10": NotRequired[list[float]]}
)
Slices = dict[str, dict[str, SliceFigures]]  # by kind of slice, then by its name


_Coverage = TypedDict("_Coverage", {"coverage@10": float})


class TowerRow(_Coverage):
    """One row of a protocol. Its slices are under `slices_of_seed_N`; a baseline has no `against_best_baseline`."""

    seeds: list[int]
    test: dict[str, SpreadInterval]
    without_near_clones: dict[str, SpreadInterval]
    fit_seconds: float
    score_seconds_per_1000_users: float
    commits: list[str]
    dirty: bool
    tuned: NotRequired[JsonObject]
    model: NotRequired[JsonObject]
    training: NotRequired[JsonObject]
    parameters: NotRequired[int]
    best_epochs: NotRequired[list[int]]
    against_best_baseline: NotRequired[Verdict]


class SplitFigures(TypedDict):
    """The split of a protocol. `info`: counts and drawn names, which depend on the rule."""

    data_hash: str
    rule: str
    train_interactions: int
    valid_users: int
    test_users: int
    candidates: int
    info: JsonObject
    split_seed: int


class ProtocolAbout(SplitFigures):
    """The split of a protocol and the test users who have a near clone in training."""

    test_users_with_near_clone: int


class ProtocolResult(TypedDict):
    """One protocol: its rows by name, best first."""

    about: ProtocolAbout
    rows: dict[str, TowerRow]


class TowersResult(Environment):
    """Content of towers_NAME.json. `not_here`: rows that these data do not allow, each with the reason."""

    data: str
    not_here: dict[str, str]
    protocols: dict[str, ProtocolResult]


class QueryInterval(TypedDict):
    """A mean over queries and its 95 % interval [low, high]."""

    mean: float
    ci95: list[float]


class SeedsSpread(Spread):
    """A mean over `seeds` seeds."""

    seeds: int


class DrawnInterval(Spread):
    """A mean over seeds with its 95 % interval; `queries`: the number that each seed drew."""

    ci95: list[float]
    queries: list[int]


class RowConfig(TypedDict):
    """Everything besides the seed that determines a row of fashion."""

    model: JsonObject
    training: JsonObject
    labels: list[str]


_MeanSimilarity = TypedDict("_MeanSimilarity", {"avg_mean_similarity@5": dict[str, float]})
MetricIntervals = dict[str, QueryInterval]  # by metric or by column


class Neighbours(_MeanSimilarity):
    """Share of the nearest products with the query's type and colour, by the embedding's modalities."""

    neighbours: dict[str, MetricIntervals]


class RetrievalRun(Neighbours):
    """One row with one seed; the two ways by the gallery's size, absent where there are not both embeddings."""

    config: RowConfig
    commit: str | None
    best_epoch: int
    valid: dict[str, float]
    seconds: dict[str, float]
    text_to_image: NotRequired[dict[str, MetricIntervals]]
    image_to_text: NotRequired[dict[str, MetricIntervals]]


class RetrievalRow(TypedDict):
    """One row: its runs by seed, and every figure over seeds."""

    about: str
    runs: dict[str, RetrievalRun]
    over_seeds: dict[str, SeedsSpread]


class RetrievalResult(Environment):
    """Content of fashion_retrieval.json. `not_run`: rows not measured, each with the command that does."""

    data: dict[str, str]
    encoders: str
    split: dict[str, int]
    caveat: str
    plain: Neighbours
    rows: dict[str, RetrievalRow]
    not_run: NotRequired[dict[str, str]]
