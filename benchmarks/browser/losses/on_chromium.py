"""Chromium over folders of profiles, with the unpacked source of the extension."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright

from benchmarks.browser.browsers import CHROMIUM
from benchmarks.browser.losses.damages import Folders, Place
from benchmarks.browser.losses.device import Device, EndedError, version_of
from kernel.json_object import JsonObject

_PATIENCE_MS = 60_000
_RUN = "([name, ...given]) => losses(name, ...given)"
_SHIFT = """(ms) => {
  globalThis.realNow ??= Date.now.bind(Date);
  Date.now = () => globalThis.realNow() + ms;
}"""


def extension_id(folder: Path) -> str:
    """Return the id that Chromium gives to an unpacked extension: its path, hashed and written in letters."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


class _Device(Device):
    def __init__(self, control: Page) -> None:
        self._control = control
        self._session = control.context.new_cdp_session(control)
        self._session.send("ServiceWorker.enable")

    def stop_worker(self) -> None:
        self._session.send("ServiceWorker.stopAllWorkers")

    def shift_clock(self, milliseconds: int) -> None:
        self.ask("vault.get")
        self._control.context.service_workers[0].evaluate(_SHIFT, milliseconds)

    def run(self, name: str, *given: object) -> JsonObject | None:
        try:
            return dict(self._control.evaluate(_RUN, [name, *given]))
        except Error:
            return None


class Chromium:
    """Chromium with the extension in a folder."""

    caches = ("Cache", "Code Cache", "*ShaderCache", "GPUCache", "*GraphiteCache", "Dawn*Cache", "Singleton*")
    empties_journals = False

    def __init__(self, playwright: Playwright, extension: Path) -> None:
        self._playwright = playwright
        self._extension = extension
        self._id = extension_id(extension)

    def version(self) -> str:
        """Return its name and version."""
        return version_of(CHROMIUM)

    @contextmanager
    def running(self, folder: Path) -> Iterator[Device]:
        """Run it over a folder until the block ends."""
        context = self._playwright.chromium.launch_persistent_context(
            str(folder),
            executable_path=CHROMIUM,
            args=[
                f"--disable-extensions-except={self._extension}",
                f"--load-extension={self._extension}",
                f"--disk-cache-dir={self._extension.parent / 'cache'}",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-component-update",
            ],
        )
        try:
            context.set_default_timeout(_PATIENCE_MS)
            try:
                control = context.new_page()
                control.goto(f"chrome-extension://{self._id}/ui/losses.html")
                control.wait_for_function("typeof globalThis.losses === 'function'")
            except Error as error:
                raise EndedError(f"expected Chromium to open the extension's page: {error.message}") from error
            yield _Device(control)
        finally:
            context.close()

    def folders(self, profile: Path) -> Folders:
        """Return the folders of its three databases, all LevelDB's; raises RuntimeError where one has no files."""
        default = profile / "Default"
        return Folders(
            Place(_bucket(default, "carryover")),
            Place(_bucket(default, "carryover-backup")),
            Place(default / "Local Extension Settings" / self._id),
        ).checked("Chromium")


def _bucket(default: Path, name: str) -> Path:
    """Return the folder of the database in a bucket, by the browser's own list of buckets."""
    folder = default / "WebStorage"
    rows = []
    if (folder / "QuotaManager").exists():
        with closing(sqlite3.connect(folder / "QuotaManager")) as buckets:
            rows = buckets.execute("SELECT id FROM buckets WHERE name = ?", [name]).fetchall()
    if len(rows) != 1:
        raise RuntimeError(f"expected one bucket {name} in {default}, found {len(rows)}")
    return folder / str(rows[0][0]) / "IndexedDB" / "indexeddb.leveldb"
