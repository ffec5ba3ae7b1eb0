"""Algorithms and their validations as lines for a terminal."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.monitoring.formats.screen import (
    DisplayOptions,
    algorithms_table,
    deployment_line,
    drawn,
    failures,
    print_screen,
)

if TYPE_CHECKING:
    from rich.console import Console

    from cdk_sagemaker_algorithm.monitoring.formats.status import Status


def render(status: Status, display: DisplayOptions, target: Console) -> str:
    """Return the lines."""
    return drawn(target, partial(_print, status, display, target))


def _print(status: Status, display: DisplayOptions, target: Console) -> None:
    if status.listed:
        target.print(algorithms_table(status.listed, time.time(), display), crop=False)
    elif status.listed is not None:
        target.out(
            f"there is no algorithm in {status.region}; choose another region or account with --region and --profile"
        )
    if status.operation is not None:
        why = failures(status.operation, status.snapshots, display)
        target.print(deployment_line(status.operation, display), *why, sep="\n", crop=False)
    for each in status.nameless:
        yet = " yet" if each.status.endswith("_IN_PROGRESS") else ""
        target.out(f"{each.label} is {each.status}: there is no algorithm{yet}")
    for position, seen in enumerate(status.snapshots):
        if position or status.operation is not None:
            target.print()
            target.rule(characters="─" if display.unicode else "-", style="dim")
            target.print()
        print_screen(target, seen, display)
