"""Select and run the output formats of the diff report.

To add a format: write a module with a function ``render(report, display) -> str``, and add a member to `Format` and a
row to `FORMATS`. A test compares the two. A module is imported when its format is requested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.diff.comparison import DiffReport
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
        Format.TEXT: "text for a terminal",
        Format.MARKDOWN: "a comment on a pull request",
        Format.JSON: "one JSON object (schema: docs/diff-schema.json)",
        Format.GITHUB: "annotations of GitHub Actions",
        Format.GITLAB: "GitLab Code Quality",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """Display options of a report.

    Attributes:
        prices: Prices per instance-hour; None omits prices.
        base: Display name of BASE, such as a commit; empty omits the name.
        head: Display name of HEAD, such as a commit; empty omits the name.
        color: Use terminal colors.
        width: Columns of the terminal; None does not wrap lines.
    """

    prices: Prices | None = None
    base: str = ""
    head: str = ""
    color: bool = False
    width: int | None = None


def render(report: DiffReport, output_format: Format, display: Display | None = None) -> str:
    """Return a report in an output format, without a final newline.

    Args:
        report: Result of `compare`.
        output_format: Output format.
        display: Display options. Default: no prices, names or colors.
    """
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(report, display or Display())
    return text
