"""Ask before changing resources of the account."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(question: str, *, yes: bool) -> None:
    """Ask, unless `--yes` is set.

    Args:
        question: Question about the change.
        yes: Whether `--yes` is set.

    Raises:
        CliError: The answer is no, or there is no terminal to ask on.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise CliError("this changes the algorithm's tags; add --yes where there is no terminal", exit_status=USAGE)
    if not typer.confirm(question, err=True):
        raise CliError("nothing was changed", exit_status=USAGE)
