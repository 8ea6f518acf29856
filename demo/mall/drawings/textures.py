"""Square textures that fill silhouettes, drawn at twice the size and reduced for smooth edges."""

import random
from collections.abc import Callable
from functools import lru_cache
from math import cos, pi, sin

from PIL import Image, ImageChops, ImageDraw

SIDE = 400
Colour = tuple[int, int, int]
Palette = tuple[Colour, Colour, Colour]


def rgb(text: str) -> Colour:
    """Return #rrggbb as three numbers."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return first moved towards second by `share` (0 to 1)."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _canvas(colour: Colour) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (SIDE * 2, SIDE * 2), colour)
    return image, ImageDraw.Draw(image)


def _plain(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    weave = mix(colours[0], (255, 255, 255), 0.05)
    for position in range(0, SIDE * 2, 8):
        draw.line((0, position, SIDE * 2, position), weave, 2)
    return image


def _striped(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    step = dice.choice((44, 56, 72))
    for position in range(0, SIDE * 2, step):
        draw.rectangle((0, position, SIDE * 2, position + step * 2 // 5), fill=colours[1])
    return image


def _pinstriped(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    for position in range(0, SIDE * 2, dice.choice((26, 34))):
        draw.line((position, 0, position, SIDE * 2), colours[1], 3)
    return image


def _checked(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    step = dice.choice((70, 92))
    half, third = mix(colours[0], colours[1], 0.55), mix(colours[0], colours[2], 0.7)
    for position in range(0, SIDE * 2, step):
        draw.rectangle((0, position, SIDE * 2, position + step // 2), fill=half)
    for x in range(0, SIDE * 2, step):
        for y in range(0, SIDE * 2, step):
            draw.rectangle((x, y + step // 2, x + step // 2, y + step), fill=half)
            draw.rectangle((x, y, x + step // 2, y + step // 2), fill=colours[1])
    for position in range(step * 3 // 4, SIDE * 2, step):
        draw.line((0, position, SIDE * 2, position), third, 5)
        draw.line((position, 0, position, SIDE * 2), third, 5)
    return image


def _spotted(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    step, radius = dice.choice(((56, 13), (72, 20)))
    for row, y in enumerate(range(0, SIDE * 2 + step, step)):
        for x in range(0, SIDE * 2 + step, step):
            centre = x + (step // 2 if row % 2 else 0)
            draw.ellipse((centre - radius, y - radius, centre + radius, y + radius), fill=colours[1])
    return image


def _floral(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    leaf, heart = (88, 128, 82), (247, 208, 92)
    for row in range(9):
        for column in range(9):
            x, y = column * 100 + dice.randrange(-28, 28) + (50 if row % 2 else 0), row * 98 + dice.randrange(-24, 24)
            turn, petal = dice.random() * pi, dice.randrange(17, 26)
            for side in (1, -1):
                lx, ly = x + side * 34 * cos(turn), y + 34 * sin(turn) * side
                draw.ellipse((lx - 15, ly - 9, lx + 15, ly + 9), fill=leaf)
            colour = colours[1 + (row + column) % 2]
            for index in range(5):
                angle = turn + index * 2 * pi / 5
                px, py = x + petal * cos(angle), y + petal * sin(angle)
                draw.ellipse((px - petal * 0.8, py - petal * 0.8, px + petal * 0.8, py + petal * 0.8), fill=colour)
            draw.ellipse((x - 10, y - 10, x + 10, y + 10), fill=heart)
    return image


def _botanical(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    for row in range(7):
        for column in range(7):
            x, y = column * 125 + dice.randrange(-20, 20) + (60 if row % 2 else 0), row * 125 + dice.randrange(-20, 20)
            turn = -pi / 2 + dice.uniform(-0.7, 0.7)
            colour = colours[1 + (row + column) % 2]
            draw.line((x, y, x + 84 * cos(turn), y + 84 * sin(turn)), mix(colour, (20, 30, 20), 0.25), 4)
            for index in range(1, 5):
                bx, by = x + index * 20 * cos(turn), y + index * 20 * sin(turn)
                for side in (0.9, -0.9):
                    _leaf(draw, bx, by, turn + side, 44 - index * 4, colour)
    return image


def _leaf(draw: ImageDraw.ImageDraw, x: float, y: float, turn: float, length: float, colour: Colour) -> None:
    ex, ey = x + length * cos(turn), y + length * sin(turn)
    mx, my, wx, wy = (x + ex) / 2, (y + ey) / 2, -sin(turn) * length * 0.22, cos(turn) * length * 0.22
    draw.polygon(((x, y), (mx + wx, my + wy), (ex, ey), (mx - wx, my - wy)), fill=colour)


def _geometric(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    step = dice.choice((100, 134))
    for row, y in enumerate(range(0, SIDE * 2, step)):
        for column, x in enumerate(range(0, SIDE * 2, step)):
            kind, box = (row * 2 + column) % 4, (x + 6, y + 6, x + step - 6, y + step - 6)
            if kind == 0:
                draw.pieslice(box, 0, 180, fill=colours[1])
            elif kind == 1:
                draw.polygon(
                    ((x + 6, y + step - 6), (x + step - 6, y + step - 6), (x + step / 2, y + 8)), fill=colours[2]
                )
            elif kind == 2:
                draw.ellipse(box, fill=colours[2])
                inner = step // 4
                draw.ellipse((x + inner, y + inner, x + step - inner, y + step - inner), fill=colours[0])
            else:
                draw.polygon(((x + 6, y + 6), (x + step - 6, y + 6), (x + 6, y + step - 6)), fill=colours[1])
    return image


def _herringbone(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    thread = mix(colours[0], colours[1], 0.6)
    for column, x in enumerate(range(0, SIDE * 2, 48)):
        slope = 40 if column % 2 else -40
        for y in range(-60, SIDE * 2 + 60, 20):
            draw.line((x, y, x + 48, y + slope), thread, 7)
    return image


def _colour_block(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    cut = dice.choice((380, 420))
    draw.rectangle((0, cut, SIDE * 2, SIDE * 2), fill=colours[1])
    draw.rectangle((0, cut - 70, SIDE * 2, cut), fill=colours[2])
    return image


def _knitted(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    dark, light = mix(colours[0], (60, 50, 60), 0.16), mix(colours[0], (255, 255, 255), 0.3)
    for x in range(0, SIDE * 2, 34):
        for y in range(-20, SIDE * 2, 22):
            draw.line((x, y, x + 17, y + 18), dark, 7)
            draw.line((x + 17, y + 18, x + 34, y), light, 7)
    return image


def _quilted(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    seam, shine = mix(colours[0], (0, 0, 0), 0.35), mix(colours[0], (255, 255, 255), 0.2)
    for offset in range(-SIDE * 2, SIDE * 4, 84):
        draw.line((offset + 6, 0, offset + SIDE * 2 + 6, SIDE * 2), shine, 6)
        draw.line((offset, 0, offset + SIDE * 2, SIDE * 2), seam, 5)
        draw.line((offset, 0, offset - SIDE * 2, SIDE * 2), seam, 5)
    return image


def _speckled(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    dark = mix(colours[0], (50, 35, 25), 0.7)
    for _ in range(1500):
        x, y, radius = dice.randrange(SIDE * 2), dice.randrange(SIDE * 2), dice.choice((2, 2, 3, 5))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=dark)
    return image


def _sheen(colours: Palette, dice: random.Random) -> Image.Image:
    """Return broad soft highlights, as on leather and satin."""
    image, draw = _canvas(colours[0])
    for x in range(SIDE * 2):
        share = max(0.0, sin(x / 95.0)) ** 6 * 0.34
        draw.line((x + 90, 0, x - 90, SIDE * 2), mix(colours[0], (255, 255, 255), share), 2)
    return image


def _velvet(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    for x in range(SIDE * 2):
        share = 0.5 + 0.5 * sin(x / 60.0 + sin(x / 23.0))
        tone = mix(mix(colours[0], (0, 0, 0), 0.28), mix(colours[0], (255, 255, 255), 0.22), share)
        draw.line((x, 0, x - 40, SIDE * 2), tone, 2)
    return image


def _denim(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    light = mix(colours[0], (255, 255, 255), 0.17)
    for offset in range(-SIDE * 2, SIDE * 2, 9):
        draw.line((offset, SIDE * 2, offset + SIDE * 2, 0), light, 3)
    return image


def _wood(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    for y in range(0, SIDE * 2, 13):
        tone = mix(colours[0], (40, 22, 10), dice.uniform(0.02, 0.22))
        phase = dice.random() * 6
        points = [(x, y + 9 * sin(x / 130 + phase)) for x in range(0, SIDE * 2 + 40, 40)]
        draw.line(points, tone, dice.randrange(3, 8), joint="curve")
    return image


def _wicker(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(mix(colours[0], (0, 0, 0), 0.25))
    light = mix(colours[0], (255, 255, 255), 0.12)
    for row, y in enumerate(range(0, SIDE * 2, 26)):
        for x in range(-30 if row % 2 else 0, SIDE * 2, 60):
            draw.rounded_rectangle((x, y + 2, x + 54, y + 22), 9, fill=light if (x // 60 + row) % 3 else colours[0])
    return image


def _fluffy(colours: Palette, dice: random.Random) -> Image.Image:
    image, draw = _canvas(colours[0])
    for _ in range(2400):
        x, y, turn = dice.randrange(SIDE * 2), dice.randrange(SIDE * 2), dice.random() * pi
        tone = mix(colours[0], (255, 255, 255) if dice.random() < 0.6 else (60, 60, 60), dice.uniform(0.05, 0.28))
        draw.line((x, y, x + 16 * cos(turn), y + 16 * sin(turn)), tone, 4)
    return image


PAINTERS: dict[str, Callable[[Palette, random.Random], Image.Image]] = {
    "plain": _plain, "striped": _striped, "pinstriped": _pinstriped, "checked": _checked, "spotted": _spotted,
    "floral": _floral, "botanical": _botanical, "geometric": _geometric, "herringbone": _herringbone,
    "colour-block": _colour_block, "knitted": _knitted, "quilted": _quilted, "speckled": _speckled, "sheen": _sheen,
    "velvet": _velvet, "denim": _denim, "wood": _wood, "wicker": _wicker, "fluffy": _fluffy,
}  # fmt: skip


@lru_cache(maxsize=96)
def texture(kind: str, colours: Palette, variant: int) -> Image.Image:
    """Return a SIDE × SIDE image of the texture; it is shared, so callers must not draw on it."""
    return PAINTERS[kind](colours, random.Random(f"{kind}/{variant}")).reduce(2)


@lru_cache(maxsize=2)
def roundness() -> Image.Image:
    """Return a SIDE × SIDE grey image, darker at both sides; multiplied in, it suggests volume."""
    strip = Image.new("L", (SIDE, 1))
    strip.putdata([round(255 * (1 - 0.30 * abs((x / SIDE - 0.42) * 1.7) ** 2.2)) for x in range(SIDE)])
    return strip.resize((SIDE, SIDE))


def shaded(image: Image.Image) -> Image.Image:
    """Return the image with soft darker sides."""
    shade = roundness().resize(image.size)
    return ImageChops.multiply(image, Image.merge("RGB", (shade, shade, shade)))
