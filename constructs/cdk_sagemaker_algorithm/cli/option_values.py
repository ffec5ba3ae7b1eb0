"""Checks of option values that several commands share."""

from __future__ import annotations

import math

from cdk_sagemaker_algorithm.cli.errors import CliError
from cdk_sagemaker_algorithm.cli.exit_statuses import USAGE


def positive(option: str, value: float) -> float:
    """Return a value of an option.

    Args:
        option: Name of the option, such as ``--duration``.
        value: Value of the option.

    Raises:
        CliError: If the value is not a finite number above 0.
    """
    if not (math.isfinite(value) and value > 0):
        raise CliError(f"{option} {value:g}: expected a number above 0", exit_status=USAGE)
    return value
