"""A bundle's text and image encoders, by the code that serves them, so that training sees the same features."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from encoders.batches import Pool, encode_images, encode_texts
from encoders.errors import EncodingError
from encoders.token_table import TokenTable, read_table
from encoders.tokens import Tokens
from encoders.towers import Tower, usable_cores
from kernel.bundle_rules import format_problem
from kernel.contract_types import BundleManifest, ImageRule
from kernel.image_rule import DECODING, normalise
from kernel.item_text import item_text
from trainer.dataset.dataset import Product
from trainer.errors import EncoderError
from trainer.features.pixels import read_rgb

Features = NDArray[np.float32]
EncoderName = Literal["textEncoder", "imageEncoder"]


class Encoders:
    """The encoders of one bundle directory, loaded at first use; only the files in use are read and hashed.

    Attributes:
        name, space: as in the manifest.
        text_dim, image_dim: widths of the features, as the bundle's item tower takes them.
        has_image_encoder: without one every image counts as missing.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = Path(directory)
        self.manifest = _read_manifest(self.directory)
        towers = self.manifest["towers"]
        widths = {tensor["role"]: cast(int, tensor["shape"][-1]) for tensor in towers["itemTower"]["inputs"]}
        self.name: str = self.manifest["name"]
        self.space: str = self.manifest["space"]
        self.text_dim: int = widths["text"]
        self.image_dim: int = widths["image"]
        self.has_image_encoder: bool = "imageEncoder" in towers and "image" in self.manifest

    @property
    def text_identity(self) -> str:
        """Cache key of text features besides the text: hashes of encoder and tokenizer, their rule, the prefix.

        Of a token table it is the hash of its file.
        """
        if "table" in self.manifest["text"]:
            return json.dumps(["token table", self._file_sha256(self.manifest["text"]["table"]["file"])])
        tokenizer, prefix = self.manifest["text"]["tokenizer"], self.manifest["text"].get("prefix")
        parts: list[object] = [self._sha256("textEncoder"), self._file_sha256(tokenizer["file"]), tokenizer]
        return json.dumps([*parts, prefix] if prefix else parts)

    @property
    def image_identity(self) -> str:
        """Cache key of image features besides the image: the encoder's hash and the image rule."""
        return json.dumps([self._sha256("imageEncoder"), self.manifest["image"], DECODING])

    def item_text(self, product: Product) -> str:
        """Return the text of a product by the bundle's rule."""
        return item_text(product, self.manifest["text"]["itemText"])

    def encode_texts(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Features]]:
        """Yield (positions in texts, features (b, text_dim)) in batches of similar length, longest first."""
        if "table" in self.manifest["text"]:
            yield list(range(len(texts))), self._table().encode(texts)
            return
        yield from encode_texts(self._tower("textEncoder"), self.tokens(), texts, Pool(usable_cores()))

    def tokens(self) -> Tokens:
        """Return the tokenizer of the text encoder's ids; raise EncoderError where that is a token table."""
        if "table" in self.manifest["text"]:
            raise EncoderError(
                f"{self.directory}: its text encoder is a token table, which has no tokens to train on; "
                "give a bundle with a text encoder, such as `python -m exporter lite --text minilm` makes"
            )
        rule = self.manifest["text"]["tokenizer"]
        return Tokens(self._file(rule["file"]), rule, self.manifest["text"].get("prefix", ""))

    def encode_images(self, paths: Sequence[Path]) -> Iterator[tuple[Sequence[int], Features]]:
        """Yield (positions in paths, features (b, image_dim)); raise EncoderError for a file that is not an image."""
        rule = self.manifest["image"]
        pool = Pool(usable_cores())
        yield from encode_images(
            self._tower("imageEncoder"), paths, lambda position: read_pixels(paths[position], rule), pool
        )

    def _table(self) -> TokenTable:
        rule = self.manifest["text"]["table"]
        self._file(rule["file"])
        try:
            return read_table(self.directory, rule)
        except EncodingError as error:
            raise EncoderError(str(error)) from error

    def _tower(self, name: EncoderName) -> Tower:
        entry = self.manifest["towers"][name]
        return Tower(self._file(entry["file"]), entry)

    def _sha256(self, tower: EncoderName) -> str:
        return self._file_sha256(self.manifest["towers"][tower]["file"])

    def _file_sha256(self, name: str) -> str:
        return self.manifest["files"][name]["sha256"]

    def _file(self, name: str) -> Path:
        path = self.directory / name
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise EncoderError(f"{path}: the manifest names it, but it cannot be read: {error.strerror}") from error
        if found != self.manifest["files"][name]["sha256"]:
            raise EncoderError(f"{path}: its SHA-256 is not the manifest's; export the bundle again")
        return path


def read_pixels(path: Path, rule: ImageRule) -> Features:
    """Return an image file as (3, size, size) float32 by the manifest's image rule."""
    return normalise(read_rgb(path, rule), rule)


def _read_manifest(directory: Path) -> BundleManifest:
    path = directory / "manifest.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise EncoderError(f"{path}: no bundle found; `python -m exporter lite --out {directory}` makes one") from error
    except (OSError, ValueError) as error:
        raise EncoderError(f"{path}: cannot be read: {error}") from error
    if (problem := format_problem(manifest)) is not None:
        raise EncoderError(f"{path}: {problem}")
    if "towers" not in manifest:
        raise EncoderError(f"{path}: expected a bundle manifest, got an object without towers")
    return cast(BundleManifest, manifest)
