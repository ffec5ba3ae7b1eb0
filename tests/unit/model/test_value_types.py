"""The CDK's own objects fit the model's fields: mypy and pyright check the types, the tests that they are bound."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from cdk_sagemaker_algorithm.model import (
    OutputDataConfig,
    ResourceConfig,
    Seconds,
    StoppingCondition,
    ValidationSpecification,
    render,
)


def in_seconds(duration: Seconds) -> float:
    if isinstance(duration, timedelta):
        return duration.total_seconds()
    return duration if isinstance(duration, int | float) else duration.to_seconds()


def test_keys_roles_durations_and_sizes_of_the_cdk_go_into_the_fields_that_they_suit() -> None:
    stack = cdk.Stack()
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1234abcd")
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/Validation")
    size, duration = cdk.Size.gibibytes(30), cdk.Duration.hours(1)
    definition = {
        "Validation": ValidationSpecification(validation_role=role, validation_profiles=[]),
        "Output": OutputDataConfig(kms_key_id=key, s3_output_path="s3://bucket/out"),
        "Resources": ResourceConfig(volume_size_in_gb=size, volume_kms_key_id=key),
        "Stopping": StoppingCondition(max_runtime_in_seconds=duration),
    }
    asked: dict[str, object] = {}

    render(definition, lambda value, path: asked.setdefault(path, value))

    assert asked == {
        "Validation.ValidationRole": role,
        "Output.KmsKeyId": key,
        "Resources.VolumeSizeInGB": size,
        "Resources.VolumeKmsKeyId": key,
        "Stopping.MaxRuntimeInSeconds": duration,
    }


def test_the_protocols_ask_for_what_the_cdks_objects_have() -> None:
    stack = cdk.Stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/Validation")
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1234abcd")

    assert in_seconds(cdk.Duration.minutes(2)) == in_seconds(timedelta(minutes=2)) == in_seconds(120) == 120
    assert cdk.Size.tebibytes(1).to_gibibytes() == 1024
    assert role.role_ref.role_arn == "arn:aws:iam::111122223333:role/Validation"
    assert key.key_ref.key_arn == "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
