"""Compute SVG plots of metric curves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm_provider.contract.durations import duration

WIDTH = 360.0
HEIGHT = 216.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 66.0, 12.0, 10.0, 40.0
_MOST_POINTS = 400
# More marks than these would hide the line.
_MOST_MARKS = 40
_TICKS = 4
_ROUNDING = 1e-9
_NICE = (1, 2, 2.5, 5, 10)
# Seconds below which tenths of a second are shown.
_SHORT = 10

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis.

    Attributes:
        at: Position on the axis.
        label: Text of the mark.
    """

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A drawing of a curve in a box of WIDTH by HEIGHT.

    Attributes:
        name: The metric's name.
        summary: Description of the curve, for screen readers.
        path: The line, as SVG's path data.
        end: The last point, which is marked.
        marks: The other points, if they are few.
        x_ticks: Marks on the time axis.
        y_ticks: Marks on the value axis.
        box: Left, top, right and bottom of the area of the line.
    """

    name: str
    summary: str
    path: str
    end: tuple[float, float]
    marks: tuple[tuple[float, float], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    box: tuple[float, float, float, float] = (_LEFT, _TOP, WIDTH - _RIGHT, HEIGHT - _BOTTOM)


def plot(name: str, points: Points, start: float, *, better: str = "") -> Plot | None:
    """Draw a curve.

    Args:
        name: The metric's name.
        points: Times, in seconds since 1970, and values, oldest first.
        start: Start of the time axis.
        better: `Maximize` or `Minimize` if tuning jobs may look for the best value, else empty.

    Returns:
        The drawing; None if there is no value.
    """
    if not points:
        return None
    shown = [(time - start, value) for time, value in _thinned(points)]
    scale = _scale([value for _, value in points])
    low, high = scale[0], scale[-1]
    begin, end = min(0.0, shown[0][0]), max(shown[-1][0], 1.0)

    def place(time: float, value: float) -> tuple[float, float]:
        x = _LEFT + (time - begin) / (end - begin) * (WIDTH - _LEFT - _RIGHT)
        y = HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)
        return round(x, 1), round(y, 1)

    places = [place(*point) for point in shown]
    return Plot(
        name=name,
        summary=summary(points, better),
        path="M" + "L".join(f"{x} {y}" for x, y in places),
        end=places[-1],
        marks=tuple(places[:-1]) if len(places) <= _MOST_MARKS else (),
        x_ticks=tuple(Tick(place(time, low)[0], span(time)) for time in (begin, (begin + end) / 2, end)),
        y_ticks=tuple(Tick(place(begin, value)[1], number(value)) for value in scale),
    )


def summary(points: Points, better: str = "") -> str:
    """Return a description of a curve.

    Args:
        points: Times and values, oldest first.
        better: `Maximize` or `Minimize` if tuning jobs may look for the best value, else empty.
    """
    values = [value for _, value in points]
    if not values:
        return "no value was found in the log"
    if len(values) == 1:
        return f"one value, {number(values[0])}"
    best = {"Maximize": f", best {number(max(values))}", "Minimize": f", best {number(min(values))}"}
    first, last = number(values[0]), number(values[-1])
    return f"{len(values)} values, from {first} to {last}{best.get(better, '')}"


def span(seconds: float) -> str:
    """Return a duration like `duration`, with tenths of a second if it is short.

    Args:
        seconds: The duration in seconds.
    """
    return f"{max(0.0, seconds):.2g} s" if seconds < _SHORT else duration(seconds)


def _thinned(points: Points) -> list[tuple[float, float]]:
    """Reduce the points to the resolution of the plot, and keep the extremes."""
    if len(points) <= _MOST_POINTS:
        return list(points)
    stretch = math.ceil(len(points) / (_MOST_POINTS / 2))
    kept: list[tuple[float, float]] = []
    for begin in range(0, len(points), stretch):
        part = points[begin : begin + stretch]
        extremes = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
        kept += sorted(extremes)
    return [*kept, points[-1]]


def _scale(values: Sequence[float]) -> list[float]:
    """Return marks at round values, the first one below all values and the last one above."""
    low, high = min(values), max(values)
    if low == high:
        margin = abs(low) / 2 or 1.0
        low, high = low - margin, high + margin
    step = _step(low, high)
    # A quotient such as 13.999999 is a round value all the same.
    first = math.floor(low / step + _ROUNDING)
    last = math.ceil(high / step - _ROUNDING)
    digits = 12 - math.floor(math.log10(step))
    return [round(position * step, digits) for position in range(first, last + 1)]


def _step(low: float, high: float) -> float:
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in _NICE if factor * power >= rough * (1 - _ROUNDING))
