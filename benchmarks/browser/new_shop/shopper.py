"""A shopper in a real browser: views in one shop, and the first lists of another."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from benchmarks.browser.browsers import Browser, Panel
from kernel.json_object import JsonObject

# What the panel says of where its list comes from.
WORDS = {"shelf": "The whole shop", "pack": "A published catalogue"}
PATIENCE_S = 180
_SHOWN = """(() => {
  const list = document.getElementById("cards");
  const isReady = list && !list.hasAttribute("aria-busy") && document.getElementById("note")?.textContent === NOTE;
  return isReady ? [...list.querySelectorAll(".card[data-item-id]")].map(({ dataset }) => dataset.itemId) : [];
})()"""


def wait_until(is_so: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait until a condition holds; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(0.03)


class Shopper:
    """Someone who installed the extension and set nothing."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._url = ""
        browser.open("ui/messages.html")

    def ask(self, message: str, **fields: object) -> JsonObject:
        """Send a message as the extension's own pages do, and return the answer; raises RuntimeError for a refusal."""
        answer: JsonObject = self._browser.call("ask", {"type": message, **fields})
        if "error" in answer:
            raise RuntimeError(f"{message}: {answer['error']}")
        return answer

    def visit(self, url: str) -> None:
        """Open a page of a shop."""
        self._browser.go(url)
        self._url = url

    def allow(self) -> None:
        """Allow the shop that is open, by the panel's button."""
        with self._panel() as panel:
            wait_until(lambda: panel.evaluate("document.querySelector('[data-action=allow]') !== null"), "the question")
            panel.click("[data-action=allow]")
            allowed = "document.querySelector('.origin')?.dataset.consented === 'true'"
            wait_until(lambda: panel.evaluate(allowed), "the consent")

    def learn(self, urls: Sequence[str]) -> None:
        """Look at products, one after the other, each until it is known."""
        for known, url in enumerate(urls):
            self.visit(url)
            wait_until(lambda known=known: self._num_known() > known, f"{url} to be known")

    def forget(self) -> None:
        """Remove everything that was seen."""
        ids = [one["id"] for one in self.ask("profile.export")["profile"]["interactions"]]
        self.ask("taste.remove", ids=ids)

    def read_catalogue(self) -> None:
        """Have the catalogue of the shop that is open read, by the panel's button."""
        with self._panel() as panel:
            wait_until(
                lambda: panel.evaluate("document.querySelector('[data-action=shelf-read]') !== null"), "the offer"
            )
            panel.click("[data-action=shelf-read]")
            read = "document.querySelector('.shelf')?.dataset.status === 'read'"
            wait_until(lambda: panel.evaluate(read), "the catalogue to be read")

    def shown(self, mode: str) -> list[str]:
        """Return the item ids that the panel shows for the shop that is open, best first, once they are of a mode."""
        script = _SHOWN.replace("NOTE", repr(WORDS[mode]))
        with self._panel() as panel:
            found: list[str] = []
            wait_until(lambda: found.extend(panel.evaluate(script)) or found, f"a list of the mode {mode}")
        return found

    def ranked(self) -> JsonObject:
        """Return the whole answer for the page that is open."""
        answer: JsonObject = self.ask("recommend", tabId=self._tab())["recommendations"]
        return answer

    def _num_known(self) -> int:
        return int(self.ask("state.get")["state"]["numKnown"])

    def _tab(self) -> int:
        return int(self._browser.call("tab", self._url))

    def _panel(self) -> AbstractContextManager[Panel]:
        return self._browser.panel(self._tab())
