# ruff: noqa: E501 - tables: one thing a line reads better than one thing over three
"""Silhouettes, one per category: a list of filled shapes in a square of 100 × 100, painted in order.

Fills: main (the product's pattern), dark and light (its colour, shaded), second and third (its other colours),
wood, metal, pale, ink, leaf, glow, glass.
"""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """Filled shape. `kind`: poly, blob (a smoothed poly), oval, box or line; `size` is a radius or a line's width."""

    fill: str
    kind: str
    points: tuple[Point, ...]
    size: float = 0.0


def _pairs(numbers: tuple[float, ...]) -> tuple[Point, ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def poly(fill: str, *numbers: float) -> Shape:
    """Return a polygon with straight edges."""
    return Shape(fill, "poly", _pairs(numbers))


def blob(fill: str, *numbers: float) -> Shape:
    """Return a polygon with rounded corners."""
    return Shape(fill, "blob", _pairs(numbers))


def twin(fill: str, *numbers: float, smooth: bool = False) -> Shape:
    """Return a symmetric shape from its left half, given from top to bottom."""
    left = _pairs(numbers)
    right = tuple((100 - x, y) for x, y in reversed(left))
    return Shape(fill, "blob" if smooth else "poly", left + right)


def oval(fill: str, x0: float, y0: float, x1: float, y1: float) -> Shape:
    """Return an ellipse in its box."""
    return Shape(fill, "oval", ((x0, y0), (x1, y1)))


def box(fill: str, x0: float, y0: float, x1: float, y1: float, radius: float = 1.0) -> Shape:
    """Return a rectangle with round corners."""
    return Shape(fill, "box", ((x0, y0), (x1, y1)), radius)


def line(fill: str, width: float, *numbers: float) -> Shape:
    """Return a stroke with round joints."""
    return Shape(fill, "line", _pairs(numbers), width)


def _both(*shapes: Shape) -> tuple[Shape, ...]:
    """Return the shapes and their mirror images."""
    mirrored = []
    for shape in shapes:
        points = tuple((100 - x, y) for x, y in shape.points)
        if shape.kind in ("oval", "box"):
            (x0, y0), (x1, y1) = points
            points = ((x1, y0), (x0, y1))
        mirrored.append(Shape(shape.fill, shape.kind, points, shape.size))
    return (*shapes, *mirrored)


SILHOUETTES: dict[str, tuple[Shape, ...]] = {
    "tee": (
        *_both(poly("main", 32, 19, 10, 38, 20, 49, 33, 39)),
        twin("main", 41, 16, 30, 20, 29, 86),
        *_both(line("dark", 0.7, 31, 24, 31, 42)),
        twin("dark", 40, 16, 43, 23, 48, 26),
        twin("pale", 42, 16, 45, 21, 48, 23.5),
    ),
    "shirt": (
        *_both(poly("main", 33, 17, 22, 24, 11, 70, 20, 73, 32, 40)),
        *_both(poly("dark", 11, 70, 10.4, 74, 19.2, 77, 20, 73)),
        twin("main", 42, 14, 31, 18, 30, 84, 36, 88),
        line("dark", 0.6, 46.5, 20, 46.5, 88), line("dark", 0.6, 53.5, 20, 53.5, 88),
        *(oval("pale", 48.8, y, 51.2, y + 2.4) for y in (29, 40, 51, 62, 73)),
        *_both(poly("light", 41, 13, 50, 21, 44, 28, 37.5, 16)),
        box("dark", 57, 38, 67, 49, 0.5), box("main", 57.5, 38.5, 66.5, 48.5, 0.5),
    ),
    "dress": (
        *_both(blob("main", 38, 15, 30, 18, 22, 34, 28, 39, 38, 28)),
        twin("main", 42, 12, 36, 15, 39, 42, 21, 88, 35, 91.5),
        twin("dark", 40.5, 40, 39, 45),
        twin("pale", 42, 12, 45, 21, 49, 24),
        line("dark", 0.5, 42, 46, 35, 88), line("dark", 0.5, 58, 46, 65, 88), line("dark", 0.5, 50, 46, 50, 90),
    ),
    "skirt": (
        twin("main", 37, 22, 17, 80, 32, 85),
        twin("dark", 37, 19, 36, 26),
        line("dark", 0.5, 43, 27, 35, 83), line("dark", 0.5, 57, 27, 65, 83), line("dark", 0.5, 50, 27, 50, 84),
    ),
    "jeans": (
        poly("main", 33, 14, 67, 14, 73, 88, 54, 90, 50, 38, 46, 90, 27, 88),
        poly("dark", 33, 12, 67, 12, 67.4, 18, 32.6, 18),
        *_both(line("third", 0.6, 34, 25, 42, 22, 43, 18), line("third", 0.5, 30, 80, 47, 82), poly("light", 35, 36, 42, 36, 38, 68, 34, 68)),
        line("third", 0.6, 50, 19, 50, 36, 47, 39), oval("metal", 48.6, 13.6, 51.4, 16.4),
    ),
    "trousers": (
        poly("main", 34, 14, 66, 14, 71, 89, 54.5, 89, 50, 40, 45.5, 89, 29, 89),
        poly("dark", 34, 12, 66, 12, 66.4, 17, 33.6, 17),
        *_both(line("dark", 0.6, 40, 18, 38, 88), line("light", 0.6, 34.5, 24, 40, 18)),
        line("dark", 0.6, 50, 18, 50, 40),
    ),
    "sweater": (
        *_both(blob("main", 34, 20, 24, 22, 9, 68, 8, 76, 20, 78, 24, 62, 34, 44), box("dark", 8, 73, 20, 80, 2)),
        twin("main", 40, 18, 29, 23, 29, 84),
        box("dark", 29, 80, 71, 87, 1.5),
        *(line("light", 0.4, x, 81, x, 86) for x in range(32, 70, 3)),
        twin("dark", 39, 17, 42, 23, 50, 26),
        twin("pale", 42, 16.5, 45, 20.5, 50, 22),
    ),
    "cardigan": (
        *_both(blob("main", 34, 20, 24, 22, 11, 68, 10, 76, 21, 78, 25, 62, 34, 44), box("dark", 9.5, 73, 21, 79, 2)),
        twin("pale", 42, 17, 44, 40, 48, 52),
        *_both(poly("main", 40, 17, 29, 22, 29, 86, 49.5, 86, 49.5, 50), line("dark", 3.2, 41, 17, 48, 50, 48, 85)),
        *(oval("third", 46.8, y, 49.6, y + 2.8) for y in (52, 60, 68, 76)),
        *_both(box("dark", 33, 66, 43, 67.2, 0.4)),
    ),
    "coat": (
        *_both(blob("main", 35, 14, 25, 18, 15, 62, 14, 70, 25, 72, 28, 56, 34, 36)),
        twin("main", 42, 10, 31, 15, 26, 92),
        *_both(poly("dark", 42, 9, 50, 34, 43, 30, 36, 15), box("dark", 32, 58, 42, 60.5, 0.6)),
        line("dark", 0.8, 50, 34, 50, 92),
        *(oval("ink", x, y, x + 3, y + 3) for y in (40, 51, 62) for x in (44, 53)),
    ),
    "jacket": (
        *_both(blob("main", 34, 18, 23, 22, 11, 64, 10, 73, 22, 75, 26, 60, 33, 42)),
        twin("main", 41, 15, 29, 20, 29, 76),
        box("dark", 28, 73, 72, 80, 1.5), *_both(box("dark", 9.5, 70, 22, 76, 1.5), poly("dark", 41, 13, 50, 20, 46, 30, 37, 17)),
        line("metal", 1.2, 50, 22, 50, 80), *_both(line("metal", 0.9, 35, 60, 42, 52)),
    ),
    "gilet": (
        twin("main", 41, 15, 33, 17, 30, 36, 34, 44, 29, 52, 29, 84),
        *(line("dark", 0.8, 30, y, 70, y) for y in (44, 54, 64, 74)),
        twin("dark", 41, 12, 40, 20, 50, 22), line("metal", 1.2, 50, 20, 50, 84),
    ),
    "boots": (
        poly("dark", 52, 14, 74, 14, 74, 54, 78, 60, 90, 63, 94, 68, 94, 76, 52, 76), box("ink", 52, 75, 95, 80, 2), box("ink", 54, 78, 66, 84, 1),
        poly("main", 16, 18, 42, 18, 42, 56, 47, 64, 62, 68, 67, 74, 67, 82, 16, 82), box("ink", 14, 81, 68.5, 87, 2), box("ink", 15, 84, 31, 92, 1),
        *(line("pale", 0.9, 36, y, 44, y - 1.5) for y in (30, 37, 44, 51, 58)), box("dark", 15.5, 16, 42.5, 23, 1.5), line("dark", 0.8, 48, 65, 46, 81),
    ),
    "sneakers": (
        blob("dark", 40, 40, 40, 58, 92, 60, 92, 52, 74, 44, 62, 34, 52, 36), box("pale", 40, 57, 93, 64, 3),
        blob("main", 10, 48, 12, 72, 76, 73, 76, 62, 56, 54, 44, 42, 34, 46, 22, 44),
        box("pale", 9, 69, 78, 78, 4), line("second", 1.0, 10, 74, 77, 74),
        *(line("pale", 1.3, x, y, x + 6, y - 5) for x, y in ((36, 54), (41, 57.5), (46, 61), (51, 64))),
        poly("third", 14, 60, 30, 60, 36, 68, 16, 68),
    ),
    "sandals": (
        blob("wood", 14, 30, 22, 18, 36, 20, 44, 40, 40, 60, 42, 80, 28, 88, 20, 80, 22, 58),
        blob("wood", 86, 30, 78, 18, 64, 20, 56, 40, 60, 60, 58, 80, 72, 88, 80, 80, 78, 58),
        *_both(
            blob("light", 17, 32, 24, 22, 34, 23, 40, 40, 37, 60, 38, 78, 28, 84, 23, 78, 25, 58),
            line("main", 7, 16, 42, 28, 33, 41, 40), line("main", 7, 18, 54, 30, 46, 41, 52),
            line("main", 5, 21, 76, 31, 66, 41, 74), oval("metal", 38, 69, 42, 73),
        ),
    ),
    "hat": (
        oval("dark", 6, 58, 94, 80), oval("main", 6, 55, 94, 76),
        blob("main", 29, 66, 29, 34, 38, 24, 50, 27, 62, 24, 71, 34, 71, 66, 50, 71),
        blob("second", 28.5, 57, 50, 62, 71.5, 57, 71.5, 65, 50, 70, 28.5, 65),
    ),
    "beanie": (
        blob("main", 24, 74, 23, 44, 38, 22, 62, 22, 77, 44, 76, 74), oval("second", 41, 8, 59, 27),
        box("dark", 21, 64, 79, 82, 4), *(line("light", 0.5, x, 65, x, 81) for x in range(25, 78, 4)),
    ),
    "scarf": (
        poly("main", 57, 30, 73, 27, 78, 86, 61, 88), poly("main", 30, 32, 48, 30, 44, 80, 25, 78),
        blob("main", 25, 34, 24, 18, 40, 12, 60, 12, 77, 18, 76, 34, 60, 42, 40, 42), blob("dark", 36, 26, 50, 22, 64, 26, 56, 32, 44, 32),
        *(line("second", 0.9, x, 87, x + 0.5, 93) for x in range(62, 79, 3)), *(line("second", 0.9, x, 79, x - 0.5, 85) for x in range(26, 45, 3)),
    ),
    "gloves": _both(
        blob("main", 12, 74, 12, 40, 15, 22, 20, 20, 22, 34, 23, 16, 28, 14, 30, 32, 32, 18, 37, 19, 37, 36, 39, 28, 43, 30, 42, 50, 38, 74),
        blob("main", 13, 62, 5, 48, 8, 43, 15, 50), box("dark", 12, 72, 38, 86, 2), line("light", 0.6, 12, 79, 38, 79),
    ),
    "socks": (
        blob("dark", 50, 12, 72, 12, 71, 52, 90, 68, 88, 79, 74, 82, 54, 62, 50, 52), box("third", 49, 11, 73, 20, 1.5),
        blob("main", 22, 14, 46, 14, 45, 56, 64, 72, 62, 85, 46, 88, 24, 66, 21, 56),
        blob("second", 50, 74, 60, 71, 65, 76, 62, 86, 50, 89), blob("second", 20, 56, 30, 58, 32, 70, 24, 70), box("second", 21, 12, 47, 21, 1.5),
    ),
    "belt": (
        Shape("dark", "oval", ((14, 24), (86, 72))), oval("backdrop", 19, 29, 81, 63), poly("main", 14, 48, 86, 48, 86, 60, 72, 74, 28, 74, 14, 60),
        oval("main", 14, 36, 86, 78), oval("backdrop", 17, 26, 83, 62), oval("dark", 17, 26, 83, 30), line("dark", 4, 17.5, 44, 30, 30, 50, 26.5, 70, 30, 82.5, 44),
        box("metal", 40, 58, 60, 82, 3), box("main", 44, 62, 56, 78, 1), line("metal", 1.6, 50, 60, 50, 79),
    ),
    "handbag": (
        line("dark", 3.4, 33, 46, 36, 22, 44, 14, 56, 14, 64, 22, 67, 46), twin("main", 22, 42, 15, 86),
        twin("dark", 22, 40, 21, 56, 42, 60), twin("main", 22.5, 39, 21.5, 54, 42, 58), oval("metal", 46, 55, 54, 63),
    ),
    "backpack": (
        line("dark", 3, 42, 18, 43, 9, 57, 9, 58, 18), *_both(box("dark", 18, 46, 27, 80, 4)),
        twin("main", 44, 14, 28, 22, 24, 86, smooth=False), box("dark", 31, 54, 69, 82, 4), box("main", 32, 55, 68, 81, 4),
        line("metal", 1, 35, 61, 65, 61), twin("dark", 40, 17, 27, 26, 26, 40, 44, 46), twin("main", 40, 16, 28, 25, 27, 38, 44, 44), box("third", 46, 40, 54, 52, 1),
    ),
    "mug": (
        line("main", 6, 68, 40, 82, 42, 83, 60, 68, 66), box("main", 24, 28, 72, 82, 7), oval("main", 24, 22, 72, 36),
        oval("dark", 27, 24, 69, 34), oval("ink", 30, 27, 66, 34),
    ),
    "bowl": (
        twin("main", 12, 42, 18, 62, 32, 76, 44, 79), box("dark", 38, 77, 62, 83, 1.5), oval("light", 12, 33, 88, 51), oval("dark", 15, 35, 85, 50),
    ),
    "plate": (oval("dark", 8, 10, 92, 94), oval("main", 8, 8, 92, 92), oval("dark", 23, 23, 77, 77), oval("light", 24, 24.5, 76, 76.5), oval("main", 26, 26.5, 74, 74.5)),
    "teapot": (
        line("main", 5, 74, 44, 90, 46, 88, 66, 72, 68), blob("main", 32, 52, 20, 46, 12, 32, 6, 32, 14, 58, 30, 72),
        oval("main", 24, 34, 78, 86), oval("dark", 36, 31, 66, 41), oval("light", 37, 29, 65, 38), oval("third", 47, 20, 55, 30),
    ),
    "vase": (twin("main", 41, 14, 42, 28, 28, 48, 27, 66, 36, 86, 44, 88, smooth=True), oval("dark", 41, 13, 59, 19), oval("ink", 43, 14, 57, 18)),
    "lamp": (
        box("metal", 48.6, 46, 51.4, 80, 1), twin("wood", 44, 60, 42, 70, 45, 82, smooth=True), oval("metal", 33, 80, 67, 89),
        twin("main", 36, 14, 22, 50), oval("glow", 22, 47, 78, 53), oval("light", 36, 12, 64, 16),
    ),
    "chair": (
        poly("wood", 30, 12, 34, 12, 34, 92, 29, 92), poly("wood", 66, 12, 70, 12, 71, 92, 66, 92), box("main", 31, 14, 69, 34, 3),
        box("wood", 31, 40, 69, 44, 1), poly("main", 28, 52, 72, 52, 78, 62, 22, 62), poly("dark", 22, 62, 78, 62, 78, 66, 22, 66),
        poly("wood", 22, 66, 27, 66, 26, 95, 22, 95), poly("wood", 73, 66, 78, 66, 78, 95, 74, 95),
    ),
    "armchair": (
        *_both(poly("wood", 24, 80, 30, 80, 25, 94, 21, 94)), blob("main", 26, 70, 24, 24, 34, 14, 66, 14, 76, 24, 74, 70), box("dark", 28, 56, 72, 60, 2),
        box("main", 26, 52, 74, 68, 5), box("dark", 16, 64, 84, 82, 4), box("main", 25, 66, 75, 81, 3),
        *_both(blob("main", 12, 48, 20, 42, 30, 48, 29, 83, 13, 83), line("dark", 0.7, 29, 50, 28.5, 80)), oval("dark", 46, 30, 48, 32), oval("dark", 54, 30, 56, 32),
    ),
    "table": (
        *_both(poly("wood", 22, 44, 28, 44, 22, 92, 18, 92)), *_both(poly("dark", 38, 44, 42, 44, 39, 82, 36, 82)),
        oval("dark", 10, 30, 90, 52), oval("main", 10, 26, 90, 48),
    ),
    "rug": (
        poly("main", 22, 20, 78, 20, 92, 84, 8, 84), poly("second", 22, 20, 78, 20, 78.9, 24, 21.1, 24), poly("second", 9, 79.5, 91, 79.5, 92, 84, 8, 84),
        *(line("pale", 0.8, x, 84, x - 0.4, 89) for x in range(9, 92, 3)), *(line("pale", 0.6, x, 17, x, 20) for x in range(23, 78, 3)),
    ),
    "cushion": (
        blob("main", 12, 14, 50, 19, 88, 14, 83, 50, 88, 88, 50, 83, 12, 88, 17, 50, 12, 14), line("dark", 0.6, 22, 24, 30, 32), line("dark", 0.6, 78, 24, 70, 32),
        line("dark", 0.6, 22, 78, 30, 70), line("dark", 0.6, 78, 78, 70, 70),
    ),
    "throw": (
        *(line("second", 0.9, x, 82, x, 90) for x in range(19, 64, 3)), blob("main", 16, 30, 24, 18, 76, 14, 84, 26, 84, 62, 64, 66, 65, 84, 17, 84),
        poly("dark", 64, 40, 84, 34, 84, 64, 64, 70), poly("main", 66, 40, 84, 35, 84, 62, 66, 68), line("dark", 0.8, 20, 30, 80, 24),
    ),
    "curtain": (
        box("metal", 8, 10, 92, 12.6, 1), oval("metal", 4, 8, 10, 14), oval("metal", 90, 8, 96, 14),
        *_both(poly("main", 12, 11, 47, 11, 45, 40, 33, 60, 40, 92, 11, 92), *(line("dark", 0.8, x, 12, x - (x - 11) * 0.25, 58, x - 1, 91) for x in (18, 25, 32)), poly("third", 11.5, 57, 35, 57, 33, 62, 11.5, 62)),
    ),
    "towel": (
        box("wood", 10, 14, 90, 18, 2), box("dark", 25, 15, 76, 76, 2), box("main", 22, 13, 72, 86, 2), box("second", 22, 72, 72, 75, 0), box("second", 22, 77.5, 72, 79, 0),
    ),
    "bedding": (
        box("wood", 10, 18, 90, 60, 4), box("pale", 12, 46, 88, 84, 3), *_both(box("light", 15, 36, 48, 53, 6)),
        poly("main", 11, 54, 89, 54, 93, 86, 91, 90, 9, 90, 7, 86), poly("light", 11, 54, 89, 54, 90, 61, 10, 61), line("dark", 0.7, 30, 62, 26, 89), line("dark", 0.7, 68, 62, 74, 89),
    ),
    "clock": (
        oval("wood", 12, 12, 88, 88), oval("main", 16, 16, 84, 84), oval("light", 24, 24, 76, 76),
        *(oval("ink", x - 1.3, y - 1.3, x + 1.3, y + 1.3) for x, y in ((50, 29), (71, 50), (50, 71), (29, 50), (60.5, 32), (68, 39.5), (68, 60.5), (60.5, 68), (39.5, 68), (32, 60.5), (32, 39.5), (39.5, 32))),
        line("ink", 2.2, 50, 50, 41, 38), line("ink", 1.6, 50, 50, 64, 41), oval("third", 48, 48, 52, 52),
    ),
    "mirror": (oval("dark", 20, 9, 80, 93), oval("main", 20, 8, 80, 92), oval("glass", 26, 14, 74, 86), line("pale", 1.6, 36, 40, 54, 22), line("pale", 1.2, 38, 48, 62, 26)),
    "planter": (
        *(blob("leaf", 50, 52, 50 + dx * 0.5 - 5, 36, 50 + dx, y, 50 + dx * 0.5 + 6, 38) for dx, y in ((-30, 22), (-14, 8), (4, 4), (18, 10), (32, 24))),
        twin("main", 26, 54, 33, 90), box("main", 23, 48, 77, 58, 2), line("dark", 0.8, 24, 58.5, 76, 58.5),
    ),
    "candle": (
        blob("glow", 50, 10, 55, 20, 50, 27, 45, 20), line("ink", 1, 50, 24, 50, 34), box("pale", 29, 32, 71, 60, 4), box("main", 26, 40, 74, 88, 5),
        oval("light", 29, 36, 71, 45), line("ink", 1, 50, 26, 50, 41), box("pale", 36, 56, 64, 74, 1), line("dark", 0.9, 41, 62, 59, 62), line("dark", 0.7, 44, 67, 56, 67),
    ),
    "basket": (
        line("dark", 4, 26, 42, 34, 18, 66, 18, 74, 42), twin("main", 16, 40, 24, 86), oval("dark", 16, 34, 84, 47), oval("ink", 20, 36, 80, 45),
        poly("light", 17.5, 46, 82.5, 46, 81.5, 51, 18.5, 51),
    ),
}  # fmt: skip
