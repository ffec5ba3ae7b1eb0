"""What ``create_algorithm_requests`` promises to the tests that use it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from cdk_sagemaker_algorithm.model import shapes
from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape
from cdk_sagemaker_algorithm.model.tokens import contains_unresolved
from tests.support.requests import create_algorithm_requests, values_of


@cache
def request_shape() -> StructureShape:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateAlgorithm").input_shape
    assert isinstance(shape, StructureShape)
    return shape


def _structures(shape: Shape) -> list[Shape]:
    children = [*shape.members.values(), *([shape.member] if shape.member else [])]
    inside = [structure for child in children for structure in _structures(child)]
    return [shape, *inside] if shape.type == "structure" else inside


@given(create_algorithm_requests())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_botocore_and_the_models_limits_accept_every_request(request: dict[str, Any]) -> None:
    report = ParamValidator().validate(request, request_shape())

    assert not report.has_errors(), report.generate_report()
    assert_within_limits(input_shape(), request)
    assert not contains_unresolved(request)


def assert_within_limits(shape: Shape, value: Any) -> None:
    measured: int = value if shape.type in {"integer", "long", "boolean"} else len(value)
    assert shape.min is None or shape.min <= measured, (shape, value)
    assert shape.max is None or measured <= shape.max, (shape, value)
    assert not shape.enum or value in shape.enum
    # Python's re has no Unicode properties.
    if shape.pattern and r"\p" not in shape.pattern:
        assert re.fullmatch(shape.pattern, value), (shape, value)
    for child, item in _children(shape, value):
        assert_within_limits(child, item)


def _children(shape: Shape, value: Any) -> list[tuple[Shape, Any]]:
    if shape.type == "structure":
        return [(shape.members[name], item) for name, item in value.items()]
    if shape.member is not None:
        return [(shape.member, item) for item in value]
    if shape.key is not None and shape.value is not None:
        keys = [(shape.key, key) for key in value]
        return [*keys, *((shape.value, item) for item in value.values())]
    return []


@pytest.mark.parametrize("name", sorted({shape.name for shape in _structures(input_shape())}))
def test_each_member_is_there_at_times_and_each_optional_one_is_not(name: str) -> None:
    members = shapes.shape(name).members
    drawn = examples(values_of(shapes.shape(name)), 25)

    assert {member for value in drawn for member in value} == set(members)
    always = {member for member in members if all(member in value for value in drawn)}
    assert always == shapes.shape(name).required


def test_empty_structures_lists_maps_and_strings_come_up() -> None:
    drawn = examples(create_algorithm_requests(), 50)

    assert set().union(*(_empties(input_shape(), request) for request in drawn)) == {
        "structure",
        "list",
        "map",
        "string",
    }


def examples(strategy: SearchStrategy[Any], count: int) -> list[Any]:
    drawn: list[Any] = []

    @given(strategy)
    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def collect(value: Any) -> None:
        drawn.append(value)

    collect()
    return drawn


def _empties(shape: Shape, value: Any) -> set[str]:
    own = {shape.type} if value in ("", [], {}) else set[str]()
    return own.union(*(_empties(child, item) for child, item in _children(shape, value)))
