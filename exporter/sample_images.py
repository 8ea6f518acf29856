"""Sample images drawn by code: an object on a pale background, as in shops.

They stand for product images where the exporter needs some: to find what all product images have in common
(the mean that the content tower subtracts) and to compare an exported image encoder with the original.
"""

import colorsys
import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

_SIDE = 256
_Points = list[tuple[float, float]]


def draw(count: int, seed: int) -> list[Image.Image]:
    """Return `count` RGB images of 256 × 256, the same for the same seed."""
    rng = random.Random(seed)  # noqa: S311 - drawing images needs no secrecy
    return [_image(rng) for _ in range(count)]


@dataclass(frozen=True)
class Look:
    """What a drawn image shows: an outline, a surface and a colour, each by its number below the constants here."""

    outline: int
    surface: int
    colour: int


NUM_OUTLINES, NUM_SURFACES, NUM_COLOURS = 7, 5, 8


def draw_look(look: Look, seed: int) -> Image.Image:
    """Return an RGB image of 256 × 256 with this look; size, shade and background are drawn from the seed."""
    return _image(random.Random(seed), look)  # noqa: S311 - as above


def _image(rng: random.Random, look: Look | None = None) -> Image.Image:
    background = _pale(rng)
    image = Image.new("RGB", (_SIDE, _SIDE), background)
    outline = (_OUTLINES[look.outline] if look else rng.choice(_OUTLINES))(rng)
    mask = Image.new("L", (_SIDE, _SIDE), 0)
    ImageDraw.Draw(mask).polygon(outline, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(rng.uniform(0.6, 1.6)))
    shadow = mask.filter(ImageFilter.GaussianBlur(9)).point([level // 5 for level in range(256)])
    image.paste((90, 90, 95), (rng.randint(-4, 4), rng.randint(4, 9)), shadow)
    image.paste(_surface(rng, look), (0, 0), mask)
    return image


def _pale(rng: random.Random) -> tuple[int, int, int]:
    if rng.random() < 0.7:
        return (255, 255, 255)
    level = rng.randint(222, 250)
    return (level, level + rng.randint(-4, 4), level + rng.randint(-4, 4))


def _surface(rng: random.Random, look: Look | None) -> Image.Image:
    """Return a cloth, leather or metal surface: shaded, often with stripes, checks, dots or a print, and grain."""
    colour, second = _hue(look.colour, rng) if look else _colour(rng), _colour(rng)
    surface = Image.new("RGB", (_SIDE, _SIDE), colour)
    pen = ImageDraw.Draw(surface)
    cover = _SURFACES[look.surface] if look else rng.choice((_plain, _plain, *_SURFACES))
    cover(pen, second, rng)
    shade = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    dark = Image.new("RGB", (_SIDE, _SIDE), tuple(int(channel * 0.45) for channel in colour))
    surface = Image.composite(dark, surface, shade.point([level // 2 for level in range(256)]))
    grain = Image.frombytes("L", (_SIDE, _SIDE), rng.randbytes(_SIDE * _SIDE)).filter(ImageFilter.GaussianBlur(1))
    return Image.blend(surface, Image.merge("RGB", (grain, grain, grain)), rng.uniform(0.02, 0.15))


def _colour(rng: random.Random) -> tuple[int, int, int]:
    saturation = 0.0 if rng.random() < 0.3 else rng.uniform(0.3, 0.95)
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), saturation, rng.uniform(0.1, 0.95))
    return int(red * 255), int(green * 255), int(blue * 255)


def _hue(number: int, rng: random.Random) -> tuple[int, int, int]:
    """Return a strong colour of one of NUM_COLOURS hues."""
    hue = (number + rng.uniform(-0.15, 0.15)) / NUM_COLOURS
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, rng.uniform(0.7, 0.95), rng.uniform(0.5, 0.95))
    return int(red * 255), int(green * 255), int(blue * 255)


def _plain(pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], rng: random.Random) -> None:
    for _ in range(rng.randint(2, 6)):  # folds and seams
        x, drift = rng.randint(0, _SIDE), rng.randint(-40, 40)
        pen.line((x, 0, x + drift, _SIDE), fill=colour, width=1)


def _stripes(pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], rng: random.Random) -> None:
    step, upright = rng.randint(8, 30), rng.random() < 0.5
    for at in range(0, _SIDE, step):
        pen.line((at, 0, at, _SIDE) if upright else (0, at, _SIDE, at), fill=colour, width=max(2, step // 3))


def _checks(pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], rng: random.Random) -> None:
    step = rng.randint(14, 36)
    for at in range(0, _SIDE, step):
        pen.line((at, 0, at, _SIDE), fill=colour, width=step // 4)
        pen.line((0, at, _SIDE, at), fill=colour, width=step // 4)


def _dots(pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], rng: random.Random) -> None:
    step = rng.randint(12, 32)
    for x in range(0, _SIDE, step):
        for y in range(0, _SIDE, step):
            pen.ellipse((x, y, x + step // 3, y + step // 3), fill=colour)


def _print(pen: ImageDraw.ImageDraw, colour: tuple[int, int, int], rng: random.Random) -> None:
    x, y, size = rng.randint(80, 130), rng.randint(80, 130), rng.randint(20, 60)
    pen.ellipse((x, y, x + size, y + size), fill=colour)
    pen.rectangle((x - 10, y + size + 6, x + size + 10, y + size + 14), fill=colour)


def _mirrored(half: _Points) -> _Points:
    """Return a left half, from top to bottom with x counted from the middle, with its mirror image."""
    middle = _SIDE / 2
    return [(middle - x, y) for x, y in half] + [(middle + x, y) for x, y in reversed(half)]


def _garment(rng: random.Random) -> _Points:
    sleeve, hem, waist = rng.uniform(60, 190), rng.uniform(150, 235), rng.uniform(38, 60)
    flare = rng.uniform(waist, 80)
    half = [(16, 26), (52, 36), (92, sleeve), (70, sleeve + 14), (waist, 84), (waist, 130), (flare, hem)]
    return _mirrored([*half, (0.0, hem)])


def _trousers(rng: random.Random) -> _Points:
    length, leg = rng.uniform(110, 240), rng.uniform(14, 40)
    return _mirrored([(44, 20), (56, 70), (20 + leg, length), (14, length), (6, 90)])


def _shoe(rng: random.Random) -> _Points:
    height, heel = rng.uniform(70, 150), rng.uniform(0, 34)
    low = 190.0
    top = [(40.0, low - height), (90.0, low - height), (120.0, low - 52), (190.0, low - 34), (226.0, low - 8)]
    return [*top, (222.0, low), (110.0, low), (84.0, low - heel), (66.0, low), (36.0, low)]


def _bottle(rng: random.Random) -> _Points:
    neck, body, shoulder = rng.uniform(8, 26), rng.uniform(28, 70), rng.uniform(60, 120)
    return _mirrored([(neck, 18), (neck, shoulder - 18), (body, shoulder), (body, 236)])


def _box(rng: random.Random) -> _Points:
    width, height, skew = rng.uniform(90, 200), rng.uniform(60, 190), rng.uniform(-24, 24)
    left, top = (_SIDE - width) / 2, (_SIDE - height) / 2
    return [(left + skew, top), (left + width + skew, top), (left + width, top + height), (left, top + height)]


def _round(rng: random.Random) -> _Points:
    wide, high = rng.uniform(50, 105), rng.uniform(35, 105)
    turns = [2 * math.pi * step / 48 for step in range(48)]
    return [(_SIDE / 2 + wide * math.cos(turn), _SIDE / 2 + high * math.sin(turn)) for turn in turns]


def _lamp(rng: random.Random) -> _Points:
    shade, stem, foot = rng.uniform(40, 90), rng.uniform(3, 9), rng.uniform(20, 60)
    bottom = rng.uniform(90, 130)
    return _mirrored([(shade * 0.5, 24), (shade, bottom), (stem, bottom), (stem, 222), (foot, 234)])


_OUTLINES = (_garment, _trousers, _shoe, _bottle, _box, _round, _lamp)
_SURFACES = (_plain, _stripes, _checks, _dots, _print)
