"""Convert CreateAlgorithm JSON to dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TypeVar, cast

from cdk_sagemaker_algorithm.model import (
    data,
    definition,
    hyperparameters,
    inference,
    resources,
    training,
    transform,
    validation,
)
from cdk_sagemaker_algorithm.model.base import Structure
from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.shapes import Shape, shape

_MODULES = (data, definition, hyperparameters, inference, resources, training, transform, validation)

S = TypeVar("S", bound=Structure)


def from_api(structure: type[S], request: Mapping[str, object]) -> S:
    """Return a structure, and the structures inside it, as dataclasses.

    A structure inside that a dataclass cannot represent without loss (unknown, missing or null fields) stays a dict, so
    that rendering the result returns the same request.

    Args:
        structure: Class of the outermost structure.
        request: A dict of the API.

    Raises:
        ValueError: If the class cannot represent the outermost dict.
    """
    own = shape(structure.shape_name)
    misfits = _misfits(own, request)
    if misfits:
        raise ValueError(f"{own.name}: {'; '.join(misfits)}; its members are {', '.join(own.members)}")
    return structure(**_fields(own, request))


@cache
def structures() -> Mapping[str, type[Structure]]:
    """Return the model's dataclasses by the names of their API shapes."""
    return {
        item.shape_name: item
        for module in _MODULES
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, Structure) and item is not Structure
    }


def _fields(own: Shape, request: Mapping[str, object]) -> dict[str, object]:
    return {snake_case(member): _parsed(own.members[member], value) for member, value in request.items()}


def _parsed(own: Shape, value: object) -> object:
    if own.type == "structure" and isinstance(value, Mapping):
        request = cast("Mapping[str, object]", value)
        return request if _misfits(own, request) else structures()[own.name](**_fields(own, request))
    if own.member is not None and isinstance(value, list):
        return [_parsed(own.member, item) for item in cast("list[object]", value)]
    return value


def _misfits(own: Shape, request: Mapping[str, object]) -> list[str]:
    unknown = [f"no member is called {name!r}" for name in request if name not in own.members]
    missing = [f"{name} is missing" for name in own.members if name in own.required and name not in request]
    empty = [f"{name} is None" for name, value in request.items() if value is None]
    return unknown + missing + empty
