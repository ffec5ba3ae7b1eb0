from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.algorithm_store import AlgorithmRecord
from cdk_sagemaker_algorithm_provider.cfn_response import Recipient, failure
from cdk_sagemaker_algorithm_provider.contract.limits import RESPONSE_BYTES
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from tests.lifecycle.weather import client_error
from tests.support.paged import Paged

ROLE = "arn:aws:iam::123456789012:role/Validation"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
PROFILE: dict[str, Any] = {
    "ProfileName": "profile",
    "TrainingJobDefinition": {
        "TrainingInputMode": "File",
        "InputDataConfig": [],
        "OutputDataConfig": {"S3OutputPath": "s3://data/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
}


def algorithm(**details: Any) -> AlgorithmRecord:
    description: dict[str, Any] = {
        "AlgorithmName": "forest",
        "AlgorithmArn": "arn:aws:sagemaker:us-east-1:123456789012:algorithm/forest",
        "CreationTime": CREATED,
        "AlgorithmStatus": "Failed",
        "AlgorithmStatusDetails": details,
        "TrainingSpecification": {"TrainingImage": "image"},
        "ValidationSpecification": {"ValidationRole": ROLE, "ValidationProfiles": [PROFILE]},
    }
    return AlgorithmRecord(
        name="forest", arn=str(description["AlgorithmArn"]), status="Failed", created=0.0, description=description
    )


class Nothing(Paged):
    """A SageMaker that has run no job."""

    def list_training_jobs(self, **_: Any) -> dict[str, Any]:
        return {"TrainingJobSummaries": []}

    def list_transform_jobs(self, **_: Any) -> dict[str, Any]:
        return {"TransformJobSummaries": []}


class Broken(Nothing):
    """A SageMaker whose lists go wrong."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def list_training_jobs(self, **_: Any) -> dict[str, Any]:
        raise self._error


def test_every_failed_part_is_told_with_its_reason() -> None:
    said = Diagnosis(Nothing()).explain(
        algorithm(
            ValidationStatuses=[
                {"Name": "profile", "Status": "Failed", "FailureReason": "ClientError: no such file"},
                {"Name": "other", "Status": "Completed"},
                {"Name": "third", "Status": "Failed"},
            ],
            ImageScanStatuses=[{"Name": "image", "Status": "Failed", "FailureReason": "CVE-2026-1"}],
        )
    )

    assert said.splitlines() == [
        "SageMaker algorithm forest is Failed: validation did not pass",
        "- validation profile Failed: ClientError: no such file",
        "- validation third Failed: SageMaker gives no reason",
        "- image scan image Failed: CVE-2026-1",
        "- no job of this validation was found",
    ]


@pytest.mark.parametrize(
    "details", [{}, {"ValidationStatuses": None}, {"ValidationStatuses": [], "ImageScanStatuses": []}]
)
def test_details_may_be_missing(details: dict[str, Any]) -> None:
    assert Diagnosis(Nothing()).explain(algorithm(**details)).startswith("SageMaker algorithm forest is Failed")


@pytest.mark.parametrize(
    "error",
    [client_error("ListTrainingJobs", "ThrottlingException", "Rate exceeded"), KeyError("TrainingJobSummaries")],
)
def test_the_reason_is_told_although_the_jobs_cannot_be_found(error: Exception) -> None:
    said = Diagnosis(Broken(error)).explain(algorithm(ValidationStatuses=[{"Name": "profile", "Status": "Failed"}]))

    assert "- validation profile Failed: SageMaker gives no reason" in said
    assert "could not be looked up: " in said


@pytest.mark.parametrize(
    ("seconds", "duration"), [(3600, "1 h"), (5400, "1 h 30 min"), (1800, "30 min"), (14_400, "4 h")]
)
def test_an_overdue_validation_says_how_long_it_was_waited_for(seconds: int, duration: str) -> None:
    said = Diagnosis(Nothing()).overdue(algorithm(), seconds)

    assert f"is still Failed after {duration}, the validation_timeout" in said


def test_what_matters_most_survives_the_cut() -> None:
    many = [{"Name": f"profile {n}", "Status": "Failed", "FailureReason": "🌲" * 1000} for n in range(20)]
    recipient = Recipient(response_url="https://x", stack_id="s", request_id="r", logical_id="l")
    body = failure("forest", Diagnosis(Nothing()).explain(algorithm(ValidationStatuses=many))).body(recipient)

    assert len(body) <= RESPONSE_BYTES
    assert "algorithm forest is Failed: validation did not pass\\n- validation profile 0 Failed" in body.decode()
