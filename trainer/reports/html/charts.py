"""Charts as inline SVG: pure functions from numbers to markup. The page's style colours them in light and dark.

To assistive technology a chart is one image with a title and a description; its numbers are in a table beside it. All
text is escaped. `name` must be unique on the page, because the ids are made of it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from trainer.reports.html.marks import group_class, mark_path

WIDTH, HEIGHT = 460.0, 250.0
LEFT, TOP, RIGHT, BOTTOM = 46.0, 26.0, 14.0, 36.0  # margins of a line chart
SPACE_FOR_NAMES = 84.0  # at the right of charts with more than one line
LINE_HEIGHT = 14.0
MAP_SIZE, MAP_MARGIN, MAP_RADIUS = 460.0, 10.0, 3.2
BAR_ROW, BAR_LABELS, BAR_VALUES = 22.0, 168.0, 56.0
INTERVAL_WIDTH, INTERVAL_HEIGHT, INTERVAL_MARGIN = 132.0, 18.0, 5.0
MAX_LABEL_CHARS = 26


@dataclass(frozen=True)
class Line:
    """Line of a line chart: its points (x, y), by increasing x."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Group:
    """Points of a scatter plot that share a mark; `group` None is "other". `labels`: one title per point."""

    name: str
    group: int | None
    points: NDArray[np.floating]  # (n, 2)
    labels: Sequence[str] | None = None


@dataclass(frozen=True)
class Bar:
    """Bar of a bar chart; `group` gives its colour."""

    label: str
    value: float
    group: int | None = 0


@dataclass(frozen=True)
class Scale:
    """Linear map from `domain` to `range`, both (from, to)."""

    domain: tuple[float, float]
    range: tuple[float, float]

    def __call__(self, value: float) -> float:
        """Return the position of a value in `range`."""
        low, high = self.domain
        start, stop = self.range
        return start + (value - low) / ((high - low) or 1.0) * (stop - start)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most `most` round numbers that enclose low to high; their step is 1, 2 or 5 times a power of ten."""
    if high <= low:
        low, high = low - 0.5, high + 0.5
    exponent = math.floor(math.log10((high - low) / most))
    steps = [factor * 10.0**power for power in range(exponent, exponent + 4) for factor in (1, 2, 5)]
    for step in steps:
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first + 1 <= most:
            return [round(number * step, 12) for number in range(first, last + 1)]
    return [low, high]


def line_chart(
    lines: Sequence[Line],
    *,
    name: str,
    title: str,
    description: str,
    x_label: str,
    from_zero: bool = False,
    marked_x: tuple[float, str] | None = None,
) -> Markup:
    """Return a line chart. Each line has its own dash and mark; `marked_x` is an x to highlight and its label."""
    xs, ys = zip(*(point for line in lines for point in line.points), strict=True)
    y_ticks = ticks(0.0 if from_zero else min(ys), max(ys))
    right = WIDTH - RIGHT - (SPACE_FOR_NAMES if len(lines) > 1 else 0)
    x = Scale((min(xs), max(xs)), (LEFT, right))
    y = Scale((y_ticks[0], y_ticks[-1]), (HEIGHT - BOTTOM, TOP))
    x_ticks = [tick for tick in ticks(min(xs), max(xs), 8) if min(xs) <= tick <= max(xs) and tick == round(tick)]
    parts = [_grid(x, y, x_ticks, y_ticks, x_label)]
    if marked_x is not None:
        parts.append(_marked(x(marked_x[0]), marked_x[1], right))
    parts += [_line(line, number, x, y) for number, line in enumerate(lines)]
    if len(lines) > 1:
        parts.append(_line_names(lines, y, right))
    return _svg((WIDTH, HEIGHT), name, title, description, Markup("").join(parts))


def scatter(groups: Sequence[Group], *, name: str, title: str, description: str) -> Markup:
    """Return a scatter plot with one scale for both axes; later groups are drawn over earlier ones.

    Labels appear at a point under the pointer.
    """
    everything = np.concatenate([group.points for group in groups])
    low, high = everything.min(axis=0), everything.max(axis=0)
    middle, half = (low + high) / 2, max(float((high - low).max()) / 2, 1e-12)
    x = Scale((middle[0] - half, middle[0] + half), (MAP_MARGIN, MAP_SIZE - MAP_MARGIN))
    y = Scale((middle[1] - half, middle[1] + half), (MAP_SIZE - MAP_MARGIN, MAP_MARGIN))
    content = Markup("").join(_points(group, x, y) for group in groups)
    return _svg((MAP_SIZE, MAP_SIZE), name, title, description, content)


def bar_chart(bars: Sequence[Bar], *, name: str, title: str, description: str) -> Markup:
    """Return a chart of horizontal bars from zero, each with its label and value."""
    largest = max((bar.value for bar in bars), default=0.0) or 1.0
    x = Scale((0.0, largest), (BAR_LABELS, WIDTH - BAR_VALUES))
    rows = [
        Markup(
            '<text class="label" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>'
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2"><title>{}: {}</title></rect>'
            '<text x="{:.1f}" y="{:.1f}">{}</text>'
        ).format(
            *(BAR_LABELS - 8, top + 15, _short(bar.label)),
            *(group_class(bar.group), BAR_LABELS, top + 3, max(x(bar.value) - BAR_LABELS, 1.0), BAR_ROW - 6),
            *(bar.label, plain(bar.value)),
            *(max(x(bar.value), BAR_LABELS + 1) + 6, top + 15, plain(bar.value)),
        )
        for top, bar in ((BAR_ROW * row, bar) for row, bar in enumerate(bars))
    ]
    return _svg((WIDTH, BAR_ROW * max(1, len(bars))), name, title, description, Markup("").join(rows))


def interval_bar(
    mean: float, low: float, high: float, *, domain: tuple[float, float], reference: float | None = None
) -> Markup:
    """Return an interval as a bar from low to high with a dot at the mean, for a table cell with the numbers as text.

    All bars of a column share one `domain`. `reference` draws a line, such as 0 for a difference.
    """
    x = Scale(domain, (INTERVAL_MARGIN, INTERVAL_WIDTH - INTERVAL_MARGIN))
    middle = INTERVAL_HEIGHT / 2
    line = Markup("")
    if reference is not None:
        line = Markup('<line class="reference" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1:g}"/>').format(
            x(reference), INTERVAL_HEIGHT
        )
    return Markup(
        '<svg class="interval" viewBox="0 0 {:g} {:g}" aria-hidden="true">{}'
        '<line class="span" x1="{:.1f}" x2="{:.1f}" y1="{:g}" y2="{:g}"/><circle cx="{:.1f}" cy="{:g}" r="4"/></svg>'
    ).format(INTERVAL_WIDTH, INTERVAL_HEIGHT, line, x(low), x(high), middle, middle, x(mean), middle)


def plain(number: float) -> str:
    """Format a number for an axis.

    >>> plain(0.30000000000000004), plain(1200.0), plain(2)
    ('0.3', '1,200', '2')
    """
    return f"{number:,.0f}" if number == round(number) else f"{number:.6g}"


def _svg(size: tuple[float, float], name: str, title: str, description: str, content: Markup) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {0:g} {1:g}" role="img" aria-labelledby="{2}-title {2}-desc">'
        '<title id="{2}-title">{3}</title><desc id="{2}-desc">{4}</desc>{5}</svg>'
    ).format(*size, name, title, description, content)


def _grid(x: Scale, y: Scale, x_ticks: Sequence[float], y_ticks: Sequence[float], x_label: str) -> Markup:
    left, right = x.range
    rows = [
        Markup(
            '<line class="grid" x1="{0:g}" x2="{1:g}" y1="{2:.1f}" y2="{2:.1f}"/>'
            '<text x="{3:g}" y="{4:.1f}" text-anchor="end">{5}</text>'
        ).format(left, right, y(tick), left - 6, y(tick) + 4, plain(tick))
        for tick in y_ticks
    ]
    columns = [
        Markup('<text x="{:.1f}" y="{:g}" text-anchor="middle">{}</text>').format(
            x(tick), HEIGHT - BOTTOM + 16, plain(tick)
        )
        for tick in x_ticks
    ]
    label = Markup('<text x="{:.1f}" y="{:g}" text-anchor="middle">{}</text>').format(
        (left + right) / 2, HEIGHT - 4, x_label
    )
    return Markup("").join([*rows, *columns, label])


def _marked(x: float, what: str, right: float) -> Markup:
    is_near_end = x > right - 70
    return Markup(
        '<line class="marked" x1="{0:.1f}" x2="{0:.1f}" y1="{1:g}" y2="{2:g}"/>'
        '<text class="strong" x="{3:.1f}" y="{4:g}" text-anchor="{5}">{6}</text>'
    ).format(
        *(x, TOP - 6, HEIGHT - BOTTOM),
        *(x - 5 if is_near_end else x + 5, TOP - 10, "end" if is_near_end else "start", what),
    )


def _line(line: Line, number: int, x: Scale, y: Scale) -> Markup:
    path = " ".join(f"{x(one):.1f},{y(other):.1f}" for one, other in line.points)
    dots = [
        Markup('<path class="{}" d="{}"><title>{}: {} at {}</title></path>').format(
            group_class(number), mark_path(number, x(one), y(other), 3.0), line.name, f"{other:.4g}", plain(one)
        )
        for one, other in line.points
    ]
    drawn = Markup('<polyline class="line {} dash{}" points="{}"/>').format(group_class(number), number % 4, path)
    return drawn + Markup("").join(dots)


def _line_names(lines: Sequence[Line], y: Scale, right: float) -> Markup:
    """Return the lines' names at their ends, moved down where they would overlap."""
    wanted = sorted((y(line.points[-1][1]), number) for number, line in enumerate(lines))
    texts, free_from = [], 0.0
    for height, number in wanted:
        at = max(height, free_from)
        free_from = at + LINE_HEIGHT
        texts.append(
            Markup('<path class="{}" d="{}"/><text x="{:g}" y="{:.1f}">{}</text>').format(
                group_class(number), mark_path(number, right + 10, at, 3.0), right + 17, at + 4, lines[number].name
            )
        )
    return Markup("").join(texts)


def _points(group: Group, x: Scale, y: Scale) -> Markup:
    paths = [mark_path(group.group, x(float(one)), y(float(other)), MAP_RADIUS) for one, other in group.points]
    if group.labels is None:
        inside = Markup("").join(Markup('<path d="{}"/>').format(path) for path in paths)
    else:
        inside = Markup("").join(
            Markup('<path d="{}"><title>{}</title></path>').format(path, label)
            for path, label in zip(paths, group.labels, strict=True)
        )
    return Markup('<g class="points {}">{}</g>').format(group_class(group.group), inside)


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL_CHARS else label[: MAX_LABEL_CHARS - 1] + "…"
