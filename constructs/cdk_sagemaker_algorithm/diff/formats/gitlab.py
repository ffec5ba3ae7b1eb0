"""Format a diff report as a GitLab Code Quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.diff.findings import to_findings
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat
from cdk_sagemaker_algorithm.reporting.formats import render as render_findings

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.diff.comparison import DiffReport
    from cdk_sagemaker_algorithm.diff.formats import Display


def render(report: DiffReport, _display: Display) -> str:
    """Return the report as a GitLab Code Quality report."""
    return render_findings(to_findings(report), FindingFormat.GITLAB)
