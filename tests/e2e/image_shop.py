"""A shop whose images come from a host of their own, which lets every page read them. It notes what it is asked for."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

SHOP, IMAGES = "harbor.localhost", "cdn.harbor.localhost"
TITLE = "Sea blue striped linen shirt"


@dataclass
class ImageShop:
    """The running shop. `asked` holds path, host and headers of each request, names in lower case."""

    image: bytes
    port: int = 0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def home(self) -> str:
        """Return the address of a page that shows no product."""
        return f"http://{SHOP}:{self.port}/"

    @property
    def product(self) -> str:
        """Return the address of a product's page."""
        return f"http://{SHOP}:{self.port}/products/shirt"

    @property
    def image_url(self) -> str:
        """Return the address of the product's image."""
        return f"http://{IMAGES}:{self.port}/shirt.png"

    def of_image(self) -> list[dict[str, str]]:
        """Return the headers of the requests for the product's image."""
        return [headers for path, host, headers in self.asked if host.startswith(IMAGES) and path == "/shirt.png"]

    def page(self) -> str:
        """Return the product's page, which shows the image and names it in JSON-LD."""
        product = {
            "@context": "https://schema.org", "@type": "Product", "name": TITLE, "url": self.product,
            "image": self.image_url,
            "offers": {"@type": "Offer", "price": "19.90", "priceCurrency": "EUR"},
        }  # fmt: skip
        return (
            f"<!doctype html><html lang=en><title>{TITLE}</title><script type='application/ld+json'>"
            f"{json.dumps(product)}</script><h1>{TITLE}</h1><img src='{self.image_url}' width=300 alt=''>"
        )


def striped_png() -> bytes:
    """Return a PNG of 420 x 300 pixels: blue stripes with smooth edges, on white."""
    stripes = Image.linear_gradient("L").resize((60, 300)).point([abs(2 * level - 255) for level in range(256)])
    image = Image.new("RGB", (420, 300), "white")
    for left in range(60, 360, 60):
        image.paste((40, 80, 180), (left, 30), stripes.crop((0, 0, 60, 240)))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@contextmanager
def image_shop() -> Iterator[ImageShop]:
    """Run the shop until the block ends."""
    shop = ImageShop(striped_png())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers.get("Host", "")
            shop.asked.append((self.path, host, {name.lower(): value for name, value in self.headers.items()}))
            is_image = host.startswith(IMAGES)
            page = shop.page() if self.path.startswith("/products/") else "<!doctype html><h1>Shirts</h1>"
            body = shop.image if is_image else page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "image/png" if is_image else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Set-Cookie", "visitor=7; Path=/")
            if is_image:
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Cache-Control", "no-store")  # else no browser would ask a second time
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
