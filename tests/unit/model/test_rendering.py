from __future__ import annotations

from collections import deque
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from types import MappingProxyType
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings

from cdk_sagemaker_algorithm.model import (
    CategoricalParameterRangeSpecification,
    CompressionType,
    HyperParameterSpecification,
    InputMode,
    IntegerParameterRangeSpecification,
    ModelPackageContainerDefinition,
    OutputDataConfig,
    ResourceConfig,
    ShuffleConfig,
    StoppingCondition,
    TrainingJobDefinition,
    TrainingSpecification,
    UnsupportedValueError,
    render,
)
from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.parsing import structures
from cdk_sagemaker_algorithm.model.shapes import Shape, input_shape
from tests.support.requests import create_algorithm_requests

# What the CDK gives for a number that only deployment knows.
NUMBER_TOKEN = -1.8881545897087626e289

generated = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def built(shape: Shape, value: Any) -> Any:
    """The value as a person would write it, with a dataclass for each structure."""
    if shape.type == "structure":
        fields = {snake_case(name): built(shape.members[name], item) for name, item in value.items()}
        return structures()[shape.name](**fields)
    if shape.member is not None:
        return tuple(built(shape.member, item) for item in value)
    return MappingProxyType(value) if shape.type == "map" else value


def inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        entries = cast("dict[object, object]", value)
        return [*entries, *entries.values()]
    return cast("list[object]", value) if isinstance(value, list) else []


def assert_plain(value: Any) -> None:
    assert type(value) in {dict, list, str, int, float, bool}, value
    for inner in inside(value):
        assert_plain(inner)


def assert_ordered(shape: Shape, value: Any) -> None:
    if shape.type == "structure":
        assert list(value) == [name for name in shape.members if name in value]
        for name, item in value.items():
            assert_ordered(shape.members[name], item)
    elif shape.member is not None:
        for item in value:
            assert_ordered(shape.member, item)


@given(create_algorithm_requests())
@generated
def test_any_request_built_of_dataclasses_renders_to_that_request(request: dict[str, Any]) -> None:
    rendered = render(built(input_shape(), request))

    assert rendered == request
    assert_plain(rendered)
    assert_ordered(input_shape(), rendered)


@given(create_algorithm_requests())
@generated
def test_a_request_given_as_a_dict_stays_as_it_is(request: dict[str, Any]) -> None:
    rendered = render(request)

    assert rendered == request
    assert repr(rendered) == repr(request), "the order of members differs"


def test_what_is_left_out_is_not_there_and_what_is_empty_is() -> None:
    job = TrainingJobDefinition(
        training_input_mode=InputMode.FILE,
        hyper_parameters={},
        input_data_config=[],
        output_data_config=OutputDataConfig(kms_key_id="", s3_output_path="s3://bucket/out"),
        resource_config=ResourceConfig(),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=0),
    )

    assert render(job) == {
        "TrainingInputMode": "File",
        "HyperParameters": {},
        "InputDataConfig": [],
        "OutputDataConfig": {"KmsKeyId": "", "S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {},
        "StoppingCondition": {"MaxRuntimeInSeconds": 0},
    }


def test_false_is_kept() -> None:
    assert render(HyperParameterSpecification.free_text("mode", required=False)) == {
        "Name": "mode",
        "Type": "FreeText",
        "IsRequired": False,
    }


def test_none_in_a_dict_or_a_list_of_the_users_stays_for_the_rules_to_find() -> None:
    rendered = render({"TrainingSpecification": {"MetricDefinitions": None, "TrainingChannels": [None]}})

    assert rendered == {"TrainingSpecification": {"MetricDefinitions": None, "TrainingChannels": [None]}}


def test_dicts_and_dataclasses_go_inside_each_other() -> None:
    rendered = render(
        {
            "TrainingSpecification": TrainingSpecification(
                training_image="image:1",
                supported_training_instance_types=deque(["ml.m5.large"]),
                training_channels=[{"Name": "train", "Extra": MappingProxyType({"a": (1, 2)})}],
            )
        }
    )

    assert rendered == {
        "TrainingSpecification": {
            "TrainingImage": "image:1",
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "TrainingChannels": [{"Name": "train", "Extra": {"a": [1, 2]}}],
        }
    }
    assert_plain(rendered)


class _Count(IntEnum):
    TWO = 2


def test_enum_members_become_plain_strings_and_numbers() -> None:
    rendered = render(
        {
            "Mode": InputMode.PIPE,
            "Modes": [InputMode.FILE],
            InputMode.FILE: 1,
            "Count": _Count.TWO,
            "Half": Fraction(1, 2),
        }
    )

    assert rendered == {"Mode": "Pipe", "Modes": ["File"], "File": 1, "Count": 2, "Half": 0.5}
    assert_plain(rendered)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "1"),
        (-3, "-3"),
        (0.1, "0.1"),
        (1e-5, "1e-05"),
        (1.0, "1.0"),
        (10**30, "1" + "0" * 30),
        (Decimal("0.10"), "0.10"),
        (_Count.TWO, "2"),
        ("1.50", "1.50"),
        ("", ""),
        (CompressionType.GZIP, "Gzip"),
    ],
)
def test_numbers_become_strings_where_the_api_has_strings(number: Any, text: str) -> None:
    job = TrainingJobDefinition(
        training_input_mode="File",
        hyper_parameters={"x": number},
        input_data_config=[],
        output_data_config={},
        resource_config={},
        stopping_condition={},
    )
    rendered = render(job)

    assert rendered["HyperParameters"] == {"x": text}
    assert_plain(rendered)
    assert render(IntegerParameterRangeSpecification(min_value=number, max_value=number)) == {
        "MinValue": text,
        "MaxValue": text,
    }
    assert render(CategoricalParameterRangeSpecification(values=[number])) == {"Values": [text]}
    assert render(HyperParameterSpecification(name="x", type="FreeText", default_value=number))["DefaultValue"] == text


def test_other_numbers_stay_numbers() -> None:
    assert render(ShuffleConfig(seed=2**62)) == {"Seed": 2**62}
    assert render(ResourceConfig(instance_count=NUMBER_TOKEN)) == {"InstanceCount": NUMBER_TOKEN}


@pytest.mark.parametrize("value", [True, False, float("nan"), float("inf"), Decimal("NaN")])
def test_a_hyperparameter_that_is_no_text_and_no_number_is_refused_where_it_stands(value: Any) -> None:
    with pytest.raises(UnsupportedValueError, match=r"^Range\.CategoricalParameterRangeSpecification\.Values\[1\]: "):
        render(
            HyperParameterSpecification(
                name="x",
                type="Categorical",
                range={
                    "CategoricalParameterRangeSpecification": CategoricalParameterRangeSpecification(
                        values=["a", value]
                    )
                },
            )
        )


@pytest.mark.parametrize("value", [{"a"}, frozenset({"a"}), b"a", bytearray(b"a"), {"a": 1}.keys()])
def test_sets_and_bytes_are_refused_without_a_resolver(value: Any) -> None:
    with pytest.raises(UnsupportedValueError, match=r"^SupportedContentTypes: expected a list or a string, got a \w+"):
        render({"SupportedContentTypes": value})

    assert render({"SupportedContentTypes": value}, lambda _, path: path) == {
        "SupportedContentTypes": "SupportedContentTypes"
    }


def test_a_key_that_is_no_string_is_refused() -> None:
    raw: Any = {"Environment": {1: "a"}}

    with pytest.raises(UnsupportedValueError, match=r"^Environment: the key 1 is not a string"):
        render(raw)


class _Image:
    def bind(self, scope: object, grantee: object) -> str:
        return f"bound:{scope}:{grantee}"


def test_what_is_not_plain_goes_to_the_resolver_with_its_path() -> None:
    image = _Image()
    asked: list[tuple[object, str]] = []

    def resolve(value: object, path: str) -> object:
        asked.append((value, path))
        return {"Fn::Sub": "resolved"}

    rendered = render(
        {"InferenceSpecification": {"Containers": [ModelPackageContainerDefinition(image=image)]}}, resolve
    )

    assert asked == [(image, "InferenceSpecification.Containers[0].Image")]
    assert rendered == {"InferenceSpecification": {"Containers": [{"Image": {"Fn::Sub": "resolved"}}]}}


def test_without_a_resolver_what_is_not_plain_is_refused_with_its_path() -> None:
    with pytest.raises(
        UnsupportedValueError, match=r"^Containers\[0\]\.Image: a _Image can be rendered inside a stack only"
    ):
        render({"Containers": [ModelPackageContainerDefinition(image=_Image())]})


def test_a_number_token_that_must_be_a_string_goes_to_the_resolver() -> None:
    parameter = HyperParameterSpecification.integer("depth", min=1, max=NUMBER_TOKEN, default=NUMBER_TOKEN)

    rendered = render(parameter, lambda value, path: f"{path} of {value}")

    assert rendered["DefaultValue"] == f"DefaultValue of {NUMBER_TOKEN}"
    assert rendered["Range"] == {
        "IntegerParameterRangeSpecification": {
            "MinValue": "1",
            "MaxValue": f"Range.IntegerParameterRangeSpecification.MaxValue of {NUMBER_TOKEN}",
        }
    }
    with pytest.raises(UnsupportedValueError, match="give the token's string form"):
        render(parameter)
