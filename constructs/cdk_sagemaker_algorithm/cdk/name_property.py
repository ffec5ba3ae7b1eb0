"""How an algorithm is called: exactly as the user says, or by a prefix that the handler completes."""

from __future__ import annotations

import re
from typing import Any, Final

from cdk_sagemaker_algorithm.model.tokens import is_unresolved
from cdk_sagemaker_algorithm_provider.contract.limits import PREFIX_LENGTH

_PREFIX: Final = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")


def name_property(path: str, exact: str | None, prefix: str | None) -> dict[str, Any]:
    """The property that names the algorithm.

    Args:
        path: The construct's path.
        exact: The exact name, if one is given.
        prefix: The beginning of a generated name, if one is given.

    Raises:
        ValueError: Both are given, or the prefix is none.
    """
    if exact is not None and prefix is not None:
        raise ValueError(f"{path}: algorithm_name and algorithm_name_prefix exclude each other, give one of them")
    if exact is not None:
        return {"AlgorithmName": exact}
    if prefix is not None and not (is_unresolved(prefix) or _is_prefix(prefix)):
        raise ValueError(
            f"{path}: algorithm_name_prefix is {prefix!r}, allowed are 1 to {PREFIX_LENGTH} letters, digits and "
            "hyphens, the first and the last no hyphen"
        )
    return {"AlgorithmNamePrefix": _lower(prefix) if prefix else _prefix(path)}


def _lower(prefix: str) -> str:
    # SageMaker's responses do not agree on the case of ARNs; the handler makes a deploy-time value lower case.
    return prefix if is_unresolved(prefix) else prefix.lower()


def _is_prefix(text: str) -> bool:
    return _PREFIX.fullmatch(text) is not None and len(text) <= PREFIX_LENGTH


def _prefix(path: str) -> str:
    """The construct's path as the beginning of a name: its end tells more than its beginning."""
    return re.sub(r"[^A-Za-z0-9]+", "-", path)[-PREFIX_LENGTH:].strip("-").lower() or "algorithm"
