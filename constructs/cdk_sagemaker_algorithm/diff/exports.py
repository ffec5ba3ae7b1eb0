"""Find exports that other stacks import: CloudFormation rejects a deployment that changes or deletes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm
from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import display
from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object

# Logical IDs of the enclosing nested stacks, then of the resource.
_Place = tuple[str, ...]
_IMPORT: Final = "Fn::ImportValue"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportInUse:
    """A value of an algorithm that another stack imports.

    Attributes:
        name: Name of the export.
        importer: Display name of the stack that imports the value in BASE.
        still_depends: True if the importer also imports from the algorithm's stack in HEAD. It is then deployed after
            the algorithm's stack; otherwise it can be deployed first.
        in_head: True if HEAD contains the importer.
    """

    name: str
    importer: str
    still_depends: bool
    in_head: bool


class Exports:
    """The exports of the stacks of BASE, and the stacks that import them."""

    def __init__(self, base: Sequence[Stack], head: Sequence[Stack]) -> None:
        """Read the exports and imports of both sides.

        Args:
            base: Deployed stacks.
            head: Stacks to deploy.
        """
        self._base = [(stack, _exports(stack), _imports(stack)) for stack in base]
        self._head = [(stack, set(_exports(stack)), _imports(stack)) for stack in head]

    def in_use(self, algorithm: DeclaredAlgorithm) -> list[ExportInUse]:
        """Return the exports of an algorithm that other stacks import, one entry per export and importer.

        Args:
            algorithm: An algorithm of BASE.
        """
        places = {(*algorithm.nested_path, name) for name in (algorithm.logical_id, *algorithm.wait_ids)}
        uses: list[ExportInUse] = []
        for producer, exports, _ in self._base:
            if not _same_stack(producer, algorithm.stack):
                continue
            names = [name for name, sources in exports.items() if places & sources]
            for importer, _, imports in self._base:
                if importer is not producer and _same_place(importer, producer):
                    uses += [self._use(name, producer, importer) for name in names if name in imports]
        return uses

    def _use(self, name: str, producer: Stack, importer: Stack) -> ExportInUse:
        exported = {name for stack, names, _ in self._head if _same_stack(stack, producer) for name in names}
        later = [imports for stack, _, imports in self._head if _same_stack(stack, importer)]
        return ExportInUse(
            name=name,
            importer=importer.name or importer.label,
            still_depends=any(imports & (exported | {name}) for imports in later),
            in_head=bool(later),
        )


def _same_stack(one: Stack, other: Stack) -> bool:
    return one.name == other.name if one.name and other.name else one.label == other.label or not one.name


def _same_place(one: Stack, other: Stack) -> bool:
    pairs = ((one.account, other.account), (one.region, other.region))
    return all(None in values or values[0] == values[1] for values in pairs)


def _exports(stack: Stack) -> dict[str, set[_Place]]:
    """Map each export to the resources that provide its value, including resources of nested stacks."""
    return {name: sources for name, sources, _ in _outputs(stack, Resolver(stack), ()) if name}


def _outputs(stack: Stack, resolver: Resolver, around: _Place) -> Iterator[tuple[str, set[_Place], str]]:
    """Yield export name (empty if none), source resources and output ID for all outputs, nested stacks included."""
    nested: dict[str, set[_Place]] = {}
    for logical_id, inner in stack.nested.items():
        for name, sources, output in _outputs(inner, resolver.nested(logical_id, inner), (*around, logical_id)):
            yield name, sources, ""
            if output:
                nested[f"{logical_id}.Outputs.{output}"] = sources
    for output, value in json_object(stack.template.get("Outputs")).items():
        definition = json_object(value)
        taken: set[_Place] = set()
        for reference in _references(definition.get("Value")):
            taken |= nested.get(reference, {(*around, reference.partition(".")[0])})
        export = json_object(definition.get("Export")).get("Name")
        yield display(str(resolver.resolve(export))) if export is not None else "", taken, output


def _references(value: Json) -> Iterator[str]:
    """Yield `Resource` or `Resource.Attribute` for every Ref, Fn::GetAtt and Fn::Sub in a value."""
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    for name, argument in json_object(value).items():
        if name == "Ref":
            yield str(argument)
        elif name == "Fn::GetAtt":
            yield argument if isinstance(argument, str) else ".".join(map(str, json_list(argument)))
        elif name == "Fn::Sub":
            text = argument if isinstance(argument, str) else str(next(iter(json_list(argument)), ""))
            yield from (part.partition("}")[0] for part in text.split("${")[1:])
            yield from _references(json_list(argument)[1:])
        else:
            yield from _references(argument)


def _imports(stack: Stack) -> set[str]:
    """Return the names of all exports that a stack and its nested stacks import."""
    names: set[str] = set()
    pending: list[tuple[Stack, Resolver]] = [(stack, Resolver(stack))]
    while pending:
        current, resolver = pending.pop()
        names |= {display(str(resolver.resolve(name))) for name in _imported(dict(current.template))}
        pending += [(inner, resolver.nested(name, inner)) for name, inner in current.nested.items()]
    return names


def _imported(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _imported(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == _IMPORT:
                yield item
            else:
                yield from _imported(item)


def in_use_reasons(uses: Sequence[ExportInUse], *, waits: str) -> tuple[str, ...]:
    """Explain why CloudFormation rejects the deployment, and what to do.

    Args:
        uses: Exports in use, at least one.
        waits: Time that the deployment waits for validation before the rejection, such as `1 h`; empty if it does not
            wait.
    """
    importers = dict.fromkeys(use.importer for use in uses)
    imports = " and ".join(
        f"stack {importer} imports {', '.join(use.name for use in uses if use.importer == importer)}"
        for importer in importers
    )
    late = f", here after up to {waits} of waiting for validation" if waits else ""
    fix = (
        f"to change the algorithm, weaken the reference in stack {', '.join(importers)} first: use "
        "cdk.Stack.consume_reference(algorithm.algorithm_arn, cdk.ReferenceStrength.BOTH) and deploy all stacks, then "
        "cdk.ReferenceStrength.WEAK and deploy again, then deploy this change"
    )
    return (f"{imports}: CloudFormation rejects a change of an export in use{late}", fix)
