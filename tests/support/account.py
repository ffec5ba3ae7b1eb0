"""A definition, and an account in which its validation can succeed; tests plant faults in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk_sagemaker_algorithm.account import quota_codes
from cdk_sagemaker_algorithm.account.reader import ClientFactory, Download
from cdk_sagemaker_algorithm.account.run_checks import check_account
from cdk_sagemaker_algorithm.assembly.stack import Stack
from cdk_sagemaker_algorithm.reporting import Finding, FindingReport
from tests.support.fake_aws import FakeAws, Refusal, Replies, Reply

ACCOUNT, REGION = "123456789012", "eu-west-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/forest:1.0"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Validation"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
DATA_KEY = KEY.replace("1111", "9999")
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/Dev/ana"
ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:algorithm/forest"
DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
OCI = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "sha256:" + "c" * 64

Json = Any


def request(**changes: Json) -> dict[str, Json]:
    """A CreateAlgorithm request that names everything that checks examine."""
    found: dict[str, Json] = {
        "AlgorithmName": "forest",
        "TrainingSpecification": {
            "TrainingImage": IMAGE,
            "SupportedTrainingInstanceTypes": ["ml.m5.large"],
            "TrainingChannels": [
                {"Name": "training", "SupportedContentTypes": ["text/csv"], "SupportedInputModes": ["File"]}
            ],
        },
        "InferenceSpecification": {
            "Containers": [{"Image": IMAGE}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ValidationSpecification": {
            "ValidationRole": ROLE,
            "ValidationProfiles": [
                {
                    "ProfileName": "Profile",
                    "TrainingJobDefinition": {
                        "TrainingInputMode": "File",
                        "InputDataConfig": [_channel("s3://forest-data/train/")],
                        "OutputDataConfig": {"S3OutputPath": "s3://forest-out/models", "KmsKeyId": KEY},
                        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
                        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
                    },
                    "TransformJobDefinition": {
                        "TransformInput": {"DataSource": _channel("s3://forest-data/rows/")["DataSource"]},
                        "TransformOutput": {"S3OutputPath": "s3://forest-out/labels"},
                        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                    },
                }
            ],
        },
    }
    for path, value in changes.items():
        _set(found, path.split("__"), value)
    return found


def _channel(uri: str) -> dict[str, Json]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {"ChannelName": "training", "DataSource": {"S3DataSource": source}}


def _set(node: Json, path: list[str], value: Json) -> None:
    *way, last = path
    for name in way:
        node = node[int(name)] if name.isdecimal() else node[name]
    if value is None:
        node.pop(last, None)
    else:
        node[int(last) if last.isdecimal() else last] = value


def stacks(definition: Json | None = None) -> list[Stack]:
    """The request as the loader of assemblies returns it."""
    resources: Json = {"Algorithm": {"Type": "Custom::SageMakerAlgorithm", "Properties": definition or request()}}
    return [Stack(name=None, label="forest.json", template={"Resources": resources})]


def deployed(resources: Mapping[str, Json] | None = None, **settings: Any) -> list[Stack]:
    """A stack of an assembly with the request as its algorithm."""
    algorithm: Json = {"Type": "Custom::SageMakerAlgorithm", "Properties": request()}
    properties: dict[str, Json] = {
        "requiresBootstrapStackVersion": 6,
        "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version",
    }
    given: dict[str, Any] = {"name": "Forest", "label": "Forest", "properties": properties, **settings}
    return [Stack(template={"Resources": {"Algorithm": algorithm, **(resources or {})}}, **given)]


def quota(parameters: dict[str, Any], value: float = 4) -> Reply:
    """The quota of a code of the table."""
    names = {code: name for name, code in quota_codes.codes().items()}
    code = parameters["QuotaCode"]
    return {"Quota": {"ServiceCode": "sagemaker", "QuotaCode": code, "QuotaName": names[code], "Value": value}}


def manifest(media_type: str = DOCKER) -> dict[str, Json]:
    """ECR's response for an image."""
    content = {"schemaVersion": 2, "mediaType": media_type, "config": {"digest": CONFIG}}
    return {
        "images": [{"imageManifest": json.dumps(content), "imageManifestMediaType": media_type, "imageId": {}}],
        "failures": [],
    }


def details(**changes: Json) -> dict[str, Json]:
    """ECR's response for an image's details."""
    found = {
        "imageSizeInBytes": 412_000_000,
        "imageStatus": "ACTIVE",
        "imageScanStatus": {"status": "COMPLETE"},
        "imageScanFindingsSummary": {"findingSeverityCounts": {"LOW": 3}},
        **changes,
    }
    return {"imageDetails": [{name: value for name, value in found.items() if value is not None}]}


def trust(statement: Json | None = None, arn: str = ROLE) -> dict[str, Json]:
    """IAM's response for a role."""
    allowed = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement or allowed]})
    return {
        "Role": {
            "Path": "/service-role/",
            "RoleName": "Validation",
            "RoleId": "AROA1234567890123456",
            "Arn": arn,
            "CreateDate": "2026-01-01T00:00:00Z",
            "AssumeRolePolicyDocument": document,
        }
    }


def simulated(decision: str = "allowed", **more: Json) -> Callable[[dict[str, Any]], Reply]:
    """The policy simulator's response."""

    def reply(parameters: dict[str, Any]) -> Reply:
        names = parameters["ActionNames"]
        return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": decision, **more} for name in names]}

    return reply


def key(**changes: Json) -> Callable[[dict[str, Any]], Reply]:
    """KMS's response for a key."""

    def reply(parameters: dict[str, Any]) -> Reply:
        found = {
            "KeyId": "1",
            "Arn": parameters["KeyId"],
            "KeyState": "Enabled",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "KeyManager": "CUSTOMER",
        }
        return {"KeyMetadata": {**found, **changes}}

    return reply


def good() -> Replies:
    """An account without faults."""
    return {
        "sts:GetCallerIdentity": {"Account": ACCOUNT, "Arn": CALLER, "UserId": "AROA:ana"},
        "ecr:BatchGetImage": manifest(),
        "ecr:GetDownloadUrlForLayer": {"downloadUrl": "https://example.com/config", "layerDigest": CONFIG},
        "ecr:DescribeImages": details(),
        "ecr:GetRepositoryPolicy": {"policyText": "{}"},
        "s3:HeadBucket": {"BucketRegion": REGION},
        "s3:ListObjectsV2": lambda parameters: {"KeyCount": 1, "Contents": [{"Key": f"{parameters['Prefix']}a.csv"}]},
        "s3:HeadObject": {"ServerSideEncryption": "AES256"},
        "s3:GetBucketPolicy": {"Policy": json.dumps({"Statement": []})},
        "s3:GetBucketEncryption": {"ServerSideEncryptionConfiguration": {"Rules": []}},
        "kms:DescribeKey": key(),
        "iam:GetRole": trust(),
        "iam:SimulatePrincipalPolicy": simulated(),
        "iam:SimulateCustomPolicy": simulated(),
        "service-quotas:GetServiceQuota": quota,
        "service-quotas:ListServiceQuotas": {"Quotas": []},
        "service-quotas:ListRequestedServiceQuotaChangeHistoryByQuota": {"RequestedQuotas": []},
        "cloudwatch:GetMetricData": {"MetricDataResults": [{"Id": "usage", "Values": [0.0]}]},
        "sagemaker:DescribeAlgorithm": _absent,
        "sagemaker:ListTags": {"Tags": []},
        "ssm:GetParameter": {"Parameter": {"Name": "version", "Value": "21"}},
        "cloudformation:DescribeStacks": _no_stack,
        "logs:DescribeResourcePolicies": {"resourcePolicies": []},
        "account:GetRegionOptStatus": {"RegionName": REGION, "RegionOptStatus": "ENABLED_BY_DEFAULT"},
    }


def _absent(_: dict[str, Any]) -> Reply:
    return Refusal(code="ValidationException", message=f"Algorithm {ARN} does not exist.")


def _no_stack(_: dict[str, Any]) -> Reply:
    return Refusal(code="ValidationError", message="Stack with id Forest does not exist")


def config(architecture: str = "amd64") -> Download:
    """What ECR's URL leads to."""
    content = {"architecture": architecture, "os": "linux", "config": {"Entrypoint": ["/opt/program"]}}
    return lambda _url, _limit: json.dumps(content).encode()


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run."""

    report: FindingReport
    aws: FakeAws

    def of(self, rule: str) -> list[Finding]:
        """The findings of a check."""
        return [finding for finding in self.report.findings if finding.rule == f"account-{rule}"]

    def one(self, rule: str) -> Finding:
        """The only finding of a check."""
        (found,) = self.of(rule)
        return found

    def passed(self, rule: str) -> list[str]:
        """What a check passed."""
        return [each for each in self.report.checked if each.startswith(f"account-{rule}: ")]

    def skipped(self, rule: str) -> list[str]:
        """Why a check did not decide."""
        return [each.reason for each in self.report.not_checked if each.check == f"account-{rule}"]


def run(
    replies: Replies | None = None, what: list[Stack] | None = None, *, download: Download | None = None, **options: Any
) -> Run:
    """Check the definition in an account with some changed responses."""
    aws = FakeAws({**good(), **(replies or {})})
    clients: ClientFactory = aws
    settings: dict[str, Any] = {"download": download or config(), "time_limit": 10_000, "wait": _at_once, **options}
    report = check_account(what or stacks(), clients, settings.pop("region", REGION), **settings)
    return Run(report, aws)


def _at_once(_: float) -> None:
    """Tests do not wait for AWS's limits."""


def write_request(path: Path, **changes: Json) -> Path:
    """Write the request into a file."""
    path.write_text(json.dumps(request(**changes)), encoding="utf-8")
    return path
