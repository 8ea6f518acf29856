"""Painter of product images: background, shadow, then the silhouette's shapes filled with its texture."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

from demo.mall.catalogue import DemoProduct, palette
from demo.mall.drawings.silhouettes import SILHOUETTES, Point, Shape
from demo.mall.drawings.textures import SIDE, Colour, Palette, mix, rgb, shaded, texture
from demo.mall.vocabulary import CATEGORIES

BACKDROPS: dict[str, Colour] = {"harbor": (240, 236, 229), "linden": (236, 238, 240), "meridian": (233, 237, 233)}
FORMATS = {"harbor": ("JPEG", "jpg"), "linden": ("PNG", "png"), "meridian": ("WEBP", "webp")}
SIZES = (200, 400)
WOODS = {
    "walnut": (110, 74, 50), "teak": (150, 98, 58), "oak": (196, 158, 112), "ash": (214, 186, 146),
    "birch": (226, 204, 166), "ebonised": (52, 50, 50), "whitewashed": (222, 214, 200), "reclaimed": (146, 112, 80),
    "steel": (120, 124, 128), "lacquered": (60, 62, 66), "leather": (120, 84, 56), "velvet": (86, 62, 48),
    "rope": (200, 176, 132),
}  # fmt: skip
METALS = {"brass": (196, 158, 82), "gilded": (212, 176, 92), "blackened": (58, 60, 64), "steel": (158, 164, 170)}
SURFACES = {
    "leather": "sheen", "satin": "sheen", "velvet": "velvet", "suede": "fluffy", "denim": "denim", "chambray": "denim",
    "fleece": "fluffy", "mohair": "fluffy", "bouclé": "fluffy", "brass": "sheen", "gilded brass": "sheen",
    "glass": "sheen", "blackened steel": "sheen", "brushed steel": "sheen", "steel": "sheen",
    "wool tweed": "herringbone",
    "stoneware": "speckled",
}  # fmt: skip


def image_name(product: DemoProduct) -> str:
    """Return the stem of the image's file name: plausible words of a shop, without the label."""
    return product.handle


def encode(product: DemoProduct, size: int, detail: bool = False) -> bytes:
    """Return the image as the shop's file format: the article, or a close-up of its material."""
    image = _close_up(product) if detail else _draw(product)
    if size != SIDE:
        image = image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
    kind = FORMATS[product.shop][0]
    options: dict[str, int] = {
        "JPEG": {"quality": 84},
        "PNG": {"compress_level": 3},
        "WEBP": {"quality": 82, "method": 0},
    }[kind]
    if kind == "PNG":  # a photograph-like PNG of 250 kB helps nobody
        image = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _surface(product: DemoProduct) -> str:
    """Return the texture of the article's main parts."""
    stuff = CATEGORIES[product.category].stuff
    if product.pattern_key != "plain":
        return product.pattern_key
    if stuff == "wood":
        return "wood"
    if stuff in ("wicker", "straw"):
        return "wicker"
    if product.category == "jeans":
        return "denim"
    if product.material in SURFACES:
        return SURFACES[product.material]
    return "knitted" if stuff == "knit" else "plain"


def _tones(product: DemoProduct) -> Palette:
    first, second, third = (rgb(colour) for colour in palette(product))
    if product.category in ("chair", "table") and product.material.split()[0] in (
        "walnut",
        "teak",
        "reclaimed",
        "whitewashed",
        "oak",
    ):
        first = mix(WOODS[product.material.split()[0]], first, 0.22)
    return first, second, third


def _close_up(product: DemoProduct) -> Image.Image:
    tile = texture(_surface(product), _tones(product), product.number % 2)
    return tile.crop((60, 60, 260, 260)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def _draw(product: DemoProduct) -> Image.Image:
    tones = _tones(product)
    main = texture(_surface(product), tones, product.number % 2)
    backdrop = BACKDROPS[product.shop]
    canvas = _backdrop(backdrop).copy()
    shapes = [
        (shape, *_mask(product.category, index, product.number % 3))
        for index, shape in enumerate(SILHOUETTES[product.category])
    ]
    canvas.paste(mix(backdrop, (40, 36, 34), 0.75), mask=_shadow(product.category, product.number % 3))
    for shape, corner, mask in shapes:
        if shape.fill == "main":
            area = (*corner, corner[0] + mask.width, corner[1] + mask.height)
            canvas.paste(shaded(main.crop(area)), corner, mask)
        else:
            canvas.paste(
                _solid(shape.fill, product, tones, backdrop),
                (*corner, corner[0] + mask.width, corner[1] + mask.height),
                mask,
            )
    return canvas


def _solid(fill: str, product: DemoProduct, tones: Palette, backdrop: Colour) -> Colour:
    words = product.material.split()
    wood = next((WOODS[word] for word in words if word in WOODS), (178, 140, 98))
    metal = next((METALS[word] for word in words if word in METALS), (170, 160, 140))
    return {
        "dark": mix(tones[0], (12, 10, 14), 0.32), "light": mix(tones[0], (255, 255, 255), 0.42), "second": tones[1],
        "third": tones[2], "wood": wood, "metal": metal, "pale": (246, 243, 236), "ink": (44, 40, 40),
        "leaf": (82, 122, 78), "glow": (252, 224, 150), "glass": (205, 218, 224), "backdrop": backdrop,
    }[fill]  # fmt: skip


@lru_cache(maxsize=8)
def _backdrop(colour: Colour) -> Image.Image:
    strip = Image.new("RGB", (1, SIDE))
    strip.putdata(
        [mix(mix(colour, (255, 255, 255), 0.35), mix(colour, (90, 84, 80), 0.16), y / SIDE) for y in range(SIDE)]
    )
    return strip.resize((SIDE, SIDE))


def _moved(points: tuple[Point, ...], variant: int) -> list[Point]:
    """Return the points, in pixels at double size, of one of three slightly different cuts."""
    wide, tall = ((1.0, 1.0), (0.93, 1.0), (1.0, 0.94))[variant]
    return [((50 + (x - 50) * wide * 0.9) * SIDE / 50, (50 + (y - 50) * tall * 0.9) * SIDE / 50) for x, y in points]


def _rounded(points: list[Point]) -> list[Point]:
    """Return the closed outline after three rounds of Chaikin's corner cutting."""
    for _ in range(3):
        following = points[1:] + points[:1]
        points = [
            point
            for (x0, y0), (x1, y1) in zip(points, following, strict=True)
            for point in (
                (x0 * 0.75 + x1 * 0.25, y0 * 0.75 + y1 * 0.25),
                (x0 * 0.25 + x1 * 0.75, y0 * 0.25 + y1 * 0.75),
            )
        ]
    return points


@lru_cache(maxsize=2048)
def _mask(category: str, index: int, variant: int) -> tuple[tuple[int, int], Image.Image]:
    """Return (corner, mask) of one shape; cached, because every article of the category shares it."""
    shape = SILHOUETTES[category][index]
    points = _moved(shape.points, variant)
    if shape.kind == "blob":
        points = _rounded(points)
    pad = shape.size * SIDE / 50 + 4
    left, top = (int(max(0, min(axis) - pad)) // 2 * 2 for axis in zip(*points, strict=True))
    right, bottom = (int(min(SIDE * 2, max(axis) + pad)) // 2 * 2 + 2 for axis in zip(*points, strict=True))
    mask = Image.new("L", (min(right, SIDE * 2) - left, min(bottom, SIDE * 2) - top), 0)
    _fill(ImageDraw.Draw(mask), shape, [(x - left, y - top) for x, y in points])
    return (left // 2, top // 2), mask.reduce(2)


def _fill(draw: ImageDraw.ImageDraw, shape: Shape, points: list[Point]) -> None:
    if shape.kind == "oval":
        draw.ellipse((*points[0], *points[1]), fill=255)
    elif shape.kind == "box":
        draw.rounded_rectangle((*points[0], *points[1]), shape.size * SIDE / 50, fill=255)
    elif shape.kind == "line":
        width = shape.size * SIDE / 50 * 0.9
        draw.line(points, 255, max(1, round(width)), joint="curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    else:
        draw.polygon(points, fill=255)


@lru_cache(maxsize=256)
def _shadow(category: str, variant: int) -> Image.Image:
    """Return a soft shadow of the whole silhouette, a little lower and to the right."""
    whole = Image.new("L", (SIDE, SIDE), 0)
    for index, shape in enumerate(SILHOUETTES[category]):
        corner, mask = _mask(category, index, variant)
        whole.paste(0 if shape.fill == "backdrop" else 110, corner, mask)
    small = whole.resize((100, 100), Image.Resampling.BILINEAR, reducing_gap=2.0).filter(ImageFilter.GaussianBlur(2.4))
    shifted = Image.new("L", (100, 100), 0)
    shifted.paste(small, (2, 3))
    return shifted.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
