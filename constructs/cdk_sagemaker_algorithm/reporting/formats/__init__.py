"""Define the output formats of a finding report.

To add a format: write a module with a function ``render(report) -> str``, and add a member to `FindingFormat`, whose
value is the module's name. A test compares the two. A module is imported when its format is requested.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import FindingReport


class FindingFormat(StrEnum):
    """An output format."""

    TEXT = "text"
    JSON = "json"
    #: SARIF 2.1.0 for code scanning.
    SARIF = "sarif"
    #: JUnit XML for test reports.
    JUNIT = "junit"
    #: Annotations of GitHub Actions.
    GITHUB = "github"
    #: GitLab Code Quality.
    GITLAB = "gitlab"
    #: Markdown for comments.
    MARKDOWN = "markdown"


def render(report: FindingReport, output_format: FindingFormat) -> str:
    """Return a report in a format, without a final line end."""
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(report)
    return text
