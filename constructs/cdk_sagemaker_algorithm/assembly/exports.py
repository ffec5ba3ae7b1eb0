"""Read the exports of a stack, and the exports that it imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cdk_sagemaker_algorithm.assembly.intrinsics import Resolver
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.assembly.unresolved import display
from cdk_sagemaker_algorithm.model.json_access import Json, json_list, json_object

#: Logical IDs of the enclosing nested stacks, then of the resource.
Place = tuple[str, ...]
_IMPORT: Final = "Fn::ImportValue"


def exports(stack: Stack) -> dict[str, set[Place]]:
    """Map each export to the resources that provide its value, including resources of nested stacks.

    Args:
        stack: Stack with its nested stacks. Names of exports can contain deploy-time values, in display form.
    """
    return {output.export: output.sources for output in _outputs(stack, Resolver(stack), ()) if output.export}


class _Output(NamedTuple):
    """Output of a stack; `export` or `id` is empty if it has none that the outermost stack can use."""

    export: str
    sources: set[Place]
    id: str


def _outputs(stack: Stack, resolver: Resolver, around: Place) -> Iterator[_Output]:
    """Yield the outputs of a stack and of its nested stacks."""
    nested: dict[str, set[Place]] = {}
    for logical_id, inner in stack.nested.items():
        for output in _outputs(inner, resolver.nested(logical_id, inner), (*around, logical_id)):
            yield output._replace(id="")
            if output.id:
                nested[f"{logical_id}.Outputs.{output.id}"] = output.sources
    for name, value in json_object(stack.template.get("Outputs")).items():
        definition = json_object(value)
        sources: set[Place] = set()
        for reference in _references(definition.get("Value")):
            sources |= nested.get(reference, {(*around, reference.partition(".")[0])})
        export = json_object(definition.get("Export")).get("Name")
        yield _Output(display(str(resolver.resolve(export))) if export is not None else "", sources, name)


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


def imports(stack: Stack) -> set[str]:
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
