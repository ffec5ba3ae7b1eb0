"""What local SageMaker misses in the rest of the account, without the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.local import LocalAwsError
from cdk_sagemaker_algorithm.local.sagemaker.errors import ServiceError
from cdk_sagemaker_algorithm.local.sagemaker.surroundings import EmulatedAccount, inputs_of
from tests.support.sagemaker import IMAGE, definition

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/validation"
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}]}


class Emulator:
    """S3, IAM and ECR with what a test puts there."""

    def __init__(self) -> None:
        self.objects = {"wine-example": {"train/a.csv", "test.csv"}}
        self.roles: dict[str, Any] = {"validation": {"Arn": ROLE, "AssumeRolePolicyDocument": TRUST}}
        self.images = {("wine", "1")}

    def create_bucket(self, *, Bucket: str) -> None:  # noqa: N803 - as botocore has it
        self.objects.setdefault(Bucket, set())

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Body == b""
        self.objects[Bucket].add(Key)

    def head_bucket(self, *, Bucket: str) -> dict[str, Any]:  # noqa: N803
        if Bucket not in self.objects:
            raise error("404")
        return {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:  # noqa: N803
        if Bucket not in self.objects:
            raise error("NoSuchBucket")
        return {"KeyCount": min(MaxKeys, sum(key.startswith(Prefix) for key in self.objects[Bucket]))}

    def get_role(self, *, RoleName: str) -> dict[str, Any]:  # noqa: N803
        if RoleName not in self.roles:
            raise error("NoSuchEntity")
        return {"Role": self.roles[RoleName]}

    def batch_get_image(self, *, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        if repositoryName not in {name for name, _ in self.images}:
            raise error("RepositoryNotFoundException")
        return {"images": [each for each in imageIds if (repositoryName, each.get("imageTag", "")) in self.images]}


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Operation")


def account(emulator: Emulator, *, pushed: bool = False, existing: tuple[str, ...] = ()) -> EmulatedAccount:
    return EmulatedAccount(lambda _: emulator, "us-east-1", ACCOUNT, images_pushed=pushed, existing=existing)


def test_a_definition_whose_needs_exist_is_accepted() -> None:
    around = account(Emulator(), pushed=True)
    around.check_creation(definition())
    profile = definition()["ValidationSpecification"]["ValidationProfiles"][0]
    training, transform = profile["TrainingJobDefinition"], profile["TransformJobDefinition"]
    assert list(inputs_of(training)) == ["s3://wine-example/train/"]
    assert list(inputs_of(transform)) == ["s3://wine-example/test.csv"]
    assert around.missing_input([*inputs_of(training), *inputs_of(transform)], ROLE) is None
    assert around.missing_output("s3://wine-example/output/") is None
    assert around.missing_image(IMAGE, ROLE, training=True) is None
    assert around.missed == {}


@pytest.mark.parametrize(
    "role",
    [
        None,
        {"Arn": ROLE, "AssumeRolePolicyDocument": {"Statement": [{"Principal": {"Service": "lambda.amazonaws.com"}}]}},
        {"Arn": f"arn:aws:iam::{ACCOUNT}:role/service-role/validation", "AssumeRolePolicyDocument": TRUST},
    ],
)
def test_a_role_must_exist_under_its_whole_arn_and_trust_sagemaker(role: dict[str, Any] | None) -> None:
    emulator = Emulator()
    emulator.roles = {} if role is None else {"validation": role}
    with pytest.raises(ServiceError, match="Could not assume role") as caught:
        account(emulator).check_creation(definition())
    assert caught.value.code == "ValidationException"
    account(emulator, existing=(ROLE,)).check_creation(definition())


@pytest.mark.parametrize("where", ["TrainingSpecification", "InferenceSpecification"])
def test_an_image_of_another_region_is_rejected(where: str) -> None:
    request = definition()
    image = IMAGE.replace("us-east-1", "eu-west-3")
    if where == "TrainingSpecification":
        request[where]["TrainingImage"] = image
    else:
        request[where]["Containers"][0]["Image"] = image
    with pytest.raises(ServiceError, match="does not match expected region of us-east-1"):
        account(Emulator()).check_creation(request)


@pytest.mark.parametrize("uri", ["s3://absent/train/", "s3://wine-example/empty/"])
def test_an_input_without_objects_fails_until_it_is_said_to_exist(uri: str) -> None:
    around = account(Emulator())
    reason = around.missing_input([uri], ROLE)
    assert reason is not None
    assert f'No S3 objects found under S3 URL "{uri}"' in reason
    assert list(around.missed) == [uri]
    assert account(Emulator(), existing=(uri,)).missing_input([uri], ROLE) is None


def test_an_output_needs_its_bucket() -> None:
    around = account(Emulator())
    assert around.missing_output("s3://absent/models") == "NoSuchBucket: The specified bucket does not exist"
    assert list(around.missed) == ["s3://absent"]


@pytest.mark.parametrize(
    ("image", "training", "reason"),
    [
        (IMAGE.replace("wine:1", "wine:2"), True, "Cannot pull algorithm container."),
        (
            IMAGE.replace("wine:1", "absent:1"),
            False,
            "Access denied for repository: absent in registry ID: 123456789012",
        ),
    ],
)
def test_an_image_that_is_said_to_be_pushed_must_be_there(image: str, training: bool, reason: str) -> None:  # noqa: FBT001
    assert reason in str(account(Emulator(), pushed=True).missing_image(image, ROLE, training=training))
    assert account(Emulator()).missing_image(image, ROLE, training=training) is None


def test_other_errors_of_the_emulator_are_not_taken_for_absence() -> None:
    emulator = Emulator()

    def broken(**_: Any) -> None:
        raise error("InternalError")

    emulator.head_bucket = broken  # type: ignore[method-assign,assignment] # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(ClientError):
        account(emulator).missing_output("s3://wine-example/")


def test_what_is_neither_data_nor_a_role_is_refused() -> None:
    with pytest.raises(LocalAwsError, match="neither an S3 URI nor a role's ARN"):
        account(Emulator(), existing=("wine-example",))
