"""Options of the [model] table that several models share; each recipe adds a frozen dataclass with its own."""

from dataclasses import dataclass

from trainer.config.checks import between, one_of


@dataclass(frozen=True)
class ModelConfig:
    """Options of every model: its type, which selects the recipe, and the width of its embeddings."""

    type: str = ""  # each model sets its own
    dim: int = 256
    init_from: str | None = None  # a checkpoint directory; the towers start from its weights instead of random ones

    def __post_init__(self) -> None:
        between("model.dim", self.dim, 8, 4096)  # contracts/bundle.schema.json

    @property
    def needs_interactions(self) -> bool:
        """Whether the model learns from interactions, so that data.interactions is required."""
        return True

    @property
    def learns(self) -> bool:
        """Whether training can change the model."""
        return True


LOSSES = ("sampled_softmax", "bce", "bpr", "bpr_k")
NEGATIVES = ("in_batch", "uniform", "popularity")
CONTENT = ("text", "image", "both")


@dataclass(frozen=True)
class RankingConfig(ModelConfig):
    """Training objective of item and user towers: a loss of trainer/learning and its negatives."""

    loss: str = "sampled_softmax"  # sampled_softmax | bce | bpr (one negative each) | bpr_k (num_negatives each)
    negatives: str = (
        "in_batch"  # in_batch | uniform | popularity: source of the negatives (trainer/learning/negatives.py)
    )
    num_negatives: int = 8  # for each example; sampled_softmax in_batch takes the whole batch and adds only hard ones
    popularity_alpha: float = 0.75  # popularity: probability of an item is proportional to its likes to this power
    hard_share: float = 0.0  # share of negatives drawn from the positive's nearest neighbours by content
    hard_neighbours: int = 20  # number of nearest neighbours
    hard_features: str = "text"  # text | image | both: content that the neighbours share

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("model.loss", self.loss, LOSSES)
        one_of("model.negatives", self.negatives, NEGATIVES)
        one_of("model.hard_features", self.hard_features, CONTENT)
        for name in ("num_negatives", "hard_neighbours"):
            between(f"model.{name}", getattr(self, name), 1, 10_000)
        between("model.popularity_alpha", self.popularity_alpha, 0, 2)
        between("model.hard_share", self.hard_share, 0, 1)
