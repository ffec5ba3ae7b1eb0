"""Format a diff report as annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.diff.findings import to_findings
from cdk_sagemaker_algorithm.reporting.formats import FindingFormat
from cdk_sagemaker_algorithm.reporting.formats import render as render_findings

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.diff.comparison import DiffReport
    from cdk_sagemaker_algorithm.diff.formats import Display


def render(report: DiffReport, _display: Display) -> str:
    """Return the report as annotations of GitHub Actions."""
    return render_findings(to_findings(report), FindingFormat.GITHUB)
