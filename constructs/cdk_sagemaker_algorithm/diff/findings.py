"""Convert a diff report to findings, for annotations of pull requests and code quality reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_sagemaker_algorithm.diff.classify.change import Impact
from cdk_sagemaker_algorithm.diff.comparison import AlgorithmDiff, DiffReport
from cdk_sagemaker_algorithm.diff.replacement import PlannedAction
from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport, Level, NotChecked

_LEVELS: Final = {
    Impact.BREAKING: Level.ERROR,
    Impact.NEW_ARN: Level.WARNING,
    Impact.BEHAVIOR: Level.NOTE,
}


def to_findings(report: DiffReport) -> FindingReport:
    """Return the changes that a reviewer must see as findings.

    Rejected deployments and breaking changes are errors, new ARNs are warnings, behavior changes are notes. Changes
    that depend on deploy-time values are listed as not checked.
    """
    return FindingReport(
        kind="diff",
        findings=tuple(finding for entry in report.algorithms for finding in _findings(entry)),
        not_checked=tuple(unchecked for entry in report.algorithms for unchecked in _not_checked(entry)),
        checked=tuple(entry.path for entry in report.algorithms),
    )


def _findings(entry: AlgorithmDiff) -> Iterator[Finding]:
    if entry.action is PlannedAction.REJECT:
        message, *rest = entry.reasons
        yield Finding(
            rule="diff-deployment-rejected",
            level=Level.ERROR,
            message=message,
            subject=entry.path,
            remedy="\n".join(rest),
            hours=entry.waiting / 3600 if entry.waiting else None,
        )
    for change in entry.changes:
        level = _LEVELS.get(change.impact)
        if level is not None:
            proof = (f"accepted before: {change.counterexample}",) if change.counterexample else ()
            yield Finding(
                rule=f"diff-{change.impact.value}",
                level=level,
                message=change.text,
                subject=entry.path,
                path=change.path,
                evidence=(*((change.reason,) if change.reason else ()), *proof),
            )


def _not_checked(entry: AlgorithmDiff) -> Iterator[NotChecked]:
    if entry.action is PlannedAction.UNKNOWN:
        reason = "; ".join(entry.reasons) or "depends on deploy-time values"
        yield NotChecked(check="diff-unknown", reason=reason, subject=entry.path)
    for change in entry.changes:
        if change.impact is Impact.UNKNOWN:
            reason = f"{change.text} ({change.reason})" if change.reason else change.text
            yield NotChecked(check="diff-unknown", reason=reason, subject=entry.path)
