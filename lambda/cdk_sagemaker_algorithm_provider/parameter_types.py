"""Restore the types of values that CloudFormation delivers as strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cdk_sagemaker_algorithm_provider.contract import canonical
from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

_CONVERSIONS: Mapping[str, Callable[[str], bool | int | float]] = {
    "boolean": lambda text: {"true": True, "false": False}[text.strip().lower()],
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}


def typed(value: Any, shape: Any) -> Any:
    """Return the value with the types of botocore's `shape`.

    Unsuitable values stay unchanged, and botocore's validation names them.
    """
    if shape.type_name == "structure" and is_object(value):
        members = shape.members
        return {
            name: typed(child, members[name]) if name in members else child
            for name, child in value.items()
            if child is not None
        }
    if shape.type_name == "map" and is_object(value):
        return {key: typed(child, shape.value) for key, child in value.items()}
    if shape.type_name == "list" and is_array(value):
        return [typed(child, shape.member) for child in value]
    return _typed_scalar(value, shape.type_name)


def _typed_scalar(value: Any, type_name: str) -> Any:
    if type_name == "string" and isinstance(value, bool | int | float):
        return canonical.scalar(value)
    convert = _CONVERSIONS.get(type_name)
    try:
        return convert(value) if convert and isinstance(value, str) else value
    except (KeyError, ValueError):
        return value
