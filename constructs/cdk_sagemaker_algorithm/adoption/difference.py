"""Compare an existing algorithm, as returned by DescribeAlgorithm, with a definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.unresolved import Equality
from cdk_sagemaker_algorithm.model.json_access import Tree
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import TAG_PREFIX
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ADDED_BY_DESCRIBE, WITHHELD_BY_DESCRIBE

_ADDED = frozenset(member for members in ADDED_BY_DESCRIBE.values() for member in members)
#: Lists with element structures of another name.
_ELEMENTS: Mapping[str, str] = {"InputDataConfig": "Channel"}
_NAMES = ("Name", "ChannelName", "MetricName", "ProfileName")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Field that differs.

    Attributes:
        path: Path in the definition, or `Tags[KEY]`.
        live: Value of the existing algorithm; None if absent.
        declared: Value in the definition; None if absent.
        undecided: True if the declared value is a deploy-time value.
    """

    path: str
    live: str | None
    declared: str | None
    undecided: bool = False


def differences(description: Mapping[str, Any], definition: Mapping[str, Tree]) -> list[Difference]:
    """Return the fields that differ between an existing algorithm and a definition.

    Args:
        description: Response of DescribeAlgorithm.
        definition: Algorithm definition in canonical form.
    """
    live = _leaves(unresolved.tree(canonical(content(description))), "")
    declared = _leaves(dict(definition), "")
    hidden = set(withheld(definition))
    fields: list[Difference] = []
    for path in sorted(live.keys() | declared.keys()):
        one, other = live.get(path), declared.get(path)
        if path in hidden or (other is None and path.rpartition(".")[2] in _ADDED):
            continue
        equality = unresolved.compare(one, other)
        if equality is not Equality.EQUAL:
            fields.append(
                Difference(
                    path=path,
                    live=one,
                    declared=None if other is None else unresolved.display(other),
                    undecided=equality is Equality.UNDECIDED,
                )
            )
    return fields


def tag_differences(live: Mapping[str, str], declared: Mapping[str, str]) -> list[Difference]:
    """Return the tags of an existing algorithm that adoption changes; other tags of the algorithm stay.

    Args:
        live: Tags of the algorithm.
        declared: Tags of the definition; tags of this library are ignored, as the handler ignores them.
    """
    return [
        Difference(
            path=f"Tags[{unresolved.display(key)}]",
            live=live.get(key),
            declared=unresolved.display(declared[key]),
            undecided=unresolved.compare(live.get(key), declared[key]) is Equality.UNDECIDED,
        )
        for key in sorted(declared)
        if not key.startswith(TAG_PREFIX) and live.get(key) != declared[key]
    ]


def withheld(definition: Mapping[str, Tree]) -> list[str]:
    """Return the paths of fields in a definition that DescribeAlgorithm never returns.

    Args:
        definition: Algorithm definition in canonical form.
    """
    return sorted(_withheld(definition.get("ValidationSpecification"), "ValidationSpecification", ""))


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
    """Map paths to scalars; list elements are identified by name, because their order has no meaning."""
    if isinstance(value, dict):
        leaves: dict[str, str] = {}
        for name, child in value.items():
            leaves |= _leaves(child, f"{path}.{name}" if path else name)
        return leaves
    if isinstance(value, list):
        leaves = {}
        for index, child in enumerate(value):
            leaves |= _leaves(child, f"{path}[{_key(child, index)}]")
        return leaves
    return {path: value}


def _key(value: Tree, index: int) -> str:
    if isinstance(value, dict):
        for name in _NAMES:
            text = value.get(name)
            if isinstance(text, str):
                return text
    return str(index)
