"""Restore the types of values that CloudFormation delivers as strings."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

_BOOLEANS = {"true": True, "false": False}


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
    if type_name == "string":
        return _as_string(value)
    if not isinstance(value, str):
        return value
    if type_name == "boolean":
        return _BOOLEANS.get(value.strip().lower(), value)
    if type_name in ("integer", "long"):
        return _number(value, int)
    if type_name in ("float", "double"):
        return _number(value, float)
    return value


def _as_string(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _number(value: str, kind: type[int | float]) -> Any:
    try:
        return kind(value)
    except ValueError:
        return value
