"""Define the output formats of ``report``.

To add a format: write a module with a function ``render(report) -> dict[str, str]``, which returns the texts by file
name, and add a member to `ReportFormat`, whose value is the module's name. A test compares the two. A module is
imported when its format is requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.monitoring.evidence import Evidence
    from cdk_sagemaker_algorithm.monitoring.stack_operations import StackOperation
    from cdk_sagemaker_algorithm.reporting.prices import Prices


class ReportFormat(StrEnum):
    """An output format of ``report``."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationReport:
    """One algorithm, or those of a stack's last deployment, with everything that a report shows.

    Attributes:
        evidences: The algorithms with their logs and results; at least one.
        operation: The deployment; None without a stack.
        prices: Prices per instance-hour; None omits costs.
        console_links: Whether links to the AWS console work.
        options: End of suggested commands, such as `` --region eu-west-1``.
    """

    evidences: Sequence[Evidence]
    operation: StackOperation | None = None
    prices: Prices | None = None
    console_links: bool = True
    options: str = ""

    @property
    def name(self) -> str:
        """The name of the stack, or of the algorithm."""
        return self.evidences[0].seen.name if self.operation is None else self.operation.stack


def render(report: ValidationReport, output_format: ReportFormat) -> dict[str, str]:
    """Return the texts of a report by file name, each without a final line end."""
    module = import_module(f"{__name__}.{output_format.value}")
    texts: dict[str, str] = module.render(report)
    return texts
