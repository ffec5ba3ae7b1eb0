"""The shapes of ``CreateAlgorithm``, read from the service model that ships with the handler.

The limits of the API (what is required, types, lengths, patterns, enums) come from here and from nowhere
else. Reading needs neither botocore nor the CDK.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_HANDLER_PACKAGE = "cdk_sagemaker_algorithm_provider"
_MODEL_FILE = Path("models/sagemaker/2017-07-24/service-2.json")

# The service answers these and refuses them in a request, although it models both with one shape.
RESPONSE_ONLY_MEMBERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"ResourceConfig": frozenset({"SelectedInstanceType", "SelectedInstanceCount"})}
)


@dataclass(frozen=True, eq=False)
class Shape:
    """A shape of the API, as a request may have it. There is one object for each name, so ``is`` compares.

    Attributes:
        name: The shape's name, such as ``TrainingSpecification``.
        type: ``structure``, ``list``, ``map``, ``string``, ``integer``, ``long`` or ``boolean``.
        required: Members that a structure must have.
        min: The least length, count or value; None when the service sets none.
        max: The greatest length, count or value; None when the service sets none.
        pattern: What a whole string must match, in Java's regular expressions; None when anything goes.
        enum: The strings allowed, in the service's order; empty when it is not an enum.
    """

    name: str
    type: str
    required: frozenset[str] = frozenset()
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()

    @cached_property
    def members(self) -> Mapping[str, Shape]:
        """A structure's members in the API's order, without those that only answers have."""
        refused = RESPONSE_ONLY_MEMBERS.get(self.name, frozenset())
        references = _shapes()[self.name].get("members", {})
        return MappingProxyType(
            {name: shape(reference["shape"]) for name, reference in references.items() if name not in refused}
        )

    @cached_property
    def member(self) -> Shape | None:
        """What a list holds; None for any other type."""
        return self._referenced("member")

    @cached_property
    def key(self) -> Shape | None:
        """The keys of a map; None for any other type."""
        return self._referenced("key")

    @cached_property
    def value(self) -> Shape | None:
        """The values of a map; None for any other type."""
        return self._referenced("value")

    def _referenced(self, role: str) -> Shape | None:
        reference = _shapes()[self.name].get(role)
        return None if reference is None else shape(reference["shape"])


@cache
def input_shape() -> Shape:
    """The shape of a whole CreateAlgorithm request."""
    return shape(_model()["operations"]["CreateAlgorithm"]["input"]["shape"])


@cache
def shape(name: str) -> Shape:
    """The shape of that name.

    Args:
        name: A shape's name in the service's model, such as ``TrainingSpecification``.

    Raises:
        KeyError: The model has no shape of that name.
    """
    raw = _shapes()[name]
    return Shape(
        name=name,
        type=raw["type"],
        required=frozenset(raw.get("required", ())),
        min=raw.get("min"),
        max=raw.get("max"),
        pattern=raw.get("pattern"),
        enum=tuple(raw.get("enum", ())),
    )


@cache
def model_path() -> Path:
    """Where the service model lies: inside the handler's package, which is found without being imported."""
    spec = find_spec(_HANDLER_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"the package {_HANDLER_PACKAGE!r} is not installed; it is part of cdk-sagemaker-algorithm, "
            "so installing that again brings it back",
            name=_HANDLER_PACKAGE,
        )
    return Path(spec.submodule_search_locations[0]) / _MODEL_FILE


@cache
def _model() -> dict[str, Any]:
    model: dict[str, Any] = json.loads(model_path().read_bytes())
    return model


def _shapes() -> dict[str, Any]:
    shapes: dict[str, Any] = _model()["shapes"]
    return shapes
