"""Numeric item features, standardised to mean 0 and deviation 1; logarithms where values span orders of magnitude."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trainer.dataset.dataset import Product
from trainer.preprocess.numbers import read_number

MAX_Z = 5.0  # values further out are cut to this
MIN_KNOWN = 2  # of the rows to standardise on: one value has no spread
_NUMERIC_SHARE = 0.9  # of an attribute's values that must be numbers for the attribute to count as one


@dataclass(frozen=True)
class NumericFeatures:
    """Numeric features, one row per item and one column per informative number."""

    values: NDArray[np.float32]  # (num_items, n), standardised; 0 where missing
    mask: NDArray[np.float32]  # (num_items, n), 1 where known
    names: tuple[str, ...]


def numeric_features(products: Sequence[Product], rows: NDArray[np.int64]) -> NumericFeatures:
    """Return the numbers of all products, standardised on `rows`: the training items, so that no others have an effect.

    log_price and discount_share are standardised within each currency. rating_value is a share of its best.
    log_rating_count, log_num_images and log_text_length add 1 before taking logarithms. Attributes whose values are
    numbers follow. A column that is unknown or constant on `rows` is left out. Values are cut at ±5 deviations.
    """
    raw = _stated(products) | _attributes(products)
    currencies = np.array([product.get("price", {}).get("currency", "") for product in products])
    is_fitted = np.zeros(len(products), dtype=bool)
    is_fitted[rows] = True
    columns = {}
    for name, values in raw.items():
        groups = currencies if name in ("log_price", "discount_share") else np.zeros(len(products), dtype="U1")
        standardised = _standardised(values, is_fitted, groups)
        if not np.isnan(standardised).all():
            columns[name] = standardised
    stacked = np.stack(list(columns.values()), axis=1) if columns else np.empty((len(products), 0))
    mask = ~np.isnan(stacked)
    return NumericFeatures(
        values=np.where(mask, np.clip(stacked, -MAX_Z, MAX_Z), 0).astype(np.float32),
        mask=mask.astype(np.float32),
        names=tuple(columns),
    )


def _stated(products: Sequence[Product]) -> dict[str, NDArray[np.float64]]:
    rows = [_of_product(product) for product in products]
    names = ("log_price", "discount_share", "rating_value", "log_rating_count", "log_num_images", "log_text_length")
    return {name: np.array([row.get(name, math.nan) for row in rows]) for name in names}


def _of_product(product: Product) -> dict[str, float]:
    found = {
        "log_num_images": math.log1p(len(product.get("images", ()))),
        "log_text_length": math.log1p(len(product.get("title", "")) + len(product.get("description", ""))),
    }
    price, regular = product.get("price", {}), product.get("regularPrice", {})
    amount, full = float(price.get("amount", 0)), float(regular.get("amount", 0))
    if amount > 0:
        found["log_price"] = math.log(amount)
        if price.get("currency") == regular.get("currency") and full > 0:
            found["discount_share"] = 1 - amount / full
        elif not regular:
            found["discount_share"] = 0.0  # a product has a regularPrice only where it differs from the price
    if rating := product.get("rating"):
        found["rating_value"] = rating["value"] / rating["best"]
        if "count" in rating:
            found["log_rating_count"] = math.log1p(rating["count"])
    return found


def _attributes(products: Sequence[Product]) -> dict[str, NDArray[np.float64]]:
    cells: dict[str, dict[int, str]] = {}
    for row, product in enumerate(products):
        for name, text in product.get("attributes", {}).items():
            cells.setdefault(name, {})[row] = text
    columns = {}
    for name, texts in sorted(cells.items()):
        numbers = {row: number for row, text in texts.items() if (number := _number(text)) is not None}
        if len(numbers) >= _NUMERIC_SHARE * len(texts):
            column = np.full(len(products), math.nan)
            column[list(numbers)] = list(numbers.values())
            columns[f"attribute:{name}"] = column
    return columns


def _number(text: str) -> float | None:
    try:
        return read_number(text)
    except ValueError:
        return None


def _standardised(
    values: NDArray[np.float64], is_fitted: NDArray[np.bool_], groups: NDArray[np.str_]
) -> NDArray[np.float64]:
    """Return z-scores within each group by the mean and deviation of its fitted rows; NaN where these give none."""
    out = np.full(len(values), math.nan)
    for group in np.unique(groups):
        members = (groups == group) & ~np.isnan(values)
        known = values[members & is_fitted]
        spread = known.std() if len(known) >= MIN_KNOWN else 0.0
        if spread > 1e-9 * max(1.0, float(np.abs(known).max(initial=0))):
            out[members] = (values[members] - known.mean()) / spread
    return out
