"""Reconstruct a request from JSON or from a DescribeAlgorithm response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from cdk_sagemaker_algorithm.codegen.errors import ImportingError
from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import FINGERPRINT_TAG, TAG_PREFIX, tag_list
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ADDED_BY_DESCRIBE, WITHHELD_BY_DESCRIBE

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Imported:
    """A request, and how well it is known.

    Attributes:
        request: The CreateAlgorithm request; its name may be missing.
        live: Whether it was read from an algorithm that exists, which therefore holds the name.
        withheld: By structure, the fields that DescribeAlgorithm does not return.
        looked_up: By structure, the members that SageMaker adds where the request had none.
        fingerprint: The end of a name that this library generated; empty for an exact name.
    """

    request: Mapping[str, object]
    live: bool = False
    withheld: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    looked_up: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    fingerprint: str = ""

    @property
    def name(self) -> str:
        """The algorithm's name; empty if the request has none."""
        return str(self.request.get("AlgorithmName") or "")

    @property
    def stem(self) -> str:
        """The part of the name without the fingerprint."""
        return self.name.removesuffix(self.fingerprint).rstrip("-") or self.name


def from_request(request: Mapping[str, object]) -> Imported:
    """Read a CreateAlgorithm request or a DescribeAlgorithm response.

    Args:
        request: JSON with the API's names.

    Raises:
        ImportingError: If the JSON is neither.
    """
    if "AlgorithmArn" in request and "AlgorithmStatus" in request:
        return from_description(request)
    members = input_shape().members
    unknown = [name for name in request if name not in members]
    if unknown:
        raise ImportingError(
            f"{', '.join(map(repr, unknown))}: not a member of a CreateAlgorithm request, which has "
            f"{', '.join(members)}; import takes such a request, or a DescribeAlgorithm response"
        )
    if not isinstance(request.get("TrainingSpecification"), Mapping):
        raise ImportingError("TrainingSpecification is missing; a CreateAlgorithm request must have it")
    return Imported({name: value for name, value in request.items() if value is not None})


def from_description(description: Mapping[str, object], tags: Mapping[str, str] = _NO_TAGS) -> Imported:
    """Read a DescribeAlgorithm response.

    Args:
        description: Fields of the response.
        tags: Tags of the algorithm, which the response does not contain.
    """
    request = _known(input_shape(), description)
    own = {key: value for key, value in tags.items() if not key.startswith(("aws:", TAG_PREFIX))}
    fingerprint = tags.get(FINGERPRINT_TAG, "")
    if own:
        request["Tags"] = tag_list(own)
    return Imported(
        request, live=True, withheld=WITHHELD_BY_DESCRIBE, looked_up=ADDED_BY_DESCRIBE, fingerprint=fingerprint
    )


def _known(shape: Shape, answer: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields of a response that a request has, too."""
    return {
        name: _value(shape.members[name], value)
        for name, value in answer.items()
        if name in shape.members and value is not None
    }


def _value(shape: Shape, value: Any) -> object:
    if shape.type == "structure" and isinstance(value, Mapping):
        return _known(shape, cast("Mapping[str, Any]", value))
    if shape.member is not None and isinstance(value, list):
        member = shape.member
        return [_value(member, item) for item in cast("list[object]", value)]
    return value
