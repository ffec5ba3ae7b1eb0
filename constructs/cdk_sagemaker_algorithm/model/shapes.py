"""Read the shapes of ``CreateAlgorithm`` from the API model that ships with the handler.

The shapes contain the limits of the API: required fields, types, lengths, patterns, enums. Reading requires neither
botocore nor the CDK. `installed_input_shape` reads the shapes of an installed botocore, which can be newer.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
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


@dataclass(frozen=True, eq=False, kw_only=True)
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
    service: _ServiceModel = field(repr=False)

    @cached_property
    def members(self) -> Mapping[str, Shape]:
        """The fields of a structure in the API's order, without those of responses."""
        refused = RESPONSE_ONLY_MEMBERS.get(self.name, frozenset())
        references = self.service.shapes[self.name].get("members", {})
        names = [name for name in references if name not in refused]
        return MappingProxyType({name: self.service.shape(references[name]["shape"]) for name in names})

    @cached_property
    def member(self) -> Shape | None:
        """Shape of a list's elements; None for any other type."""
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
        reference = self.service.shapes[self.name].get(role)
        return None if reference is None else self.service.shape(reference["shape"])


class _ServiceModel:
    """A service model, read from one file."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.shapes: dict[str, Any] = raw["shapes"]
        self._input: str = raw["operations"]["CreateAlgorithm"]["input"]["shape"]
        self._read: dict[str, Shape] = {}

    @property
    def input_shape(self) -> Shape:
        """The shape of a whole CreateAlgorithm request."""
        return self.shape(self._input)

    def shape(self, name: str) -> Shape:
        """Return the shape with a name; one object for each."""
        known = self._read.get(name)
        if known is not None:
            return known
        raw = self.shapes[name]
        known = self._read[name] = Shape(
            name=name,
            type=raw["type"],
            required=frozenset(raw.get("required", ())),
            min=raw.get("min"),
            max=raw.get("max"),
            pattern=raw.get("pattern"),
            enum=tuple(raw.get("enum", ())),
            service=self,
        )
        return known


def input_shape() -> Shape:
    """Return the shape of a complete CreateAlgorithm request."""
    return _model().input_shape


def shape(name: str) -> Shape:
    """Return the shape with a name.

    Args:
        name: Shape in the API model, such as ``TrainingSpecification``.

    Raises:
        KeyError: If the model has no such shape.
    """
    return _model().shape(name)


@cache
def installed_input_shape() -> Shape | None:
    """Return the request's shape in an installed botocore; None if there is none.

    A newer botocore contains fields that SageMaker has added since this library's release.
    """
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "data" / "sagemaker" / "2017-07-24"
    for path, read in ((folder / "service-2.json.gz", gzip.decompress), (folder / "service-2.json", bytes)):
        if path.is_file():
            return _ServiceModel(json.loads(read(path.read_bytes()))).input_shape
    return None


@cache
def model_path() -> Path:
    """Return the path of the API model in the handler's package, without importing the package."""
    spec = find_spec(_HANDLER_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(
            f"the package {_HANDLER_PACKAGE!r} is not installed; it is part of cdk-sagemaker-algorithm, "
            "so installing that again brings it back",
            name=_HANDLER_PACKAGE,
        )
    return Path(spec.submodule_search_locations[0]) / _MODEL_FILE


@cache
def _model() -> _ServiceModel:
    return _ServiceModel(json.loads(model_path().read_bytes()))
