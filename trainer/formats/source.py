"""Data types that every format is read into: products, interactions and images, keyed by the data set's own names."""

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trainer.config.checks import between, one_of
from trainer.dataset.dataset import KINDS
from trainer.errors import ConfigError
from trainer.preprocess.images import ImageRule


@dataclass(frozen=True)
class ForeignProduct:
    """One product with the keys of contracts/product.schema.json; shop, itemId and url may be absent."""

    where: str  # file:line, for messages
    key: str  # by which interactions and images refer to it
    fields: Mapping[str, Any]
    numbers: Mapping[str, str] = field(default_factory=dict)  # numerical columns, as written


@dataclass(frozen=True)
class ForeignInteraction:
    """One interaction of a user with a product."""

    where: str
    user: str
    key: str
    kind: str
    time_days: float  # since 1970-01-01 UTC
    weight: float = 1.0


@dataclass(frozen=True)
class Bad:
    """An invalid record; reading continues after it."""

    where: str
    reason: str  # expected and got
    group: str  # the kind of error, by which records are counted


class Images(Protocol):
    """A data set's images by product key."""

    def keys(self) -> Set[str]:
        """Return the products' keys that have an image."""

    def read(self, key: str) -> bytes:
        """Return the file's bytes; raise OSError or ImageError."""


@dataclass(frozen=True)
class Options:
    """Command-line options of `prepare`, recorded in prepare.json."""

    images: str | None = None  # a folder or .zip of images, instead of where the format keeps them
    shop: str | None = None  # the name of the shop, for formats that have none
    kind: str = "purchase"  # of interactions without a kind
    liked_from: float = 3.0  # ratings below weigh 0: seen but not liked
    brand_from_first_word: bool = False  # sequences: take the title's first word for a brand
    only_with_image: bool = False
    summarise: int | None = None  # shorten longer descriptions to their central sentences, at most so many characters
    min_side: int = ImageRule.min_side
    max_side: int = ImageRule.max_side
    quality: int = ImageRule.quality
    parquet: bool = False
    strict: bool = False  # stop at the first invalid record

    def __post_init__(self) -> None:
        one_of("--kind", self.kind, KINDS)
        between("--min-side", self.min_side, 1, 4096)
        between("--max-side", self.max_side, self.min_side, 8192)
        between("--quality", self.quality, 1, 100)
        if self.summarise is not None:
            between("--summarise", self.summarise, 20, 5000)
        if self.shop is not None and not (
            self.shop.replace(".", "").replace("-", "").isalnum() and self.shop.isascii()
        ):
            raise ConfigError(f"--shop must be a name as in a web address, such as beauty.example, got {self.shop!r}")


OnBytes = Callable[[str, int, int], None]  # (what, done, of how many)


@dataclass(frozen=True)
class Source:
    """A data set whose files were found but not yet read."""

    files: tuple[Path, ...]  # hashed into the fingerprint
    products: Callable[[OnBytes], Iterator[ForeignProduct | Bad]]
    interactions: Callable[[OnBytes], Iterator[ForeignInteraction | Bad]]
    shop: str  # of products that name none
    images: Images | None = None
    notes: tuple[str, ...] = ()  # caveats for the users of the result
    later_replaces: bool = False  # of two lines about one product the later counts, otherwise the first


Reader = Callable[[tuple[Path, ...], Options], Source]


def no_interactions(on_bytes: OnBytes) -> Iterator[ForeignInteraction | Bad]:
    """Yield nothing, because the data set has no users."""
    yield from ()
