"""Determine the property that names an algorithm: an exact name, or a prefix that the handler completes."""

from __future__ import annotations

import re
from typing import Any

from cdk_sagemaker_algorithm.cdk.arguments import Arguments
from cdk_sagemaker_algorithm.model.tokens import is_unresolved
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.limits import PREFIX_LENGTH, is_algorithm_name


def name_property(arguments: Arguments, path: str, exact: str | None, prefix: str | None) -> dict[str, Any]:
    """Return the property that names the algorithm.

    Args:
        arguments: Collects problems.
        path: Construct path, from which a prefix is derived.
        exact: The ``algorithm_name`` argument.
        prefix: The ``algorithm_name_prefix`` argument.
    """
    if exact is not None and prefix is not None:
        arguments.fail("algorithm_name and algorithm_name_prefix are mutually exclusive; set only one")
    if exact is not None:
        return {resource_schema.ALGORITHM_NAME: exact}
    if prefix is not None and not (is_unresolved(prefix) or is_algorithm_name(prefix, PREFIX_LENGTH)):
        allowed = f"1 to {PREFIX_LENGTH} letters, digits and hyphens, starting and ending with a letter or digit"
        arguments.reject("algorithm_name_prefix", allowed, prefix)
        prefix = None
    return {resource_schema.ALGORITHM_NAME_PREFIX: _lower(prefix) if prefix else _prefix(path)}


def _lower(prefix: str) -> str:
    # SageMaker's responses do not agree on the case of ARNs; the handler makes a deploy-time value lower case.
    return prefix if is_unresolved(prefix) else prefix.lower()


def _prefix(path: str) -> str:
    """Return a prefix from the end of the construct path, which distinguishes algorithms better than the start."""
    return re.sub(r"[^A-Za-z0-9]+", "-", path)[-PREFIX_LENGTH:].strip("-").lower() or "algorithm"
