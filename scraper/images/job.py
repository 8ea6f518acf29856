"""Fetch of the images of a finished crawl's products, resumable at any moment, hosts in parallel."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import urlsplit

from kernel.files import remove_leftovers, write_text_whole
from kernel.progress import CountProgress
from scraper.crawl.fetch import Fetcher
from scraper.crawl.settings import CrawlSettings
from scraper.crawl.store import Store
from scraper.errors import FetchError, InputError
from scraper.images.hosts import Hosts
from scraper.images.image import inspect, is_logo
from scraper.images.store import ImageStore, Wanted, file_name
from scraper.output.summary import ImageSummary, Summary
from scraper.output.write import PRODUCTS, SUMMARY, write_summary

MANIFEST = "images.jsonl"
DROPPED = ("too_small", "logo", "shared")
MAX_HOSTS_AT_ONCE = 16


def fetch_images(settings: CrawlSettings, *, per_product: int) -> ImageSummary:
    """Fetch the first `per_product` images of each product in `settings.out`, or resume an interrupted run.

    Writes images.jsonl, adds the counts to summary.json as "images", and returns them.
    """
    folder = settings.out
    if not (folder / PRODUCTS).is_file():
        raise InputError(f"expected the folder of a finished crawl, got {folder}, which holds no {PRODUCTS}")
    # Held so that no crawl writes the products and the summary meanwhile.
    crawl = Store(folder)
    try:
        return _fetch_images(settings, folder, per_product)
    finally:
        crawl.close()


def _fetch_images(settings: CrawlSettings, folder: Path, per_product: int) -> ImageSummary:
    store = ImageStore(folder)
    try:
        remove_leftovers(folder, *folder.glob("images/*"))
        store.want(_wishes(folder / PRODUCTS, per_product))
        stopped = _fetch_all(settings, store)
        found = _write_manifest(store)
        if stopped:
            found["stoppedHosts"] = stopped
    finally:
        store.close()
    _add_to_summary(folder, found)
    return found


def _wishes(products: Path, per_product: int) -> Iterator[Wanted]:
    with products.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                product = json.loads(line)
                urls = list(dict.fromkeys(product.get("images", ())))[:per_product]
                yield from (Wanted(url, product["itemId"], product["shop"]) for url in urls)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InputError(f"{products}:{number}: expected a Product, got {line[:80]!r}") from error


def _fetch_all(settings: CrawlSettings, store: ImageStore) -> dict[str, str]:
    """Fetch every queued image and return the hosts that were given up, with the reasons."""
    by_host: dict[str, list[str]] = defaultdict(list)
    for url in store.queued():
        by_host[urlsplit(url).hostname or ""].append(url)
    stop, lock = threading.Event(), threading.Lock()
    hosts = Hosts(settings, stop)
    total = sum(map(len, by_host.values()))
    with (
        CountProgress("fetching images", total=total, unit="images") as progress,
        ThreadPoolExecutor(MAX_HOSTS_AT_ONCE) as executor,
    ):

        def fetch_host(urls: list[str]) -> None:
            fetcher = Fetcher(settings)
            try:
                for url in urls:
                    if stop.is_set():
                        return
                    reason = _fetch(url, hosts, fetcher, store)
                    with lock:
                        progress.advance(errors=1 if reason else 0)
            except BaseException:
                # A failure outside the image, such as a full disk, ends the other hosts too.
                stop.set()
                raise
            finally:
                fetcher.close()

        futures = [executor.submit(fetch_host, urls) for urls in by_host.values()]
        try:
            wait(futures)
        except KeyboardInterrupt:
            stop.set()
            raise
    for future in futures:
        future.result()
    return hosts.stopped()


def _fetch(url: str, hosts: Hosts, fetcher: Fetcher, store: ImageStore) -> str | None:
    """Fetch and store one image; return the reason where it is not stored, else None."""
    try:
        if is_logo(url):
            raise FetchError("logo", f"{url}: its name says logo or placeholder")
        body = hosts.get(url, fetcher)
        image = inspect(body, url)
    except FetchError as error:
        store.refuse(url, error.reason)
        return error.reason
    store.keep(url, body, image)
    return None


def _write_manifest(store: ImageStore) -> ImageSummary:
    """Write images.jsonl and return its counts; leave out a file that many products share."""
    shared = store.shared()
    files: dict[str, int] = {}
    items: set[str] = set()
    num_shared = 0
    with write_text_whole(store.folder / MANIFEST) as file:
        for url, sha256, suffix, width, height, num_bytes, item_ids in store.kept():
            if sha256 in shared:
                num_shared += 1
                continue
            entry = {
                "url": url,
                "file": file_name(sha256, suffix),
                "sha256": sha256,
                "width": width,
                "height": height,
                "bytes": num_bytes,
                "itemIds": sorted(json.loads(item_ids)),
            }
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            files[sha256] = num_bytes
            items.update(entry["itemIds"])
    counts = store.counts() | ({"shared": num_shared} if num_shared else {})
    return {
        "files": len(files),
        "bytes": sum(files.values()),
        "products": len(items),
        "failures": {reason: n for reason, n in counts.items() if reason not in (*DROPPED, "done", "queued")},
        "dropped": {reason: n for reason, n in counts.items() if reason in DROPPED},
        "queued": counts.get("queued", 0),
    }


def _add_to_summary(folder: Path, images: ImageSummary) -> None:
    path = folder / SUMMARY
    try:
        summary: Summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}; run the crawl again to write it") from error
    write_summary(folder, {**summary, "images": images})
