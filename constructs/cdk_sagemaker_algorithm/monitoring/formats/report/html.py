"""Validations as HTML files that need no other file, one for each algorithm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.monitoring.formats.html_report.page import page

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.monitoring.formats.report import ValidationReport


def render(report: ValidationReport) -> dict[str, str]:
    """Return a page for each algorithm."""
    return {
        f"{each.seen.name}.html": page(
            each, console_links=report.console_links, options=report.options, prices=report.prices
        )
        for each in report.evidences
    }
