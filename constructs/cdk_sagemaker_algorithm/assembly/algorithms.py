"""The algorithms of a template, with their definition, their settings and the policies of the stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack, construct_path, references
from cdk_sagemaker_algorithm.assembly.unresolved import tree
from cdk_sagemaker_algorithm.model.json_tree import Json, Tree, json_object
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE, VALIDATION_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One algorithm resource of a template.

    Attributes:
        stack: The stack that it is in; for a nested stack, the outermost one.
        nested_path: Logical IDs of the nested stacks that lead to it.
        logical_id: Its logical ID, which is its identity for CloudFormation.
        path: The construct path, or the logical ID where the template has no metadata.
        content: What CreateAlgorithm is told, in the handler's canonical form.
        settings: The other properties, in the same form.
        exists: Whether the resource's condition holds; None if only the deployment knows.
        condition: The condition's name and identity, if there is one.
        deletion_policy: What happens to it when it leaves the template.
        replace_policy: What happens to the old one when it is replaced.
        waits: The properties of the resources that wait for validation, in the same form.
        wait_ids: The logical IDs of these resources.
    """

    stack: Stack
    nested_path: tuple[str, ...]
    logical_id: str
    path: str
    content: Mapping[str, Tree]
    settings: Mapping[str, Tree]
    exists: bool | None = True
    condition: tuple[str, str] | None = None
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    waits: tuple[Mapping[str, Tree], ...] = field(default=())
    wait_ids: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Identifies the resource within its outermost stack."""
        return self.nested_path, self.logical_id

    @property
    def root(self) -> str:
        """The outermost construct of the path; empty without metadata."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def relative_path(self) -> str:
        """The construct path inside of the stack."""
        path = self.path.removeprefix(f"{self.stack.label}/")
        return path.partition("/")[2] if path == self.path and "/" in path else path

    @property
    def explicit_name(self) -> str:
        """The exact name that the user gave; empty where the name is generated."""
        return str(self.settings.get("AlgorithmName") or "")


def algorithms(stack: Stack) -> list[Algorithm]:
    """Find the algorithms of a stack and of its nested stacks.

    Args:
        stack: The stack.

    Returns:
        The algorithms, in the template's order; those whose condition cannot hold are left out.

    Raises:
        InputError: The template's values refer to each other without end, or take too much work to resolve.
    """
    try:
        return list(_algorithms(stack, stack, Resolver(stack), ()))
    except RecursionError as error:
        raise InputError(f"{stack.label}: its values refer to each other too deeply to be resolved") from error


def _algorithms(
    outermost: Stack, stack: Stack, resolver: Resolver, nested_path: tuple[str, ...]
) -> Iterator[Algorithm]:
    resources = {name: json_object(value) for name, value in json_object(stack.template.get("Resources")).items()}
    waiting = _waits(resources, resolver)
    for logical_id, resource in resources.items():
        condition = resource.get("Condition")
        exists = resolver.condition(condition) if isinstance(condition, str) else True
        if resource.get("Type") != ALGORITHM_TYPE or exists is False:
            continue
        path = construct_path(resource) or outermost.paths.get(logical_id) or "/".join((*nested_path, logical_id))
        own = resolver.with_own_children(_children(path, resources, outermost.paths))
        properties = canonical(json_object(own.resolve(resource.get("Properties"))))
        request = content(properties)
        deletion = str(resource.get("DeletionPolicy") or "Delete")
        yield Algorithm(
            stack=outermost,
            nested_path=nested_path,
            logical_id=logical_id,
            path=path,
            content=canonical(request),
            settings={name: value for name, value in properties.items() if name not in request},
            exists=exists,
            condition=(condition, resolver.condition_identity(condition)) if isinstance(condition, str) else None,
            deletion_policy=deletion,
            replace_policy=str(resource.get("UpdateReplacePolicy") or "Delete"),
            waits=tuple(waiting.get(logical_id, {}).values()),
            wait_ids=tuple(waiting.get(logical_id, ())),
        )
    for logical_id, nested in stack.nested.items():
        yield from _algorithms(outermost, nested, resolver.nested(logical_id, nested), (*nested_path, logical_id))


def _children(path: str, resources: Mapping[str, Mapping[str, Json]], paths: Mapping[str, str]) -> dict[str, str]:
    """The resources below an algorithm in the construct tree, by logical ID, with their path relative to it."""
    found: dict[str, str] = {}
    for logical_id, resource in resources.items():
        own = construct_path(dict(resource)) or paths.get(logical_id, "")
        if own.startswith(f"{path}/"):
            found[logical_id] = own.removeprefix(f"{path}/")
    return found


def _waits(resources: Mapping[str, Mapping[str, Json]], resolver: Resolver) -> dict[str, dict[str, Mapping[str, Tree]]]:
    """The waiting resources of each algorithm by logical ID, found along the chain of their AlgorithmName."""
    before: dict[str, str] = {}
    for name, resource in resources.items():
        if resource.get("Type") == VALIDATION_TYPE:
            previous = references(json_object(resource.get("Properties")).get("AlgorithmName"))
            before[name] = previous[0] if previous else ""
    found: dict[str, dict[str, Mapping[str, Tree]]] = {}
    for name in before:
        start, steps = name, 0
        while start in before and steps <= len(before):
            start, steps = before[start], steps + 1
        properties = tree(canonical(json_object(resolver.resolve(resources[name].get("Properties")))))
        found.setdefault(start, {})[name] = properties if isinstance(properties, dict) else {}
    return found
