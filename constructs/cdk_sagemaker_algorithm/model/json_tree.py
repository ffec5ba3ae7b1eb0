"""Typed access to JSON and to the canonical form, in which every scalar is a string."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"


def json_object(value: object) -> dict[str, Json]:
    """Return the value if it is an object, otherwise an empty object."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def json_list(value: object) -> list[Json]:
    """Return the value if it is a list, otherwise an empty list."""
    return cast("list[Json]", value) if isinstance(value, list) else []


def members(tree: Tree | None) -> Mapping[str, Tree]:
    """Return the fields of a structure; empty for other values."""
    return tree if isinstance(tree, dict) else {}


def elements(tree: Tree | None) -> Sequence[Tree]:
    """Return the elements of a list; empty for other values."""
    return tree if isinstance(tree, list) else []


def text_of(tree: Tree | None, default: str = "") -> str:
    """Return a scalar, or the default for other values."""
    return tree if isinstance(tree, str) else default


def child(tree: Tree | None, *names: str) -> Tree | None:
    """Return the field at the end of a chain of names, or None."""
    for name in names:
        tree = members(tree).get(name)
    return tree
