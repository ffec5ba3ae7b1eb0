"""Access fields of API responses that can be absent, null or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


def structure(container: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """Return a structure field; empty if it is absent."""
    return cast("Mapping[str, Any]", container.get(member) or {})


def structures(container: Mapping[str, Any], *path: str) -> Sequence[Mapping[str, Any]]:
    """Return a list of structures; empty if a field of the path is absent.

    Args:
        container: Structure that contains the first field.
        path: Names of the fields.
    """
    *way, member = path
    for name in way:
        container = structure(container, name)
    return cast("Sequence[Mapping[str, Any]]", container.get(member) or ())
