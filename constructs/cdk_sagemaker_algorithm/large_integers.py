"""Integers that a template cannot carry as numbers."""

from __future__ import annotations

from typing import Any, Final, TypeGuard

#: JavaScript, which writes the template, rounds what is larger; the seed of ShuffleConfig may be.
_EXACT: Final = 2**53


def carried(content: dict[str, Any]) -> dict[str, Any]:
    """A rendered definition with its large integers as text, which is what CloudFormation delivers of every number."""
    return {name: value if type(value) is str else _carried(value) for name, value in content.items()}


def _carried(value: Any) -> Any:
    # A rendered definition is made of the built-in types, and nearly all of it is text.
    if _is_dict(value):
        return carried(value)
    if _is_list(value):
        return [item if type(item) is str else _carried(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value


def _is_dict(value: object) -> TypeGuard[dict[str, Any]]:
    return type(value) is dict


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return type(value) is list
