"""Find the construct in a cloud assembly that declares an algorithm by its exact name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cdk_sagemaker_algorithm.adoption.errors import AdoptionError
from cdk_sagemaker_algorithm.assembly.algorithms import DeclaredAlgorithm, algorithms
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.model.json_access import Tree
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import tag_map
from cdk_sagemaker_algorithm_provider.contract.resource_schema import TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Construct that can adopt an algorithm.

    Attributes:
        stack: Stack name.
        logical_id: Logical ID of the resource.
        path: Construct path.
        definition: Algorithm definition in canonical form.
        label: Construct path of the stack, as `cdk deploy` takes it.
        region: Region of the stack; empty if the assembly does not contain it.
        tags: Values by key of the tags that the construct sets.
    """

    stack: str
    logical_id: str
    path: str
    definition: Mapping[str, Tree]
    label: str = ""
    region: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def adopter(self) -> str:
        """Value of the tag that marks an algorithm for this construct."""
        return f"{self.stack}/{self.logical_id}"


def find_candidate(stacks: Iterable[Stack], name: str, *, stack: str = "", construct: str = "") -> Candidate:
    """Find the construct that declares an algorithm with an exact name.

    Args:
        stacks: Stacks of the app.
        name: Exact name, `algorithm_name` of the construct.
        stack: Name or construct path of the stack. Default: all stacks.
        construct: Path, end of the path, or logical ID of the construct. Default: all constructs.

    Raises:
        AdoptionError: If no construct or several constructs match, or the stack name is unknown before deployment.
    """
    app = list(stacks)
    chosen = [each for each in app if stack in ("", each.name, each.label)]
    if not chosen:
        labels = ", ".join(each.label for each in app) or "none"
        raise AdoptionError(f"no stack {stack!r} in the app; stacks: {labels}")
    there = [algorithm for each in chosen for algorithm in algorithms(each)]
    declared = [algorithm for algorithm in there if not construct or _is_called(algorithm, construct)]
    if not declared:
        what = f"no algorithm construct {construct!r}" if construct else "no algorithm construct"
        paths = ", ".join(algorithm.path for algorithm in there) or "none"
        raise AdoptionError(f"{what} in {stack or 'the app'}; constructs: {paths}")
    matches = [algorithm for algorithm in declared if algorithm.explicit_name == name]
    if not matches:
        names = "; ".join(f"{algorithm.path} has {_name_of(algorithm)}" for algorithm in declared)
        raise AdoptionError(
            f'no construct declares the exact name {name!r} ({names}); set algorithm_name="{name}" and synthesize again'
        )
    if len(matches) > 1:
        paths = ", ".join(algorithm.path for algorithm in matches)
        raise AdoptionError(
            f"{len(matches)} constructs declare {name!r}: {paths}; select one with --stack, --construct"
        )
    (algorithm,) = matches
    if algorithm.nested_path or not algorithm.stack.name:
        raise AdoptionError(
            f"{algorithm.path}: the stack name is unknown before deployment (nested stack or single template file); "
            "declare the algorithm in a stack that is not nested, and pass a cloud assembly"
        )
    return Candidate(
        stack=algorithm.stack.name,
        logical_id=algorithm.logical_id,
        path=algorithm.path,
        definition=algorithm.content,
        label=algorithm.stack.label,
        region=algorithm.stack.region or "",
        tags=tag_map(algorithm.settings.get(TAGS)),
    )


def _is_called(algorithm: DeclaredAlgorithm, construct: str) -> bool:
    path = algorithm.path.removesuffix("/Resource")
    return construct in (algorithm.logical_id, algorithm.path, path) or path.endswith(f"/{construct}")


def _name_of(algorithm: DeclaredAlgorithm) -> str:
    return repr(algorithm.explicit_name) if algorithm.explicit_name else "a generated name"
