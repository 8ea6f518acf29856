"""Reader of a batch file (`shops.toml`): many shops in one file, read into CrawlSettings; unknown keys are errors."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from kernel.json_object import JsonMapping, JsonObject
from scraper.crawl.feed_plan import is_remote
from scraper.crawl.patterns import check_pattern
from scraper.crawl.settings import (
    DEFAULT_MAX_PAGES,
    CrawlSettings,
    Feeds,
    Pages,
    ShopSettings,
    origin_of,
    parse_contact,
    parse_pins,
)
from scraper.errors import InputError, UrlError
from scraper.values.identity import canonical_url

MIN_RATE, MAX_RATE = 0.001, 1000.0
MAX_FILE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class BatchShop:
    """One [[shop]] table; a field that is None takes the value of [batch]."""

    url: str
    rate: float | None = None
    max_pages: int | None = None
    feed: str | None = None
    feeds: Feeds | None = None
    pages: Pages | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    resolve: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch file; `shops` in the order of the file, each origin once."""

    out: Path
    rate: float = 1.0
    max_pages: int = DEFAULT_MAX_PAGES
    contact: str | None = None
    keep_raw_days: int | None = None
    feeds: Feeds = "auto"
    pages: Pages = "auto"
    shops: tuple[BatchShop, ...] = ()

    def settings(self, **more: Any) -> CrawlSettings:
        """Return the settings of the crawl; `more` holds those of the command line."""
        shops = {origin_of(shop.url): self._shop(shop) for shop in self.shops}
        pins: dict[str, str] = {}
        for shop in self.shops:
            pins |= parse_pins(shop.resolve)
        return CrawlSettings(
            shop_urls=tuple(shop.url for shop in self.shops), out=self.out, rate=self.rate, max_pages=self.max_pages,
            pins=pins, contact=self.contact, feeds=self.feeds, pages=self.pages, shops=shops,
            keep_raw_days=self.keep_raw_days, **more,
        )  # fmt: skip

    def _shop(self, shop: BatchShop) -> ShopSettings:
        return ShopSettings(
            url=shop.url,
            rate=self.rate if shop.rate is None else shop.rate,
            max_pages=self.max_pages if shop.max_pages is None else shop.max_pages,
            feeds=shop.feeds or self.feeds,
            pages=shop.pages or self.pages,
            feed=shop.feed,
            include=shop.include,
            exclude=shop.exclude,
        )


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `count`, from 1; a host always falls into the same part."""

    index: int = 1
    count: int = 1

    def has(self, url: str) -> bool:
        """Return whether a shop's host belongs to this part, by its SHA-256, which is the same on every machine."""
        host = urlsplit(url).hostname or ""
        return int.from_bytes(hashlib.sha256(host.encode()).digest()[:8], "big") % self.count == self.index - 1

    def part_of(self, batch: Batch) -> Batch:
        """Return a batch with the shops of this part only, which writes into a folder of its own."""
        shops = tuple(shop for shop in batch.shops if self.has(shop.url))
        own = batch.out / f"shard-{self.index}-of-{self.count}"
        return replace(batch, shops=shops, out=own)


def parse_shard(text: str) -> Shard:
    """Return the shard of "I/N"; raises InputError unless 1 ≤ I ≤ N ≤ 10,000."""
    match = re.fullmatch(r"(\d{1,5})/(\d{1,5})", text)
    shard = Shard(int(match.group(1)), int(match.group(2))) if match else Shard(0, 0)
    if not 1 <= shard.index <= shard.count <= 10_000:
        raise InputError(f"--shard: expected I/N such as 1/4, with I from 1 to N, got {text[:40]!r}")
    return shard


def read_batch(path: Path) -> Batch:
    """Return the batch of a TOML file; raises InputError naming the file, the key and what was expected."""
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(MAX_FILE_BYTES).decode("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from error
    _only(values, ("batch", "shop"), f"{path}")
    batch, shops = values.get("batch", {}), values.get("shop", [])
    if not isinstance(batch, dict) or not isinstance(shops, list) or not all(isinstance(shop, dict) for shop in shops):
        raise InputError(f"{path}: expected one [batch] table and [[shop]] tables")
    if not shops:
        raise InputError(f"{path}: expected at least one [[shop]]")
    common = _read(batch, _BATCH_KEYS, f"{path}: [batch]")
    if "out" not in common:
        raise InputError(f"{path}: [batch]: expected the key out: the folder for queue, pages and products")
    return Batch(**common, shops=_shops(shops, path))


def _shops(tables: list[JsonObject], path: Path) -> tuple[BatchShop, ...]:
    by_origin: dict[str, BatchShop] = {}
    for number, table in enumerate(tables, start=1):
        where = f"{path}: [[shop]] {number}"
        values = _read(table, _SHOP_KEYS, where)
        if "url" not in values:
            raise InputError(f"{where}: expected the key url")
        shop = BatchShop(**values)
        if origin_of(shop.url) in by_origin:
            raise InputError(f"{where}: {origin_of(shop.url)} is in the file twice; give one [[shop]] per origin")
        by_origin[origin_of(shop.url)] = shop
    return tuple(by_origin.values())


def _read(table: JsonMapping, keys: Mapping[str, Callable[[Any, str], Any]], where: str) -> JsonObject:
    _only(table, tuple(keys), where)
    return {name: keys[name](value, f"{where}: {name}") for name, value in table.items()}


def _only(table: JsonMapping, allowed: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in allowed:
            raise InputError(f"{where}: unknown key {name!r}; allowed are {', '.join(allowed)}")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{where}: expected text, got {value!r}")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{where}: expected a list of texts, got {value!r}")
    return tuple(_text(part, where) for part in value)


def _rate(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not MIN_RATE <= value <= MAX_RATE:
        raise InputError(f"{where}: expected requests per second from {MIN_RATE} to {MAX_RATE:.0f}, got {value!r}")
    return float(value)


def _count(minimum: int) -> Callable[[Any, str], int]:
    def read(value: Any, where: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise InputError(f"{where}: expected a whole number of at least {minimum}, got {value!r}")
        return value

    return read


def _one_of(choices: tuple[str, ...]) -> Callable[[Any, str], str]:
    def read(value: Any, where: str) -> str:
        if value not in choices:
            raise InputError(f"{where}: expected {' or '.join(choices)}, got {value!r}")
        return cast(str, value)

    return read


def _url(value: Any, where: str) -> str:
    try:
        return canonical_url(_text(value, where))
    except UrlError as error:
        raise InputError(f"{where}: {error}") from error


def _feed(value: Any, where: str) -> str:
    text = _text(value, where)
    if is_remote(text):
        return _url(text, where)
    if not Path(text).is_file():
        raise InputError(f"{where}: expected an http(s) address or a file, and there is no file {text!r}")
    return text


def _patterns(value: Any, where: str) -> tuple[str, ...]:
    return tuple(check_pattern(pattern, where) for pattern in _texts(value, where))


def _pins(value: Any, where: str) -> tuple[str, ...]:
    pins = _texts(value, where)
    try:
        parse_pins(pins)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return pins


def _contact(value: Any, where: str) -> str | None:
    try:
        return parse_contact(_text(value, where))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


_COMMON_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "rate": _rate, "max_pages": _count(1), "feeds": _one_of(get_args(Feeds)), "pages": _one_of(get_args(Pages)),
}  # fmt: skip
_BATCH_KEYS = {
    "out": lambda value, where: Path(_text(value, where)), "contact": _contact, "keep_raw_days": _count(0),
    **_COMMON_KEYS,
}  # fmt: skip
_SHOP_KEYS = {
    "url": _url, "feed": _feed, "include": _patterns, "exclude": _patterns, "resolve": _pins, **_COMMON_KEYS,
}  # fmt: skip
