"""Plots as SVG made on the server: a balance over time, and bars by day. Colours come from the style sheet.

Everything a plot shows stands in a table beside it too; its label for screen readers says the gist.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reference_server.console.rendering import Rendering
from reference_server.ledger.money import UNIT
from reference_server.manager.credit import MovementView

WIDTH, HEIGHT = 860, 210
LEFT, RIGHT, TOP, BOTTOM = 66, 12, 14, 26
FEWEST_POINTS = 2
MOST_DAY_NAMES = 10
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a plot by day."""

    name: str
    """Below the bar, as "23 Nov"."""
    value: float
    words: str
    """What pointing at it tells."""


def balance_plot(lines: Sequence[MovementView], rendering: Rendering) -> Markup:
    """A balance over time, from its history, newest first; empty when there is too little to draw."""
    if len(lines) < FEWEST_POINTS:
        return Markup("")
    points = [(line.at, line.balance / UNIT) for line in reversed(lines)]
    first, last = points[0][0], points[-1][0]
    span = max(last - first, 1.0)
    top, step = _scale(max(value for _, value in points))
    y = _height_of(top)

    def x(at: float) -> float:
        return LEFT + (at - first) / span * (WIDTH - LEFT - RIGHT)

    path = f"M{x(first):.1f} {y(points[0][1]):.1f}"
    for at, value in points[1:]:
        path += f"H{x(at):.1f}V{y(value):.1f}"
    below = f"{path}V{y(0):.1f}H{LEFT}Z"
    ends = [(LEFT, "start", rendering.moment(first)), (WIDTH - RIGHT, "end", rendering.moment(last))]
    names = Markup("").join(
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
            place, HEIGHT - 8, anchor, when.striptags()
        )
        for place, anchor, when in ends
    )
    label = f"Balance from {rendering.money(lines[-1].balance)} to {rendering.money(lines[0].balance)}"
    drawing = Markup('<path class="under" d="{}"/><path class="curve" d="{}"/>').format(below, path)
    return _framed(label, _grid(top, step, y) + drawing + names)


def day_plot(bars: Sequence[Bar], label: str, colour: str = "c1") -> Markup:
    """Bars, one for each day. `colour`: c1, c2 or c3."""
    if not bars:
        return Markup("")
    top, step = _scale(max(bar.value for bar in bars))
    y = _height_of(top)
    pitch = (WIDTH - LEFT - RIGHT) / len(bars)
    thick = min(46.0, max(2.0, pitch * 0.72))
    every = math.ceil(len(bars) / MOST_DAY_NAMES)
    drawn = Markup("")
    for number, bar in enumerate(bars):
        middle = LEFT + pitch * (number + 0.5)
        drawn += Markup(
            '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="2">'
            "<title>{}</title></rect>"
        ).format(colour, middle - thick / 2, y(bar.value), thick, y(0) - y(bar.value), bar.words)
        if number % every == 0:
            drawn += Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                middle, HEIGHT - 8, bar.name
            )
    return _framed(label, _grid(top, step, y) + drawn)


def _framed(label: str, inside: Markup) -> Markup:
    return Markup('<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}">{}</svg>').format(
        label, WIDTH, HEIGHT, inside
    )


def _height_of(top: float) -> Callable[[float], float]:
    return lambda value: TOP + (1 - max(0.0, value) / top) * (HEIGHT - TOP - BOTTOM)


def _scale(highest: float) -> tuple[float, float]:
    """Where the axis ends, and the distance of its lines: about four, at round numbers."""
    highest = max(highest, 1e-9)
    rough = highest / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in STEPS if one * power >= rough - power * 1e-9)
    return step * math.ceil(highest / step - 1e-9), step


def _grid(top: float, step: float, y: Callable[[float], float]) -> Markup:
    lines = Markup("")
    for number in range(round(top / step) + 1):
        value, height = number * step, y(number * step)
        lines += Markup(
            '<path class="{}" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(
            "grid" if number else "axis", LEFT, height, WIDTH - RIGHT, LEFT - 8, height + 4, f"{value:,g}"
        )
    return lines
