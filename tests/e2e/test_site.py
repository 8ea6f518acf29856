"""The try page as plain files, from a static host that knows nothing: taste carries over, and nothing else is asked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from demo.try_page.site_folder import Sources, write_site
from tests.e2e import world as worlds
from tests.e2e.chromium import EXECUTABLE, PATIENCE_MS, PATIENCE_S, unzipped
from tests.e2e.firefox import opened_firefox
from tests.e2e.static_host import served
from tests.e2e.world import KNOWN, PORTS, ROOT, Mall

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EVERY = 4  # the mall draws the image of each product
LIKED = 4
SHOWN = 12


@pytest.fixture(scope="module")
def site(mall: Mall, lite_bundle: Path, zips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Write the site of a part of two shops, serve it below a folder as any static host does, return its address."""
    folder = tmp_path_factory.mktemp("site")
    files = [worlds.write_products(mall, shop, folder / "crawl" / shop, every=EVERY) for shop in KNOWN]
    data = worlds.ingest(files, folder / "data", lite_bundle)
    packs = worlds.publish(KNOWN, data, lite_bundle, folder / "packs")
    ports = {shop: PORTS[shop] for shop in KNOWN}
    sources = Sources(ROOT / "extension", zips / "carryover-chromium" / "bundle", folder / "crawl", packs, ports)
    write_site(folder / "www" / "carryover", sources, lambda _: None)
    with served(folder / "www") as host:
        yield f"http://{host}/carryover/"


@pytest.fixture
def page(playwright: Playwright, site: str) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=EXECUTABLE, args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 400, "height": 900}, color_scheme="dark")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(site)
    expect(page.locator("html[data-ready=true]")).to_be_attached()
    yield page
    browser.close()


def test_what_is_liked_at_one_shop_ranks_another(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number in range(LIKED):
        page.locator("button.like").nth(number).click()
    expect(page.locator("#count")).to_have_text(f"{LIKED} liked.")
    liked = page.locator("#shelf .card:has(button[aria-pressed=true]) .title").all_inner_texts()
    assert len(liked) == LIKED
    page.locator("#enter").click()
    expect(page.locator("#mine .card")).to_have_count(SHOWN)
    expect(page.locator("#anybody .card")).to_have_count(SHOWN)
    reasons = page.locator("#mine .why").all_inner_texts()
    assert reasons and all(any(title in reason for title in liked) for reason in reasons)
    mine, anybody = (page.locator(f"{where} .title").all_inner_texts() for where in ("#mine", "#anybody"))
    assert mine != anybody
    assert asked and all(url.startswith(site) for url in asked)
    # Whatever is liked, the same files are asked for; images alone depend on what is shown.
    files = {url.removeprefix(site).partition("/")[0] for url in asked if not url.startswith(f"{site}shop/")}
    assert files == {"pages", "packs", "extension"}, files
    assert [url for url in asked if "/pages/" in url] == [f"{site}pages/harbor.json"]
    told = {url for url in asked if "/pages/" in url or "/packs/" in url}
    # Two packs may share a file, which is then asked for, and told, twice.
    for url in told:
        expect(page.locator("#ledger summary").filter(has_text=url).first).to_be_attached()
    assert len(told) >= 5
    assert all(any(url in line for url in asked) for line in page.locator("#ledger summary").all_inner_texts())
    first = mine[0]
    page.locator("#mine button").first.click()
    expect(page.locator("#mine .title", has_text=first)).to_have_count(0)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 400


@pytest.mark.long
def test_the_page_works_in_firefox(site: str, zips: Path, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension")
    with opened_firefox(extension, tmp_path) as firefox:
        firefox.get(site)
        wait = WebDriverWait(firefox, PATIENCE_S)
        wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "html[data-ready=true]"))
        for button in firefox.find_elements(By.CSS_SELECTOR, "button.like")[:LIKED]:
            firefox.execute_script("arguments[0].click()", button)
        wait.until(lambda driver: driver.find_element(By.ID, "count").text == f"{LIKED} liked.")
        firefox.execute_script("document.getElementById('enter').click()")
        wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "#mine .card")) == SHOWN)
        assert firefox.find_elements(By.CSS_SELECTOR, "#mine .why")
    shutil.rmtree(tmp_path, ignore_errors=True)
