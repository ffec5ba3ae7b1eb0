"""`preflight --account` against local AWS: a good account, and accounts with one fault each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cdk_sagemaker_algorithm.local import LocalAws
from tests.support.account import DOCKER, OCI, request
from tests.support.quotas import Quotas, service_quotas

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("account")]

Json = Any
REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:*", "ecr:*", "kms:*"], "Resource": "*"}],
}


class Account:
    """An account on local AWS that the definition can be validated in."""

    def __init__(self, aws: LocalAws, quotas: Quotas, work: Path) -> None:
        self.aws = aws
        self.quotas = quotas
        self._work = work
        self.image = f"{aws.account}.dkr.ecr.{REGION}.amazonaws.com/forest:1.0"
        self.role = f"arn:aws:iam::{aws.account}:role/service-role/Validation"
        environment = aws.environment
        session: Any = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
        )
        self._client: Callable[[str], Any] = lambda service: session.client(service, endpoint_url=aws.url)
        s3, ecr, iam = (self._client(service) for service in ("s3", "ecr", "iam"))
        for bucket in ("forest-data", "forest-out"):
            s3.create_bucket(Bucket=bucket)
        for key in ("train/a.csv", "rows/a.csv"):
            s3.put_object(Bucket="forest-data", Key=key, Body=b"1,2\n")
        ecr.create_repository(repositoryName="forest")
        for tag, media_type in (("1.0", DOCKER), ("oci", OCI)):
            ecr.put_image(
                repositoryName="forest",
                imageTag=tag,
                imageManifest=json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": {"digest": tag}}),
                imageManifestMediaType=media_type,
            )
        self.make_role("Validation", TRUST)
        iam.put_role_policy(RoleName="Validation", PolicyName="All", PolicyDocument=json.dumps(PERMISSIONS))
        self.make_role("Wrong", json.loads(json.dumps(TRUST).replace("sagemaker", "ec2")))

    def make_role(self, name: str, trust: Json) -> None:
        self._client("iam").create_role(
            RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=json.dumps(trust)
        )

    def check(self, *options: str, **changes: Json) -> tuple[int, Json]:
        """Run the command on the definition with some changes."""
        output = "ValidationSpecification__ValidationProfiles__0__TrainingJobDefinition__OutputDataConfig"
        definition = request(
            **{
                "TrainingSpecification__TrainingImage": self.image,
                "InferenceSpecification__Containers": [{"Image": self.image}],
                "ValidationSpecification__ValidationRole": self.role,
                output: {"S3OutputPath": "s3://forest-out/models"},
                **changes,
            }
        )
        file = self._work / "forest.json"
        file.write_text(json.dumps(definition), encoding="utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "cdk_sagemaker_algorithm.cli",
                "preflight",
                str(file),
                "--account",
                "--json",
                *options,
            ],
            env={**self.aws.environment, "AWS_ENDPOINT_URL_SERVICE_QUOTAS": self.quotas.url},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Generator[Account]:
    with service_quotas() as quotas, LocalAws(region=REGION) as aws:
        yield Account(aws, quotas, tmp_path_factory.mktemp("account"))


def _rules(document: Json, level: str = "error") -> set[str]:
    return {finding["rule"] for finding in document["findings"] if finding["level"] == level}


def test_in_a_good_account_nothing_is_wrong(account: Account) -> None:
    status, document = account.check("--time-limit", "100")

    assert _rules(document) == set()
    assert status == 0
    assert any(label.startswith("account-data-missing: s3://forest-data/train/") for label in document["checked"])
    # The emulator's URL of the image's configuration leads nowhere, which is no pass.
    assert "account-image-platform" in {each["check"] for each in document["notChecked"]}


_TRANSFORM = "ValidationSpecification__ValidationProfiles__0__TransformJobDefinition"
_INPUT = f"{_TRANSFORM}__TransformInput__DataSource__S3DataSource__S3Uri"
FAULTS: dict[str, tuple[str, dict[str, str]]] = {
    "an image that was not pushed": (
        "account-image-missing",
        {"TrainingSpecification__TrainingImage": "{account}.dkr.ecr.us-east-1.amazonaws.com/forest:2.0"},
    ),
    "an OCI image": (
        "account-image-media-type",
        {"InferenceSpecification__Containers__0__Image": "{account}.dkr.ecr.us-east-1.amazonaws.com/forest:oci"},
    ),
    "an image of another region": (
        "account-image-region",
        {"TrainingSpecification__TrainingImage": "{account}.dkr.ecr.eu-west-3.amazonaws.com/forest:1.0"},
    ),
    "an image of another registry": (
        "account-image-not-ecr",
        {"TrainingSpecification__TrainingImage": "docker.io/library/forest:1.0"},
    ),
    "an empty prefix": ("account-data-missing", {_INPUT: "s3://forest-data/none/"}),
    "an absent bucket": ("account-data-missing", {_INPUT: "s3://forest-absent/rows/"}),
    "an absent output bucket": (
        "account-output-bucket-missing",
        {f"{_TRANSFORM}__TransformOutput__S3OutputPath": "s3://forest-absent/labels"},
    ),
    "an absent role": (
        "account-role-missing",
        {"ValidationSpecification__ValidationRole": "arn:aws:iam::{account}:role/Absent"},
    ),
    "a role without its path": (
        "account-role-missing",
        {"ValidationSpecification__ValidationRole": "arn:aws:iam::{account}:role/Validation"},
    ),
    "a role that trusts another service": (
        "account-role-trust",
        {"ValidationSpecification__ValidationRole": "arn:aws:iam::{account}:role/service-role/Wrong"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(account: Account, fault: str) -> None:
    rule, changes = FAULTS[fault]
    filled = {path: value.format(account=account.aws.account) for path, value in changes.items()}
    status, document = account.check("--time-limit", "100", "--only", rule, **filled)

    assert (status, _rules(document)) == (3, {rule})
    assert all(finding["remedy"] for finding in document["findings"])


def test_a_quota_that_is_too_low_is_found_with_the_command_that_raises_it(account: Account) -> None:
    account.quotas.values["ml.m5.large for transform job usage"] = 0
    try:
        status, document = account.check("--time-limit", "100", "--only", "quota-transform")
    finally:
        account.quotas.values.clear()

    (finding,) = document["findings"]
    assert status == 3
    assert finding["remedy"] == (
        "aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-236AE59F "
        f"--desired-value 1 --region {REGION}"
    )
