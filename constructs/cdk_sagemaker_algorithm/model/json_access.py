"""Members of the API's answers, where a structure or a list may be absent, null or empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


def structure(container: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    """A structure in a structure; empty if it is absent.

    Args:
        container: The structure around it.
        member: Its name.
    """
    return cast("Mapping[str, Any]", container.get(member) or {})


def structures(container: Mapping[str, Any], *path: str) -> Sequence[Mapping[str, Any]]:
    """A list of structures; empty if it, or something on the way to it, is absent.

    Args:
        container: The structure around it.
        path: The names that lead to it.
    """
    *way, member = path
    for name in way:
        container = structure(container, name)
    return cast("Sequence[Mapping[str, Any]]", container.get(member) or ())
