"""The command `forget`: delete a page and its product from a crawl folder for good."""

import argparse
import gzip
import json
from collections.abc import Callable
from pathlib import Path

from kernel.files import write_text_whole, write_whole
from kernel.json_object import JsonMapping
from scraper.commands.options import Commands, add_out_folder, say
from scraper.crawl.settings import origin_of
from scraper.crawl.store import Store
from scraper.errors import InputError
from scraper.images.forget import forget_images
from scraper.values.identity import canonical_url, item_id_of

OUTPUTS = ("products.jsonl", "changes.jsonl")
# A table or a page cannot lose one product in place; the next run writes them again.
WHOLE = ("products.parquet", "report.html")


def add_parser(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Add the parser of `forget`."""
    parser = commands.add_parser("forget", help="delete a page from a crawl folder and never fetch it again")
    parser.add_argument("url", metavar="URL", help="the page's address")
    add_out_folder(parser, "the crawl's folder")
    parser.set_defaults(run=run, is_resumable=True)


def run(arguments: argparse.Namespace) -> bool:
    """Delete the page, print in how many places it was, and return True."""
    num_places = forget(arguments.url, arguments.out)
    known = f"deleted from {num_places} places" if num_places else "nothing was known of it"
    say(f"{arguments.url}: {known}; it will not be fetched again")
    return True


def forget(url: str, folder: Path) -> int:
    """Delete everything that a crawl folder holds about an address; return the number of places it was in.

    The address stays, marked so that no later run fetches or reports it. Raises InputError for a folder without a
    crawl, UrlError for text that is not an address.
    """
    if not (folder / "crawl.sqlite3").is_file():
        raise InputError(f"expected a crawl folder, and there is no crawl in {folder}")
    wanted = canonical_url(url)
    store = Store(folder)
    try:
        num_places = int(store.forget(origin_of(wanted), wanted))
    finally:
        store.close()
    item_id = item_id_of(wanted)

    def is_kept(line: JsonMapping) -> bool:
        product = line.get("product", line)
        return bool(product.get("itemId") != item_id and product.get("url") != wanted and line.get("source") != wanted)

    num_places += sum(_filter(folder / name, is_kept) for name in OUTPUTS)
    num_places += sum(_filter(path, is_kept) for path in sorted(folder.glob("history/*/round-*.jsonl.gz")))
    num_places += forget_images(folder, item_id)
    for path in (folder / name for name in WHOLE):
        if num_places and path.exists():
            path.unlink()
            num_places += 1
    return num_places


def _filter(path: Path, is_kept: Callable[[JsonMapping], bool]) -> bool:
    """Rewrite a file of JSON lines with the kept ones only; return whether any line was removed."""
    if not path.exists():
        return False
    is_packed = path.suffix == ".gz"
    try:
        text = gzip.decompress(path.read_bytes()).decode() if is_packed else path.read_text(encoding="utf-8")
        lines = [f"{line}\n" for line in text.split("\n") if line]
        kept = [line for line in lines if is_kept(json.loads(line))]
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; delete it, and run the crawl again") from error
    if len(kept) == len(lines):
        return False
    if is_packed:
        with write_whole(path) as out:
            out.write(gzip.compress("".join(kept).encode(), mtime=0))
    else:
        with write_text_whole(path) as file:
            file.writelines(kept)
    return True
