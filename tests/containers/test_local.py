"""The jobs of local AWS's SageMaker in real containers."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.cli.container_jobs import _judge, container_jobs  # pyright: ignore[reportPrivateUsage]
from cdk_sagemaker_algorithm.local.sagemaker.container_runner import ContainerJobRunner
from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import ValidationPlan
from tests.containers.conftest import Tools, only
from tests.containers.profiles import definition

URI = "000000000000.dkr.ecr.us-east-1.amazonaws.com/tests:1"


class Errors:
    ClientError = ClientError


class MemoryS3:
    """Objects in memory, behind the calls that the runner makes."""

    exceptions = Errors

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def get_paginator(self, operation: str) -> MemoryS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **request: str) -> list[dict[str, Any]]:
        entries = [
            {"Key": key, "Size": len(body)}
            for (bucket, key), body in sorted(self.objects.items())
            if bucket == request["Bucket"] and key.startswith(request["Prefix"])
        ]
        return [{"Contents": entries, "IsTruncated": False}]

    def head_object(self, **request: str) -> dict[str, Any]:
        body = self.objects.get((request["Bucket"], request["Key"]))
        if body is None:
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ContentLength": len(body)}

    def get_object(self, **request: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[request["Bucket"], request["Key"]])}

    def head_bucket(self, **_: str) -> None:
        """Every bucket exists."""

    def put_object(self, **request: Any) -> None:
        self.objects[request["Bucket"], request["Key"]] = request["Body"].read()


@pytest.fixture
def s3() -> MemoryS3:
    stored = MemoryS3()
    stored.objects["bucket", "training/rows.csv"] = b"1,2\n3,4\n"
    stored.objects["bucket", "rows/rows.csv"] = b"1,2\n3,4\n"
    return stored


@pytest.fixture
def service(tools: Tools, s3: MemoryS3, tmp_path: Path) -> Iterator[SageMaker]:
    runner = ContainerJobRunner(
        engine=tools.engine,
        s3=lambda: s3,
        directory=tmp_path,
        judge=_judge,
        images={URI: tools.image},
        startup_timeout=20,
    )
    yield SageMaker(ValidationPlan().lasting(0.1), time.time, runner=runner)
    runner.close()


def request(content: dict[str, Any]) -> dict[str, Any]:
    """A whole request of a definition."""
    training, inference = content["TrainingSpecification"], content["InferenceSpecification"]
    training |= {"TrainingImage": URI, "SupportedTrainingInstanceTypes": ["ml.m5.large"]}
    training["SupportedHyperParameters"] = [{"Name": "code", "Type": "FreeText"}]
    training["TrainingChannels"][0]["SupportedContentTypes"] = ["text/csv"]
    inference["Containers"][0]["Image"] = URI
    inference["SupportedTransformInstanceTypes"] = ["ml.m5.large"]
    profile = content["ValidationSpecification"]["ValidationProfiles"][0]
    profile["TrainingJobDefinition"]["OutputDataConfig"] = {"S3OutputPath": "s3://bucket/output"}
    profile["TrainingJobDefinition"]["ResourceConfig"]["VolumeSizeInGB"] = 10
    profile["TransformJobDefinition"]["TransformOutput"]["S3OutputPath"] = "s3://bucket/results"
    content["ValidationSpecification"]["ValidationRole"] = "arn:aws:iam::000000000000:role/validation"
    return {"AlgorithmName": "forest", **content}


def validate(service: SageMaker, content: dict[str, Any]) -> dict[str, Any]:
    service.call("CreateAlgorithm", request(content))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        answer = service.call("DescribeAlgorithm", {"AlgorithmName": "forest"})
        if answer["AlgorithmStatus"] in ("Completed", "Failed"):
            return dict(answer)
        time.sleep(0.2)
    raise AssertionError("the validation did not end")


def reasons(answer: dict[str, Any]) -> list[str]:
    return [
        item["FailureReason"]
        for item in answer["AlgorithmStatusDetails"]["ValidationStatuses"]
        if "FailureReason" in item
    ]


@only("docker")
def test_logs_metrics_and_artifacts_are_real(service: SageMaker, s3: MemoryS3) -> None:
    answer = validate(service, definition())
    assert answer["AlgorithmStatus"] == "Completed", reasons(answer)
    job = service.call("ListTrainingJobs", {})["TrainingJobSummaries"][0]["TrainingJobName"]
    described = service.call("DescribeTrainingJob", {"TrainingJobName": job})
    assert described["FinalMetricDataList"][0]["Value"] == pytest.approx(0.9)
    archive = s3.objects["bucket", f"output/{job}/output/model.tar.gz"]
    with tarfile.open(fileobj=io.BytesIO(archive)) as model:
        assert model.getnames() == ["model.txt"]
    assert s3.objects["bucket", "results/rows.csv.out"] == b"x\nx\n"
    assert "accuracy: 0.9" in [line.text for batch in service.new_lines() for line in batch.lines]


@only("podman")
def test_an_objective_that_is_not_logged_fails_the_validation(service: SageMaker) -> None:
    answer = validate(service, definition(train="model(); print('Accuracy = 0.9')"))
    assert answer["AlgorithmStatus"] == "Failed"
    assert "objective metric accuracy" in reasons(answer)[0]
    assert "objective-not-found" in reasons(answer)[0]


@only("docker")
def test_a_failing_ping_fails_the_validation(service: SageMaker) -> None:
    answer = validate(service, definition(serve="serve(host='127.0.0.1')"))
    assert answer["AlgorithmStatus"] == "Failed"
    assert "listens on 127.0.0.1 only" in reasons(answer)[0]


def test_without_an_engine_jobs_are_simulated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    messages: list[str] = []
    with container_jobs({}, None, messages.append) as jobs:
        assert jobs.runner is None
    assert "validation jobs are simulated" in messages[0]
