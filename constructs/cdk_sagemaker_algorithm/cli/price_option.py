"""Define the option ``--prices`` of all commands that show prices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE
from cdk_sagemaker_algorithm.reporting.prices import PriceFileError, Prices, load_prices

PriceFile = Annotated[
    Path | None,
    typer.Option("--prices", metavar="FILE", help="Show the validation cost with these prices.", show_default=False),
]


def read_prices(path: Path | None) -> Prices | None:
    """Read the prices of ``--prices``; None if it is not set.

    Args:
        path: The option's value.
    """
    if path is None:
        return None
    try:
        return load_prices(path)
    except PriceFileError as error:
        raise CliError(str(error), exit_status=USAGE) from error
