"""Images for the stores, taken of the real extension at the demo mall: `python -m tests.e2e.store_images --out DIR`.

Each has 1280 × 800 pixels and no transparency, as Chrome's Web Store asks: a shop's page, and beside it the panel.
`--lang` names the languages, all six unless told.
"""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from demo.mall.catalogue import build
from tests.e2e.chromium import SHOPS, Shopper, packaged, unzipped
from tests.e2e.world import PORTS, SEED, Mall, mall_command, running

WIDTH, HEIGHT, PANEL = 1280, 800, 380
LANGUAGES = ("en", "de", "fr", "es", "pl", "ar")
SCHEMES = ("light", "dark")
TASTE, VIEWS = "seaside", 6
LISTING = "/product-category/apparel/"


def beside(page: bytes, panel: bytes, *, is_right_to_left: bool) -> Image.Image:
    """Return a shop's page and the panel as one image; both are PNG files."""
    whole = Image.new("RGB", (WIDTH, HEIGHT), "#808080")
    shop, own = (Image.open(BytesIO(one)).convert("RGB") for one in (page, panel))
    # A browser in a language from right to left has its side panel on the left.
    whole.paste(shop, (PANEL + 1, 0) if is_right_to_left else (0, 0))
    whole.paste(own, (0, 0) if is_right_to_left else (WIDTH - PANEL, 0))
    return whole


def steps(shopper: Shopper, mall: Mall) -> Iterator[tuple[str, Page]]:
    """Yield the name of each image and the panel that it shows, beside the shop's page in front."""
    shopper.visit(mall.shop_url("linden") + LISTING)
    yield "1-first-look", shopper.panel(shopper.page, PANEL)
    shopper.visit(mall.shop_url("harbor") + "/")
    shopper.allow()
    viewed = random.Random(TASTE).sample(mall.of_taste("harbor", TASTE), VIEWS)
    for product in viewed:
        shopper.learn(mall.url(product))
    yield "2-learns", shopper.panel(shopper.page, PANEL)
    shopper.visit(mall.shop_url("linden") + LISTING)
    yield "3-another-shop", shopper.panel(shopper.page, PANEL)


def take(shopper: Shopper, mall: Mall, out: Path, *, is_right_to_left: bool) -> None:
    """Write the images of one shopper's way."""
    out.mkdir(parents=True, exist_ok=True)
    for name, panel in steps(shopper, mall):
        panel.set_viewport_size({"width": PANEL, "height": HEIGHT})
        # A product's page may list no others: then a message stands in the list's place.
        panel.locator(".card[data-item-id], #message:not([hidden])").first.wait_for()
        expect(panel.locator("#cards")).not_to_have_attribute("aria-busy", "true")
        panel.wait_for_load_state("networkidle")
        own = panel.screenshot()
        panel.close()
        shopper.page.set_viewport_size({"width": WIDTH - PANEL - 1, "height": HEIGHT})
        image = beside(shopper.page.screenshot(), own, is_right_to_left=is_right_to_left)
        image.save(out / f"{name}.png", optimize=True)
        sys.stderr.write(f"{out / name}.png\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Take every image; return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.store_images", description="Images for the stores.")
    parser.add_argument("--bundle", type=Path, default=Path("var/bundles/lite"), metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path("var/stores"), metavar="DIR")
    parser.add_argument("--lang", choices=LANGUAGES, nargs="+", default=list(LANGUAGES))
    arguments = parser.parse_args(argv)
    mall = Mall(tuple(build(SEED)))
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="carryover-images-")))
        zips = packaged(arguments.bundle, scratch / "zips")
        extension = unzipped(zips / "carryover-chromium.zip", scratch / "extension", SHOPS)
        stack.enter_context(running(mall_command(), PORTS["harbor"], scratch / "mall.log"))
        playwright = stack.enter_context(sync_playwright())
        for language in arguments.lang:
            for scheme in SCHEMES:
                shopper = Shopper(
                    playwright,
                    scratch / f"{language}-{scheme}",
                    extension,
                    color_scheme=scheme,
                    locale=language,
                    env={**os.environ, "LANGUAGE": language},
                    extra_args=[f"--lang={language}"],
                )
                try:
                    take(shopper, mall, arguments.out / f"{language}-{scheme}", is_right_to_left=language == "ar")
                finally:
                    shopper.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
