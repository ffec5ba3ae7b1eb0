"""Narrow JSON values to objects and arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a value is a JSON object."""
    return isinstance(value, Mapping)


def is_array(value: Any) -> TypeGuard[Sequence[Any]]:
    """Return whether a value is a JSON array."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
