"""Images of what is seen are compared where the shopper wants it, and no host learns that an extension reads them."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Playwright

from encoders.encoder import Encoder
from encoders.pixels import decode_image, to_pixels
from encoders.towers import Tower
from exporter.verify import read_manifest
from tests.e2e.chromium import SHOPS, Shopper, unzipped
from tests.e2e.firefox import ADDRESS, ask, opened_firefox, wait_until
from tests.e2e.image_shop import SHOP, TITLE, ImageShop, image_shop

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Vector = NDArray[np.float32]


def kept_items(profile: dict[str, Any]) -> list[Vector]:
    """Return the embeddings in a profile, the most recent first."""
    return [np.frombuffer(base64.b64decode(one["embedding"]), "<f4") for one in profile["interactions"]]


def cosine(a: Vector, b: Vector) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def check_item(seen: Vector, shop: ImageShop, bundle: Path) -> None:
    """Check a browser's item of the shop's product against Python's."""
    manifest = read_manifest(bundle)
    lite, width, filler = manifest["lite"]["image"], manifest["text"]["table"]["dim"], manifest["filler"]
    image, encoder = decode_image(shop.image, 10**6), Encoder(bundle, manifest, on_cpu=True)
    tower = Tower(bundle / lite["toItem"]["file"], lite["toItem"], on_cpu=True)
    looks = tower.run({"pixels": to_pixels(image, lite["rule"])[None]})[0]
    assert cosine(seen[width:filler], looks[width:filler]) > 0.9999, "as Python makes it of the same file"
    alone, full = encoder.embed([TITLE, TITLE], [None, to_pixels(image, manifest["image"])])
    assert seen[:width] == pytest.approx(alone[:width], abs=1e-6)
    assert cosine(seen, full) > 0.9, "near the catalogue's item of the same product"


def check_requests(shop: ImageShop, secrets: tuple[str, ...]) -> None:
    """Check that the image was read as a script of the page would, without the cookie that its host had set."""
    by_script = [headers for headers in shop.of_image() if headers.get("sec-fetch-dest") == "empty"]
    [again] = by_script  # once for an item
    assert again["origin"] == shop.home.rstrip("/")
    assert "cookie" not in again
    for asked in shop.asked:
        assert not any(secret in str(asked) for secret in secrets), asked


def test_chromium_compares_images_and_nobody_is_told(
    playwright: Playwright, zips: Path, lite_bundle: Path, tmp_path: Path
) -> None:
    extension = unzipped(zips / "carryover-chromium.zip", tmp_path / "extension", SHOPS)
    shopper = Shopper(playwright, tmp_path / "profile", extension)

    def newest() -> Vector:
        return kept_items(shopper.ask("profile.export")["profile"])[0]

    with image_shop() as shop:
        shopper.visit(shop.home)
        shopper.allow()
        shopper.learn(shop.product)
        assert not newest()[320:-1].any(), "without the option the image is not read"
        assert len(shop.of_image()) == 1, "nor asked for, but by the page"
        shopper.ask("settings.set", compareImages=True)
        shopper.visit(shop.home)
        shopper.visit(shop.product)
        shopper.wait_until(lambda: bool(newest()[320:-1].any()), "the image to be known")
        check_item(newest(), shop, lite_bundle)
        shopper.visit(shop.home)
        shopper.visit(shop.product)
        shopper.page.wait_for_timeout(3000)
        check_requests(shop, ("chrome-extension", shopper.extension_id))
        noted = [entry["url"] for entry in shopper.ask("ledger.get")["entries"]]
        assert noted == [shop.image_url], "the one request is in the ledger"
    shopper.close()


def test_firefox_reads_images_as_the_page_does(zips: Path, lite_bundle: Path, tmp_path: Path) -> None:
    extension = unzipped(zips / "carryover-firefox.zip", tmp_path / "extension", SHOPS)
    with image_shop() as shop, opened_firefox(extension, tmp_path) as firefox:
        firefox.get(f"moz-extension://{ADDRESS}/ui/options.html")
        own = firefox.current_window_handle
        assert ask(firefox, "settings.set", compareImages=True)["ok"]
        assert ask(firefox, "consent.set", shop=SHOP, allowed=True)["ok"]
        firefox.switch_to.new_window("window")  # a hidden page is not learned
        firefox.get(shop.product)
        firefox.switch_to.window(own)
        kept = lambda: kept_items(ask(firefox, "profile.export")["profile"])  # noqa: E731
        wait_until(lambda: bool(kept()), "the product to be known")
        check_item(kept()[0], shop, lite_bundle)
        check_requests(shop, ("moz-extension", ADDRESS))
