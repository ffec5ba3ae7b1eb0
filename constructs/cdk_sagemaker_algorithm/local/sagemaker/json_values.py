"""JSON objects as the API has them, where a member may be absent, null or empty."""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def structure(container: Json, member: str) -> Json:
    """A structure in a structure; empty if it is absent.

    Args:
        container: The structure around it.
        member: Its name.
    """
    return cast("Json", container.get(member) or {})


def structures(container: Json, *path: str) -> list[Json]:
    """A list of structures in a structure; empty if it, or something on the way to it, is absent.

    Args:
        container: The structure around it.
        path: The names that lead to it.
    """
    *way, member = path
    for name in way:
        container = structure(container, name)
    return cast("list[Json]", container.get(member) or [])
