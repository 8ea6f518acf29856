"""A small shop whose recommendations can be worked out by hand."""

import hashlib
import json

TOKEN = "for-tests-only-operator-token"


def make_product(name, shop="harbor.example", **changes):
    url = f"https://{shop}/p/{name.replace(' ', '-')}"
    product = {
        "shop": shop,
        "itemId": hashlib.sha256(url.encode()).hexdigest()[:16],
        "url": url,
        "title": name,
        "verdict": "product",
        "provenance": {"title": "json-ld"},
        **changes,
    }
    return {key: value for key, value in product.items() if value is not None}


def write_products(path, products):
    path.write_text("".join(json.dumps(product) + "\n" for product in products))
    return path


SHELF = [
    make_product("navy striped tee", brand="Kelp", categoryPath=["Women", "Tops"], availability="InStock",
                 price={"amount": "19.50", "currency": "EUR"}, rating={"value": 4, "best": 5, "count": 7}),
    make_product("navy linen tee", brand="Kelp", categoryPath=["Women", "Tops"], availability="OutOfStock",
                 price={"amount": "29.00", "currency": "EUR"}),
    make_product("oak chair", brand="Grain", categoryPath=["Home", "Chairs"],
                 price={"amount": "120", "currency": "EUR"}, images=["https://harbor.example/oak.jpg"]),
    make_product("steel lamp", brand="Volt", categoryPath=["Home", "Lamps"], availability="InStock",
                 price={"amount": "45", "currency": "USD"}),
    make_product("wool scarf", categoryPath=["Women", "Scarves"], availability="LimitedAvailability"),
]  # fmt: skip
