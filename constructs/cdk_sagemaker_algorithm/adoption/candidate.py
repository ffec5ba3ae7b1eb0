"""The construct that adopts an algorithm: found in a cloud assembly by the exact name that it declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdk_sagemaker_algorithm.adoption.errors import AdoptionError
from cdk_sagemaker_algorithm.assembly.algorithms import Algorithm, algorithms
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.json_tree import Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A construct that can adopt an algorithm.

    Attributes:
        stack: The stack's name at CloudFormation.
        logical_id: The logical ID of its resource.
        path: The construct's path.
        definition: Its definition in canonical form.
        tags: How many tags the definition sets.
    """

    stack: str
    logical_id: str
    path: str
    definition: Mapping[str, Tree]
    tags: int = 0

    @property
    def adopter(self) -> str:
        """The value of the tag that marks an algorithm for it."""
        return f"{self.stack}/{self.logical_id}"


def find_candidate(stacks: Iterable[Stack], name: str, *, stack: str = "", construct: str = "") -> Candidate:
    """Find the construct that declares an algorithm under its exact name.

    Args:
        stacks: The app's stacks.
        name: The algorithm's name.
        stack: Name or construct path of the stack; empty for any.
        construct: Path or logical ID of the construct, or the end of its path; empty for any.

    Raises:
        AdoptionError: There is none, or more than one.
    """
    declared = [
        each
        for each_stack in stacks
        if stack in ("", each_stack.name, each_stack.label)
        for each in algorithms(each_stack)
        if not construct or _is_called(each, construct)
    ]
    found = [each for each in declared if each.explicit_name == name]
    if not found:
        there = "; ".join(f"{each.path} has {_name_of(each)}" for each in declared) or "there are no algorithms"
        raise AdoptionError(
            f'no construct declares the exact name {name!r} ({there}); set algorithm_name="{name}" and synthesize again'
        )
    if len(found) > 1:
        paths = ", ".join(each.path for each in found)
        raise AdoptionError(f"{len(found)} constructs declare {name!r}: {paths}; choose one with --stack, --construct")
    (algorithm,) = found
    if algorithm.nested_path or not algorithm.stack.name:
        raise AdoptionError(
            f"{algorithm.path}: it is in a nested stack or in a template whose stack is not known, so the name of its "
            "stack is not known before a deployment; adopt it in a stack that is not nested"
        )
    tags = algorithm.settings.get("Tags")
    return Candidate(
        stack=algorithm.stack.name,
        logical_id=algorithm.logical_id,
        path=algorithm.path,
        definition=algorithm.content,
        tags=len(tags) if isinstance(tags, list) else 0,
    )


def _is_called(algorithm: Algorithm, construct: str) -> bool:
    path = algorithm.path.removesuffix("/Resource")
    return construct in (algorithm.logical_id, algorithm.path, path) or path.endswith(f"/{construct}")


def _name_of(algorithm: Algorithm) -> str:
    return repr(algorithm.explicit_name) if algorithm.explicit_name else "a generated name"
