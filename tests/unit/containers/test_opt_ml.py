"""The files below /opt/ml, byte for byte as logs of real jobs show them."""

from __future__ import annotations

import json

import pytest

from cdk_sagemaker_algorithm.containers import opt_ml
from cdk_sagemaker_algorithm.containers.instance_memory import instance_memory


def test_hyperparameters_are_strings_with_defaults() -> None:
    specifications = [{"Name": "eta", "DefaultValue": "0.001"}, {"Name": "seed"}]
    values = opt_ml.effective_hyperparameters(specifications, {"num_round": 128, "shuffle": True})
    assert opt_ml.hyperparameters(values) == b'{"eta":"0.001","num_round":"128","shuffle":"true"}'


def test_without_hyperparameters_the_file_has_two_bytes() -> None:
    assert opt_ml.hyperparameters({}) == b"{}"


def test_input_data_config_is_that_of_a_real_job() -> None:
    source = {"S3DataSource": {"S3Uri": "s3://bucket/train/"}}
    channel = {"ChannelName": "train", "ContentType": "text/libsvm", "DataSource": source}
    assert opt_ml.input_data_config([channel], "File") == (
        b'{"train":{"ContentType":"text/libsvm","RecordWrapperType":"None","S3DistributionType":"FullyReplicated",'
        b'"TrainingInputMode":"File"}}'
    )


def test_channel_without_content_type_has_no_such_member() -> None:
    channel = {
        "ChannelName": "train",
        "InputMode": "Pipe",
        "RecordWrapperType": "RecordIO",
        "DataSource": {"S3DataSource": {"S3DataDistributionType": "ShardedByS3Key"}},
    }
    assert json.loads(opt_ml.input_data_config([channel], "File")) == {
        "train": {
            "RecordWrapperType": "RecordIO",
            "S3DistributionType": "ShardedByS3Key",
            "TrainingInputMode": "Pipe",
        }
    }


def test_resource_config_is_that_of_a_real_job() -> None:
    groups = opt_ml.instance_groups({"InstanceType": "ml.c5.xlarge", "InstanceCount": "1"})
    assert opt_ml.resource_config("algo-1", groups) == (
        b'{"current_group_name":"homogeneousCluster","current_host":"algo-1","current_instance_type":"ml.c5.xlarge",'
        b'"hosts":["algo-1"],"instance_groups":[{"hosts":["algo-1"],"instance_group_name":"homogeneousCluster",'
        b'"instance_type":"ml.c5.xlarge"}],"network_interface_name":"eth0","topology":null}'
    )


def test_instance_groups_share_the_hosts() -> None:
    groups = opt_ml.instance_groups(
        {
            "InstanceGroups": [
                {"InstanceGroupName": "large", "InstanceType": "ml.m5.large", "InstanceCount": 1},
                {"InstanceGroupName": "small", "InstanceType": "ml.t3.medium", "InstanceCount": 2},
            ]
        }
    )
    assert [group.hosts for group in groups] == [("algo-1",), ("algo-2", "algo-3")]
    config = json.loads(opt_ml.resource_config("algo-3", groups))
    assert (config["current_group_name"], config["current_instance_type"]) == ("small", "ml.t3.medium")
    assert config["hosts"] == ["algo-1", "algo-2", "algo-3"]


def test_transform_environment_has_what_the_request_sets() -> None:
    environment = opt_ml.transform_environment(
        {"Environment": {"A": "1", "B": "1"}},
        {"Environment": {"B": "2"}, "MaxPayloadInMB": "6", "BatchStrategy": "SingleRecord"},
    )
    assert environment == {
        "A": "1",
        "B": "2",
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
    }


def test_training_environment_has_no_credentials() -> None:
    assert opt_ml.training_environment("job", region="eu-west-1", account="123456789012") == {
        "TRAINING_JOB_NAME": "job",
        "TRAINING_JOB_ARN": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/job",
        "AWS_REGION": "eu-west-1",
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "AlgorithmError: , exit code: 1"),
        ("bad data\n", "AlgorithmError: bad data, exit code: 1"),
        ("x" * 2000, f"AlgorithmError: {'x' * 1024}, exit code: 1"),
    ],
)
def test_failure_reason_is_worded_as_sagemaker_does(content: str | None, reason: str) -> None:
    assert opt_ml.failure_reason(content, 1) == reason


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("ml.m5.large", 8),
        ("ml.c5.2xlarge", 16),
        ("ml.r5.xlarge", 32),
        ("ml.m5d.24xlarge", 384),
        ("ml.p3.2xlarge", None),
        ("", None),
    ],
)
def test_memory_follows_from_the_instance_type(kind: str, limit: int | None) -> None:
    assert instance_memory(kind) == limit
