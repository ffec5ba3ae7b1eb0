"""Format findings as one JSON object; docs/findings-schema.json is its schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.reporting.envelope import envelope, to_text
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport


def render(report: FindingReport) -> str:
    """Return the report as JSON text."""
    return to_text(to_json(report))


def to_json(report: FindingReport) -> dict[str, Any]:
    """Return the report as a JSON object."""
    return envelope(
        report.kind,
        errors=report.count(Level.ERROR),
        warnings=report.count(Level.WARNING),
        findings=[_finding(finding) for finding in report.findings],
        notChecked=[
            {
                "check": unchecked.check,
                "subject": unchecked.subject or None,
                "reason": unchecked.reason,
                "followsFrom": unchecked.follows_from or None,
            }
            for unchecked in report.not_checked
        ],
        checked=list(report.checked),
        **report.data,
    )


def _finding(finding: Finding) -> dict[str, Any]:
    location = finding.location
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "subject": finding.subject or None,
        "path": finding.path or None,
        "file": location.file if location else None,
        "line": (location.line or None) if location else None,
        "column": (location.column or None) if location else None,
        "message": finding.message,
        "evidence": list(finding.evidence),
        "remedy": finding.remedy or None,
        "source": finding.source or None,
        "hours": finding.hours,
        **finding.details,
    }
