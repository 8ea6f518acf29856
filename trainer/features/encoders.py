"""A bundle's text and image encoders in ONNX Runtime, so that training sees the same features as serving."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from kernel.bundle_rules import format_problem
from kernel.contract_types import BundleManifest, ImageRule, Tensor
from kernel.image_rule import DECODING, normalise
from kernel.item_text import item_text
from trainer.dataset.dataset import Product
from trainer.errors import EncoderError
from trainer.features.pixels import read_rgb
from trainer.features.tokens import Tokens

BATCH_SIZE = 32
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
        """Cache key of text features besides the text: hashes of encoder and tokenizer, their rule, the prefix."""
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
        tokens = self.tokens()
        encodings = tokens.encode(texts)
        tower = _Tower(self, "textEncoder")
        by_length = sorted(range(len(texts)), key=lambda position: -len(encodings[position].ids))
        for start in range(0, len(texts), BATCH_SIZE):
            positions = by_length[start : start + BATCH_SIZE]
            ids, mask = tokens.pad([encodings[position] for position in positions])
            yield positions, tower.run({"inputIds": ids, "attentionMask": mask, "tokenTypeIds": np.zeros_like(ids)})

    def tokens(self) -> Tokens:
        """Return the tokenizer that turns texts into the text encoder's ids."""
        rule = self.manifest["text"]["tokenizer"]
        return Tokens(self._file(rule["file"]), rule, self.manifest["text"].get("prefix", ""))

    def encode_images(self, paths: Sequence[Path]) -> Iterator[tuple[Sequence[int], Features]]:
        """Yield (positions in paths, features (b, image_dim)); raise EncoderError for a file that is not an image."""
        tower = _Tower(self, "imageEncoder")
        for start in range(0, len(paths), BATCH_SIZE):
            positions = range(start, min(start + BATCH_SIZE, len(paths)))
            pixels = np.stack([read_pixels(paths[position], self.manifest["image"]) for position in positions])
            yield positions, tower.run({"pixels": pixels})

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


class _Tower:
    """One ONNX model whose inputs are given by the manifest's roles instead of by name."""

    def __init__(self, encoders: Encoders, name: EncoderName) -> None:
        entry = encoders.manifest["towers"][name]
        self.inputs: dict[str, Tensor] = {tensor["role"]: tensor for tensor in entry["inputs"]}
        self.output: str = entry["outputs"][0]["name"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        self.session = onnxruntime.InferenceSession(
            encoders._file(entry["file"]), options, providers=["CPUExecutionProvider"]
        )

    def run(self, by_role: Mapping[str, NDArray[Any]]) -> Features:
        feeds = {tensor["name"]: by_role[role].astype(tensor["dtype"]) for role, tensor in self.inputs.items()}
        features: Features = self.session.run([self.output], feeds)[0].astype(np.float32)
        return features


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
