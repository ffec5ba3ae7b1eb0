"""Phrases shared by all output formats of the diff report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.diff.validation_cost import JobCost, ValidationCost, hours_text
from cdk_sagemaker_algorithm.reporting.prices import Amount, InstanceUse, Prices, amount
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: Meaning of each impact, for legends.
MEANINGS: Final = {
    Impact.BREAKING: "HEAD rejects requests that BASE accepts",
    Impact.NEW_ARN: "name and ARN change, and the old algorithm is deleted",
    Impact.UNKNOWN: "depends on deploy-time values",
    Impact.BEHAVIOR: "the same requests are accepted, but results can differ",
    Impact.COMPATIBLE: "all requests are accepted as before",
    Impact.DOCUMENTATION: "only descriptive text changes",
    Impact.VALIDATION: "only the validation by SageMaker changes",
    Impact.NONE: "no effect on consumers",
}
# After a number, in the order of the headline.
_COUNTED: Final = {
    PlannedAction.REJECT: "rejected",
    PlannedAction.REPLACE: "to replace and revalidate",
    PlannedAction.MOVED: "to move and revalidate",
    PlannedAction.DELETE: "to delete",
    PlannedAction.UNKNOWN: "unknown until deployment",
    PlannedAction.CREATE: "to create",
    PlannedAction.UPDATE_IN_PLACE: "to update in place",
    PlannedAction.NO_CHANGE: "without change",
}


def headline(report: DiffReport) -> str:
    """Summarize the report in one line: actions, consumer impacts, instance-hours, waiting time."""
    if not report.algorithms:
        return "no SageMaker algorithms in BASE or HEAD"
    parts = [
        ", ".join(f"{report.count(action)} {text}" for action, text in _COUNTED.items() if report.count(action)),
    ]
    if any(entry.changes for entry in report.algorithms):
        parts.append(f"consumers: {impact_text(report.impacts) or 'none'}")
    if any(entry.cost is not None and entry.cost.jobs for entry in report.algorithms):
        parts.append(f"validation {_total(report)}")
    if report.waiting:
        parts.append(f"the deployment waits up to {duration(report.waiting)}")
    return "; ".join(parts)


def _total(report: DiffReport) -> str:
    hours = f"up to {hours_text(report.instance_hours)}"
    if report.limited:
        return hours
    return f"{hours}, plus unbounded jobs" if report.instance_hours else "unbounded"


def impact_text(impacts: Iterable[Impact]) -> str:
    """Return the labels of impacts, without NONE."""
    return ", ".join(impact.label for impact in impacts if impact is not Impact.NONE)


def job_line(job: JobCost) -> str:
    """Describe a job with its instances and its maximum runtime."""
    instances = " + ".join(item.text for item in job.instances)
    line = f"{job.kind} job of profile {job.profile} on {instances}"
    if job.max_runtime is not None:
        line += f", up to {duration(job.max_runtime)}"
    if job.instance_hours is not None:
        line += f": {hours_text(job.instance_hours)}"
    return line + (f" ({'; '.join(job.notes)})" if job.notes else "")


def cost_line(entry: AlgorithmDiff, cost: ValidationCost) -> str:
    """Describe the validation cost of an algorithm in instance-hours."""
    if not cost.jobs:
        return "no validation profile, so no jobs run"
    return f"{'would run, ' if entry.action is PlannedAction.UNKNOWN else ''}{cost.text}"


def money(report: DiffReport, prices: Prices) -> Amount:
    """Return the maximum price of all validations of a report."""
    return amount(prices, (use for entry in report.algorithms for use in _uses(entry)))


def money_of(entry: AlgorithmDiff, prices: Prices) -> Amount:
    """Return the maximum price of the validation of an algorithm."""
    return amount(prices, _uses(entry))


def _uses(entry: AlgorithmDiff) -> Iterable[InstanceUse]:
    for job in entry.cost.jobs if entry.cost else ():
        for item in job.instances:
            is_bounded = job.max_runtime is not None and item.count is not None
            yield InstanceUse(
                kind=job.kind,
                instance_type=item.instance_type,
                hours=(item.count or 0) * (job.max_runtime or 0) / 3600 if is_bounded else None,
                instances=item.count or 1,
                region=entry.region,
            )
