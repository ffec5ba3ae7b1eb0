from __future__ import annotations

import dataclasses
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings

from cdk_sagemaker_algorithm.model import (
    AlgorithmDefinition,
    DataSource,
    MetricDefinition,
    Structure,
    TrainingSpecification,
    from_api,
    render,
)
from tests.support.requests import create_algorithm_requests

_MAPS = {"environment", "hyper_parameters"}


def dicts_left(value: Any) -> list[Any]:
    """The dicts in a tree of dataclasses that are structures and not maps."""
    if isinstance(value, Structure):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return [left for name, item in fields.items() if name not in _MAPS for left in dicts_left(item)]
    if isinstance(value, list):
        return [left for item in cast("list[object]", value) for left in dicts_left(item)]
    return [value] if isinstance(value, dict) else []


@given(create_algorithm_requests())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_request_comes_back_from_dataclasses(request: dict[str, Any]) -> None:
    definition = from_api(AlgorithmDefinition, request)

    assert dicts_left(definition) == []
    assert render(definition) == request


def test_a_structure_that_no_dataclass_can_carry_stays_a_dict() -> None:
    request: dict[str, Any] = {
        "TrainingImage": "image:1",
        "SupportedTrainingInstanceTypes": ["ml.m5.large"],
        "MetricDefinitions": [{"Name": "a", "Regex": "b"}, {"Name": "a"}, {"Name": "a", "Regex": None}, "a"],
        "TrainingChannels": [{"Name": "train", "Surprise": 1}],
        "AdditionalS3DataSource": "s3://bucket/key",
    }

    specification = from_api(TrainingSpecification, request)

    assert specification.metric_definitions == [
        MetricDefinition(name="a", regex="b"),
        *request["MetricDefinitions"][1:],
    ]
    assert specification.training_channels == request["TrainingChannels"]
    assert render(specification) == request


def test_the_outermost_structure_must_fit() -> None:
    request: dict[str, Any] = {"S3Datasource": {}, "S3DataSource": None}

    with pytest.raises(
        ValueError,
        match=r"^DataSource: no member is called 'S3Datasource'; S3DataSource is None; its members are S3DataSource,",
    ):
        from_api(DataSource, request)
    with pytest.raises(ValueError, match="Name is missing; Regex is missing"):
        from_api(MetricDefinition, {})
