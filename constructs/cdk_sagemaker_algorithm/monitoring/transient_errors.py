"""Classify AWS errors that a watch survives."""

from __future__ import annotations

from typing import Literal

from cdk_sagemaker_algorithm.account.credentials import LOGIN_CODES
from cdk_sagemaker_algorithm_provider.contract import aws_errors

ErrorKind = Literal["credentials", "throttling", "connection"]

# Wrong settings are permanent errors.
_LASTING = frozenset({"NoCredentialsError", "NoRegionError", "PartialCredentialsError", "ProfileNotFound"})


def kind_of(error: Exception) -> ErrorKind | None:
    """Return the kind of a transient error.

    Args:
        error: Error of a call.

    Returns:
        The kind; None for permanent errors.
    """
    if not aws_errors.is_aws(error):
        return None
    code = aws_errors.code(error)
    if code in LOGIN_CODES:
        return "credentials"
    if aws_errors.is_throttled(error):
        return "throttling"
    return "connection" if aws_errors.is_transient(error) and code not in _LASTING else None
