"""Integers that a template cannot carry as numbers."""

from __future__ import annotations

from typing import Any, Final

#: JavaScript, which writes the template, rounds what is larger; the seed of ShuffleConfig may be.
_EXACT: Final = 2**53


def carried(content: dict[str, Any]) -> dict[str, Any]:
    """A rendered definition with its large integers as text, which is what CloudFormation delivers of every number."""
    return {name: value if type(value) is str else _carried(value) for name, value in content.items()}


def _carried(value: Any) -> Any:
    # A rendered definition is made of the built-in types, and nearly all of it is text.
    if isinstance(value, dict):
        members: dict[str, Any] = value
        return carried(members)
    if isinstance(value, list):
        items: list[Any] = value
        return [item if type(item) is str else _carried(item) for item in items]
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else value
