"""Define the output formats of ``status``.

To add a format: write a module with a function ``render(status, display, target) -> str``, and add a member to
`StatusFormat`, whose value is the module's name. A test compares the two. A module is imported when its format is
requested.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from cdk_sagemaker_algorithm.monitoring.formats.screen import DisplayOptions
    from cdk_sagemaker_algorithm.monitoring.snapshot import Snapshot, Summary
    from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm, StackOperation


class StatusFormat(StrEnum):
    """An output format of ``status``."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Algorithms to show: those of the account, one, or those of a stack's last deployment.

    Attributes:
        snapshots: The algorithms with their validations.
        operation: The deployment; None without a stack.
        nameless: Algorithms of the deployment that have no name yet.
        listed: All algorithms of the account; None if one algorithm or a stack was requested.
        region: The region that was read.
    """

    snapshots: Sequence[Snapshot] = ()
    operation: StackOperation | None = None
    nameless: Sequence[DeployedAlgorithm] = ()
    listed: Sequence[Summary] | None = None
    region: str = ""


def render(status: Status, output_format: StatusFormat, display: DisplayOptions, target: Console) -> str:
    """Return the algorithms in a format, without a final line end.

    Args:
        status: The algorithms.
        display: Display options.
        target: Console that the text is for.
    """
    module = import_module(f"{__name__}.{output_format.value}")
    text: str = module.render(status, display, target)
    return text
