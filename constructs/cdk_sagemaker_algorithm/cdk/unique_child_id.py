"""IDs of children that a construct makes as it needs them."""

from __future__ import annotations

from itertools import count

from constructs import IConstruct


def free_id(scope: IConstruct, wanted: str) -> str:
    """An ID that no child of the scope has: the wanted one, or the wanted one with a number."""
    node = scope.node
    if node.try_find_child(wanted) is None:
        return wanted
    return next(f"{wanted}{number}" for number in count(2) if node.try_find_child(f"{wanted}{number}") is None)
