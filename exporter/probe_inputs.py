"""Inputs of a bundle's probes: products as shops write them, small drawn images, and histories of both."""

import base64
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from exporter import sample_images
from kernel.contract_types import InteractionKind, ItemProbe, ProbeProduct, UserProbe

_LONG = "Weatherproof walking jacket with taped seams, two-way zip, storm flap and a hood that folds into its collar; "
# Every field that a text rule can name, and what text pipelines differ in: capitals and accents, ligatures and width,
# curly quotes, emoji, other scripts, model numbers, nothing but a number, and more text than is read.
PRODUCTS: tuple[ProbeProduct, ...] = (
    {"title": "Navy striped linen shirt", "brand": "Kelp", "categoryPath": ["Women", "Tops"],
     "description": "A loose shirt for warm days, with mother-of-pearl buttons."},
    {"title": "Oak wall clock 30 cm", "attributes": {"color": "natural", "material": "oak", "pattern": "plain"}},
    {"title": "CHAISE LONGUE en velours côtelé", "brand": "Maison Éclair", "attributes": {"color": "vert bouteille"}},
    {"title": "Waterproof hiking boots", "brand": "Fjäll & Söner", "categoryPath": ["Outdoor", "Shoes", "Boots"]},
    {"title": "USB-C 65W GaN charger (2-pack) – black", "categoryPath": ["Electronics"]},
    {"title": "ﬁne \u201cswiss\u201d ﬂeece’s ½ zip ＸＬ", "description": "Soft inside, smooth outside."},
    {"title": "日本製 陶器 茶碗", "attributes": {"color": "blue", "material": "stoneware"}},
    {"title": "Кружка керамическая 300 мл", "brand": "Север"},
    {"title": "كرسي خشب", "attributes": {"material": "wood"}},
    {"title": "100% merino crew-neck sweater 🧶", "attributes": {"color": "charcoal", "material": "wool"}},
    {"title": "00423"},
    {"title": _LONG * 6 + "petrol blue", "brand": "Kelp", "description": _LONG * 3},
    {"title": "Ceramic vase", "attributes": {"color": "white"}},
    {"title": "Floral midi dress", "brand": "Linden", "attributes": {"pattern": "floral"}},
    {"title": "Leather belt", "categoryPath": ["Men", "Accessories"]},
    {"title": "Espresso machine", "description": "With a steam wand and a double boiler."},
)  # fmt: skip
# Of these products the image is known, too; and of further items nothing but an image.
_FIRST_SHOWN, _NUM_IMAGES_ALONE = 12, 4


def items(with_images: bool) -> list[ItemProbe]:
    """Return the item probes without their embeddings: 16, and 4 more in bundles with an image encoder."""
    probes: list[ItemProbe] = [{"product": product, "embedding": ""} for product in PRODUCTS]
    if not with_images:
        return probes
    probes += [{"product": {}, "embedding": ""} for _ in range(_NUM_IMAGES_ALONE)]
    for probe, image in zip(probes[_FIRST_SHOWN:], _images(), strict=True):
        probe["image"] = base64.b64encode(image).decode()
    return probes


def users(num_items: int, max_items: int) -> list[UserProbe]:
    """Return the user probes without their embeddings, over items of these positions.

    One click, every kind by itself and together, days and years, repeats, and more items than the user tower reads.
    """
    kinds: tuple[InteractionKind, ...] = ("view", "purchase", "dismiss", "cart", "rating", "wishlist")
    last = num_items - 1
    probes = [_user([0], ["view"], [0.0])]
    probes += [_user([2, last], ["view", kind], [0.0, 3.0]) for kind in kinds[1:]]
    probes.append(_user([1, 4, 7, 10, 13, last], kinds, [0.0, 0.5, 2.0, 30.0, 200.0, 1500.0], [1, 3, 1, 2, 1, 9]))
    if max_items <= _MOST_BEYOND:
        # What is beyond has another kind and other items, so that a tower that reads it answers otherwise.
        inside, beyond = [i % 8 for i in range(max_items)], [last - i % 4 for i in range(_NUM_BEYOND)]
        every: list[InteractionKind] = ["view" for _ in inside]
        every += ["purchase" for _ in beyond]
        probes.append(_user(inside + beyond, every, [0.0] * len(every)))
    return probes


_NUM_BEYOND, _MOST_BEYOND = 24, 200


def _user(
    positions: list[int], kinds: Sequence[InteractionKind], ages: list[float], weights: list[float] | None = None
) -> UserProbe:
    return {
        "items": positions,
        "kinds": list(kinds),
        "agesDays": ages,
        "weights": weights or [1.0] * len(positions),
        "embedding": "",
    }


def _images() -> list[bytes]:
    """Return eight small images: upright, lying and square, drawn goods and sharp patterns, one half transparent.

    Patterns of few pixels' width tell how an image is resized; unequal sides tell how it is cut. Every decoder gives
    the same pixels of them: JPEG decoders differ by a level where a block is not flat, and encoders notice that.
    """
    drawn = sample_images.draw(4, seed=11)
    return [
        _png(_few_colours(drawn[0].resize((96, 96)))),
        _png(_pattern((150, 100), 3, "#1c3d5a", "white")),
        _png(_few_colours(drawn[1].resize((80, 120)))),
        _png(_half_transparent(_pattern((90, 140), 5, "#c1440e", "#f4d35e"))),
        _png(_pattern((64, 200), 2, "black", "white").convert("L")),
        _png(_few_colours(drawn[2].resize((128, 72)))),
        _jpeg(_tiles((128, 96))),
        _png(_few_colours(drawn[3].resize((61, 61)))),
    ]


def _few_colours(image: Image.Image) -> Image.Image:
    return image.quantize(48, dither=Image.Dither.NONE)


def _tiles(size: tuple[int, int]) -> Image.Image:
    """Return flat squares as large as the blocks of JPEG."""
    image, side = Image.new("RGB", size), 8
    pen = ImageDraw.Draw(image)
    for x in range(0, size[0], side):
        for y in range(0, size[1], side):
            pen.rectangle((x, y, x + side - 1, y + side - 1), fill=(2 * x, 255 - 2 * y, (x * y // 64 * 40) % 256))
    return image


def _pattern(size: tuple[int, int], step: int, first: str, second: str) -> Image.Image:
    """Return stripes whose width grows from left to right, crossed by lines every seventh step."""
    image = Image.new("RGB", size, second)
    pen = ImageDraw.Draw(image)
    at, width = 0, step
    while at < size[0]:
        pen.rectangle((at, 0, at + width - 1, size[1]), fill=first)
        at, width = at + 2 * width, width + 1
    for y in range(0, size[1], 7 * step):
        pen.line((0, y, size[0], y), fill=first, width=step)
    return image


def _half_transparent(image: Image.Image) -> Image.Image:
    alpha = Image.linear_gradient("L").resize(image.size).point([0 if level < 128 else level for level in range(256)])
    image.putalpha(alpha)
    return image


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, subsampling=0)
    return file.getvalue()
