"""Item vectors of a pack in 4 or 8 bits a number, as contracts/pack.schema.json describes them.

extension/packs/vectors.js mirrors `decode`; contracts/vectors/packs.json holds the cases of both. A row depends on its
own item alone, so that an item that did not change has the same bytes in the next pack.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernel.contract_types import PackBlock, PackVectors

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

MOST = {4: 7, 8: 127}
_CODES = 255


@dataclass(frozen=True)
class Rows:
    """Quantised vectors of n items.

    Attributes:
        codes: uint8 (n, blocks), the scale of each block of each item; 0 for a block of zeros.
        values: int8 (n, dim).
    """

    codes: Bytes
    values: NDArray[np.int8]

    def take(self, rows: Sequence[int]) -> "Rows":
        """Return a copy of some rows."""
        return Rows(self.codes[rows], self.values[rows])

    def row(self, number: int) -> bytes:
        """Return all that is kept of one vector, as bytes to compare."""
        return bytes(self.codes[number].tobytes() + self.values[number].tobytes())


def most_bytes(rule: PackVectors, num_items: int) -> int:
    """Return the greatest length that a file of vectors may have before its compression."""
    return sum(num_items + -(-num_items * block["length"] * block["bits"] // 8) for _, block in held_blocks(rule))


def held_blocks(rule: PackVectors) -> list[tuple[int, PackBlock]]:
    """Return the blocks that a file holds, each with its place among all."""
    return [(i, block) for i, block in enumerate(rule["blocks"]) if block["bits"]]


def quantised(vectors: Floats, rule: PackVectors) -> Rows:
    """Return float32 (n, dim) with numbers within -1 to 1 in the bits of each block."""
    codes = np.zeros((len(vectors), len(rule["blocks"])), dtype=np.uint8)
    values = np.zeros((len(vectors), rule["dim"]), dtype=np.int8)
    for i, block in held_blocks(rule):
        part = vectors[:, _at(block)].astype(np.float64)
        codes[:, i] = np.ceil(np.abs(part).max(axis=1) * _CODES).clip(0, _CODES)
        steps = _steps(codes[:, i], block)
        values[:, _at(block)] = np.rint(part / np.where(steps > 0, steps, 1)[:, None])
    return Rows(codes, values)


def restored(rows: Rows, rule: PackVectors) -> Floats:
    """Return the vectors float32 (n, dim) that quantised rows stand for; zeros in a block without bits."""
    vectors = np.zeros(rows.values.shape, dtype=np.float32)
    for i, block in held_blocks(rule):
        steps = _steps(rows.codes[:, i], block)
        vectors[:, _at(block)] = rows.values[:, _at(block)].astype(np.float64) * steps[:, None]
    return vectors


def encode(rows: Rows, rule: PackVectors) -> bytes:
    """Return quantised rows as the content of a file of vectors, not yet compressed."""
    return b"".join(_encoded_blocks(rows, rule))


def _encoded_blocks(rows: Rows, rule: PackVectors) -> Iterator[bytes]:
    for i, block in held_blocks(rule):
        yield rows.codes[:, i].tobytes()
        if not rows.codes[:, i].any():
            continue
        # Coordinate by coordinate: numbers of one coordinate are alike, which compresses better.
        flat = rows.values[:, _at(block)].T.ravel()
        if block["bits"] == 8:
            yield flat.astype(np.int8).tobytes()
            continue
        halves = np.append(flat + 8, [0] * (len(flat) % 2)).astype(np.uint8)
        yield (halves[0::2] | (halves[1::2] << 4)).tobytes()


def decode(content: bytes, rule: PackVectors, num_items: int) -> Rows | None:
    """Return the rows of a file of vectors; None for another length, or a number out of the range of its bits."""
    codes = np.zeros((num_items, len(rule["blocks"])), dtype=np.uint8)
    values = np.zeros((num_items, rule["dim"]), dtype=np.int8)
    data = np.frombuffer(content, dtype=np.uint8)
    for i, block in held_blocks(rule):
        if len(data) < num_items:
            return None
        codes[:, i], data = data[:num_items], data[num_items:]
        if not codes[:, i].any():
            continue
        count = num_items * block["length"]
        size = -(-count * block["bits"] // 8)
        flat = _flat(data[:size], block, count) if len(data) >= size else None
        if flat is None:
            return None
        values[:, _at(block)], data = flat.reshape(block["length"], num_items).T, data[size:]
    return Rows(codes, values) if len(data) == 0 else None


def _flat(data: Bytes, block: PackBlock, count: int) -> NDArray[np.int8] | None:
    """Return the numbers of a block coordinate by coordinate; None for one out of range, or a filling other than 0."""
    if block["bits"] == 8:
        flat, filling = data.view(np.int8), 0
    else:
        halves = np.stack([data & 15, data >> 4], axis=1).ravel()
        flat, filling = halves[:count].astype(np.int8) - np.int8(8), int(halves[count:].sum())
    most = MOST[block["bits"]]
    return None if filling or bool((flat < -most).any()) else flat


def step_of(code: int, block: PackBlock) -> float:
    """Return what one level of a block is, for an item with this code."""
    return code / (_CODES * MOST[block["bits"]])


def _at(block: PackBlock) -> slice:
    return slice(block["start"], block["start"] + block["length"])


def _steps(codes: Bytes, block: PackBlock) -> NDArray[np.float64]:
    return codes.astype(np.float64) / (_CODES * MOST[block["bits"]])
