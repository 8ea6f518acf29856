"""The [model] table of a run file: one frozen dataclass for each `type`, whose fields are that model's options."""

from dataclasses import dataclass

from trainer.config.checks import between, one_of


@dataclass(frozen=True)
class ModelConfig:
    """What every model has: a type, which picks the dataclass and the recipe, and the width of its embeddings."""

    type: str = ""  # each model sets its own
    dim: int = 256
    init_from: str | None = None  # a checkpoint directory whose weights the towers start from, instead of chance

    def __post_init__(self) -> None:
        between("model.dim", self.dim, 8, 4096)  # contracts/bundle.schema.json

    @property
    def needs_interactions(self) -> bool:
        """Whether there is nothing to learn from without users."""
        return True

    @property
    def learns(self) -> bool:
        """Whether an epoch could change anything."""
        return True


LOSSES = ("sampled_softmax", "bce", "bpr", "bpr_k")
NEGATIVES = ("in_batch", "uniform", "popularity")
CONTENT = ("text", "image", "both")


@dataclass(frozen=True)
class RankingConfig(ModelConfig):
    """What every item and user tower is fitted by: a loss of trainer/learning, against some items' being chosen."""

    loss: str = "sampled_softmax"  # sampled_softmax | bce | bpr (one negative each) | bpr_k (num_negatives each)
    negatives: str = (
        "in_batch"  # in_batch | uniform | popularity: what they are drawn from (trainer/learning/negatives.py)
    )
    num_negatives: int = 8  # for each example; sampled_softmax in_batch takes the whole batch, and only hard ones more
    popularity_alpha: float = 0.75  # popularity: an item's chance is its likes to this power
    hard_share: float = 0.0  # share of the negatives that are among the positive's nearest by content
    hard_neighbours: int = 20  # how many count as nearest
    hard_features: str = "text"  # text | image | both: by which content

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.loss", self.loss, LOSSES)
        one_of("model.negatives", self.negatives, NEGATIVES)
        one_of("model.hard_features", self.hard_features, CONTENT)
        for name in ("num_negatives", "hard_neighbours"):
            between(f"model.{name}", getattr(self, name), 1, 10_000)
        between("model.popularity_alpha", self.popularity_alpha, 0, 2)
        between("model.hard_share", self.hard_share, 0, 1)
