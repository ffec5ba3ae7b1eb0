"""What differs between an algorithm and a definition, as far as DescribeAlgorithm tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.model.json_tree import Tree
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ADDED_BY_DESCRIBE, WITHHELD_BY_DESCRIBE

_ADDED = frozenset(member for members in ADDED_BY_DESCRIBE.values() for member in members)
#: The names of the lists whose elements are the structure.
_ELEMENTS: Mapping[str, str] = {"InputDataConfig": "Channel"}
_NAMES = ("Name", "ChannelName", "MetricName", "ProfileName")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs.

    Attributes:
        path: Where it is in the definition.
        live: The algorithm's value; None where it has none.
        declared: The definition's value; None where it has none.
        undecided: Whether only a deployment knows the declared value.
    """

    path: str
    live: str | None
    declared: str | None
    undecided: bool = False


def differences(description: Mapping[str, Any], definition: Mapping[str, Tree]) -> list[Difference]:
    """The fields that differ between an algorithm and a definition.

    Args:
        description: The response of DescribeAlgorithm.
        definition: The definition in canonical form.
    """
    live = _leaves(unresolved.tree(canonical(content(description))), "")
    declared = _leaves(dict(definition), "")
    hidden = set(withheld(definition))
    found: list[Difference] = []
    for path in sorted(live.keys() | declared.keys()):
        one, other = live.get(path), declared.get(path)
        if path in hidden or (other is None and path.rpartition(".")[2] in _ADDED):
            continue
        equality = unresolved.compare(one, other)
        if equality is not Equality.EQUAL:
            found.append(
                Difference(
                    path=path,
                    live=one,
                    declared=None if other is None else unresolved.display(other),
                    undecided=equality is Equality.UNDECIDED,
                )
            )
    return found


def withheld(definition: Mapping[str, Tree]) -> list[str]:
    """The paths of a definition's fields that DescribeAlgorithm never returns.

    Args:
        definition: The definition in canonical form.
    """
    found = _withheld(definition.get("ValidationSpecification"), "ValidationSpecification", "")
    return sorted(found)


def _withheld(value: Tree | None, path: str, structure: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, child in enumerate(value):
            yield from _withheld(child, f"{path}[{_key(child, index)}]", structure)
    elif isinstance(value, dict):
        for name, child in value.items():
            if name in WITHHELD_BY_DESCRIBE.get(structure, ()):
                yield from _leaves(child, f"{path}.{name}")
            yield from _withheld(child, f"{path}.{name}", _ELEMENTS.get(name, name))


def _leaves(value: Tree, path: str) -> dict[str, str]:
    """The scalars of a tree by their paths; elements go by their names, because their order means nothing."""
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for name, child in value.items():
            found |= _leaves(child, f"{path}.{name}" if path else name)
        return found
    if isinstance(value, list):
        found = {}
        for index, child in enumerate(value):
            found |= _leaves(child, f"{path}[{_key(child, index)}]")
        return found
    return {path: value}


def _key(value: Tree, index: int) -> str:
    if isinstance(value, dict):
        for name in _NAMES:
            given = value.get(name)
            if isinstance(given, str):
                return given
    return str(index)
