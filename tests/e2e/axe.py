"""axe-core in a page: what keeps people from using it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """Return every violation that axe finds, with the elements. Skip the test where axe-core is not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci`")
    # Not by a script element: the extension's own Content Security Policy would refuse it.
    page.evaluate(AXE.read_text())
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]
