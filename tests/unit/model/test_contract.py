"""The dataclasses against the installed botocore's model, both ways."""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import typing
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any

import botocore
import botocore.session
import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from cdk_sagemaker_algorithm import model
from cdk_sagemaker_algorithm.model import Structure
from cdk_sagemaker_algorithm.model.parsing import structures

if TYPE_CHECKING:
    from collections.abc import Callable

# DescribeTrainingJob answers these; the service's documentation says that requests do not have them.
RESPONSE_ONLY = {"ResourceConfig": {"SelectedInstanceType", "SelectedInstanceCount"}}
# There are hundreds of instance types, and new ones every month: plain strings.
# The construct makes the role where none is given.
PROVIDED = {"AlgorithmValidationSpecification": {"ValidationRole"}}
INSTANCE_TYPES = {"TrainingInstanceType", "TransformInstanceType", "ProductionVariantInstanceType"}
API_DICT = collections.abc.Mapping[str, object]


@cache
def request_shape() -> StructureShape:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateAlgorithm").input_shape
    assert isinstance(shape, StructureShape)
    return shape


@cache
def request_structures() -> dict[str, StructureShape]:
    reached: dict[str, StructureShape] = {}
    _reach(request_shape(), reached)
    return reached


def _reach(shape: Shape, reached: dict[str, StructureShape]) -> None:
    if isinstance(shape, ListShape):
        _reach(shape.member, reached)
    elif isinstance(shape, MapShape):
        _reach(shape.value, reached)
    elif isinstance(shape, StructureShape) and shape.name not in reached:
        reached[shape.name] = shape
        for member in shape.members.values():
            _reach(member, reached)


def input_members(shape: StructureShape) -> dict[str, Shape]:
    refused = RESPONSE_ONLY.get(shape.name, set())
    return {name: member for name, member in shape.members.items() if name not in refused}


def hints(structure: type[Structure]) -> dict[str, Any]:
    return typing.get_type_hints(structure)


def kinds_of(hint: Any) -> set[Any]:
    return set(typing.get_args(hint)) if typing.get_origin(hint) in (typing.Union, UnionType) else {hint}


def assert_matches(kinds: set[Any], shape: Shape) -> None:
    check: dict[str, Callable[[set[Any], Any], None]] = {
        "structure": _assert_structure,
        "list": _assert_list,
        "map": _assert_map,
        "string": _assert_string,
        "integer": _assert_integer,
        "long": _assert_integer,
        "boolean": _assert_boolean,
    }
    check[shape.type_name](kinds, shape)


def _assert_structure(kinds: set[Any], shape: StructureShape) -> None:
    assert kinds == {structures()[shape.name], API_DICT}


def _assert_list(kinds: set[Any], shape: ListShape) -> None:
    (kind,) = kinds
    assert typing.get_origin(kind) is collections.abc.Sequence
    (item,) = typing.get_args(kind)
    assert_matches(kinds_of(item), shape.member)


def _assert_map(kinds: set[Any], shape: MapShape) -> None:
    (kind,) = kinds
    assert typing.get_origin(kind) is collections.abc.Mapping
    key, value = typing.get_args(kind)
    assert key is str
    assert_matches(kinds_of(value), shape.value)


def _assert_string(kinds: set[Any], shape: StringShape) -> None:
    assert str in kinds
    enums = [kind for kind in kinds if issubclass(kind, StrEnum)]
    if not shape.enum or shape.name in INSTANCE_TYPES:
        assert enums == []
    else:
        assert [[member.value for member in enum] for enum in enums] == [shape.enum]


def _assert_integer(kinds: set[Any], _: Shape) -> None:
    assert {int, float} <= kinds
    assert not kinds & {str, bool}


def _assert_boolean(kinds: set[Any], _: Shape) -> None:
    assert kinds == {bool}


def test_each_structure_of_a_request_has_a_dataclass_and_there_are_no_others() -> None:
    assert set(structures()) == set(request_structures())


def test_each_dataclass_is_exported_under_one_name() -> None:
    exported = {
        name: item
        for name, item in vars(model).items()
        if isinstance(item, type) and issubclass(item, Structure) and item is not Structure
    }

    assert set(exported.values()) == set(structures().values())
    assert len(exported) == len(structures())
    assert set(exported) <= set(model.__all__)
    assert all(name == item.__name__ for name, item in exported.items())


def test_dataclasses_have_the_api_name_of_their_shape_or_a_documented_one_of_their_own() -> None:
    own = {shape: cls.__name__ for shape, cls in structures().items() if cls.__name__ != shape}

    assert own == {
        "CreateAlgorithmInput": "AlgorithmDefinition",
        "AlgorithmValidationSpecification": "ValidationSpecification",
        "AlgorithmValidationProfile": "ValidationProfile",
    }


@pytest.mark.parametrize("name", sorted(structures()))
class TestStructure:
    def test_fields_are_the_members_in_the_apis_order(self, name: str) -> None:
        fields = [field.name for field in dataclasses.fields(structures()[name])]

        assert fields == [botocore.xform_name(member) for member in input_members(request_structures()[name])]

    def test_what_the_api_requires_has_no_default_and_all_else_is_none(self, name: str) -> None:
        required = {botocore.xform_name(member) for member in required_members(name)}

        for field in dataclasses.fields(structures()[name]):
            assert field.default is (dataclasses.MISSING if field.name in required else None), field.name

    def test_types_are_the_apis(self, name: str) -> None:
        shape = request_structures()[name]
        found = hints(structures()[name])

        for member, of in input_members(shape).items():
            kinds = kinds_of(found[botocore.xform_name(member)])
            assert (NoneType in kinds) is (member not in required_members(name)), member
            assert_matches(kinds - {NoneType}, of)

    def test_it_is_frozen_keyword_only_and_slotted(self, name: str) -> None:
        structure = structures()[name]

        assert structure.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert all(field.kw_only for field in dataclasses.fields(structure))
        assert not hasattr(object.__new__(structure), "__dict__")

    def test_its_documentation_names_the_shape_the_members_and_their_limits(self, name: str) -> None:
        documentation = inspect.cleandoc(structures()[name].__doc__ or "")
        entries = _entries(documentation)

        assert f"API shape: ``{name}``." in documentation
        for member, of in input_members(request_structures()[name]).items():
            entry = entries[botocore.xform_name(member)]
            assert entry.startswith(f"``{member}``. "), member
            assert [limit for limit in _limits(of) if limit not in entry] == [], entry
            optional = member not in required_members(name)
            assert ("Default: " in entry) is optional, entry


def required_members(name: str) -> set[str]:
    """What the API requires, but for what a construct provides."""
    return set(request_structures()[name].required_members) - PROVIDED.get(name, set())


def _entries(documentation: str) -> dict[str, str]:
    entries: dict[str, str] = {}
    name = ""
    for line in documentation.partition("Attributes:\n")[2].splitlines():
        text = line.strip()
        if line.startswith("    ") and not line.startswith("     "):
            name, _, text = text.partition(": ")
            entries[name] = text
        else:
            entries[name] += f" {text}"
    return entries


def _limits(shape: Shape) -> list[str]:
    """The numbers that the documentation of a member must have in it."""
    metadata: dict[str, Any] = shape.metadata
    limits = [] if metadata.get("enum") else [metadata.get("min"), metadata.get("max")]
    texts = [f"{limit:,}" for limit in limits if limit]
    if isinstance(shape, ListShape) and isinstance(shape.member, StringShape):
        texts += _limits(shape.member)
    if isinstance(shape, MapShape):
        texts += _limits(shape.key) + _limits(shape.value)
    return texts
