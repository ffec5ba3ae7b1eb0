"""Define the output formats of a finding report.

To add a format: write a module with a function ``render(report) -> str``, and add a member to `Format`, whose value is
the module's name, and a row to `FORMATS`. A test compares the two. A module is imported when its format is requested.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import FindingReport


class Format(StrEnum):
    """An output format."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"


FORMATS: Mapping[Format, str] = MappingProxyType(
    {
        Format.TEXT: "lines for people",
        Format.JSON: "one JSON object",
        Format.SARIF: "SARIF 2.1.0 for code scanning",
        Format.JUNIT: "JUnit XML for test reports",
        Format.GITHUB: "annotations of GitHub Actions",
        Format.GITLAB: "GitLab Code Quality",
        Format.MARKDOWN: "Markdown for comments",
    }
)


def render(report: FindingReport, output_format: Format) -> str:
    """Return a report in a format, without a final line end."""
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(report)
    return text
