"""Typed view of a definition for rules.

Deploy-time values and masked fields are `UNKNOWN`, so that rules neither misread them nor report them twice. All other
values have the type of the API. Values that several rules need are computed once.
"""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

from cdk_sagemaker_algorithm.model.accepted_values import integer, number
from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdk_sagemaker_algorithm.model.paths import Path, Step

Node = dict[str, Any]


class _DeployTime(Enum):
    UNKNOWN = "unknown"


UNKNOWN: Final = _DeployTime.UNKNOWN


class _Opaque(dict[str, Any]):
    """A structure whose fields are unknown."""

    def get(self, *_: object) -> Any:
        """Return UNKNOWN for every field."""
        return UNKNOWN


_OPAQUE: Final = _Opaque()

RANGE_KINDS: Final = {
    "Integer": "IntegerParameterRangeSpecification",
    "Continuous": "ContinuousParameterRangeSpecification",
    "Categorical": "CategoricalParameterRangeSpecification",
}
_BOUNDS: Final = ("MinValue", "MaxValue")

_TRAINING: Path = ("TrainingSpecification",)
_PROFILES: Path = ("ValidationSpecification", "ValidationProfiles")


def is_structure(value: object) -> TypeGuard[Node]:
    """Return whether a value is a structure or map with known content."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Return whether a value is a list with known content."""
    return isinstance(value, list | tuple)


class Names(NamedTuple):
    """The names that a list declares.

    Attributes:
        known: The names that are not deploy-time values.
        complete: Whether the list contains no deploy-time values.
    """

    known: Mapping[str, Node]
    complete: bool

    def excludes(self, name: object) -> bool:
        """Return whether a name is certainly not declared."""
        return self.complete and isinstance(name, str) and name not in self.known


class Values(NamedTuple):
    """The values in a list of strings.

    Attributes:
        known: The values that are not deploy-time values.
        complete: Whether the list contains no deploy-time values.
        given: Whether the list is set and not empty.
    """

    known: tuple[str, ...]
    complete: bool
    given: bool

    def excludes(self, value: object) -> bool:
        """Return whether a value is certainly not in the list."""
        return self.complete and isinstance(value, str) and value not in self.known


class HyperParameter:
    """An entry of SupportedHyperParameters."""

    __slots__ = ("default", "greatest", "index", "least", "name", "range", "spec", "type", "values")

    def __init__(self, index: int, spec: Node) -> None:
        """Read a specification.

        Args:
            index: Position in the list, from 0.
            spec: A hyperparameter specification.
        """
        self.index = index
        self.spec = spec
        self.name: Any = spec.get("Name")
        self.type: Any = spec.get("Type")
        self.default: Any = spec.get("DefaultValue")
        self.range: Any = spec.get("Range")
        self.least: Decimal | int | None = None
        self.greatest: Decimal | int | None = None
        self.values: tuple[str, ...] | None = None
        if is_structure(self.range):
            self._read_range()

    def _read_range(self) -> None:
        kind = self.range.get(RANGE_KINDS.get(self.type, ""))
        if not is_structure(kind):
            return
        if self.type == "Categorical":
            values = read_values(kind, "Values")
            self.values = values.known if values.complete else None
            return
        read = integer if self.type == "Integer" else number
        least, greatest = kind.get("MinValue"), kind.get("MaxValue")
        self.least = read(least) if isinstance(least, str) else None
        self.greatest = read(greatest) if isinstance(greatest, str) else None

    @property
    def path(self) -> Path:
        """The path of the specification."""
        return (*_TRAINING, "SupportedHyperParameters", self.index)

    @property
    def numeric(self) -> bool:
        """Whether the values are numbers."""
        return self.type in {"Integer", "Continuous"}

    @property
    def bounded(self) -> bool:
        """Whether the range has numbers as bounds."""
        return self.least is not None or self.greatest is not None

    @property
    def is_empty(self) -> bool:
        """Whether no number is within the range."""
        return self.least is not None and self.greatest is not None and self.least > self.greatest

    @property
    def has_range(self) -> bool | None:
        """Whether a range is set; None if that is unknown."""
        if self.range is UNKNOWN:
            return None
        return bool(self.range)

    @property
    def bounds(self) -> Iterator[tuple[str, str]]:
        """Names and texts of the bounds of the range that matches the type."""
        kind = self.range.get(RANGE_KINDS.get(self.type, "")) if is_structure(self.range) else None
        if is_structure(kind) and self.numeric:
            for name in _BOUNDS:
                text: object = kind.get(name)
                if isinstance(text, str):
                    yield name, text

    def excludes(self, text: str) -> bool:
        """Return whether a number is certainly outside the range; False for other texts."""
        value = number(text)
        if value is None:
            return False
        below = self.least is not None and value < self.least
        return below or (self.greatest is not None and value > self.greatest)

    @property
    def range_in_words(self) -> str:
        """The range as text for messages."""
        return " to ".join(text for _, text in self.bounds)


class Profile:
    """A validation profile."""

    __slots__ = ("channels", "index", "job", "transform")

    def __init__(self, index: int, node: Node) -> None:
        """Read a profile.

        Args:
            index: Position in the list, from 0.
            node: A validation profile.
        """
        self.index = index
        self.job: Node = child(node, "TrainingJobDefinition")
        self.transform: Any = node.get("TransformJobDefinition")
        self.channels = items(self.job, "InputDataConfig")

    @property
    def path(self) -> Path:
        """The path of the profile."""
        return (*_PROFILES, self.index)

    @property
    def job_path(self) -> Path:
        """The path of the training job."""
        return (*_PROFILES, self.index, "TrainingJobDefinition")

    @property
    def transform_path(self) -> Path:
        """The path of the transform job."""
        return (*_PROFILES, self.index, "TransformJobDefinition")


class Definition:
    """A complete definition."""

    def __init__(
        self,
        request: Node,
        written: object,
        *,
        name_required: bool,
        deployment: Deployment = UNKNOWN_DEPLOYMENT,
    ) -> None:
        """Read a definition.

        Args:
            request: A CreateAlgorithm request with UNKNOWN in place of masked values.
            written: The request without masks.
            name_required: Whether the request must have a name; a construct generates it.
            deployment: Account, region and options of the deployment, if available.
        """
        self.deployment = deployment
        self.request = request
        self.written: Any = written
        self.name_required = name_required
        self.training: Node = child(request, "TrainingSpecification")
        self.inference: Any = request.get("InferenceSpecification")
        self.certify: bool = request.get("CertifyForMarketplace") is True
        self.hyper_parameters = [
            HyperParameter(index, spec) for index, spec in items(self.training, "SupportedHyperParameters")
        ]
        self.channels = items(self.training, "TrainingChannels")
        self.metrics = items(self.training, "MetricDefinitions")
        validation = child(request, "ValidationSpecification")
        self.profiles = [Profile(index, node) for index, node in items(validation, "ValidationProfiles")]

    @cached_property
    def hyper_parameters_by_name(self) -> dict[str, HyperParameter]:
        """The hyperparameters by name; of duplicates, the first."""
        return {
            parameter.name: parameter
            for parameter in reversed(self.hyper_parameters)
            if isinstance(parameter.name, str)
        }

    @cached_property
    def declared_hyper_parameters(self) -> Names:
        """The names of the hyperparameters that the specification declares."""
        return declared(self.training, "SupportedHyperParameters", "Name")

    @cached_property
    def declared_channels(self) -> Names:
        """The names of the channels that the specification declares."""
        return declared(self.training, "TrainingChannels", "Name")

    @cached_property
    def declared_metrics(self) -> Names:
        """The names of the metrics that the specification declares."""
        return declared(self.training, "MetricDefinitions", "Name")


def child(node: Node, name: str) -> Node:
    """Return a field that is a structure: empty if it is missing, opaque if it is unknown."""
    value: Any = node.get(name)
    if value is UNKNOWN:
        return _OPAQUE
    return value or {}


def items(node: Node, name: str) -> list[tuple[int, Node]]:
    """Return the structures of a list field with their indexes; unknown ones are skipped."""
    value: object = node.get(name)
    if not is_list(value):
        return []
    return [(index, item) for index, item in enumerate(value) if is_structure(item)]


def texts(node: Node, name: str) -> Iterator[tuple[int, str]]:
    """Yield the strings of a list field with their indexes; unknown ones are skipped."""
    value: object = node.get(name)
    if is_list(value):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield index, item


def declared(node: Node, name: str, key: str) -> Names:
    """Return the names that a list of structures declares.

    Args:
        node: Structure with the list.
        name: Field of the list.
        key: Field of the entries that holds the name.
    """
    entries: Any = node.get(name)
    if entries is None:
        return Names({}, complete=True)
    if entries is UNKNOWN:
        return Names({}, complete=False)
    known: dict[str, Node] = {}
    complete = True
    for entry in entries:
        label = entry.get(key) if is_structure(entry) else None
        if isinstance(label, str):
            known.setdefault(label, entry)
        else:
            complete = False
    return Names(known, complete)


def read_values(node: Node, name: str) -> Values:
    """Return the values in a list of strings.

    Args:
        node: Structure with the list.
        name: Field of the list.
    """
    entries: Any = node.get(name)
    if entries is None:
        return Values((), complete=True, given=False)
    if entries is UNKNOWN:
        return Values((), complete=False, given=True)
    known = tuple(entry for entry in entries if isinstance(entry, str))
    return Values(known, complete=len(known) == len(entries), given=bool(entries))


def without(request: object, paths: Iterable[Path]) -> Node:
    """Return a copy of a request with UNKNOWN at the paths; all other parts are shared, not copied.

    Args:
        request: A CreateAlgorithm request.
        paths: Paths to mask; a path can end with a missing field.
    """
    whole: dict[Step, Any] = {"": request}
    copied: set[Path] = set()
    for path in paths:
        node: Any = whole
        place = ("", *path)
        for depth, step in enumerate(place[:-1], start=1):
            below: Any = node[step]
            if below is UNKNOWN:
                break
            if place[:depth] not in copied:
                copied.add(place[:depth])
                below = node[step] = list(below) if is_list(below) else copy(below)
            node = below
        else:
            node[place[-1]] = UNKNOWN
    result: Node = _OPAQUE if whole[""] is UNKNOWN else whole[""]
    return result
