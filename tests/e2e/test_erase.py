"""Readers of the browsers' own files: what is left there after an erase, with and without a passphrase."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.e2e import disk_reader
from tests.e2e.chromium import Shopper, unzipped
from tests.e2e.firefox import ADDRESS, ask, opened_firefox

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NUM_ROWS = 20
CANARY = b"canary"
PASSPHRASE = "correct horse battery"
PATIENCE_S = 30
Ask = Callable[..., dict[str, Any]]
# In a page of the extension: puts the store back to where versions without a bucket kept it.
MOVE_BACK = """async () => {
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const bucket = await navigator.storageBuckets.open("carryover");
  const source = await asked(bucket.indexedDB.open("carryover"));
  const opening = indexedDB.open("carryover", source.version);
  opening.onupgradeneeded = () => {
    for (const name of source.objectStoreNames) {
      const { keyPath } = source.transaction(name).objectStore(name);
      opening.result.createObjectStore(name, keyPath === null ? {} : { keyPath });
    }
  };
  const target = await asked(opening);
  for (const name of source.objectStoreNames) {
    const store = source.transaction(name).objectStore(name);
    const [keys, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]);
    const writing = target.transaction(name, "readwrite", { durability: "strict" });
    const to = writing.objectStore(name);
    keys.forEach((key, i) => (to.keyPath === null ? to.put(values[i], key) : to.put(values[i])));
    await new Promise((resolve) => (writing.oncomplete = resolve));
  }
  source.close();
  target.close();
  await navigator.storageBuckets.delete("carryover");
  await navigator.storageBuckets.delete("carryover-backup");
}"""


def rows(name: str) -> list[dict[str, str]]:
    """Return products to keep, with a word that is looked for."""
    numbers = range(NUM_ROWS)
    return [
        {"kind": "wishlist", "title": f"canary {name} {i}", "url": f"https://shop.example/{name}-{i}"} for i in numbers
    ]


def num_readable(folder: Path) -> int:
    """Return how many of the kept products the files of a browser give away."""
    opened = disk_reader.readable(disk_reader.search([folder]))
    return len({plaintext for plaintext in opened.values() if CANARY in plaintext})


def settled(folder: Path, expected: int) -> int:
    """Return what is readable once it is as expected, or after a while: browsers compact in the background."""
    end = time.monotonic() + PATIENCE_S
    while (found := num_readable(folder)) != expected and time.monotonic() < end:
        time.sleep(1)
    return found


def kept(say: Ask, name: str) -> None:
    """Keep products, and wait until the backup has them, too."""
    report = say("import.add", rows=rows(name), isFile=True)["report"]
    assert len(report["ids"]) == NUM_ROWS
    time.sleep(1)


def walk(say: Ask, folder: Path) -> None:
    """Keep, protect, keep, erase, keep and erase without a passphrase; read the files after each step."""
    kept(say, "first")
    assert settled(folder, NUM_ROWS) == NUM_ROWS, "without a passphrase the files give everything away"
    assert say("vault.setPassphrase", passphrase=PASSPHRASE)["ok"]
    assert settled(folder, 0) == 0, "what was kept before a passphrase was set is locked, too"
    kept(say, "second")
    assert num_readable(folder) == 0
    assert say("profile.erase")["ok"]
    kept(say, "third")
    assert settled(folder, NUM_ROWS) == NUM_ROWS
    assert say("profile.erase")["ok"]
    assert num_readable(folder) == 0, "at once, while the browser runs"


def test_chromium(playwright: Playwright, zips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension")
    shopper = Shopper(playwright, folder, extension)
    try:
        walk(shopper.ask, folder)
    finally:
        shopper.close()
    assert num_readable(folder) == 0
    again = Shopper(playwright, folder, extension)
    try:
        assert again.ask("state.get")["state"]["numKnown"] == 0
    finally:
        again.close()
    assert num_readable(folder) == 0


def test_a_store_that_an_earlier_version_kept_elsewhere(playwright: Playwright, zips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension")
    with closing(Shopper(playwright, folder, extension)) as shopper:
        kept(shopper.ask, "first")
        shopper.control.evaluate(MOVE_BACK)
        assert num_readable(folder) == NUM_ROWS
    with closing(Shopper(playwright, folder, extension)) as shopper:
        assert len(shopper.ask("profile.export")["profile"]["interactions"]) == NUM_ROWS
        assert shopper.control.evaluate("() => indexedDB.databases()") == []
        assert shopper.ask("profile.erase")["ok"]
    # Chromium deletes what it has compacted in the place that all databases share when it starts the next time.
    with closing(Shopper(playwright, folder, extension)) as shopper:
        assert shopper.ask("state.get")["state"]["numKnown"] == 0
        assert settled(folder, 0) == 0


def test_firefox(zips: Path, tmp_path: Path) -> None:
    with opened_firefox(unzipped(zips / "carryover-firefox.zip", tmp_path / "extension"), tmp_path) as firefox:
        firefox.get(f"moz-extension://{ADDRESS}/ui/options.html")

        def say(message: str, **fields: object) -> dict[str, Any]:
            return ask(firefox, message, **fields)

        folder = Path(firefox.capabilities["moz:profile"])
        walk(say, folder)
