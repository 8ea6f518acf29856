"""Tests of prices: shared vectors, an independent parser where it is right, and random text."""

import json
from decimal import Decimal
from pathlib import Path

import price_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.values.price import Price, amount_on_the_wire, currency_code, machine_price, parse_price, region_of

VECTORS = json.loads((Path(__file__).parents[3] / "contracts/vectors/price.json").read_text(encoding="utf-8"))


def wire(price: Price | None) -> dict[str, str] | None:
    if price is None:
        return None
    return {"amount": amount_on_the_wire(price.amount, price.currency)} | (
        {"currency": price.currency} if price.currency else {}
    )


@pytest.mark.parametrize("case", VECTORS["texts"], ids=lambda case: case["text"] or "empty")
def test_visible_text_gives_the_price_people_read(case):
    assert wire(parse_price(case["text"], currency=case.get("hint"), region=case.get("region"))) == case["price"]


@pytest.mark.parametrize("case", VECTORS["machine"], ids=lambda case: str(case["value"]))
def test_machine_value_is_a_plain_decimal(case):
    assert wire(machine_price(case["value"], case.get("currency"), region=case.get("region"))) == case["price"]


def test_the_pages_own_spelling_is_kept():
    assert parse_price("  CHF\n 1'299.– ").amount_text == "CHF 1'299.–"


WHOLE = st.integers(1, 999_999)
CENTS = st.integers(0, 99)


@given(WHOLE, CENTS, st.sampled_from(["€", "$", "£"]), st.booleans())
def test_well_formed_prices_agree_with_an_independent_parser(whole, cents, symbol, is_continental):
    number = f"{whole:,}.{cents:02d}"
    if is_continental:
        number = number.translate(str.maketrans(",.", ".,"))
    text = f"{number} {symbol}" if is_continental else f"{symbol}{number}"
    assert parse_price(text).amount == price_parser.Price.fromstring(text).amount == Decimal(f"{whole}.{cents:02d}")


@given(st.text(max_size=300))
def test_any_text_gives_a_bounded_price_or_none(text):
    price = parse_price(text)
    assert price is None or (0 <= price.amount < 10**12 and price.amount == round(price.amount, 4))


@given(st.text(alphabet="0123456789.,' €$£kr-–%MkUSD\u00a0", max_size=400))
def test_price_like_noise_gives_a_bounded_price_or_none(text):
    price = parse_price(text)
    assert price is None or 0 <= price.amount < 10**12


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_any_machine_value_gives_a_bounded_price_or_none(value):
    price = machine_price(value, "EUR")
    assert price is None or 0 <= price.amount < 10**12


def test_a_megabyte_of_digits_is_cut_before_it_is_read():
    # Work grows with the cut text only: the same answer as for its head.
    head = "12.50 EUR " + "9" * 100
    assert parse_price(head + "9" * 1_000_000) == parse_price(head + "9" * 1_000)


@pytest.mark.parametrize(
    ("url", "language", "region"),
    [
        ("https://shop.com.au/p", "en", "AU"),
        ("https://shop.co.uk/p", None, "GB"),
        ("https://shop.io/p", "en-CA", "CA"),
        ("https://shop.example.com/p", "sv", "SE"),
        ("https://shop.example.com/p", "en", None),
    ],
)
def test_country_comes_from_the_domain_then_from_the_language(url, language, region):
    assert region_of(url, language) == region


def test_currency_codes_in_any_case_and_symbols_become_iso_codes():
    assert [currency_code(text) for text in ("usd", " EUR ", "£", "zł", "??", None)] == [
        "USD", "EUR", "GBP", "PLN", None, None,
    ]  # fmt: skip
