"""Products to embeddings, through the bundle's text encoder, image encoder and item tower."""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from encoders.errors import EncodingError
from kernel.contract_types import BundleManifest, BundleTower, Product, Tensor
from kernel.item_text import item_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

_UNIT_TOLERANCE = 1e-3


class Encoder:
    """The item side of a verified bundle. Sessions are made at first use: a server that only answers has none."""

    def __init__(self, directory: Path, manifest: BundleManifest, num_threads: int = 0) -> None:
        self._directory = directory
        self._manifest = manifest
        self._towers = cast(Mapping[str, BundleTower], manifest["towers"])
        self._num_threads = num_threads
        self._sessions: dict[str, Any] = {}
        self._tokenizer: Tokenizer | None = None
        # Two PUTs at once must not both load 100 MB of weights.
        self._lock = threading.Lock()

    @property
    def takes_images(self) -> bool:
        """Return whether the bundle has an image encoder."""
        return "imageEncoder" in self._towers

    def text_of(self, product: Product) -> str:
        """Return the text of a product for the text encoder; may be empty."""
        return item_text(product, self._manifest["text"]["itemText"])

    def provider(self) -> str:
        """Return the execution provider that runs the text encoder."""
        provider: str = self._session("textEncoder").get_providers()[0]
        return provider

    def embed(self, texts: Sequence[str], pixels: Sequence[Floats | None]) -> Floats:
        """Return float32 (n, dim), unit length, for n texts (empty = missing) and n images (None = missing)."""
        mask = np.array([[bool(text), image is not None] for text, image in zip(texts, pixels, strict=True)])
        if not mask.any(axis=1).all():
            raise EncodingError("expected text or an image for every product, got neither for at least one")
        by_role: dict[str, NDArray[Any]] = {
            "text": self._scatter("textEncoder", mask[:, 0], lambda rows: self._text_inputs([texts[i] for i in rows])),
            "modalityMask": mask.astype(np.float32),
        }
        if self.takes_images:
            by_role["image"] = self._scatter(
                "imageEncoder", mask[:, 1], lambda rows: {"pixels": np.stack([pixels[i] for i in rows])}
            )
        embeddings = self._run("itemTower", by_role)
        expected, file = (len(texts), self._manifest["dim"]), self._towers["itemTower"]["file"]
        if embeddings.shape != expected or not np.isfinite(embeddings).all():
            raise EncodingError(f"{file}: expected finite {expected}, got {embeddings.shape}")
        norms = np.linalg.norm(embeddings, axis=1)
        if np.abs(norms - 1).max() > _UNIT_TOLERANCE:
            raise EncodingError(f"{file}: expected unit length, got {norms.min()} to {norms.max()}")
        return embeddings

    def _scatter(self, tower: str, present: NDArray[np.bool_], inputs_of: Any) -> Floats:
        """Return features of the rows that have this modality; zeros elsewhere, as the item tower expects."""
        features = np.zeros((len(present), _width(self._towers[tower])), dtype=np.float32)
        rows = np.flatnonzero(present)
        if len(rows):
            features[rows] = self._run(tower, inputs_of(rows))
        return features

    def _text_inputs(self, texts: list[str]) -> dict[str, NDArray[Any]]:
        prefix = self._manifest["text"].get("prefix", "")
        encodings = self._load_tokenizer().encode_batch([prefix + text for text in texts])
        return {
            "inputIds": np.array([encoding.ids for encoding in encodings], dtype=np.int64),
            "attentionMask": np.array([encoding.attention_mask for encoding in encodings], dtype=np.int64),
            "tokenTypeIds": np.array([encoding.type_ids for encoding in encodings], dtype=np.int64),
        }

    def _run(self, key: str, by_role: Mapping[str, NDArray[Any]]) -> Floats:
        tower = self._towers[key]
        feed = {t["name"]: by_role[t["role"]].astype(t["dtype"], copy=False) for t in tower["inputs"]}
        output = self._session(key).run([_embedding_output(tower)["name"]], feed)[0]
        return np.asarray(output, dtype=np.float32)

    def _session(self, key: str) -> Any:
        with self._lock:
            if key not in self._sessions:
                self._sessions[key] = open_session(self._directory / self._towers[key]["file"], self._num_threads)
            return self._sessions[key]

    def _load_tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer  # noqa: PLC0415 (40 ms that answering requests never needs)

        with self._lock:
            if self._tokenizer is None:
                rule = self._manifest["text"]["tokenizer"]
                tokenizer = Tokenizer.from_file(str(self._directory / rule["file"]))
                padding = tokenizer.padding or {}
                pad_token = padding.get("pad_token", "[PAD]")
                pad_id = padding.get("pad_id", tokenizer.token_to_id(pad_token) or 0)
                tokenizer.enable_truncation(rule["maxTokens"])
                tokenizer.enable_padding(length=rule.get("padTo"), pad_id=pad_id, pad_token=pad_token)
                self._tokenizer = tokenizer
            return self._tokenizer


def _embedding_output(tower: BundleTower) -> Tensor:
    return next((tensor for tensor in tower["outputs"] if tensor["role"] == "embedding"), tower["outputs"][0])


def _width(tower: BundleTower) -> int:
    """Return the last dimension of a tower's embedding, which the manifest must state as a number."""
    width = _embedding_output(tower)["shape"][-1]
    if not isinstance(width, int):
        raise EncodingError(f"{tower['file']}: expected a fixed last dimension of output, got {width!r}")
    return width


def open_session(path: Path, num_threads: int) -> Any:
    """Return an ONNX Runtime session on the GPU if there is one, else on the CPU; 0 threads means all cores."""
    import onnxruntime as ort  # noqa: PLC0415 (importing it costs more than the rest of the server's start)

    options = ort.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=_providers(ort.get_available_providers()))
    except Exception as error:  # ORT raises a dozen unrelated pybind classes, all meaning this
        raise EncodingError(f"{path}: ONNX Runtime cannot load it: {error}") from error


def _providers(available: Sequence[str]) -> list[str]:
    # The GPU build lists CUDA on machines without a GPU; trying there costs seconds and prints alarming errors.
    has_gpu = os.name == "nt" or Path("/dev/nvidiactl").exists()
    return [name for name in ("CUDAExecutionProvider",) if has_gpu and name in available] + ["CPUExecutionProvider"]
