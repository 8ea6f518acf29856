"""The benchmark of the panel: what it puts into a profile, the shop it opens, and what it lets the extension see."""

import json
import urllib.request
from pathlib import Path

from benchmarks.browser import panel
from benchmarks.browser.browsers import Extension


def test_profile_has_the_stated_size() -> None:
    cards = panel.cards("http://127.0.0.1:1")
    assert len({card["itemId"] for card in cards}) == len(cards) == 10_000
    assert all(card["url"].startswith("http://127.0.0.1:1/p/") and card["title"] for card in cards)
    seen = panel.seen()
    assert len({(product["shop"], product["itemId"]) for product in seen}) == len(seen) == 1_000
    assert len({product["shop"] for product in seen}) == panel.SHOPS_SEEN


def test_shop_answers_with_an_empty_page_and_with_products() -> None:
    with panel.shop() as origin:
        with urllib.request.urlopen(f"{origin}/") as answer:
            assert answer.read() == b"<!doctype html><title>A shop</title>"
        with urllib.request.urlopen(f"{origin}/p/7") as answer:
            page = answer.read().decode()
    data = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    assert data["@type"] == "Product"
    assert page.endswith(f"<h1>{data['name']}</h1>")


def test_both_manifests_get_the_permissions(tmp_path: Path) -> None:
    extension = Extension(tmp_path / "source", tmp_path)
    for browser in ("chromium", "firefox"):
        folder = extension.folder(browser, is_source=False)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"permissions": ["storage"]}), "utf-8")
    panel.allow(extension)
    for browser in ("chromium", "firefox"):
        manifest = json.loads((extension.folder(browser, is_source=False) / "manifest.json").read_text("utf-8"))
        assert manifest == {"permissions": ["storage", "tabs"], "host_permissions": ["*://127.0.0.1/*"]}
