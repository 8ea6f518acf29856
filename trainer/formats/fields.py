"""Conversion of foreign records' values to those of the product and interaction contracts."""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from kernel.json_object import JsonMapping, JsonObject
from trainer.dataset.dataset import SECONDS_PER_DAY
from trainer.errors import DataError, RecordError
from trainer.formats.source import Options

_PRICE = re.compile(r"^\s*(?:[A-Z]{3}|[$€£¥])?\s*([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?\s*$")
_MS_FROM = 1e11  # Unix seconds reach that in the year 5138, milliseconds did in 1973


def present(values: JsonMapping) -> JsonObject:
    """Return the entries whose value is neither None nor empty."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {}, ())}


def attributes(columns: Iterable[tuple[str, object]]) -> dict[str, str]:
    """Return attributes as {camelCase name: text}; leave out values that are not text or numbers, and empty ones."""
    found: dict[str, str] = {}
    for name, value in columns:
        words = re.findall(r"[A-Za-z0-9]+", name)
        key = "".join([words[0].lower(), *(word[:1].upper() + word[1:] for word in words[1:])])[:40] if words else ""
        if re.match("[a-z]", key) and isinstance(value, (str, int, float)) and str(value).strip():
            found.setdefault(key, str(value).strip())
    return found


def price(value: object, currency: str | None = None) -> dict[str, str] | None:
    """Return a price as contracts/product.schema.json defines it; None where the value is not one positive amount."""
    match = _PRICE.match(str(value)) if isinstance(value, (str, int, float)) else None
    if match is None:
        return None
    number = float(match[1].replace(",", "") + (match[2] or ""))
    if not 0 < number < 1e12:
        return None
    text = f"{number:.4f}".rstrip("0").rstrip(".")
    return {"amount": text, "currency": currency} if currency else {"amount": text}


def finite(value: object) -> float | None:
    """Return the value as a finite number, None where it is not one."""
    try:
        number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def unexpected(expected: str, got: object) -> RecordError:
    """Return the error of an unexpected value; its group, by which records are counted, omits the value."""
    return RecordError(f"expected {expected}, got {str(got)[:60]!r}", f"expected {expected}")


def time_days(value: object) -> float:
    """Return days since 1970 from Unix seconds, Unix milliseconds or ISO 8601; raise RecordError for anything else.

    An ISO 8601 time without a zone counts as UTC.
    """
    number = finite(value)
    if number is not None and number >= 0:
        return number / (1000 if number >= _MS_FROM else 1) / SECONDS_PER_DAY
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        moment = None
    if moment is None or moment.year < 1970:
        raise unexpected("a time as Unix seconds or milliseconds or 2026-03-01T09:30:00Z", value)
    has_zone = moment.tzinfo is not None
    return (moment if has_zone else datetime.fromisoformat(f"{moment.isoformat()}+00:00")).timestamp() / SECONDS_PER_DAY


def weight_of_rating(value: object, options: Options) -> float:
    """Return 1.0 for a rating of at least `options.liked_from`, else 0.0; raise RecordError for a non-number."""
    number = finite(value)
    if number is None:
        raise unexpected("a rating as a number", value)
    return 1.0 if number >= options.liked_from else 0.0


def find_one(sources: tuple[Path, ...], names: tuple[str, ...], format_name: str) -> list[Path]:
    """Return the files of these names, in a source directory or given as sources; raise DataError for a missing one."""
    found = []
    for name in names:
        candidates = [source if source.name == name else source / name for source in sources]
        matches = [path for path in candidates if path.is_file()]
        if not matches:
            looked = ", ".join(map(str, sources))
            raise DataError(f"{looked}: the {format_name} format needs {name} in it; give its directory or the file")
        found.append(matches[0])
    return found


def shop_name(sources: tuple[Path, ...], options: Options) -> str:
    """Return --shop, or a shop name made from the first source's directory, so that data sets are separate shops."""
    if options.shop:
        return options.shop.lower()
    first = sources[0].resolve()
    name = first.name if first.is_dir() else first.parent.name
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "data"
    return f"{word}.example"


def ignore_progress(what: str, done: int, total: int) -> None:
    """Ignore progress: an `OnBytes` for a file that is read again later."""
