"""What ``create_algorithm_requests`` promises to the tests that use it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import StructureShape
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, Phase, given, settings

from cdk_sagemaker_algorithm.service_model import Shape, input_shape
from cdk_sagemaker_algorithm.tokens import contains_unresolved
from tests.support.requests import create_algorithm_requests


@cache
def request_shape() -> StructureShape:
    service = botocore.session.get_session().get_service_model("sagemaker")
    shape = service.operation_model("CreateAlgorithm").input_shape
    assert isinstance(shape, StructureShape)
    return shape


@given(create_algorithm_requests())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
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


def test_each_member_and_each_kind_of_emptiness_comes_up() -> None:
    seen: set[str] = set()

    @given(create_algorithm_requests())
    @settings(
        max_examples=200,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    def collect(request: dict[str, Any]) -> None:
        seen.update(_sightings(input_shape(), request))

    collect()

    assert {f"{shape.name}.{member}" for shape in _structures(input_shape()) for member in shape.members} <= seen
    assert {"empty structure", "empty list", "empty map", "empty string"} <= seen


def _sightings(shape: Shape, value: Any) -> set[str]:
    own = {f"{shape.name}.{name}" for name in value} if shape.type == "structure" else set[str]()
    if value in ("", [], {}):
        own.add(f"empty {shape.type}")
    return own.union(*(_sightings(child, item) for child, item in _children(shape, value)))


def _structures(shape: Shape) -> list[Shape]:
    children = [*shape.members.values(), *([shape.member] if shape.member else [])]
    inside = [structure for child in children for structure in _structures(child)]
    return [shape, *inside] if shape.type == "structure" else inside
