"""Typed access to JSON and to the canonical form, in which every scalar is a string."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"


def json_object(value: object) -> dict[str, Json]:
    """The value if it is an object, else an empty one."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def json_list(value: object) -> list[Json]:
    """The value if it is a list, else an empty one."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def members(tree: Tree | None) -> Mapping[str, Tree]:
    """The members of a structure; none where there is no structure."""
    return tree if isinstance(tree, dict) else {}


def elements(tree: Tree | None) -> Sequence[Tree]:
    """The elements of a list; none where there is no list."""
    return tree if isinstance(tree, list) else []


def text_of(tree: Tree | None, default: str = "") -> str:
    """The scalar, or the default where there is none."""
    return tree if isinstance(tree, str) else default


def child(tree: Tree | None, *names: str) -> Tree | None:
    """The member that a chain of names leads to, or None."""
    for name in names:
        tree = members(tree).get(name)
    return tree
