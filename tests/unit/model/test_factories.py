from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cdk_sagemaker_algorithm.model import (
    Channel,
    ChannelSpecification,
    CompressionType,
    FileSystemType,
    HyperParameterSpecification,
    HyperParameterTuningJobObjective,
    TransformInput,
    UnsupportedValueError,
    render,
)


def test_integer() -> None:
    parameter = HyperParameterSpecification.integer(
        "max_depth", min=1, max=32, default=6, tunable=True, required=False, description="Depth of a tree"
    )

    assert render(parameter) == {
        "Name": "max_depth",
        "Description": "Depth of a tree",
        "Type": "Integer",
        "Range": {"IntegerParameterRangeSpecification": {"MinValue": "1", "MaxValue": "32"}},
        "IsTunable": True,
        "IsRequired": False,
        "DefaultValue": "6",
    }


def test_integer_takes_floats_without_fraction_as_whole_and_leaves_others_to_the_rules() -> None:
    parameter = HyperParameterSpecification.integer("rows", min=0, max=1e6, default=0.5)

    assert render(parameter)["Range"] == {
        "IntegerParameterRangeSpecification": {"MinValue": "0", "MaxValue": "1000000"}
    }
    assert parameter.default_value == "0.5"


def test_continuous() -> None:
    parameter = HyperParameterSpecification.continuous("eta", min=0, max=Decimal("1.0"), default=0.3)

    assert render(parameter) == {
        "Name": "eta",
        "Type": "Continuous",
        "Range": {"ContinuousParameterRangeSpecification": {"MinValue": "0", "MaxValue": "1.0"}},
        "DefaultValue": "0.3",
    }


def test_categorical() -> None:
    parameter = HyperParameterSpecification.categorical("loss", values=["gini", 2], default="gini")

    assert render(parameter) == {
        "Name": "loss",
        "Type": "Categorical",
        "Range": {"CategoricalParameterRangeSpecification": {"Values": ["gini", "2"]}},
        "DefaultValue": "gini",
    }


def test_free_text() -> None:
    assert render(HyperParameterSpecification.free_text("note", default="", required=True)) == {
        "Name": "note",
        "Type": "FreeText",
        "IsRequired": True,
        "DefaultValue": "",
    }


@pytest.mark.parametrize("factory", [HyperParameterSpecification.integer, HyperParameterSpecification.continuous])
def test_a_range_may_be_left_out_but_not_half_of_it(factory: Any) -> None:
    assert factory("x").range is None
    with pytest.raises(ValueError, match="'x': min is given without max; give both or neither"):
        factory("x", min=1)
    with pytest.raises(ValueError, match="'x': max is given without min; give both or neither"):
        factory("x", max=1)


def test_values_that_are_one_string_are_not_taken_for_its_letters() -> None:
    with pytest.raises(UnsupportedValueError, match="values is the string 'gini'; give a list"):
        HyperParameterSpecification.categorical("loss", values="gini")


def test_a_default_that_is_a_boolean_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedValueError, match="hyperparameter 'shuffle': True is neither"):
        HyperParameterSpecification.categorical("shuffle", values=["true", "false"], default=True)


def test_objectives() -> None:
    assert render(HyperParameterTuningJobObjective.maximize("accuracy")) == {
        "Type": "Maximize",
        "MetricName": "accuracy",
    }
    assert render(HyperParameterTuningJobObjective.minimize("loss")) == {"Type": "Minimize", "MetricName": "loss"}


def test_channel_specifications() -> None:
    assert render(ChannelSpecification.file("train", content_types=["text/csv"], required=True)) == {
        "Name": "train",
        "IsRequired": True,
        "SupportedContentTypes": ["text/csv"],
        "SupportedInputModes": ["File"],
    }
    piped = ChannelSpecification.pipe(
        "train", content_types=[], compression_types=[CompressionType.GZIP], description="Rows"
    )
    assert render(piped) == {
        "Name": "train",
        "Description": "Rows",
        "SupportedContentTypes": [],
        "SupportedCompressionTypes": ["Gzip"],
        "SupportedInputModes": ["Pipe"],
    }


def test_channels() -> None:
    assert render(Channel.from_s3("train", "s3://bucket/iris", content_type="text/csv")) == {
        "ChannelName": "train",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/iris"}},
        "ContentType": "text/csv",
    }
    file_system = Channel.from_file_system(
        "train", "fs-12345678", "/data", file_system_type=FileSystemType.EFS, input_mode="File"
    )
    assert render(file_system) == {
        "ChannelName": "train",
        "DataSource": {
            "FileSystemDataSource": {
                "FileSystemId": "fs-12345678",
                "FileSystemAccessMode": "ro",
                "FileSystemType": "EFS",
                "DirectoryPath": "/data",
            }
        },
        "InputMode": "File",
    }
    assert render(Channel.from_dataset("train", "arn:aws:sagemaker:…")) == {
        "ChannelName": "train",
        "DataSource": {"DatasetSource": {"DatasetArn": "arn:aws:sagemaker:…"}},
    }


def test_transform_input() -> None:
    assert render(TransformInput.from_s3("s3://bucket/rows", content_type="text/csv", split_type="Line")) == {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/rows"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    }
