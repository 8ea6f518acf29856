"""Tests of charts: the SVG is parsed as XML, and coordinates are compared with hand-computed ones."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from trainer.reports.html import charts
from trainer.reports.html.charts import Bar, Group, Line, bar_chart, interval_bar, line_chart, scatter, ticks
from trainer.reports.html.marks import NUM_GROUPS, mark_path
from trainer.reports.html.page import HERE

EVIL = "<script>alert(1)</script>\"'&"
WORDS = {"name": "c", "title": EVIL, "description": "what it shows"}


def parsed(markup):
    return ElementTree.fromstring(str(markup))


def starts(path):
    return [tuple(map(float, found)) for found in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", path)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0.31, [0, 0.1, 0.2, 0.3, 0.4]),
        (4.2, 6.6, [4, 5, 6, 7]),
        (0, 12, [0, 5, 10, 15]),
        (-3, 3, [-4, -2, 0, 2, 4]),
        (2, 2, [1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6]),
    ],
)
def test_ticks_are_few_round_numbers_that_enclose_the_range(low, high, expected):
    found = ticks(low, high, 7)
    assert len(found) <= 7 and found[0] <= low and found[-1] >= high
    steps = np.diff(found)
    assert np.allclose(steps, steps[0])
    if low != high:
        assert ticks(low, high) == pytest.approx(expected)


def test_line_chart_draws_points_and_the_marked_x_in_place():
    line = Line("a", [(0, 0.0), (5, 4.0), (10, 2.0)])
    drawn = parsed(line_chart([line], x_label="epoch", marked_x=(5, "best"), **WORDS))
    points = [tuple(map(float, pair.split(","))) for pair in drawn.find("polyline").get("points").split()]
    left, right, top, bottom = charts.LEFT, charts.WIDTH - charts.RIGHT, charts.TOP, charts.HEIGHT - charts.BOTTOM
    assert points == [(left, bottom), ((left + right) / 2, top), (right, pytest.approx((top + bottom) / 2))]
    marked = next(line for line in drawn.iter("line") if line.get("class") == "marked")
    assert float(marked.get("x1")) == float(marked.get("x2")) == (left + right) / 2
    assert "best" in [text.text for text in drawn.iter("text")]


def test_lines_differ_in_dash_and_their_names_do_not_overlap():
    lines = [Line(name, [(0, 0.0), (1, 1.0 + number / 1000)]) for number, name in enumerate("abc")]
    drawn = parsed(line_chart(lines, x_label="epoch", from_zero=True, **WORDS))
    assert len({line.get("class") for line in drawn.iter("polyline")}) == 3
    heights = sorted(float(text.get("y")) for text in drawn.iter("text") if text.text in "abc")
    assert min(np.diff(heights)) >= charts.LINE_HEIGHT


def test_scatter_keeps_proportions_and_the_y_axis_points_up():
    points = np.array([[0.0, 0.0], [10.0, 5.0]])
    drawn = parsed(scatter([Group("g", 1, points, labels=["one", EVIL])], **WORDS))
    size, margin, side = charts.MAP_SIZE, charts.MAP_MARGIN, 0.9 * charts.MAP_RADIUS  # group 1 has squares
    found = [starts(path.get("d"))[0] for path in drawn.iter("path")]
    quarter = (size - 2 * margin) / 4
    expected = [(margin, size - margin - quarter), (size - margin, margin + quarter)]
    assert np.allclose(found, np.array(expected) - side, atol=0.06)
    assert [path.find("title").text for path in drawn.iter("path")] == ["one", EVIL]


def test_bar_lengths_are_proportional_to_values():
    drawn = parsed(bar_chart([Bar("a", 40), Bar(EVIL, 10), Bar("none", 0, None)], **WORDS))
    widths = [float(bar.get("width")) for bar in drawn.iter("rect")]
    longest = charts.WIDTH - charts.BAR_VALUES - charts.BAR_LABELS
    assert widths == [longest, pytest.approx(longest / 4, abs=0.05), 1.0]  # a value of 0 is still visible
    assert [text.text for text in drawn.iter("text")][::2] == ["a", EVIL[:25] + "…", "none"]


def test_interval_bar_is_drawn_at_its_numbers():
    drawn = parsed(interval_bar(0.5, 0.25, 0.75, domain=(0, 1), reference=0))
    reference, span = drawn.iter("line")
    inner = charts.INTERVAL_WIDTH - 2 * charts.INTERVAL_MARGIN
    at = (reference.get("x1"), span.get("x1"), drawn.find("circle").get("cx"), span.get("x2"))
    assert list(map(float, at)) == pytest.approx(
        [charts.INTERVAL_MARGIN + share * inner for share in (0, 0.25, 0.5, 0.75)], abs=0.05
    )


def test_charts_have_title_and_description_and_escape_text():
    drawn = line_chart([Line(EVIL, [(0, 1.0), (1, 2.0)])], x_label=EVIL, **WORDS)
    root = parsed(drawn)
    assert root.get("role") == "img" and root.get("aria-labelledby") == "c-title c-desc"
    assert (root.find("title").get("id"), root.find("title").text) == ("c-title", EVIL)
    assert (root.find("desc").get("id"), root.find("desc").text) == ("c-desc", "what it shows")
    assert "<script" not in str(drawn)


def test_every_group_has_its_own_shape():
    shapes = {re.sub(r"^M[-\d.]+ [-\d.]+", "", mark_path(group, 50, 50, 10)) for group in (None, *range(NUM_GROUPS))}
    assert len(shapes) == NUM_GROUPS + 1


def luminance(colour):
    """Return the WCAG 2 relative luminance of #rrggbb."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


# Machado, Oliveira & Fernandes 2009, full deficiency, on linear RGB.
DEFICIENCIES = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "normal": np.eye(3),
}


def lab(colour, deficiency):
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(DEFICIENCIES[deficiency]) @ linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(np.maximum(xyz / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_group_colours_have_contrast_and_are_distinct_for_all_vision(scheme):
    """Contrast to the surface is 3:1 or more (WCAG 2 non-text); CIELAB distance of two groups is 10 or more."""
    root = re.findall(r":root \{(.*?)\}", (HERE / "page.css").read_text(), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", root))
    surface = luminance(colours["surface"])
    groups = [colours[f"g{number}"] for number in range(NUM_GROUPS)]
    for colour in (*groups, colours["other"]):
        light, dark = sorted((luminance(colour), surface), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, colour
    for deficiency in DEFICIENCIES:
        seen = [lab(colour, deficiency) for colour in groups]
        nearest = min(
            (float(np.linalg.norm(seen[a] - seen[b])), groups[a], groups[b]) for a in range(8) for b in range(a)
        )
        assert nearest[0] >= 10, (deficiency, nearest)
