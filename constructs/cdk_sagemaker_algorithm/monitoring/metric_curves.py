"""Extract metrics from a training log with the regexes of the definition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from cdk_sagemaker_algorithm.model.json_access import structures
from cdk_sagemaker_algorithm.monitoring.job_logs import LogLine


@dataclass(frozen=True, slots=True)
class Curve:
    """The values of one metric over time.

    Attributes:
        name: The metric's name.
        points: Time, in seconds since 1970, and value, oldest first.
        better: `Maximize` or `Minimize` if tuning jobs may look for the best value, else empty.
    """

    name: str
    points: tuple[tuple[float, float], ...]
    better: str = ""

    @property
    def last(self) -> float | None:
        """The newest value; None if there is none."""
        return self.points[-1][1] if self.points else None


def curves(training: Mapping[str, Any], lines: Iterable[LogLine]) -> tuple[Curve, ...]:
    """Return the curve of every metric of a definition, those without a value included.

    Args:
        training: The algorithm's TrainingSpecification.
        lines: The log of its training job.
    """
    log = list(lines)
    objectives = structures(training, "SupportedTuningJobObjectiveMetrics")
    better = {each["MetricName"]: str(each["Type"]) for each in objectives}
    return tuple(
        Curve(each["Name"], tuple(_points(each["Regex"], log)), better.get(each["Name"], ""))
        for each in structures(training, "MetricDefinitions")
    )


def _points(regex: str, log: list[LogLine]) -> Iterable[tuple[float, float]]:
    try:
        pattern = re.compile(regex)
    except re.error:
        # SageMaker uses another regex dialect; syntax that Python rejects matches nothing here.
        return
    for line in log:
        for match in pattern.finditer(line.text):
            value = _number(match)
            if value is not None:
                yield line.time, value


def _number(match: re.Match[str]) -> float | None:
    try:
        value = float(match[1])
    except (IndexError, TypeError, ValueError):
        return None
    return value if isfinite(value) else None
