"""Read values of a definition, typed or as CloudFormation's strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(value: Any) -> str:
    """Write a scalar the way CloudFormation delivers it.

    Args:
        value: The scalar.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def integer(structure: Mapping[str, Any], member: str) -> int | None:
    """Read an integer; None if it is absent.

    Args:
        structure: The structure that contains it.
        member: Its name.
    """
    value = structure.get(member)
    return None if value is None else int(text(value))


def flag(structure: Mapping[str, Any], member: str) -> bool:
    """Read a Boolean; False if it is absent.

    Args:
        structure: The structure that contains it.
        member: Its name.
    """
    return text(structure.get(member) or False) == "true"
