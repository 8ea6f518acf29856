"""Broken and hostile pages made from whole ones, for a fuzzer; seeded, so that each can be had again."""

import random
from collections.abc import Callable

MAX_CHARS = 60_000
# What breaks parsers: depth, repetition, odd characters, half syntax, and words that readers look for.
TOKENS = (
    "<", ">", "</", "<!--", "-->", "<![CDATA[", "]]>", '"', "'", "\\", "{", "}", "[", "]", ":", ",", "&quot;", "&#0;",
    "&#xD800;", "\x00", "\ufeff", "\u202e", "\u2028", "\U0001f600", "é", "１２", "٣٤", "NaN", "1e999", "-0", "0x1F",
    "9" * 400, "1." * 300, "1,234,567.890", ",89 €", "€ $ £ 5", "₹1,23,456", "undefined", "null", "__proto__",
    "constructor", "hasOwnProperty", "<script>", "</script>", "<style>", "<svg>", "<template>", "<noscript>", "<table>",
    "<select><option>", "<math>", "<h1>", "<base href='javascript:x'>", "<base href='http://[::1'>",
    '<script type="application/ld+json">', '{"@type":"Product","offers":{"price":', '{"@graph":[', '{"@id":"#a"}',
    '<div itemscope itemtype="https://schema.org/Product">', '<span itemprop="offers" itemref="a a a">',
    " typeof=Product ", "<meta charset=x>",
    "<link rel=canonical href='http://:80'>", "<img srcset=', ,, 1x, x 99999w'>",
    ' property="price" content="', '<p class="price">', "SKU: ", "Brand:", '<nav class="breadcrumb">', "Sold out",
    "self.__next_f.push([1,\"", "window.__NUXT__=", "dataLayer.push(", "var product = {price:", "JSON.parse('",
    "data-product='{", "<a href='http://%zz'>", "<a href='//[::1]/'>",
)  # fmt: skip


def mutated(seeds: list[str], rng: random.Random) -> str:
    """Return one seed page after one to eight changes, cut to MAX_CHARS."""
    page = rng.choice(seeds)
    for _ in range(rng.randint(1, 8)):
        page = rng.choice(CHANGES)(page, rng, seeds)[:MAX_CHARS]
    return page


def _span(page: str, rng: random.Random, longest: int = 2000) -> tuple[int, int]:
    start = rng.randrange(len(page) + 1)
    return start, min(len(page), start + rng.randint(0, longest))


def _cut(page: str, rng: random.Random, _: list[str]) -> str:
    start, end = _span(page, rng)
    return page[:start] + page[end:]


def _truncate(page: str, rng: random.Random, _: list[str]) -> str:
    return page[: rng.randrange(len(page) + 1)]


def _insert(page: str, rng: random.Random, _: list[str]) -> str:
    start, _end = _span(page, rng)
    return page[:start] + rng.choice(TOKENS) + page[start:]


def _repeat(page: str, rng: random.Random, _: list[str]) -> str:
    start, end = _span(page, rng, 200)
    return page[:start] + page[start:end] * rng.choice((2, 10, 300, 3000)) + page[end:]


def _pile(page: str, rng: random.Random, _: list[str]) -> str:
    start, _end = _span(page, rng)
    return page[:start] + rng.choice(TOKENS) * rng.choice((10, 1000, 8000)) + page[start:]


def _swap_char(page: str, rng: random.Random, _: list[str]) -> str:
    if not page:
        return page
    start = rng.randrange(len(page))
    return page[:start] + chr(rng.choice((0, 9, 34, 39, 60, 62, 92, 123, 255, 0xFFFD, 0x10FFFF))) + page[start + 1 :]


def _splice(page: str, rng: random.Random, seeds: list[str]) -> str:
    start, _end = _span(page, rng)
    other = rng.choice(seeds)
    left, right = _span(other, rng)
    return page[:start] + other[left:right] + page[start:]


def _digits(page: str, rng: random.Random, _: list[str]) -> str:
    """Change every run of one digit: numbers are where meaning breaks."""
    return page.replace(rng.choice("0123456789"), rng.choice(("", "-", "9" * 30, ".", "1e9", "٣")))


CHANGES: tuple[Callable[[str, random.Random, list[str]], str], ...] = (
    _cut, _truncate, _insert, _insert, _repeat, _pile, _swap_char, _splice, _digits,
)  # fmt: skip
