"""Plots of a load run: lines over time, stacked columns over time, and columns by word.

The drawing is an SVG that stretches to any width; words and numbers stand around it as HTML, so that they
stay readable on a phone. Colours come from the page. What is plotted is `load_plot_choice`'s business.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

WIDTH, HEIGHT = 1000, 100
MOST_POINTS = 480
"""A longer series is drawn with its highest (or mean) value of each stretch."""
MOST_BANDS = 120
"""Stretches of time that show their values when pointed at."""

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line, or one layer of a stack."""

    name: str
    values: Values
    style: str
    """Class of the colour: ``c1`` to ``c8``."""
    highest_of_stretch: bool = False
    """Whether a stretch is drawn with its highest value instead of its mean."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart by word."""

    label: str
    value: float
    style: str
    told: str
    """What is shown when it is pointed at."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing and all that stands around it."""

    title: str
    about: str
    """What a reader sees in it, in a sentence."""
    unit: str
    drawing: Markup
    summary: str
    """The drawing in words, for those who can't see it."""
    y_labels: Sequence[tuple[float, str]]
    """Height in percent of the drawing, and the number there."""
    x_labels: Sequence[tuple[float, str]]
    """Place in percent of the width, and the words there."""
    key: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """Class and name of each colour."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The vertical axis."""

    lowest: float
    highest: float
    ticks: Sequence[float]

    def y(self, value: float) -> float:
        """Where `value` is drawn, from the top."""
        share = (value - self.lowest) / (self.highest - self.lowest)
        return HEIGHT * (1 - min(max(share, 0.0), 1.0))

    @property
    def labels(self) -> list[tuple[float, str]]:
        """The ticks as percent from the bottom and number."""
        return [(100 - self.y(tick), number_label(tick)) for tick in self.ticks]


def line_plot(
    title: str,
    about: str,
    unit: str,
    curves: Sequence[Curve],
    *,
    step_s: int,
    limit: tuple[str, float] | None = None,
    scale: Scale | None = None,
) -> Plot:
    """Lines over time; `limit` is a dashed line with its name."""
    shown = [_shortened(curve) for curve in curves]
    used = scale or scale_for([*_known(curve.values for curve in shown), limit[1] if limit else 0.0])
    parts = [_grid(used)]
    if limit:
        parts.append(Markup('<path class="limit" d="M0 {0:.2f}H{1}"/>').format(used.y(limit[1]), WIDTH))
    parts += [
        Markup('<path class="line {}" d="{}"/>').format(curve.style, _line_path(curve.values, used))
        for curve in shown
    ]
    parts.append(_bands(curves, step_s, unit))
    key = [(curve.style, curve.name) for curve in curves]
    return _plot(
        title, about, unit, parts, used, curves, step_s, key + ([("limit", limit[0])] if limit else [])
    )


def stacked_plot(title: str, about: str, unit: str, curves: Sequence[Curve], *, step_s: int) -> Plot:
    """Columns over time, one layer for each curve."""
    shown = [_shortened(curve) for curve in curves]
    count = len(shown[0].values) if shown else 0
    layers = [[value or 0.0 for value in curve.values] for curve in shown]
    used = scale_for([sum(layer[place] for layer in layers) for place in range(count)])
    below = [0.0] * count
    parts = [_grid(used)]
    for curve, layer in zip(shown, layers, strict=True):
        parts.append(
            Markup('<path class="fill {}" d="{}"/>').format(curve.style, _layer_path(layer, below, used))
        )
        below = [low + value for low, value in zip(below, layer, strict=True)]
    parts.append(_bands(curves, step_s, unit))
    return _plot(title, about, unit, parts, used, curves, step_s, [(c.style, c.name) for c in curves])


def column_plot(
    title: str,
    about: str,
    unit: str,
    columns: Sequence[Column],
    *,
    limit: tuple[str, float] | None = None,
    key: Sequence[tuple[str, str]] = (),
) -> Plot:
    """Columns by word, in the order given."""
    used = scale_for([*(column.value for column in columns), limit[1] if limit else 0.0])
    pitch = WIDTH / max(len(columns), 1)
    parts = [_grid(used)]
    parts += [_column(column, place * pitch, pitch, used) for place, column in enumerate(columns)]
    if limit:
        parts.append(Markup('<path class="limit" d="M0 {0:.2f}H{1}"/>').format(used.y(limit[1]), WIDTH))
    every = max(1, -(-len(columns) // 12))
    return Plot(
        title=title,
        about=about,
        unit=unit,
        drawing=Markup("").join(parts),
        summary="; ".join(column.told for column in columns[:40]),
        y_labels=used.labels,
        x_labels=[
            (100 * (place + 0.5) / len(columns), column.label)
            for place, column in enumerate(columns)
            if place % every == 0
        ],
        key=[*key, *([("limit", limit[0])] if limit else [])],
    )


def _column(column: Column, x: float, pitch: float, scale: Scale) -> Markup:
    top = scale.y(column.value)
    return Markup(
        '<g><title>{}</title><rect class="band" x="{:.2f}" y="0" width="{:.2f}" height="{}"/>'
        '<rect class="fill {}" x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}"/></g>'
    ).format(
        column.told,
        x,
        pitch,
        HEIGHT,
        column.style,
        x + 0.12 * pitch,
        top,
        0.76 * pitch,
        HEIGHT - top,
    )


def scale_for(values: Sequence[float]) -> Scale:
    """From 0 to a round number above the highest of `values`, with a tick at each quarter or so."""
    highest = max(values, default=0.0)
    if highest <= 0:
        return Scale(0.0, 1.0, (0.0, 1.0))
    power = 10.0
    while power > highest / 4:
        power /= 10
    while power * 10 <= highest / 4:
        power *= 10
    tick = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor * 5 >= highest)
    count = -(-highest * 1.0001 // tick)
    return Scale(0.0, tick * count, [tick * place for place in range(int(count) + 1)])


def number_label(number: float) -> str:
    """A number for an axis: ``1,200``, ``0.25``."""
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.4g}"


def time_label(seconds: float) -> str:
    """Time since the beginning: ``45 s``, ``2:30``, ``1:05:00``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


_TIME_TICKS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def _time_labels(duration: float) -> list[tuple[float, str]]:
    tick = next((tick for tick in _TIME_TICKS if duration / tick <= 6), 864000)
    count = int(duration // tick) + 1
    return [(100 * place * tick / duration, time_label(place * tick)) for place in range(count)]


def _plot(
    title: str,
    about: str,
    unit: str,
    parts: Sequence[Markup],
    scale: Scale,
    curves: Sequence[Curve],
    step_s: int,
    key: Sequence[tuple[str, str]],
) -> Plot:
    length = max((len(curve.values) for curve in curves), default=0)
    told = [
        f"{curve.name}: highest {number_label(round(max(known), 2))} {unit}".strip()
        for curve in curves
        if (known := _known([curve.values]))
    ]
    return Plot(
        title=title,
        about=about,
        unit=unit,
        drawing=Markup("").join(parts),
        summary=f"{title}. {'; '.join(told)}",
        y_labels=scale.labels,
        x_labels=_time_labels(length * step_s) if length else [],
        key=key,
    )


def _shortened(curve: Curve) -> Curve:
    size = -(-len(curve.values) // MOST_POINTS)
    if size <= 1:
        return curve
    choose: Callable[[list[float]], float] = max if curve.highest_of_stretch else _mean
    stretches = [curve.values[place : place + size] for place in range(0, len(curve.values), size)]
    values = [choose(known) if (known := _known([part])) else None for part in stretches]
    return Curve(curve.name, values, curve.style, curve.highest_of_stretch)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _known(series: Iterable[Values]) -> list[float]:
    return [value for values in series for value in values if value is not None]


def _grid(scale: Scale) -> Markup:
    lines = "".join(f"M0 {scale.y(tick):.2f}H{WIDTH}" for tick in scale.ticks)
    return Markup('<path class="rule" d="{}"/>').format(lines)


def _line_path(values: Values, scale: Scale) -> str:
    """A line through the middle of each step; where nothing was, it breaks off."""
    pitch = WIDTH / max(len(values), 1)
    path, drawing = [], False
    for place, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        x, y = (place + 0.5) * pitch, scale.y(value)
        alone = not drawing and (place + 1 == len(values) or values[place + 1] is None)
        path.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.2f}" + ("h.01" if alone else ""))
        drawing = True
    return "".join(path)


def _layer_path(layer: Sequence[float], below: Sequence[float], scale: Scale) -> str:
    pitch = WIDTH / max(len(layer), 1)
    return "".join(
        f"M{place * pitch:.2f} {scale.y(low):.2f}V{scale.y(low + value):.2f}"
        f"h{pitch * 1.02:.2f}V{scale.y(low):.2f}z"
        for place, (value, low) in enumerate(zip(layer, below, strict=True))
        if value
    )


def _bands(curves: Sequence[Curve], step_s: int, unit: str) -> Markup:
    """Invisible columns that tell their values when pointed at."""
    length = max((len(curve.values) for curve in curves), default=0)
    size = max(1, -(-length // MOST_BANDS))
    bands = []
    for place in range(0, length, size):
        lines = [time_label(place * step_s)]
        for curve in curves:
            known = _known([curve.values[place : place + size]])
            if known:
                value = max(known) if curve.highest_of_stretch else _mean(known)
                lines.append(f"{curve.name}: {number_label(round(value, 2))} {unit}".rstrip())
        bands.append(
            Markup(
                '<rect class="band" x="{:.2f}" y="0" width="{:.2f}" height="{}"><title>{}</title></rect>'
            ).format(place * WIDTH / length, size * WIDTH / length, HEIGHT, "\n".join(lines))
        )
    return Markup("").join(bands)
