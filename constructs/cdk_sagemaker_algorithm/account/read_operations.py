"""Define the AWS operations that a reader may call, with their IAM permissions.

To let a check call another operation, add a row. Only operations that read are allowed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from cdk_sagemaker_algorithm.model.arn import Arn

Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsEnvironment:
    """An account and a region.

    Attributes:
        account: The account ID; ``*`` if it is not known.
        region: The region; ``*`` if it is not known.
        partition: The partition, such as ``aws-cn``.
    """

    account: str
    region: str
    partition: str = "aws"

    def __str__(self) -> str:
        """Return the environment as the CDK writes it."""
        return f"aws://{self.account}/{self.region}"

    def arn(self, service: str, resource: str, *, account: str | None = None, region: str | None = None) -> str:
        """Return an ARN in this environment.

        Args:
            service: The service's name in ARNs.
            resource: The last part of the ARN.
            account: Another account, or an empty string. Default: this account.
            region: Another region, or an empty string. Default: this region.
        """
        own = self.account if account is None else account
        where = self.region if region is None else region
        return str(Arn(partition=self.partition, service=service, region=where, account=own, resource=resource))


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of an AWS service.

    Attributes:
        service: The service's name in boto3.
        name: The operation's name in the API.
        action: The IAM action; empty if the call needs no permission.
        resource: Returns the ARN that the action applies to, for the call's parameters.
    """

    service: str
    name: str
    action: str
    resource: Callable[[Parameters, AwsEnvironment], str]

    @property
    def full_name(self) -> str:
        """The service and the operation, such as ``ecr:BatchGetImage``."""
        return f"{self.service}:{self.name}"


def _anything(_: Parameters, __: AwsEnvironment) -> str:
    return "*"


def _repository(parameters: Parameters, environment: AwsEnvironment) -> str:
    return environment.arn(
        "ecr", f"repository/{parameters['repositoryName']}", account=str(parameters.get("registryId", "*"))
    )


def _bucket(parameters: Parameters, environment: AwsEnvironment) -> str:
    return environment.arn("s3", str(parameters["Bucket"]), account="", region="")


def _object(parameters: Parameters, environment: AwsEnvironment) -> str:
    return f"{_bucket(parameters, environment)}/{parameters['Key']}"


def _key(parameters: Parameters, environment: AwsEnvironment) -> str:
    key = str(parameters["KeyId"])
    if (arn := Arn.parse(key)) and arn.is_a("kms", "key"):
        return key
    return environment.arn("kms", "key/*" if "alias/" in key else f"key/{key}")


def _role(parameters: Parameters, environment: AwsEnvironment) -> str:
    # The name alone does not say the role's path.
    return environment.arn("iam", f"role/{parameters.get('PathPrefix', '')}{parameters['RoleName']}", region="")


def _principal(parameters: Parameters, _: AwsEnvironment) -> str:
    return str(parameters["PolicySourceArn"])


def _parameter(parameters: Parameters, environment: AwsEnvironment) -> str:
    return environment.arn("ssm", f"parameter/{str(parameters['Name']).removeprefix('/')}")


def _stack(parameters: Parameters, environment: AwsEnvironment) -> str:
    return environment.arn("cloudformation", f"stack/{parameters['StackName']}/*")


def _algorithm(parameters: Parameters, environment: AwsEnvironment) -> str:
    return environment.arn("sagemaker", f"algorithm/{str(parameters['AlgorithmName']).lower()}")


def _tagged(parameters: Parameters, _: AwsEnvironment) -> str:
    return str(parameters["ResourceArn"])


_ROWS: Final = (
    ("account", "GetRegionOptStatus", "account:GetRegionOptStatus", _anything),
    ("cloudformation", "DescribeStacks", "cloudformation:DescribeStacks", _stack),
    ("cloudwatch", "GetMetricData", "cloudwatch:GetMetricData", _anything),
    ("ecr", "BatchGetImage", "ecr:BatchGetImage", _repository),
    ("ecr", "DescribeImages", "ecr:DescribeImages", _repository),
    ("ecr", "GetDownloadUrlForLayer", "ecr:GetDownloadUrlForLayer", _repository),
    ("ecr", "GetRepositoryPolicy", "ecr:GetRepositoryPolicy", _repository),
    ("iam", "GetRole", "iam:GetRole", _role),
    ("iam", "SimulateCustomPolicy", "iam:SimulateCustomPolicy", _anything),
    ("iam", "SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", _principal),
    ("kms", "DescribeKey", "kms:DescribeKey", _key),
    ("logs", "DescribeResourcePolicies", "logs:DescribeResourcePolicies", _anything),
    ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration", _bucket),
    ("s3", "GetBucketPolicy", "s3:GetBucketPolicy", _bucket),
    ("s3", "HeadBucket", "s3:ListBucket", _bucket),
    ("s3", "HeadObject", "s3:GetObject", _object),
    ("s3", "ListObjectsV2", "s3:ListBucket", _bucket),
    ("sagemaker", "DescribeAlgorithm", "sagemaker:DescribeAlgorithm", _algorithm),
    ("sagemaker", "ListTags", "sagemaker:ListTags", _tagged),
    ("service-quotas", "GetServiceQuota", "servicequotas:GetServiceQuota", _anything),
    ("service-quotas", "ListServiceQuotas", "servicequotas:ListServiceQuotas", _anything),
    (
        "service-quotas",
        "ListRequestedServiceQuotaChangeHistoryByQuota",
        "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
        _anything,
    ),
    ("ssm", "GetParameter", "ssm:GetParameter", _parameter),
    ("sts", "GetCallerIdentity", "", _anything),
)

#: Every operation that a reader may call, by its full name.
OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        f"{service}:{name}": Operation(service=service, name=name, action=action, resource=resource)
        for service, name, action, resource in _ROWS
    }
)
