"""The benchmark that times the content scripts runs all of them, as the extension does."""

import pytest

from benchmarks.browser.content_script import NUM_PAGES, in_chromium, measuring_script, registered_scripts, served

PAGE = b"<!doctype html><title>Cup</title><h1>Cup</h1><a href=/1>1</a><p>A cup of stoneware.</p>"


def test_the_scripts_are_those_of_the_extension_address_first() -> None:
    scripts = registered_scripts()
    assert scripts[0] == "generated/private-addresses.js"
    assert "content/content.js" in scripts


@pytest.mark.browser
def test_they_run_in_a_page() -> None:
    with served([PAGE] * NUM_PAGES) as origin:
        rows = in_chromium(origin, measuring_script())
    assert [row["elements"] for row in rows] == [8] * NUM_PAGES
    assert {name for row in rows for name in row} >= {"copy", "read", "still", "click"}
