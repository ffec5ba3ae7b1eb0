"""Types for what CloudFormation delivers as strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

_BOOLEANS = {"true": True, "false": False}


def typed(value: Any, shape: Any) -> Any:
    """The value with the types that botocore's `shape` asks for.

    What does not fit stays as it is: botocore's own check then says which member is wrong.
    """
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members = shape.members
        return {
            name: typed(child, members[name]) if name in members else child
            for name, child in cast("Mapping[str, Any]", value).items()
            if child is not None
        }
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: typed(child, shape.value) for key, child in cast("Mapping[str, Any]", value).items()}
    if shape.type_name == "list" and isinstance(value, Sequence) and not isinstance(value, str):
        return [typed(child, shape.member) for child in cast("Sequence[Any]", value)]
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
