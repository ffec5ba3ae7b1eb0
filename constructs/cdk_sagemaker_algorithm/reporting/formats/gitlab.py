"""Format findings as a GitLab Code Quality report."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cdk_sagemaker_algorithm.reporting.envelope import to_text
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport

_SEVERITIES = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}


def render(report: FindingReport) -> str:
    """Return a JSON list with one entry per finding."""
    return to_text([_entry(finding) for finding in report.findings])


def _entry(finding: Finding) -> dict[str, Any]:
    where = [part for part in (finding.subject, finding.path) if part]
    # GitLab requires a file. A finding without one is reported for the command's input.
    file = finding.location.file if finding.location else "cdk.out"
    line = (finding.location.line or 1) if finding.location else 1
    # Without the line, a finding that moves in its file keeps its fingerprint.
    identity = "\0".join([finding.rule, file, *where, finding.message])
    return {
        # GitLab shows the description alone.
        "description": ": ".join([*where, finding.message]) + (f"; fix: {finding.remedy}" if finding.remedy else ""),
        "check_name": finding.rule,
        "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
        "severity": _SEVERITIES[finding.level],
        "location": {"path": file, "lines": {"begin": line}},
    }
