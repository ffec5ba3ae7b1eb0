"""Access JSON whose fields can be absent.

- `json_object`, `json_list`: JSON that anyone can have written, such as a template.
- `members`, `elements`, `text_of`, `child`: the canonical form of a definition, in which every scalar is a string.
- `structure`, `structures`, `strings`: responses of AWS and checked requests, whose types the API model guarantees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Any]
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


def structure(container: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the structure at the end of a chain of fields; empty if a field is absent."""
    for name in path:
        container = cast("Mapping[str, Any]", container.get(name) or {})
    return container


def structures(container: Mapping[str, Any], *path: str) -> Sequence[Mapping[str, Any]]:
    """Return the list of structures at the end of a chain of fields; empty if a field is absent."""
    *way, member = path
    return cast("Sequence[Mapping[str, Any]]", structure(container, *way).get(member) or ())


def strings(container: Mapping[str, Any], *path: str) -> Sequence[str]:
    """Return the list of strings at the end of a chain of fields; empty if a field is absent."""
    *way, member = path
    return cast("Sequence[str]", structure(container, *way).get(member) or ())
