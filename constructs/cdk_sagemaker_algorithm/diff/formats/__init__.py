"""Select and run the output formats of the diff report.

To add a format: write a module with a function ``render(report, display) -> str``, and add a member to `DiffFormat`,
whose value is the module's name. A test compares the two. A module is imported when its format is requested.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.diff.comparison import DiffReport
    from cdk_sagemaker_algorithm.reporting.prices import Prices


class DiffFormat(StrEnum):
    """An output format."""

    TEXT = "text"
    #: A comment on a pull request.
    MARKDOWN = "markdown"
    #: One JSON object; docs/diff-schema.json describes it.
    JSON = "json"
    #: Annotations of GitHub Actions.
    GITHUB = "github"
    #: GitLab Code Quality.
    GITLAB = "gitlab"


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


def render(report: DiffReport, output_format: DiffFormat, display: Display | None = None) -> str:
    """Return a report in an output format, without a final newline.

    Args:
        report: Result of `compare`.
        output_format: Output format.
        display: Display options. Default: no prices, names or colors.
    """
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(report, display or Display())
    return text
