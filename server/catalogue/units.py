"""Units of measure as shops write them, each as a family's smallest common unit and a factor."""

from decimal import Decimal

# Of the families that shops write in several sizes one unit stands for all: "0.5 l", "50 cl" and "500 ml" are one term.
_FAMILIES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("ml", (("ml milliliter millilitre", "1"), ("cl", "10"), ("dl", "100"), ("l ltr liter litre liters", "1000"))),
    ("g", (("mg", "0.001"), ("g gr gramm gram grams", "1"), ("kg kilo kilogramm kilogram", "1000"))),
    ("mm", (("mm millimeter", "1"), ("cm zentimeter centimeter centimetre", "10"), ("m meter metre", "1000"))),
    ("gb", (("mb", "0.001"), ("gb gig gigabyte go", "1"), ("tb terabyte to", "1000"))),
    ("in", (("in inch inches inchs zoll pouces pouce pulgadas pollici", "1"),)),
    ("w", (("w watt watts", "1"), ("kw kilowatt", "1000"))),
    ("hz", (("hz hertz", "1"), ("khz", "1000"), ("mhz", "1000000"), ("ghz", "1000000000"))),
    ("mah", (("mah", "1"),)),
    ("v", (("v volt volts", "1"),)),
    ("mp", (("mp mpix megapixel megapixels", "1"),)),
    ("rpm", (("rpm upm", "1"),)),
    ("btu", (("btu", "1"),)),
)  # fmt: skip

UNITS: dict[str, tuple[str, Decimal]] = {
    name: (base, Decimal(factor)) for base, members in _FAMILIES for names, factor in members for name in names.split()
}


def measure_term(number: str, unit: str) -> str:
    """Return one term for a number and a known unit: `measure_term("1,5", "l")` is "1500ml"."""
    base, factor = UNITS[unit]
    value = (Decimal(number.replace(",", ".")) * factor).normalize()
    return f"{value:f}{base}"
