"""Format a run as one HTML file: findings, steps, metric curves, samples of data and results.

This module needs jinja2, which comes with the extra `[cli]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cdk_sagemaker_algorithm.containers.training_job import TrainingResult
from cdk_sagemaker_algorithm.model.display_text import counted, printable_lines, size_text
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.run import (
    NEVER_CHECKED,
    AlgorithmResult,
    training_summary,
    transform_summary,
)
from cdk_sagemaker_algorithm.reporting import FindingReport, Level
from cdk_sagemaker_algorithm.reporting.html_report.template_environment import html_environment
from cdk_sagemaker_algorithm.reporting.metric_plots import Plot, plot

_PACKAGE = "cdk_sagemaker_algorithm.preflight.html_report"
_SAMPLE_BYTES = 4096
_SAMPLE_LINES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSample:
    """The beginning of a result file.

    Attributes:
        name: The file's name.
        text: Its first lines.
    """

    name: str
    text: str
    size: str


def page(report: FindingReport, results: Sequence[AlgorithmResult], title: str) -> str:
    """Render the page.

    Args:
        results: The algorithms' results.
        title: Name of the assembly or file.
    """
    template = html_environment(_PACKAGE).get_template("preflight.html.j2")
    return template.render(
        title=title,
        report=report,
        counts=(counted(report.count(Level.ERROR), "error"), counted(report.count(Level.WARNING), "warning")),
        runs=[_view(run) for result in results for run in result.runs],
        never_checked=NEVER_CHECKED,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    run: ProfileRun
    training: str
    transform: str
    plots: tuple[Plot, ...]
    samples: tuple[ResultSample, ...]
    log: tuple[str, ...]


def _view(run: ProfileRun) -> _View:
    training, transform = run.training, run.transform
    return _View(
        run=run,
        training=training_summary(training) if training else "",
        transform=transform_summary(transform) if transform else "",
        plots=tuple(_plots(training)) if training else (),
        samples=tuple(_samples(run)),
        log=training.log.tail[-40:] if training else (),
    )


def _plots(training: TrainingResult) -> Iterator[Plot]:
    for series in training.metrics:
        drawn = plot(series.name, series.points, training.start_time)
        if drawn is not None:
            yield drawn


def _samples(run: ProfileRun) -> Iterator[ResultSample]:
    for file in run.transform.files[:3] if run.transform else ():
        if file.result is not None:
            yield ResultSample(name=f"{file.name}.out", text=_beginning(file.result), size=size_text(file.result_size))


def _beginning(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read(_SAMPLE_BYTES).decode(errors="replace")
    if "\0" in text:
        return "(binary)"
    return "\n".join(printable_lines(text).splitlines()[:_SAMPLE_LINES])
