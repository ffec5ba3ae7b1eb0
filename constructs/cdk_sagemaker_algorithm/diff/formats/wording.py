"""The sentences that all outputs share."""

from __future__ import annotations

from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.replacement import Verdict
from cdk_sagemaker_algorithm.diff.report import AlgorithmDiff, Report
from cdk_sagemaker_algorithm.diff.validation_cost import Job, ValidationCost, hours_text
from cdk_sagemaker_algorithm_provider.contract.durations import duration

_COUNTED: Final = {
    Verdict.REFUSED: "refused by the deployment",
    Verdict.REPLACED: "replaced and revalidated",
    Verdict.REMOVED: "removed",
    Verdict.UNDECIDED: "undecided",
    Verdict.CREATED: "created",
    Verdict.CHANGED_IN_PLACE: "changed in place",
    Verdict.UNCHANGED: "unchanged in effect",
}
_IMPACTS: Final = {
    Impact.BREAKING: "breaking for those who use it",
    Impact.UNDECIDED: "undecided offline",
    Impact.BEHAVIOR: "behavior changes, nothing breaks",
    Impact.COMPATIBLE: "compatible",
    Impact.DOCUMENTATION: "documentation only",
    Impact.VALIDATION: "validation only",
    Impact.NONE: "no effect on those who use it",
}
_RESTLESS: Final = (Verdict.REPLACED, Verdict.REMOVED, Verdict.UNDECIDED, Verdict.REFUSED)


def headline(report: Report) -> str:
    """The whole report in one line, the worst first."""
    if not report.algorithms:
        return "no SageMaker algorithms in either"
    counts = [f"{report.count(verdict)} {words}" for verdict, words in _COUNTED.items() if report.count(verdict)]
    line = ", ".join(counts)
    if any(entry.changes or entry.verdict in _RESTLESS for entry in report.algorithms):
        line += f"; {_IMPACTS[report.impact]}"
    if any(entry.cost is not None and entry.cost.jobs for entry in report.algorithms):
        line += f"; validation {_total(report)}"
    return line


def _total(report: Report) -> str:
    hours = f"at most {hours_text(report.instance_hours)} instance-hours"
    if report.limited:
        return hours
    return f"{hours}, and jobs without a limit" if report.instance_hours else "without a limit"


def impact_words(entry: AlgorithmDiff) -> str:
    """What an algorithm's changes come to for its consumers."""
    if not entry.changes and entry.verdict in (Verdict.CREATED, Verdict.UNCHANGED):
        return ""
    return "" if entry.impact is Impact.NONE else entry.impact.label


def job_line(job: Job) -> str:
    """A job, where it runs and for how long."""
    instances = " + ".join(machine.text for machine in job.instances)
    line = f"{job.kind} job of profile {job.profile} on {instances}"
    if job.max_runtime is not None:
        line += f", at most {duration(job.max_runtime)}"
    if job.instance_hours is not None:
        line += f": {hours_text(job.instance_hours)} instance-hours"
    return line + (f" ({'; '.join(job.notes)})" if job.notes else "")


def cost_line(entry: AlgorithmDiff, cost: ValidationCost) -> str:
    """What an algorithm's validation comes to."""
    if not cost.jobs:
        return "no validation profile, so no jobs are run"
    return f"{'would run, ' if entry.verdict is Verdict.UNDECIDED else ''}{cost.text}"
