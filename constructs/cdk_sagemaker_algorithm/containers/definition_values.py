"""Values of a CreateAlgorithm definition, whether they come typed or as CloudFormation's strings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


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
        structure: The structure around it.
        member: Its name.
    """
    value = structure.get(member)
    return None if value is None else int(text(value))


def flag(structure: Mapping[str, Any], member: str) -> bool:
    """Read a Boolean; False if it is absent.

    Args:
        structure: The structure around it.
        member: Its name.
    """
    return text(structure.get(member) or False) == "true"


def child(structure: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a structure inside of a structure; empty if it is absent.

    Args:
        structure: The outer structure.
        names: The names that lead to it.
    """
    for name in names:
        structure = cast("Mapping[str, Any]", structure.get(name) or {})
    return structure


def children(structure: Mapping[str, Any], *names: str) -> Sequence[Mapping[str, Any]]:
    """Return a list of structures inside of a structure; empty if it is absent.

    Args:
        structure: The outer structure.
        names: The names that lead to it.
    """
    *parents, last = names
    return cast("Sequence[Mapping[str, Any]]", child(structure, *parents).get(last) or ())


def strings(structure: Mapping[str, Any], *names: str) -> Sequence[str]:
    """Return a list of strings inside of a structure; empty if it is absent.

    Args:
        structure: The outer structure.
        names: The names that lead to it.
    """
    *parents, last = names
    return cast("Sequence[str]", child(structure, *parents).get(last) or ())
