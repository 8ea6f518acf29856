"""Prices: amounts as Decimal and currencies as ISO 4217, parsed from machine values and visible text.

The grammar is this package's own. The price-parser package reads `34.000`, `,89 €`, `2 pairs from $349` and
`1,234,567.890` wrongly and takes quadratic time; `contracts/vectors/price.json` holds the cases for both languages.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from urllib.parse import urlsplit

from kernel.contracts import contract
from scraper.values.vocabulary import vocabulary

MAX_TEXT_LENGTH = 200
MAX_AMOUNT_TEXT = 100
MAX_SYMBOL_LENGTH = 12
MAX_WHOLE_DIGITS = 12
MAX_AMOUNT = Decimal(10) ** MAX_WHOLE_DIGITS
# Signs before an amount whose cents are written apart or whose thousands are a letter.
_PREFIX_SIGNS = vocabulary("values", "price")["prefixSigns"]
_MULTIPLIERS = {"k": 1000, "m": 1_000_000}
# A run of digits joined by separators; a space joins only where exactly three digits follow it.
_NUMBER = re.compile(r"(?<![\d.,'])(?:\d+(?:[.,']\d+| \d{3}(?!\d))*|(?<!\w)[.,]\d{1,2}(?!\d))")
_MACHINE = re.compile(r"\+?(\d{1,15}(?:\.\d{0,20})?|\.\d{1,20})")
# No shop writes a price with an exponent, and read as people read text "1e400" would be 1.
_NOT_A_PRICE = re.compile(r"-.*|\+?[\d.]+[eE][+-]?\d+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount, its ISO 4217 currency where known, and the page's own spelling."""

    amount: Decimal
    currency: str | None = None
    amount_text: str | None = None


def parse_price(text: str, *, currency: str | None = None, region: str | None = None) -> Price | None:
    """Return the first price in visible text, or None.

    A number beside a currency wins over a number without. `currency` is the one that the page gives elsewhere for
    this text; `region` (ISO 3166-1) decides the currency of `$` and `kr`.

    >>> parse_price("2 pairs from $349")
    Price(amount=Decimal('349'), currency='USD', amount_text='2 pairs from $349')
    >>> parse_price("sold out") is None
    True
    """
    amount_text = " ".join(text[: MAX_TEXT_LENGTH * 4].split())[:MAX_TEXT_LENGTH]
    plain = _plain(amount_text)
    if plain.lower() in contract("currencies.json")["free"]:
        return Price(Decimal(0), currency, amount_text)
    best: tuple[Decimal, str | None] | None = None
    for match in _NUMBER.finditer(plain):
        before, after = plain[: match.start()], plain[match.end() :]
        is_priced, found = _currency_beside(before, after, region)
        is_priced = is_priced or (best is None and not re.match(r"\s*(?:%|percent\b)", after))
        amount = _amount(match.group(), found or currency, before, after) if is_priced else None
        if amount is None:
            continue
        if _currency_beside(before, after, region)[0]:
            return Price(amount, currency or found, amount_text[:MAX_AMOUNT_TEXT])
        best = best or (amount, currency)
    return Price(best[0], best[1], amount_text[:MAX_AMOUNT_TEXT]) if best else None


def machine_price(value: object, currency: object = None, *, region: str | None = None) -> Price | None:
    """Return the price of a machine-readable value, where `.` is always the decimal point, or None."""
    code = currency_code(currency, region=region)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        try:
            amount = Decimal(repr(value))
        except InvalidOperation:
            return None
        return Price(wire_amount(amount), code) if amount.is_finite() and 0 <= amount < MAX_AMOUNT else None
    if not isinstance(value, str):
        return None
    text = value[:MAX_TEXT_LENGTH].strip()
    if match := _MACHINE.fullmatch(text):
        amount = Decimal(match.group(1))
        return Price(wire_amount(amount), code, text[:MAX_AMOUNT_TEXT]) if amount < MAX_AMOUNT else None
    return None if _NOT_A_PRICE.fullmatch(text) else parse_price(text, currency=code, region=region)


def wire_amount(amount: Decimal) -> Decimal:
    """Return `amount` with at most four decimals and no trailing zeros: one value for one amount."""
    rounded = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()


def amount_on_the_wire(amount: Decimal, currency: str | None) -> str:
    """Return decimal text with the currency's own number of decimals: 49.90 EUR, 12800 JPY, 12.345 KWD.

    More decimals than that are kept; without a currency a whole amount has none and any other at least two.
    """
    plain = wire_amount(amount)
    decimals = -int(plain.as_tuple().exponent)
    usual = contract("currencies.json")["minorUnits"].get(currency, 2 if decimals else 0)
    return f"{plain:.{max(decimals, usual)}f}"


def currency_code(value: object, *, region: str | None = None) -> str | None:
    """Return the ISO 4217 code for a code in any case or a symbol, else None."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.upper() in contract("currencies.json")["minorUnits"]:
        return text.upper()
    if not 0 < len(text) <= MAX_SYMBOL_LENGTH:
        return None
    plain = _plain(text)
    return next((_symbol_currency(symbol, region) for symbol, pattern in _symbols() if pattern.fullmatch(plain)), None)


def region_of(url: str, language: str | None) -> str | None:
    """Return the country that a page addresses, from its host's top-level domain, else from its language."""
    data = contract("currencies.json")
    domain = (urlsplit(url).hostname or "").rsplit(".", 1)[-1]
    if re.fullmatch(r"[a-z]{2}", domain) and domain not in data["genericDomains"]:
        return str(data["topLevelDomains"].get(domain, domain.upper()))
    if not language:
        return None
    for tag in language.split("-")[1:]:
        if re.fullmatch(r"[A-Z]{2}", tag):
            return tag
    found = data["languages"].get(language) or data["languages"].get(language.split("-")[0])
    return str(found) if found else None


def _plain(text: str) -> str:
    """Fold widths, digits of other scripts, dashes and apostrophes into the few characters the grammar knows."""
    folded = unicodedata.normalize("NFKC", text)
    digits = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in folded)
    return re.sub(r"\s+", " ", re.sub("[‒–—−]", "-", re.sub("[’`´‘]", "'", digits.replace("٫", ".").replace("٬", ","))))


@cache
def _symbols() -> tuple[tuple[str, re.Pattern[str]], ...]:
    pairs = []
    for entry in contract("currencies.json")["symbols"]:
        symbol = _plain(entry["symbol"])
        left = r"(?<![^\W\d_])" if symbol[0].isalpha() else ""
        right = r"(?![^\W\d_])" if symbol[-1].isalpha() else ""
        flags = re.IGNORECASE if len(symbol) > 1 else 0
        pairs.append((entry["symbol"], re.compile(left + re.escape(symbol) + right, flags)))
    return tuple(pairs)


@cache
def _markers() -> tuple[tuple[re.Pattern[str], re.Pattern[str], str | None], ...]:
    """Return (pattern before a number, pattern after it, symbol or None for codes), codes first."""
    data = contract("currencies.json")
    codes = "|".join(code for code in data["minorUnits"] if code not in data["words"])
    code = rf"(?<![A-Za-z])(?:{codes})(?![A-Za-z])"
    # A code may follow a symbol ("$ 12.50 USD"), or a dash for "no cents" ("12,- EUR").
    gap = r"\s?(?:[.,]\s?-{1,2}|-)?\s?"
    rows: list[tuple[re.Pattern[str], re.Pattern[str], str | None]] = [
        (re.compile(rf"(?P<m>{code})[:\s]{{0,2}}[^\w\s]?\s?$"), re.compile(rf"^{gap}[^\w\s]?\s?(?P<m>{code})"), None)
    ]
    for symbol, pattern in _symbols():
        part = f"(?P<m>{pattern.pattern})"
        flags = pattern.flags & re.IGNORECASE
        rows.append((re.compile(rf"{part}[:.\s]{{0,2}}$", flags), re.compile(rf"^{gap}{part}", flags), symbol))
    return tuple(rows)


def _currency_beside(before: str, after: str, region: str | None) -> tuple[bool, str | None]:
    """Return whether a currency is beside the number, and which one; a written code wins over a symbol."""
    before, after = before[-16:], after[:16]
    for before_pattern, after_pattern, symbol in _markers():
        match = before_pattern.search(before) or after_pattern.search(after)
        if match:
            return True, match.group("m") if symbol is None else _symbol_currency(symbol, region)
    return False, None


def _symbol_currency(symbol: str, region: str | None) -> str | None:
    entry = next(entry for entry in contract("currencies.json")["symbols"] if entry["symbol"] == symbol)
    code = entry.get("byRegion", {}).get(region) or entry.get("currency")
    return str(code) if code else None


def _amount(number: str, currency: str | None, before: str, after: str) -> Decimal | None:
    cents = re.match(r"(?: |\s?[^\w\s.,'-]\s?)(\d{2})(?!\d|\s?%)", after)
    if (
        number.isdigit()
        and len(number) <= MAX_WHOLE_DIGITS
        and cents
        and (before.rstrip()[-1:] in _PREFIX_SIGNS or after.lstrip()[:1] in _PREFIX_SIGNS)
    ):
        # "$12 99" and "12€50": the cents are written apart, raised on the page.
        return wire_amount(Decimal(f"{number}.{cents.group(1)}"))
    plain = _without_grouping(number, contract("currencies.json")["minorUnits"].get(currency, 2))
    if plain is None or len(plain.partition(".")[0]) > MAX_WHOLE_DIGITS:
        return None
    amount = Decimal(plain)
    multiplier = re.match(r"\s?([kKM])(?![^\W\d_])", after)
    if multiplier and before.rstrip()[-1:] in _PREFIX_SIGNS:
        amount *= _MULTIPLIERS[multiplier.group(1).lower()]
    return wire_amount(amount) if amount < MAX_AMOUNT else None


def _without_grouping(number: str, minor_units: int) -> str | None:
    """Return the number with `.` as its only separator, or None where its separators make no sense (a date)."""
    digits = re.sub(r"[ ']", "", number)
    separators = re.sub(r"[^.,]", "", digits)
    if not separators:
        return digits
    last = separators[-1]
    whole, _, decimals = digits.rpartition(last)
    if separators.count(last) == 1:
        has_other = len(separators) > 1 or len(digits) != len(number)
        is_grouping = (
            not has_other and len(decimals) == 3 and minor_units != 3 and len(whole) <= 3 and whole not in ("", "0")
        )
        return (whole + decimals) if is_grouping else f"{re.sub('[.,]', '', whole) or '0'}.{decimals}"
    groups = digits.split(last)
    if len(set(separators)) == 1 and len(groups[-1]) == 3 and all(len(group) in (2, 3) for group in groups[1:]):
        return "".join(groups)
    return None
