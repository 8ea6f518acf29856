"""A real browser with the extension, what was acknowledged to its shopper, and what is there."""

import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.browser.losses.damages import Folders
from kernel.json_object import JsonObject

SHOP, WITHDRAWN = "losses.localhost", "withdrawn.localhost"
_TRIES = 5


class EndedError(Exception):
    """A browser ended by itself: over damaged files it may crash."""


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


class Device(ABC):
    """One running browser."""

    @abstractmethod
    def stop_worker(self) -> None:
        """Stop the background: the next question starts another, which opens the store."""

    @abstractmethod
    def shift_clock(self, milliseconds: int) -> None:
        """Shift the background's clock by so much; the next background has the right time."""

    @abstractmethod
    def run(self, name: str, *given: object) -> JsonObject | None:
        """Return `value` or `error` of a function of page/ui/losses.js, None where the driver got no answer."""

    def damage(self, kind: str, place: str, number: int) -> None:
        """Damage the database, or read it for a later damage; raises RuntimeError."""
        answer = self.run("damage", kind, place, number)
        if answer is None or "error" in answer:
            raise RuntimeError(f"expected the database {kind}, {place}, got {answer}")

    def ask(self, message: str, *, is_act: bool = False, **fields: object) -> JsonObject:
        """Send a message, and return the answer, refusals included."""
        for _ in range(_TRIES):
            answer = self.run("act" if is_act else "ask", {"type": message, **fields})
            if answer and answer.get("value"):
                return dict(answer["value"])
            time.sleep(0.3)  # the background was stopped at it
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
        told = told or ("backup_foreign" if vault.get("isBackupForeign") else "")
        exported = self.ask("profile.export")
        if not exported["ok"]:
            return Seen(told or str(exported["error"]["code"]), {})
        return Seen(told, _names(exported["profile"]))

    def offered(self) -> list[str]:
        """Return the ways that the options page offers to have everything back, its first button first."""
        vault = self.ask("vault.get").get("vault", {})
        has_backup, is_foreign = "backupAt" in vault, bool(vault.get("isBackupForeign"))
        ways = {
            "restore": has_backup and not is_foreign,
            "accept": vault.get("problem") in ("store_older", "store_foreign"),
            "restoreOther": is_foreign,
        }
        return [way for way, is_offered in ways.items() if is_offered]

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


class Browser(Protocol):
    """A browser that runs over folders of profiles with the extension."""

    # patterns of files of a profile that hold nothing of the extension
    caches: tuple[str, ...]
    # whether its journals hold what is new while it runs, and nothing once it has ended in good order
    empties_journals: bool

    def version(self) -> str:
        """Return its name and version."""

    def running(self, folder: Path) -> AbstractContextManager[Device]:
        """Run it over a folder, which is made where it is missing, until the block ends; raises EndedError."""

    def folders(self, profile: Path) -> Folders:
        """Return where it keeps what the extension stores; raises RuntimeError where something is missing."""


def version_of(binary: str) -> str:
    """Return what a browser says of its version."""
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
