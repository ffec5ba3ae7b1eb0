"""Convert integers that a template cannot represent as numbers."""

from __future__ import annotations

from typing import Any, Final, TypeGuard

#: JavaScript, which writes the template, rounds larger integers.
_EXACT: Final = 2**53
#: Where the API takes such integers: the seed of a channel's ShuffleConfig, and no other.
_HOLDER: Final = "ValidationSpecification"


def carried(content: dict[str, Any]) -> dict[str, Any]:
    """Return a rendered definition with large integers as strings, as CloudFormation delivers numbers."""
    return {**content, _HOLDER: _carried(content[_HOLDER])} if _HOLDER in content else content


def _carried(value: Any) -> Any:
    # A rendered definition is made of the built-in types.
    if _is_dict(value):
        return {name: _carried(member) for name, member in value.items()}
    if _is_list(value):
        return [_carried(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


def _is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    return type(value) is dict


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return type(value) is list
