"""`extract-many`: a list of saved pages to products.jsonl, in processes, in order, one line out per line in."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from scraper.document import MAX_PAGE_BYTES
from scraper.errors import InputError, UrlError
from scraper.extract import extract_product
from scraper.files import atomic_writer, read_page
from scraper.identity import canonical_url, item_id_of, shop_of
from scraper.progress import Progress
from scraper.workers import ordered_map


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One input line: a saved page and the address it was saved from."""

    line_number: int
    path: Path
    url: str


def read_entries(listing: Path) -> list[PageEntry]:
    """Return the entries of a PAGES.jsonl; raises InputError for its first malformed line.

    A malformed line stops the command before any work: it names no page, so no honest line could stand for it, and
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
    return PageEntry(number, listing.parent / entry["file"], entry["url"])


def extract_entry(entry: PageEntry) -> tuple[str, str | None]:
    """Return the product line of an entry and, where its page could not be read, what went wrong."""
    try:
        product = extract_product(read_page(entry.path, MAX_PAGE_BYTES), entry.url).to_wire()
        problem = None
    except InputError as error:
        url = canonical_url(entry.url)
        product = {"shop": shop_of(url), "itemId": item_id_of(url), "url": url, "verdict": "empty", "provenance": {}}
        problem = f"line {entry.line_number}: {error}"
    return json.dumps(product, ensure_ascii=False), problem


def extract_many(listing: Path, out: Path, *, num_workers: int) -> int:
    """Write one product line per input line to `out`; return how many pages could not be read."""
    entries = read_entries(listing)
    num_failed = 0
    with atomic_writer(out) as file, Progress("extracting", total=len(entries)) as progress:
        for line, problem in ordered_map(extract_entry, entries, num_workers=num_workers):
            file.write(line + "\n")
            if problem:
                num_failed += 1
                progress.say(problem)
            progress.advance(errors=1 if problem else 0)
    return num_failed


def read_source(name: str) -> bytes:
    """Return the bytes of a page file, or of standard input for "-"."""
    if name == "-":
        return sys.stdin.buffer.read(MAX_PAGE_BYTES)
    path = Path(name)
    if path.is_dir():
        raise InputError(f"expected a page file, got the folder {path}")
    return read_page(path, MAX_PAGE_BYTES)
