"""Compare two validations: times, metrics and definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.model.display_text import number
from cdk_sagemaker_algorithm.model.json_access import structure, structures
from cdk_sagemaker_algorithm.monitoring.definition_tables import images, visible_to_buyers
from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot
from cdk_sagemaker_algorithm.monitoring.totals import cost, totals
from cdk_sagemaker_algorithm.reporting.prices import Prices, money
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of two validations.

    Attributes:
        what: Name of the value.
        before: Value in the earlier validation; `-` without a value.
        after: Value in the later validation.
        change: The difference; empty for values without a difference.
    """

    what: str
    before: str
    after: str
    change: str = ""


def compare(before: Snapshot, after: Snapshot, prices: Prices | None = None) -> tuple[Row, ...]:
    """Return times and metrics of two validations, and the differences of their definitions.

    Args:
        before: The earlier validation.
        after: The later one.
        prices: The prices; None if there are none.
    """
    return (
        Row(what="outcome", before=_outcome(before), after=_outcome(after)),
        *_times(before, after),
        *_costs(before, after, prices),
        *_metrics(before, after),
        *_differences(before, after),
    )


def _outcome(seen: Snapshot) -> str:
    return "passed" if seen.passed else "failed" if seen.failed else seen.status


def _times(before: Snapshot, after: Snapshot) -> Iterator[Row]:
    yield from _time("from creation to end", before.took, after.took)
    for kind in ("training", "transform"):
        yield from _time(f"{kind} job", _seconds(before, kind), _seconds(after, kind))


def _seconds(seen: Snapshot, kind: str) -> float | None:
    ended = [job for job in seen.jobs if job.kind == kind and job.ended is not None]
    return sum(job.seconds(seen.taken_at) for job in ended) if ended else None


def _time(what: str, before: float | None, after: float | None) -> Iterator[Row]:
    if before is None and after is None:
        return
    change = ""
    if before and after is not None:
        sign = "+" if after >= before else "-"
        change = f"{sign}{duration(abs(after - before))} ({100 * (after - before) / before:+.0f} %)"
    yield Row(what=what, before=_duration(before), after=_duration(after), change=change)


def _duration(seconds: float | None) -> str:
    return _NONE if seconds is None else duration(seconds)


def _costs(before: Snapshot, after: Snapshot, prices: Prices | None) -> Iterator[Row]:
    billed = [totals([seen]).billable for seen in (before, after)]
    if any(each is not None for each in billed):
        texts = [_NONE if each is None else str(each) for each in billed]
        yield Row(what="billable instance-seconds of training", before=texts[0], after=texts[1])
    if prices is not None:
        amounts = [cost([seen], prices).total for seen in (before, after)]
        texts = [_NONE if each is None else f"{money(each)} {prices.currency}" for each in amounts]
        yield Row(what="cost", before=texts[0], after=texts[1])


def _metrics(before: Snapshot, after: Snapshot) -> Iterator[Row]:
    training = structure(after.description, "TrainingSpecification")
    objectives = structures(training, "SupportedTuningJobObjectiveMetrics")
    better = {each["MetricName"]: str(each["Type"]) for each in objectives}
    old, new = _last_values(before), _last_values(after)
    for name in dict.fromkeys((*new, *old)):
        change = ""
        if name in old and name in new:
            difference = new[name] - old[name]
            grown = {"Maximize": "better", "Minimize": "worse"}.get(better.get(name, ""), "")
            fallen = {"Maximize": "worse", "Minimize": "better"}.get(better.get(name, ""), "")
            word = grown if difference > 0 else fallen if difference < 0 else ""
            change = f"{difference:+.6g}{f', {word}' if word else ''}"
        yield Row(what=f"metric {name}", before=_value(old, name), after=_value(new, name), change=change)


def _last_values(seen: Snapshot) -> dict[str, float]:
    return {metric.name: metric.value for job in seen.jobs for metric in job.metrics}


def _value(values: Mapping[str, float], name: str) -> str:
    return number(values[name]) if name in values else _NONE


def _differences(before: Snapshot, after: Snapshot) -> Iterator[Row]:
    old, new = _definition(before), _definition(after)
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            yield Row(what=name, before=old.get(name) or _NONE, after=new.get(name) or _NONE, change="differs")


def _definition(seen: Snapshot) -> dict[str, str]:
    description: Mapping[str, Any] = seen.description
    found = {f"{what} image": image for what, image in images(description)}
    found |= {f"{job.kind} instances": job.instances for job in seen.jobs}
    return found | dict(visible_to_buyers(description))
