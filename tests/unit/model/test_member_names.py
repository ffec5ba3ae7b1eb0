from __future__ import annotations

import json

import botocore
import pytest

from cdk_sagemaker_algorithm.model.member_names import snake_case
from cdk_sagemaker_algorithm.model.shapes import model_path


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("AlgorithmName", "algorithm_name"),
        ("VolumeSizeInGB", "volume_size_in_gb"),
        ("S3Uri", "s3_uri"),
        ("ManifestS3Uri", "manifest_s3_uri"),
        ("AdditionalS3DataSource", "additional_s3_data_source"),
        ("SupportedResponseMIMETypes", "supported_response_mime_types"),
        ("MaxPayloadInMB", "max_payload_in_mb"),
        ("TrainingPlanARNs", "training_plan_arns"),
        ("already_snake", "already_snake"),
    ],
)
def test_members_read_as_python_names(member: str, expected: str) -> None:
    assert snake_case(member) == expected


def test_every_member_of_the_service_model_is_named_as_boto3_names_it() -> None:
    shapes = json.loads(model_path().read_text(encoding="utf-8"))["shapes"]
    members = {member for shape in shapes.values() for member in shape.get("members", {})}

    assert len(members) > 100
    assert {member: snake_case(member) for member in members} == {
        member: botocore.xform_name(member) for member in members
    }
