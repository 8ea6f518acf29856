"""A real Chromium with the extension, what was acknowledged to its shopper, and what is there."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error, Page, Playwright

from benchmarks.browser.browsers import CHROMIUM
from kernel.json_object import JsonObject

SHOP, WITHDRAWN = "losses.localhost", "withdrawn.localhost"
CACHES = ("Cache", "Code Cache", "*ShaderCache", "GPUCache", "*GraphiteCache", "Dawn*Cache", "Singleton*")
_PATIENCE_MS = 60_000
_TRIES = 5
# As the extension's own pages do: with an id, offered again until it is answered.
_ACT = """async (message) => {
  const { send } = await import("/messaging/messages.js");
  return send(message).then(
    (reply) => ({ ok: true, ...reply }),
    ({ code }) => ({ ok: false, error: { code: code ?? "internal" } }),
  );
}"""
_ASK = "message => chrome.runtime.sendMessage(message)"


def extension_id(folder: Path) -> str:
    """Return the id that Chromium gives to an unpacked extension: its path, hashed and written in letters."""
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]
    return "".join(chr(ord("a") + int(digit, 16)) for digit in digest)


@dataclass
class Acts:
    """What was acknowledged to the shopper: `kept` must be there once, `undone` must not come back."""

    kept: set[str] = field(default_factory=set)
    undone: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)

    def copy(self) -> "Acts":
        """Return acts of a device that goes another way from here."""
        return Acts(set(self.kept), set(self.undone), [])


@dataclass(frozen=True)
class Seen:
    """What the shopper is told, and what can be used: names with their weights."""

    told: str
    there: dict[str, int]

    def lost(self, acts: Acts) -> int:
        """Return how many acknowledged acts are not there."""
        return len(acts.kept - self.there.keys())

    def doubled(self, acts: Acts) -> int:
        """Return how many acknowledged acts count more than once."""
        return sum(self.there.get(name, 0) > 1 for name in acts.kept)

    def returned(self, acts: Acts) -> int:
        """Return how many acts that were undone are there again."""
        return len(acts.undone & self.there.keys())


class Device:
    """One running browser."""

    def __init__(self, control: Page) -> None:
        self.control = control
        self._session = control.context.new_cdp_session(control)
        self._session.send("ServiceWorker.enable")

    def stop_worker(self) -> None:
        """Stop the worker: the next question starts another, which opens the store."""
        self._session.send("ServiceWorker.stopAllWorkers")

    def ask(self, message: str, *, is_act: bool = False, **fields: object) -> JsonObject:
        """Send a message, and return the answer, refusals included."""
        for _ in range(_TRIES):
            try:
                answer = self.control.evaluate(_ACT if is_act else _ASK, {"type": message, **fields})
            except Error:  # the worker was stopped at it
                answer = None
            if answer:
                return dict(answer)
            time.sleep(0.3)
        return {"ok": False, "error": {"code": "no_answer"}}

    def act(self, acts: Acts, name: str, message: str, **fields: object) -> str:
        """Do something, note whether it was acknowledged, and return the code of a refusal."""
        answer = self.ask(message, is_act=True, **fields)
        if answer["ok"]:
            acts.kept.add(name)
            return ""
        code = str(answer["error"]["code"])
        acts.refused.append(code)
        return code

    def save(self, acts: Acts, number: int) -> str:
        """Save a product for later."""
        item = {"itemId": "", "url": f"https://{WITHDRAWN}/{number}", "title": f"Cup number {number}"}
        return self.act(acts, f"saved {item['url']}", "item.save", item=item)

    def dismiss(self, acts: Acts, number: int) -> str:
        """Say "less like this" of a product."""
        item = {"itemId": "", "url": f"https://{SHOP}/{number}", "title": f"Bowl number {number}"}
        return self.act(acts, f"dismiss {item['url']}", "item.dismiss", item=item)

    def consent(self, acts: Acts, shop: str, *, allowed: bool) -> str:
        """Give or withdraw a consent."""
        code = self.act(acts, f"consent {shop}", "consent.set", shop=shop, allowed=allowed)
        if not allowed and not code:
            acts.kept.discard(f"consent {shop}")
            acts.undone.add(f"consent {shop}")
        return code

    def look(self) -> Seen:
        """Return what the shopper is told and what is there."""
        state = self.ask("vault.get")
        if not state["ok"]:
            return Seen(str(state["error"]["code"]), {})
        vault = state["vault"]
        told = str(vault.get("problem", "")) or ("unreadable" if vault["unreadable"] else "")
        exported = self.ask("profile.export")
        if not exported["ok"]:
            return Seen(told or str(exported["error"]["code"]), {})
        return Seen(told, _names(exported["profile"]))

    def backed_up(self) -> None:
        """Wait until the backup is as new as the store: it is copied after each change."""
        before = None
        for _ in range(60):
            at = self.ask("vault.get").get("vault", {}).get("backupAt")
            if at is not None and at == before:
                return
            before = at
            time.sleep(0.5)
        raise RuntimeError("expected a backup within 30 seconds")


def _names(profile: JsonObject) -> dict[str, int]:
    there = {f"consent {shop}": 1 for shop in profile["settings"]["consents"]}
    if profile["settings"]["mode"] == "page":
        there["mode page"] = 1
    for one in profile["interactions"]:
        name = f"{one['kind']} {one['product']['url']}"
        there[name] = there.get(name, 0) + int(one["weight"])
    for one in profile.get("saved", []):
        name = f"saved {one['card']['url']}"
        there[name] = there.get(name, 0) + 1
    return there


@contextmanager
def running(playwright: Playwright, folder: Path, extension: Path) -> Iterator[Device]:
    """Run Chromium over a folder until the block ends."""
    context = playwright.chromium.launch_persistent_context(
        str(folder),
        executable_path=CHROMIUM,
        args=[
            f"--disable-extensions-except={extension}",
            f"--load-extension={extension}",
            f"--disk-cache-dir={extension.parent / 'cache'}",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-component-update",
        ],
    )
    try:
        context.set_default_timeout(_PATIENCE_MS)
        control = context.new_page()
        control.goto(f"chrome-extension://{extension_id(extension)}/ui/options.html")
        yield Device(control)
    finally:
        context.close()
