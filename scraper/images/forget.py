"""Deletion of an item's images."""

import json
from pathlib import Path

from kernel.files import write_text_whole
from scraper.images.job import MANIFEST
from scraper.images.store import ImageStore


def forget_images(folder: Path, item_id: str) -> int:
    """Delete the images that only this item shows, and its id from the others; return how many it had."""
    if not (folder / "images.sqlite3").is_file():
        return 0
    store = ImageStore(folder)
    try:
        store.forget(item_id)
    finally:
        store.close()
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return 0
    entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    shown = sum(item_id in entry["itemIds"] for entry in entries)
    with write_text_whole(manifest) as out:
        for entry in entries:
            kept = [other for other in entry["itemIds"] if other != item_id]
            if kept:
                out.write(json.dumps(entry | {"itemIds": kept}, ensure_ascii=False) + "\n")
    return shown
