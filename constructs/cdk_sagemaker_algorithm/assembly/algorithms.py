"""Extract the algorithms of a template, with definition, settings and policies."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile

from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack, construct_path, references
from cdk_sagemaker_algorithm.assembly.unresolved import tree
from cdk_sagemaker_algorithm.model.json_access import Json, Tree, json_object
from cdk_sagemaker_algorithm_provider.contract.canonical import canonical, content
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_NAME, ALGORITHM_TYPE, VALIDATION_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredAlgorithm:
    """One algorithm resource of a template.

    Attributes:
        stack: Stack of the algorithm; the outermost stack if stacks are nested.
        nested_path: Logical IDs of the nested stacks, outermost first.
        logical_id: Logical ID of the resource.
        path: Construct path, or the logical ID if the template contains no metadata.
        content: Definition, in canonical form.
        settings: All other properties, in canonical form.
        exists: Value of the resource's condition; None if it depends on deploy-time values.
        condition: Name and identity of the condition; None without condition.
        deletion_policy: DeletionPolicy of the resource.
        replace_policy: UpdateReplacePolicy of the resource.
        waits: Properties of the validation waits, in canonical form.
        wait_ids: Logical IDs of the validation waits.
        drift: What is wrong with the deployed algorithm, in a sentence without a period; empty if nothing is.
        adopted: Whether the stack has adopted the deployed algorithm, so that it gives it back instead of deleting it.
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
    drift: str = ""
    adopted: bool = False

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Identity of the resource within the outermost stack."""
        return self.nested_path, self.logical_id

    @property
    def root(self) -> str:
        """Outermost construct of the path; empty without metadata."""
        return self.path.partition("/")[0] if "/" in self.path else ""

    @property
    def relative_path(self) -> str:
        """Construct path relative to the stack."""
        path = self.path.removeprefix(f"{self.stack.label}/")
        return path.partition("/")[2] if path == self.path and "/" in path else path

    @property
    def explicit_name(self) -> str:
        """Exact name from `algorithm_name`; empty for a generated name."""
        return str(self.settings.get(ALGORITHM_NAME) or "")


def algorithms(stack: Stack) -> list[DeclaredAlgorithm]:
    """Return the algorithms of a stack and its nested stacks, in template order.

    Algorithms with a condition that is always false are omitted.

    Raises:
        InputError: If the values of the template form a cycle, or exceed the limits for resolving them.
    """
    try:
        return list(_algorithms(stack, stack, Resolver(stack), ()))
    except RecursionError as error:
        raise InputError(f"{stack.label}: cannot resolve its values: references are nested too deeply") from error


def _algorithms(
    outermost: Stack, stack: Stack, resolver: Resolver, nested_path: tuple[str, ...]
) -> Iterator[DeclaredAlgorithm]:
    resources = {name: json_object(value) for name, value in json_object(stack.template.get("Resources")).items()}
    waiting = _waits(resources, resolver)
    constructs = _construct_paths(resources, outermost.paths)
    for logical_id, resource in resources.items():
        condition = resource.get("Condition")
        exists = resolver.condition(condition) if isinstance(condition, str) else True
        if resource.get("Type") != ALGORITHM_TYPE or exists is False:
            continue
        path = construct_path(resource) or outermost.paths.get(logical_id) or "/".join((*nested_path, logical_id))
        own = resolver.with_own_children(_children(path, constructs))
        properties = canonical(json_object(own.resolve(resource.get("Properties"))))
        request = content(properties)
        deletion = str(resource.get("DeletionPolicy") or "Delete")
        yield DeclaredAlgorithm(
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
            drift=stack.drift.get(logical_id, ""),
            adopted=logical_id in stack.adopted,
        )
    for logical_id, nested in stack.nested.items():
        yield from _algorithms(outermost, nested, resolver.nested(logical_id, nested), (*nested_path, logical_id))


def _construct_paths(resources: Mapping[str, Mapping[str, Json]], paths: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the construct path and logical ID of each resource, sorted."""
    return sorted((construct_path(dict(resource)) or paths.get(name, ""), name) for name, resource in resources.items())


def _children(path: str, constructs: list[tuple[str, str]]) -> dict[str, str]:
    """Map the logical IDs of an algorithm's child constructs to their paths below the algorithm."""
    below = f"{path}/"
    start = bisect_left(constructs, (below, ""))
    children = takewhile(lambda construct: construct[0].startswith(below), islice(constructs, start, None))
    return {name: child.removeprefix(below) for child, name in children}


def _waits(resources: Mapping[str, Mapping[str, Json]], resolver: Resolver) -> dict[str, dict[str, Mapping[str, Tree]]]:
    """Return the validation waits of each algorithm by logical ID; AlgorithmName links them to a wait chain."""
    before: dict[str, str] = {}
    for name, resource in resources.items():
        if resource.get("Type") == VALIDATION_TYPE:
            previous = references(json_object(resource.get("Properties")).get(ALGORITHM_NAME))
            before[name] = previous[0] if previous else ""
    waits: dict[str, dict[str, Mapping[str, Tree]]] = {}
    for name in before:
        start, steps = name, 0
        while start in before and steps <= len(before):
            start, steps = before[start], steps + 1
        properties = tree(canonical(json_object(resolver.resolve(resources[name].get("Properties")))))
        waits.setdefault(start, {})[name] = properties if isinstance(properties, dict) else {}
    return waits
