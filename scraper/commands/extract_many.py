"""The command `extract-many`: saved pages to products, in processes or on a Dask cluster, in input order."""

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kernel.files import write_text_whole
from kernel.progress import CountProgress
from scraper.commands.options import Commands, positive, say
from scraper.crawl.report import StoredPage, extract_stored, stored_pages
from scraper.crawl.store import Store
from scraper.errors import InputError, UrlError
from scraper.extraction.extract import extract_product
from scraper.extraction.page import MAX_PAGE_BYTES
from scraper.values.identity import canonical_url, item_id_of, shop_of
from scraper.work.files import read_page
from scraper.work.workers import ordered_map

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `extract-many`."""
    parser = commands.add_parser("extract-many", help="saved pages to products.jsonl, one line out per line in")
    help_pages = (
        'one {"file": PATH, "url": URL} a line; PATH is relative to this file, plain or .gz; '
        "or the folder of a crawl, to extract its stored pages again"
    )
    parser.add_argument("pages", metavar="PAGES.jsonl|DIR", type=Path, help=help_pages)
    parser.add_argument("--out", required=True, type=Path, metavar="products.jsonl",
                        help="where to write; a name that ends in .parquet gets Parquet")  # fmt: skip
    parser.add_argument("--engine", choices=("processes", "dask"), default="processes",
                        help="processes of this machine, or Dask (default processes)")  # fmt: skip
    parser.add_argument("--scheduler", metavar="ADDRESS",
                        help="with --engine dask: the cluster to use, such as tcp://10.0.0.5:8786")  # fmt: skip
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N",
                        help="processes to use (default: one per core)")  # fmt: skip
    parser.set_defaults(run=run, is_resumable=False)


def run(arguments: argparse.Namespace) -> bool:
    """Extract the pages and return whether all could be read; raises InputError for bad input."""
    if arguments.scheduler and arguments.engine != "dask":
        raise InputError("--scheduler: expected with --engine dask only")
    engine = Engine(arguments.workers, is_dask=arguments.engine == "dask", scheduler=arguments.scheduler)
    num_failed = extract_many(arguments.pages, arguments.out, engine=engine)
    if num_failed:
        say(f'{num_failed} pages could not be read; their lines have the verdict "empty"')
    return not num_failed


@dataclass(frozen=True, slots=True)
class Line:
    """The product line of a page (None where there is none) and the problem where the page could not be read."""

    text: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One input line: a saved page and the address that it was saved from."""

    line_number: int
    path: Path
    url: str


def read_entries(listing: Path) -> list[PageEntry]:
    """Return the entries of a PAGES.jsonl; raises InputError for its first malformed line.

    A malformed line stops the command before any work. It names no page, so no output line could replace it, and
    leaving it out would shift every later line against its input.
    """
    try:
        lines = listing.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {listing}: {getattr(error, 'strerror', None) or error}") from error
    while lines and not lines[-1].strip():
        lines.pop()
    return [_entry(listing, number, line) for number, line in enumerate(lines, start=1)]


def _entry(listing: Path, number: int, line: str) -> PageEntry:
    expected = f'{listing}:{number}: expected {{"file": PATH, "url": URL}}'
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{expected}, got text that is not JSON: {line[:80]!r}") from error
    if not isinstance(entry, dict) or not all(
        isinstance(entry.get(key), str) and entry[key] for key in ("file", "url")
    ):
        raise InputError(f"{expected}, got {line[:80]!r}")
    try:
        canonical_url(entry["url"])
    except UrlError as error:
        raise InputError(f"{expected}: {error}") from error
    return PageEntry(number, (listing.parent / entry["file"]).absolute(), entry["url"])


@dataclass(frozen=True, slots=True)
class Engine:
    """The place where extraction runs: `num_workers` processes of this machine, or Dask on them or on a scheduler."""

    num_workers: int
    is_dask: bool = False
    scheduler: str | None = None

    def map(self, function: Callable[[Task], Answer], tasks: Sequence[Task], shared: Path) -> Iterator[Answer]:
        """Yield `function(task)` in the order of `tasks`; `shared` is a path that every worker must see."""
        if not self.is_dask:
            return ordered_map(function, tasks, num_workers=self.num_workers)
        from scraper.work.dask_engine import map_on_dask  # noqa: PLC0415  # an optional package

        return map_on_dask(function, tasks, scheduler=self.scheduler, num_workers=self.num_workers, shared=shared)


def extract_entry(entry: PageEntry) -> Line:
    """Return the product line of an entry."""
    try:
        product = extract_product(read_page(entry.path, MAX_PAGE_BYTES), entry.url)
    except InputError as error:
        return _unreadable(entry.url, f"line {entry.line_number}: {error}")
    return Line(json.dumps(product.to_wire(), ensure_ascii=False))


def extract_stored_entry(page: StoredPage) -> Line:
    """Return the product line of a crawl's stored page; without one where its site asks not to be indexed."""
    extracted = extract_stored(page)
    if extracted.reason == "unreadable":
        return _unreadable(page.url, f"{page.url}: cannot read {page.path}")
    return Line(json.dumps(extracted.product, ensure_ascii=False) if extracted.product else None)


def extract_many(source: Path, out: Path, *, engine: Engine) -> int:
    """Write one product line per page to `out` (JSON Lines, or Parquet by its name); return how many were unreadable.

    `source` is a PAGES.jsonl or a crawl folder, whose stored pages are read with the present rules.
    """
    if source.is_dir():
        with _opened(source) as store:
            pages = [page for site in store.sites() for page in stored_pages(store.rows(site), store)]
            return _write_lines(out, engine.map(extract_stored_entry, pages, source.absolute()), len(pages))
    entries = read_entries(source)
    return _write_lines(out, engine.map(extract_entry, entries, source.absolute()), len(entries))


def _write_lines(out: Path, lines: Iterable[Line], total: int) -> int:
    num_failed = 0
    with _sink(out) as write, CountProgress("extracting", total=total) as progress:
        for line in lines:
            if line.text is not None:
                write(line.text)
            if line.problem:
                num_failed += 1
                progress.say(line.problem)
            progress.advance(errors=1 if line.problem else 0)
    return num_failed


@contextmanager
def _sink(out: Path) -> Iterator[Callable[[str], object]]:
    """Yield a function that takes a product line."""
    if out.suffix != ".parquet":
        with write_text_whole(out) as file:
            yield lambda line: file.write(line + "\n")
        return
    from scraper.output.parquet import parquet_writer  # noqa: PLC0415  # a large package, on request only

    with parquet_writer(out) as add:
        yield lambda line: add(json.loads(line))


@contextmanager
def _opened(folder: Path) -> Iterator[Store]:
    if not (folder / "crawl.sqlite3").is_file():
        raise InputError(f"expected a PAGES.jsonl or a crawl's folder, got {folder}, which holds no crawl.sqlite3")
    store = Store(folder)
    try:
        yield store
    finally:
        store.close()


def _unreadable(page_url: str, problem: str) -> Line:
    url = canonical_url(page_url)
    product = {"shop": shop_of(url), "itemId": item_id_of(url), "url": url, "verdict": "empty", "provenance": {}}
    return Line(json.dumps(product, ensure_ascii=False), problem)
