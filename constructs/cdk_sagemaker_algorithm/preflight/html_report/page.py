"""Format a run as one HTML file: findings, steps, metric curves, samples of data and results.

This module needs jinja2, which comes with the extra `[cli]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from cdk_sagemaker_algorithm.containers.logs import MetricSeries, clean
from cdk_sagemaker_algorithm.model.display_text import size_text
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.run import (
    NEVER_CHECKED,
    AlgorithmResult,
    training_summary,
    transform_summary,
)
from cdk_sagemaker_algorithm.reporting import FindingReport, Level
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM

_WIDTH, _HEIGHT, _MARGIN = 360.0, 140.0, 24.0
_MOST_POINTS = 400
_SAMPLE_BYTES = 4096
_SAMPLE_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveDrawing:
    """A plot of a metric.

    Attributes:
        name: The metric's name.
        path: The line as SVG path data.
        end: The last point.
        last: The last value.
        low: The smallest value.
        high: The largest value.
        count: The number of values.
    """

    name: str
    path: str
    end: tuple[float, float]
    last: str
    low: str
    high: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSample:
    """The beginning of a result file.

    Attributes:
        name: The file's name.
        text: Its first lines.
        size: Its size.
    """

    name: str
    text: str
    size: str


def page(report: FindingReport, results: Sequence[AlgorithmResult], title: str) -> str:
    """Render the page.

    Args:
        report: The report.
        results: The algorithms' results.
        title: Name of the assembly or file.
    """
    environment = Environment(
        loader=PackageLoader("cdk_sagemaker_algorithm.preflight.html_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    return environment.get_template("preflight.html.j2").render(
        title=title,
        report=report,
        errors=report.count(Level.ERROR),
        warnings=report.count(Level.WARNING),
        runs=[_view(run) for result in results for run in result.runs],
        never_checked=NEVER_CHECKED,
        made_by=f"{PROGRAM} {version(PROGRAM)}",
        size=(_WIDTH, _HEIGHT),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    run: ProfileRun
    training: str
    transform: str
    curves: tuple[CurveDrawing, ...]
    samples: tuple[ResultSample, ...]
    log: tuple[str, ...]


def _view(run: ProfileRun) -> _View:
    training, transform = run.training, run.transform
    return _View(
        run=run,
        training=training_summary(training) if training else "",
        transform=transform_summary(transform) if transform else "",
        curves=tuple(curve(series) for series in training.metrics if series.points) if training else (),
        samples=tuple(_samples(run)),
        log=training.log.tail[-40:] if training else (),
    )


def curve(series: MetricSeries) -> CurveDrawing:
    """Draw a metric over the lines of the log.

    Args:
        series: The metric, with at least one value.
    """
    values = [value for _, value in series.points]
    step = max(1, len(values) // _MOST_POINTS)
    shown = [*values[::step], values[-1]] if step > 1 else values
    low, high = min(values), max(values)
    span = (high - low) or 1.0

    def place(index: int, value: float) -> tuple[float, float]:
        x = _MARGIN + (_WIDTH - 2 * _MARGIN) * (index / max(1, len(shown) - 1))
        y = _HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * ((value - low) / span if high > low else 0.5)
        return round(x, 1), round(y, 1)

    places = [place(index, value) for index, value in enumerate(shown)]
    return CurveDrawing(
        name=series.name,
        path="M" + "L".join(f"{x} {y}" for x, y in places),
        end=places[-1],
        last=f"{values[-1]:g}",
        low=f"{low:g}",
        high=f"{high:g}",
        count=len(values),
    )


def _samples(run: ProfileRun) -> Iterator[ResultSample]:
    for file in run.transform.files[:3] if run.transform else ():
        if file.result is not None:
            yield ResultSample(name=f"{file.name}.out", text=_beginning(file.result), size=size_text(file.result_size))


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(_SAMPLE_BYTES).decode(errors="replace")
    if "\0" in text:
        return "(binary)"
    return "\n".join(clean(line) for line in text.splitlines()[:_SAMPLE_LINES])
