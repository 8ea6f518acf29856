"""Products to embeddings, through the bundle's text encoder, image encoder and item tower."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from encoders.batches import Encoded, Pool, encode_images, encode_texts
from encoders.errors import EncodingError
from encoders.towers import Floats, Tower, usable_cores, width_of
from kernel.contract_types import BundleManifest, BundleTower, Product
from kernel.item_text import item_text

if TYPE_CHECKING:
    from encoders.token_table import TokenTable
    from encoders.tokens import Tokens

_UNIT_TOLERANCE = 1e-3
# Rows of one batch of the item tower, which is small beside the encoders.
_ITEM_ROWS = 256


class Encoder:
    """The item side of a verified bundle. Sessions are made at first use: a server that only answers has none.

    Args:
        directory, manifest: the bundle, whose files the caller has verified.
        num_threads: batches that run at once on a CPU; 0 means one for each usable core.
        on_cpu: leave a GPU alone.
    """

    def __init__(
        self, directory: Path, manifest: BundleManifest, num_threads: int = 0, *, on_cpu: bool = False
    ) -> None:
        self._directory = directory
        self._manifest = manifest
        self._entries = cast(Mapping[str, BundleTower], manifest["towers"])
        self._pool = Pool(num_threads or usable_cores())
        self._on_cpu = on_cpu
        self._towers: dict[str, Tower] = {}
        self._tokens: Tokens | None = None
        self._table: TokenTable | None = None
        # Two PUTs at once must not both load 100 MB of weights.
        self._lock = threading.Lock()

    @property
    def takes_images(self) -> bool:
        """Return whether the bundle has an image encoder."""
        return "imageEncoder" in self._entries

    def text_of(self, product: Product) -> str:
        """Return the text of a product for the text encoder; may be empty."""
        return item_text(product, self._manifest["text"]["itemText"])

    def provider(self) -> str:
        """Return the execution provider that runs the text encoder, or the item tower where that is a table."""
        return self._tower("textEncoder" if "textEncoder" in self._entries else "itemTower").provider

    def embed(self, texts: Sequence[str], pixels: Sequence[Floats | None]) -> Floats:
        """Return float32 (n, dim), unit length, for n texts (empty = missing) and n images (None = missing).

        Equal texts, and images that are the same array object, are encoded once.
        """
        mask = np.array([[bool(text), image is not None] for text, image in zip(texts, pixels, strict=True)])
        if not mask.any(axis=1).all():
            raise EncodingError("expected text or an image for every product, got neither for at least one")
        by_role: dict[str, NDArray[Any]] = {"modalityMask": mask.astype(np.float32)}
        written = [text for text in texts if text]
        by_role["text"] = self._filled(self._text_width(), mask[:, 0], lambda: self._texts(written))
        if self.takes_images:
            shown = [image for image in pixels if image is not None]
            width = width_of(self._entries["imageEncoder"])
            by_role["image"] = self._filled(width, mask[:, 1], lambda: self._images(shown))
        embeddings = self._tower("itemTower").run(by_role)
        self._check(embeddings, (len(texts), self._manifest["dim"]))
        return embeddings

    def _text_width(self) -> int:
        table = self._manifest["text"].get("table")
        return table["dim"] if table else width_of(self._entries["textEncoder"])

    def _texts(self, texts: Sequence[str]) -> Encoded:
        if "table" in self._manifest["text"]:
            return iter([(list(range(len(texts))), self._load_table().encode(texts))])
        return encode_texts(self._tower("textEncoder"), self._load_tokens(), texts, self._pool)

    def _images(self, pixels: Sequence[Floats]) -> Encoded:
        keys = [id(image) for image in pixels]
        return encode_images(self._tower("imageEncoder"), keys, pixels.__getitem__, self._pool)

    def _filled(self, width: int, present: NDArray[np.bool_], encode: Any) -> Floats:
        """Return features of the rows that have this modality; zeros elsewhere, as the item tower expects."""
        features = np.zeros((len(present), width), dtype=np.float32)
        rows = np.flatnonzero(present)
        if len(rows):
            for positions, batch in encode():
                features[rows[positions]] = batch
        return features

    def _check(self, embeddings: Floats, expected: tuple[int, int]) -> None:
        file = self._entries["itemTower"]["file"]
        if embeddings.shape != expected or not np.isfinite(embeddings).all():
            raise EncodingError(f"{file}: expected finite {expected}, got {embeddings.shape}")
        norms = np.linalg.norm(embeddings, axis=1)
        if np.abs(norms - 1).max() > _UNIT_TOLERANCE:
            raise EncodingError(f"{file}: expected unit length, got {norms.min()} to {norms.max()}")

    def _tower(self, key: str) -> Tower:
        with self._lock:
            if key not in self._towers:
                entry = self._entries[key]
                rows = {"max_rows": _ITEM_ROWS} if key == "itemTower" else {}
                self._towers[key] = Tower(self._directory / entry["file"], entry, on_cpu=self._on_cpu, **rows)
            return self._towers[key]

    def _load_table(self) -> "TokenTable":
        from encoders.token_table import read_table  # noqa: PLC0415 (as below)

        with self._lock:
            if self._table is None:
                self._table = read_table(self._directory, self._manifest["text"]["table"])
            return self._table

    def _load_tokens(self) -> "Tokens":
        from encoders.tokens import Tokens  # noqa: PLC0415 (40 ms that answering requests never needs)

        with self._lock:
            if self._tokens is None:
                rule = self._manifest["text"]["tokenizer"]
                prefix = self._manifest["text"].get("prefix", "")
                self._tokens = Tokens(self._directory / rule["file"], rule, prefix)
            return self._tokens
