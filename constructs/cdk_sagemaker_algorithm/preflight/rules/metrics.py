"""Rules for the metrics in the training log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.containers.logs import MetricSeries
from cdk_sagemaker_algorithm.model.display_text import counted
from cdk_sagemaker_algorithm.model.json_access import structures
from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.preflight.rules.rule import Citation, Hit, RunRule
from cdk_sagemaker_algorithm.reporting import Level

_OBJECTIVES: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ObjectiveStatusCounters.html"
_METRICS: Final = "https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-metrics-variables.html"
_DEFINITION: Final = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html"


def _series(run: ProfileRun) -> Iterator[tuple[str, MetricSeries, bool]]:
    """Return each metric of a training job that ended well, with its path and whether it is an objective."""
    training = run.training
    if training is None or training.failure is not None or training.stopped:
        return
    objectives = {
        str(item.get("MetricName"))
        for item in structures(run.definition, "TrainingSpecification", "SupportedTuningJobObjectiveMetrics")
    }
    for index, series in enumerate(training.metrics):
        yield f"TrainingSpecification.MetricDefinitions[{index}].Regex", series, series.name in objectives


def _missing(run: ProfileRun, *, objective: bool) -> Iterator[Hit]:
    for path, series, is_objective in _series(run):
        if is_objective is objective and not series.matches and series.groups is not None:
            training = run.training
            lines = training.log.last_words(4) if training else ()
            count = training.log.lines if training else 0
            kind = "objective metric" if objective else "metric"
            yield Hit(
                message=f"{kind} {series.name}: no line of the log matches '{series.regex}' ({counted(count, 'line')})",
                path=path,
                evidence=lines or ("the log is empty",),
            )


def _objective_missing(run: ProfileRun) -> Iterator[Hit]:
    return _missing(run, objective=True)


def _metric_missing(run: ProfileRun) -> Iterator[Hit]:
    return _missing(run, objective=False)


def _not_a_number(run: ProfileRun) -> Iterator[Hit]:
    for path, series, is_objective in _series(run):
        if series.not_numbers and series.groups:
            caught, line = series.not_numbers[0]
            yield Hit(
                message=f"metric {series.name}: the regex captures {caught!r}, which is not a number",
                path=path,
                evidence=(line,),
                level=None if is_objective and not series.points else Level.WARNING,
            )


def _groups(run: ProfileRun) -> Iterator[Hit]:
    for path, series, _ in _series(run):
        if series.matches and series.groups is not None and series.groups > 1:
            yield Hit(
                message=f"metric {series.name}: the regex has {series.groups} capture groups; the first is the value",
                path=path,
                evidence=(series.regex,),
            )


RULES: Final = (
    RunRule(
        id="objective-not-found",
        level=Level.ERROR,
        requirement="Training logs every metric that tuning jobs can use as objective",
        remedy="log a line that the regex finds, or correct the regex",
        source=Citation(_OBJECTIVES),
        check=_objective_missing,
    ),
    RunRule(
        id="metric-not-found",
        level=Level.WARNING,
        requirement="Training logs every metric of the definition",
        remedy="log a line that the regex finds, correct the regex, or remove the metric definition",
        source=Citation(_DEFINITION),
        check=_metric_missing,
    ),
    RunRule(
        id="metric-not-a-number",
        level=Level.ERROR,
        requirement="The capture group of a metric's regex finds a number",
        remedy="log the plain number, or move the group's end before units such as %",
        source=Citation(_METRICS),
        check=_not_a_number,
    ),
    RunRule(
        id="metric-two-groups",
        level=Level.WARNING,
        requirement="The regex of a metric has one capture group",
        remedy="write other groups as (?:…)",
        source=Citation(_METRICS, documented=False),
        check=_groups,
    ),
)
