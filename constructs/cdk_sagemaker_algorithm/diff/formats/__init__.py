"""Output formats of the diff report.

To add a format: write a module with a function ``render(report, display) -> str``, and add a member to `Format` and a
row to `FORMATS`. A test holds the two equal. A module is imported when its format is requested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.diff.report import Report
    from cdk_sagemaker_algorithm.reporting.prices import Prices


class Format(StrEnum):
    """An output format."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"


FORMATS: Mapping[Format, str] = MappingProxyType(
    {
        Format.TEXT: "lines for people",
        Format.MARKDOWN: "a comment on a pull request",
        Format.JSON: "one JSON object; docs/diff-schema.json describes it",
        Format.GITHUB: "annotations of GitHub Actions",
        Format.GITLAB: "GitLab Code Quality",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How a report is written.

    Attributes:
        prices: What instance-hours cost; None leaves money out.
        base: What to call BASE, such as a commit; empty leaves it out.
        head: What to call HEAD, such as a commit.
        color: Whether a terminal's colors are used.
        width: The columns of the terminal; None leaves lines whole.
    """

    prices: Prices | None = None
    base: str = ""
    head: str = ""
    color: bool = False
    width: int | None = None


def render(report: Report, output_format: Format, display: Display | None = None) -> str:
    """Return a report in a format, without a final line end.

    Args:
        report: The report.
        output_format: The format.
        display: How to write it; default: without money, names and colors.
    """
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(report, display or Display())
    return text
