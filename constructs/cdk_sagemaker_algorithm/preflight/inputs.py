"""Read the algorithms to run from a cloud assembly, a template or a CreateAlgorithm request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cdk_sagemaker_algorithm.assembly.algorithms import algorithms
from cdk_sagemaker_algorithm.assembly.assets import Assets, read_assets
from cdk_sagemaker_algorithm.assembly.errors import InputError
from cdk_sagemaker_algorithm.assembly.load import load
from cdk_sagemaker_algorithm.assembly.unresolved import display_tree, tree
from cdk_sagemaker_algorithm.model.json_access import structure, structures


@dataclass(frozen=True, slots=True, kw_only=True)
class AlgorithmInput:
    """An algorithm to run.

    Attributes:
        subject: Its construct path, or the name of its file.
        stack: The label of its stack.
        definition: The CreateAlgorithm definition; values known at deploy time only are written as `${Name}`.
        assets: The assets of its assembly.
        account: The account of its stack; a placeholder if it is not set.
        region: The region of its stack; a placeholder if it is not set.
    """

    subject: str
    stack: str
    definition: Mapping[str, Any]
    assets: Assets
    account: str = "000000000000"
    region: str = "us-east-1"

    @property
    def profiles(self) -> list[Mapping[str, Any]]:
        """The validation profiles."""
        return list(structures(self.definition, "ValidationSpecification", "ValidationProfiles"))

    @property
    def training_image(self) -> str:
        """The URI of the training image."""
        return str(structure(self.definition, "TrainingSpecification").get("TrainingImage") or "")

    @property
    def inference_images(self) -> list[str]:
        """The URIs of the inference images."""
        containers = structures(self.definition, "InferenceSpecification", "Containers")
        return [str(container.get("Image") or "") for container in containers]


def read_algorithms(path: Path, *, stack: str | None = None, algorithm: str | None = None) -> list[AlgorithmInput]:
    """Read the algorithms of an assembly, a template or a request.

    Args:
        path: The assembly's directory, or the file.
        stack: Label or name of a stack. Default: all.
        algorithm: Construct path of an algorithm, or its end. Default: all.

    Raises:
        InputError: If no algorithm matches.
        assembly.errors.InputError: If the path cannot be read.
    """
    found: list[AlgorithmInput] = []
    for item in load(path):
        if stack is not None and stack not in (item.label, item.name):
            continue
        assets = read_assets(item)
        for resource in algorithms(item):
            subject = path.name if item.name is None and path.is_file() else resource.path
            definition = cast("dict[str, Any]", display_tree(tree(resource.content)))
            found.append(
                AlgorithmInput(
                    subject=subject,
                    stack=item.label,
                    definition=definition,
                    assets=assets,
                    account=item.account or "000000000000",
                    region=item.region or "us-east-1",
                )
            )
    chosen = [item for item in found if algorithm is None or _matches(item.subject, algorithm)]
    if not chosen:
        names = ", ".join(item.subject for item in found) or "none"
        raise InputError(f"{path}: no algorithm matches --stack and --algorithm; found: {names}")
    return chosen


def _matches(subject: str, wanted: str) -> bool:
    return subject == wanted or subject.endswith(f"/{wanted}")
