"""GTINs, the numbers that name a product in every shop, and their validation."""

import re

from scraper.values.vocabulary import vocabulary

_VOCABULARY = vocabulary("values", "gtin")
# GS1 General Specifications, figure 1.4.2-1: in-store use (02, 04, 2) and coupons (05, 98, 99) name no product.
RESTRICTED_PREFIXES = tuple(_VOCABULARY["restrictedPrefixes"])
# Counted up, as people fill in a form that requires a number.
PLACEHOLDERS = frozenset(_VOCABULARY["placeholders"])
_LABEL = re.compile(_VOCABULARY["labelPattern"])


def normalise_gtin(value: object) -> str | None:
    """Return the 14-digit GTIN, or None unless length, check digit and prefix are those of a real product.

    >>> normalise_gtin("4006381333931")
    '04006381333931'
    >>> normalise_gtin("4006381333932") is None
    True
    """
    text = _LABEL.sub("", str(value).strip().lower())
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{8}|[0-9]{12,14}", digits) or not _has_check_digit(digits) or not digits.strip("0"):
        return None
    gtin = digits.zfill(14)
    if gtin in PLACEHOLDERS or len(set(digits[:-1])) == 1:
        return None
    is_short = gtin.startswith("000000")
    if is_short and gtin[6] in "02" and len(digits) == 8:
        return None
    if not is_short and gtin[1:].startswith(RESTRICTED_PREFIXES):
        return None
    return gtin


def _has_check_digit(digits: str) -> bool:
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(digits)))
    return total % 10 == 0
