"""Integers that a template cannot carry as numbers."""

from __future__ import annotations

from typing import Any, Final

from cdk_sagemaker_algorithm_provider.plain import is_array, is_object

#: JavaScript, which writes the template, rounds what is larger; the seed of ShuffleConfig may be.
_EXACT: Final = 2**53


def carried(value: Any) -> Any:
    """The value with its large integers as text, which is what CloudFormation delivers of every number anyway."""
    if is_object(value):
        return {name: carried(child) for name, child in value.items()}
    if is_array(value):
        return [carried(child) for child in value]
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value
