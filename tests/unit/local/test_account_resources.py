"""Missing resources of the account, as local SageMaker reports them."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm.local import LocalAwsError
from cdk_sagemaker_algorithm.local.sagemaker.account_resources import EmulatedAccount
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from tests.support.account import ACCOUNT, IMAGE, KEY, OCI, REGION, ROLE, good, key, manifest, request, trust
from tests.support.fake_aws import FakeAws, Refusal, Replies

ABSENT_IMAGE = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
NO_BUCKET = Refusal(code="404", status=404)


def account(replies: Replies | None = None, *, pushed: bool = False, existing: tuple[str, ...] = ()) -> EmulatedAccount:
    aws = FakeAws({**good(), "s3:HeadBucket": {"BucketRegion": REGION}, **(replies or {})})
    return EmulatedAccount(
        lambda service: aws(service, REGION), REGION, ACCOUNT, images_pushed=pushed, existing=existing
    )


def profile(definition: dict[str, Any]) -> tuple[Any, Any]:
    found = definition["ValidationSpecification"]["ValidationProfiles"][0]
    return found["TrainingJobDefinition"], found["TransformJobDefinition"]


def test_a_definition_whose_needs_exist_is_accepted() -> None:
    definition = request()
    training, transform = profile(definition)
    around = account(pushed=True)

    around.check_creation(definition)
    assert around.failure(definition, "training", IMAGE, training) is None
    assert around.failure(definition, "training output", training) is None
    assert around.failure(definition, "model", definition["InferenceSpecification"]["Containers"]) is None
    assert around.failure(definition, "transform", transform) is None
    assert around.failure(definition, "transform output", transform) is None
    assert around.missed == {}


@pytest.mark.parametrize(
    "reply",
    [
        Refusal(code="NoSuchEntity"),
        trust({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        trust(arn=f"arn:aws:iam::{ACCOUNT}:role/other-path/Validation"),
    ],
)
def test_a_role_must_exist_under_its_whole_arn_and_trust_sagemaker(reply: Any) -> None:
    with pytest.raises(ServiceError, match="Could not assume role") as caught:
        account({"iam:GetRole": reply}).check_creation(request())
    assert caught.value.code == "ValidationException"
    account({"iam:GetRole": reply}, existing=(ROLE,)).check_creation(request())


@pytest.mark.parametrize(
    "path", ["TrainingSpecification__TrainingImage", "InferenceSpecification__Containers__0__Image"]
)
def test_an_image_of_another_region_is_rejected(path: str) -> None:
    definition = request(**{path: IMAGE.replace(REGION, "eu-west-3")})
    with pytest.raises(ServiceError, match=f"does not match expected region of {REGION}"):
        account().check_creation(definition)


@pytest.mark.parametrize(
    "replies", [{"s3:ListObjectsV2": {"KeyCount": 0}}, {"s3:HeadBucket": NO_BUCKET}], ids=["empty prefix", "no bucket"]
)
def test_an_input_without_objects_fails_the_job_that_reads_it(replies: Replies) -> None:
    definition = request()
    training, transform = profile(definition)
    around = account(replies)

    reason = around.failure(definition, "training", IMAGE, training)
    assert reason is not None
    assert reason.startswith('ValidationException: No S3 objects found under S3 URL "s3://forest-data/train/"')
    assert "s3://forest-data/rows/" in str(around.failure(definition, "transform", transform))
    assert list(around.missed) == ["s3://forest-data/train/", "s3://forest-data/rows/"]


def test_data_that_is_declared_to_exist_is_created() -> None:
    created: list[str] = []

    class S3:
        def create_bucket(self, *, Bucket: str) -> None:  # noqa: N803 - as botocore has it
            created.append(Bucket)

        def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - boto3's names
            assert Body == b""
            created.append(f"{Bucket}/{Key}")

    existing = ("s3://forest-data/train/", "s3://only")
    EmulatedAccount(lambda _: S3(), REGION, ACCOUNT, images_pushed=False, existing=existing)
    assert created == ["forest-data", "forest-data/train/placeholder", "only"]


def test_an_output_needs_its_bucket() -> None:
    definition = request()
    training, _ = profile(definition)
    around = account({"s3:HeadBucket": NO_BUCKET})

    reason = around.failure(definition, "training output", training)
    assert reason == "NoSuchBucket: The specified bucket does not exist"
    assert list(around.missed) == ["s3://forest-out/models"]


def test_a_key_must_exist_and_be_enabled() -> None:
    definition = request()
    training, _ = profile(definition)
    absent: Replies = {"kms:DescribeKey": Refusal(code="NotFoundException", message="Key does not exist")}

    assert "does not exist" in str(account(absent).failure(definition, "training", training))
    assert "not enabled" in str(
        account({"kms:DescribeKey": key(KeyState="Disabled")}).failure(definition, "training", training)
    )
    assert account(absent, existing=(KEY,)).failure(definition, "training", training) is None


@pytest.mark.parametrize(
    ("moment", "reply", "reason"),
    [
        ("training", ABSENT_IMAGE, "ClientError: Cannot pull algorithm container."),
        ("model", ABSENT_IMAGE, f"ValidationException: Access denied for repository: forest in registry ID: {ACCOUNT}"),
        ("model", manifest(OCI), f"ValidationException: Unsupported manifest media type {OCI}"),
    ],
)
def test_an_image_that_is_said_to_be_pushed_must_be_usable(moment: Any, reply: Any, reason: str) -> None:
    replies: Replies = {"ecr:BatchGetImage": reply}
    assert str(account(replies, pushed=True).failure(request(), moment, IMAGE)).startswith(reason)
    assert account(replies).failure(request(), moment, IMAGE) is None


def test_other_errors_of_the_emulator_are_not_taken_for_absence() -> None:
    definition = request()
    around = account({"s3:HeadBucket": Refusal(code="InternalError", status=500)})
    with pytest.raises(Exception, match="s3:HeadBucket"):
        around.failure(definition, "training output", profile(definition)[0])


def test_what_is_neither_data_nor_an_arn_is_refused() -> None:
    with pytest.raises(LocalAwsError, match="neither an S3 URI nor the ARN of a role or a KMS key"):
        account(existing=("bucket/train",))
