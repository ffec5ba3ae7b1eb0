"""The sentences that all formats share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.diff.validation_cost import Job, ValidationCost, hours_text
from cdk_sagemaker_algorithm.reporting.prices import Amount, Prices, Use, amount
from cdk_sagemaker_algorithm_provider.contract.durations import duration

#: What each impact means, for legends.
MEANINGS: Final = {
    Impact.BREAKING: "requests that were accepted are rejected",
    Impact.NEW_ARN: "another name and ARN, the old algorithm is deleted",
    Impact.UNDECIDED: "depends on values that only the deployment knows",
    Impact.BEHAVIOR: "the same requests are accepted, with another result",
    Impact.COMPATIBLE: "all requests are accepted as before",
    Impact.DOCUMENTATION: "texts only",
    Impact.VALIDATION: "only how SageMaker validates it",
    Impact.NONE: "no effect on consumers",
}
_ORDER: Final = (
    Verdict.REFUSED,
    Verdict.REPLACED,
    Verdict.MOVED,
    Verdict.REMOVED,
    Verdict.UNDECIDED,
    Verdict.CREATED,
    Verdict.CHANGED_IN_PLACE,
    Verdict.UNCHANGED,
)


def headline(report: Report) -> str:
    """The whole report in one line: actions, all impacts, instance-hours, hours of waiting."""
    if not report.algorithms:
        return "no SageMaker algorithms in either"
    parts = [
        ", ".join(f"{report.count(verdict)} {verdict.label}" for verdict in _ORDER if report.count(verdict)),
    ]
    if any(entry.changes for entry in report.algorithms):
        parts.append(f"consumers: {impact_text(report.impacts) or 'no effect'}")
    if any(entry.cost is not None and entry.cost.jobs for entry in report.algorithms):
        parts.append(f"validation {_total(report)}")
    if report.waiting:
        parts.append(f"the deployment waits up to {duration(report.waiting)}")
    return "; ".join(parts)


def _total(report: Report) -> str:
    hours = f"at most {hours_text(report.instance_hours)} instance-hours"
    if report.limited:
        return hours
    return f"{hours}, and jobs without a limit" if report.instance_hours else "without a limit"


def impact_text(impacts: Iterable[Impact]) -> str:
    """Impacts as people name them, without those that no consumer notices."""
    return ", ".join(impact.label for impact in impacts if impact is not Impact.NONE)


def job_line(job: Job) -> str:
    """A job, its instances and its limit."""
    instances = " + ".join(item.text for item in job.instances)
    line = f"{job.kind} job of profile {job.profile} on {instances}"
    if job.max_runtime is not None:
        line += f", at most {duration(job.max_runtime)}"
    if job.instance_hours is not None:
        line += f": {hours_text(job.instance_hours)} instance-hours"
    return line + (f" ({'; '.join(job.notes)})" if job.notes else "")


def cost_line(entry: AlgorithmDiff, cost: ValidationCost) -> str:
    """What an algorithm's validation comes to in instance-hours."""
    if not cost.jobs:
        return "no validation profile, so no jobs are run"
    return f"{'would run, ' if entry.verdict is Verdict.UNDECIDED else ''}{cost.text}"


def money(report: Report, prices: Prices) -> Amount:
    """What all validations of a report cost at most."""
    return amount(prices, (use for entry in report.algorithms for use in _uses(entry)))


def money_of(entry: AlgorithmDiff, prices: Prices) -> Amount:
    """What an algorithm's validation costs at most."""
    return amount(prices, _uses(entry))


def _uses(entry: AlgorithmDiff) -> Iterable[Use]:
    for job in entry.cost.jobs if entry.cost else ():
        for item in job.instances:
            known = job.max_runtime is not None and item.count is not None
            yield Use(
                kind=job.kind,
                instance_type=item.instance_type,
                hours=(item.count or 0) * (job.max_runtime or 0) / 3600 if known else None,
                instances=item.count or 1,
                region=entry.region,
            )
