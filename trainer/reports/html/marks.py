"""Marks that distinguish groups: each has a shape and a colour, so the meaning never depends on colour alone."""

from collections.abc import Callable

from markupsafe import Markup

NUM_GROUPS = 8  # colours g0 to g7 of page.css; further groups are "other"


def _circle(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0Z"


def _square(x: float, y: float, r: float) -> str:
    side = 0.9 * r
    return f"M{x - side:.1f} {y - side:.1f}h{2 * side:.1f}v{2 * side:.1f}h{-2 * side:.1f}Z"


def _up(x: float, y: float, r: float) -> str:
    return f"M{x:.1f} {y - 1.2 * r:.1f}l{1.15 * r:.1f} {2 * r:.1f}h{-2.3 * r:.1f}Z"


def _down(x: float, y: float, r: float) -> str:
    return f"M{x:.1f} {y + 1.2 * r:.1f}l{1.15 * r:.1f} {-2 * r:.1f}h{-2.3 * r:.1f}Z"


def _diamond(x: float, y: float, r: float) -> str:
    return f"M{x:.1f} {y - 1.3 * r:.1f}l{r:.1f} {1.3 * r:.1f}l{-r:.1f} {1.3 * r:.1f}l{-r:.1f} {-1.3 * r:.1f}Z"


def _plus(x: float, y: float, r: float) -> str:
    arm, rest = 0.4 * r, 0.8 * r
    return (
        f"M{x - arm:.1f} {y - arm - rest:.1f}h{2 * arm:.1f}v{rest:.1f}h{rest:.1f}v{2 * arm:.1f}h{-rest:.1f}v{rest:.1f}"
        f"h{-2 * arm:.1f}v{-rest:.1f}h{-rest:.1f}v{-2 * arm:.1f}h{rest:.1f}Z"
    )


def _bar(x: float, y: float, r: float) -> str:
    return f"M{x - 1.3 * r:.1f} {y - 0.5 * r:.1f}h{2.6 * r:.1f}v{r:.1f}h{-2.6 * r:.1f}Z"


def _post(x: float, y: float, r: float) -> str:
    return f"M{x - 0.5 * r:.1f} {y - 1.3 * r:.1f}h{r:.1f}v{2.6 * r:.1f}h{-r:.1f}Z"


_SHAPES: tuple[Callable[[float, float, float], str], ...] = (
    *(_circle, _square, _up, _diamond),
    *(_plus, _down, _bar, _post),
)


def mark_path(group: int | None, x: float, y: float, radius: float) -> str:
    """Return the SVG path data of a group's mark around (x, y); None is the small dot of "other"."""
    if group is None:
        return _circle(x, y, round(0.6 * radius, 1))
    return _SHAPES[group % NUM_GROUPS](x, y, radius)


def group_class(group: int | None) -> str:
    """Return the CSS class that colours a group."""
    return "other" if group is None else f"g{group % NUM_GROUPS}"


def legend_mark(group: int | None) -> Markup:
    """Return a group's mark for a legend, as an SVG hidden from assistive technology."""
    return Markup('<svg class="mark" viewBox="0 0 14 14" aria-hidden="true"><path class="{}" d="{}"/></svg>').format(
        group_class(group), mark_path(group, 7, 7, 4.5)
    )
