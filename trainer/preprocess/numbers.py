"""Checks of numerical columns for unreadable cells, outliers and constant values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

OUTLIER_Z = 8.0  # robust z: distance from the median in units of 1.4826 × median absolute deviation
_MAD_TO_SIGMA = 1.4826  # makes it a standard deviation where values are normal


@dataclass(frozen=True)
class ColumnCheck:
    """Counts and outliers of one numerical column."""

    num_values: int  # finite ones
    num_missing: int
    num_unreadable: int  # words, NaN, infinities; later steps treat them as missing
    num_outliers: int  # kept: an outlier is not an error; training on the column should clip or take logarithms
    outliers: tuple[float, ...]  # the first five
    is_constant: bool  # distinguishes no items and is left out


def read_number(text: str) -> float | None:
    """Return the number in a cell, None for an empty cell; raise ValueError for words, NaN and infinities."""
    if not text.strip():
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, got {text}")
    return number


def check_columns(columns: Mapping[str, Sequence[str]]) -> dict[str, ColumnCheck]:
    """Return the check of each column of cells."""
    return {name: _check_column(cells) for name, cells in columns.items()}


def _check_column(cells: Sequence[str]) -> ColumnCheck:
    found: list[float] = []
    num_unreadable = num_missing = 0
    for cell in cells:
        try:
            number = read_number(cell)
        except ValueError:
            num_unreadable += 1
            continue
        if number is None:
            num_missing += 1
        else:
            found.append(number)
    values = np.array(found)
    outliers = values[_is_outlier(values)]
    return ColumnCheck(
        num_values=len(values),
        num_missing=num_missing,
        num_unreadable=num_unreadable,
        num_outliers=len(outliers),
        outliers=tuple(outliers[:5].tolist()),
        is_constant=len(np.unique(values)) < 2,
    )


def _is_outlier(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    if len(values) == 0:
        return np.zeros(0, dtype=bool)
    away = np.abs(values - np.median(values))
    spread = np.median(away) * _MAD_TO_SIGMA
    if spread == 0:  # more than half of the values are equal, so distances have no unit
        return np.zeros(len(values), dtype=bool)
    is_far: NDArray[np.bool_] = away / spread > OUTLIER_Z
    return is_far
