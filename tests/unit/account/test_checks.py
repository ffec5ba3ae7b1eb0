"""Each check: its findings, and when it cannot decide."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from cdk_sagemaker_algorithm.account.reader import Download
from cdk_sagemaker_algorithm.account.table import CHECKS
from cdk_sagemaker_algorithm.reporting import Level
from tests.support.account import (
    ACCOUNT,
    ARN,
    DATA_KEY,
    IMAGE,
    KEY,
    OCI,
    OCI_INDEX,
    REGION,
    ROLE,
    Run,
    config,
    deployed,
    details,
    key,
    manifest,
    quota,
    request,
    run,
    simulated,
    stacks,
    trust,
)
from tests.support.fake_aws import DENIED, THROTTLED, Malformed, Refusal, Replies, Reply

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One fault, and how a run reports it."""

    rule: str
    says: str
    replies: Replies = field(default_factory=dict[str, Any])
    request: dict[str, Json] = field(default_factory=dict[str, Any])
    resources: dict[str, Json] | None = None
    level: Level = Level.ERROR
    fix: str = ""
    download: Download | None = None
    options: dict[str, Json] = field(default_factory=dict[str, Any])


def low_quota(parameters: dict[str, Json]) -> Json:
    return quota(parameters, 0)


def tight_quota(parameters: dict[str, Json]) -> Json:
    return quota(parameters, 1)


NOT_FOUND = Refusal(code="404", status=404)
OTHER_REGION = Refusal(code="301", status=301, headers={"x-amz-bucket-region": "eu-central-1"})
FORBIDDEN = Refusal(code="403", status=403, headers={"x-amz-bucket-region": "eu-central-1"})
DENY_WITHOUT_KEY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "*",
    "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
}
OPEN_REQUEST = {
    "RequestedQuotas": [
        {"DesiredValue": 2.0, "Status": "CASE_OPENED", "Created": datetime(2026, 9, 10, tzinfo=UTC)},
    ]
}
OTHERS = IMAGE.replace(ACCOUNT, "999988887777")
FULL_POLICY = {"resourcePolicies": [{"policyName": "AWSLogDeliveryWrite20150319", "policyDocument": "x" * 5000}]}
MACHINE: Json = {
    "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
    "Machine": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "LoggingConfiguration": {
                "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}}]
            }
        },
    },
}

BAD = [
    Bad(
        rule="quota-transform",
        says="'ml.m5.large for transform job usage' is 0, and the transform job needs 1",
        replies={"service-quotas:GetServiceQuota": low_quota},
        fix="aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-236AE59F "
        "--desired-value 1 --region eu-west-1",
    ),
    Bad(
        rule="quota-training",
        says="'ml.m5.large for training job usage' is 0, and the training job needs 1",
        replies={"service-quotas:GetServiceQuota": low_quota},
        fix="--quota-code L-611FA074",
    ),
    Bad(
        rule="quota-transform",
        says="is 0",
        replies={
            "service-quotas:GetServiceQuota": low_quota,
            "service-quotas:ListRequestedServiceQuotaChangeHistoryByQuota": OPEN_REQUEST,
        },
        fix="wait for the open request for 2 on 2026-09-10 (status CASE_OPENED)",
    ),
    Bad(
        rule="quota-training",
        says="'ml.unlisted.large for training job usage' is 1, and the training job needs 3",
        request={
            "ValidationSpecification__ValidationProfiles__0__TrainingJobDefinition__ResourceConfig": {
                "InstanceType": "ml.unlisted.large",
                "InstanceCount": 3,
                "VolumeSizeInGB": 10,
            }
        },
        replies={
            "service-quotas:ListServiceQuotas": {
                "Quotas": [
                    {
                        "QuotaName": "ml.unlisted.large for training job usage",
                        "QuotaCode": "L-0000000A",
                        "Value": 1.0,
                    }
                ]
            }
        },
        fix="--quota-code L-0000000A --desired-value 3",
    ),
    Bad(
        rule="quota-all",
        says="the quota 'Number of instances across all transform jobs' is 0",
        replies={"service-quotas:GetServiceQuota": low_quota},
        fix="--quota-code L-60D2A6F0",
    ),
    Bad(
        rule="quota-in-use",
        says="1 were in use",
        level=Level.WARNING,
        replies={
            "service-quotas:GetServiceQuota": tight_quota,
            "cloudwatch:GetMetricData": {"MetricDataResults": [{"Id": "usage", "Values": [1.0, 0.0]}]},
        },
        fix="aws sagemaker list-t",
    ),
    Bad(
        rule="image-media-type",
        says="the image forest:1.0 has the manifest type OCI manifest",
        replies={"ecr:BatchGetImage": manifest(OCI)},
        fix=f"--output type=image,name={IMAGE},push=true,oci-mediatypes=false",
    ),
    Bad(
        rule="image-media-type",
        says="the image forest:1.0 has the manifest type OCI index",
        replies={"ecr:BatchGetImage": manifest(OCI_INDEX)},
        fix="--provenance=false --sbom=false",
    ),
    Bad(
        rule="image-media-type",
        says="the training image has the manifest type OCI manifest",
        level=Level.WARNING,
        request={"InferenceSpecification": None},
        replies={"ecr:BatchGetImage": manifest(OCI)},
        fix="oci-mediatypes=false",
    ),
    Bad(
        rule="image-platform",
        says="built for linux/arm64",
        download=config("arm64"),
        fix="docker buildx build --platform linux/amd64",
    ),
    Bad(
        rule="image-missing",
        says="repository forest has no image 1.0",
        replies={"ecr:BatchGetImage": {"images": [], "failures": [{"failureCode": "ImageNotFound", "imageId": {}}]}},
        fix="docker login --username AWS",
    ),
    Bad(
        rule="image-missing",
        says=f"there is no repository forest in account {ACCOUNT}, {REGION}",
        replies={"ecr:BatchGetImage": Refusal(code="RepositoryNotFoundException")},
    ),
    Bad(
        rule="image-archived",
        says="ECR has archived the image",
        replies={"ecr:DescribeImages": details(imageStatus="ARCHIVED")},
        fix="aws ecr update-image-storage-class",
    ),
    Bad(
        rule="image-large",
        says="the image has 12.5 GB",
        level=Level.WARNING,
        replies={"ecr:DescribeImages": details(imageSizeInBytes=12_500_000_000)},
    ),
    Bad(
        rule="image-scan",
        says="2 critical",
        level=Level.WARNING,
        replies={
            "ecr:DescribeImages": details(imageScanFindingsSummary={"findingSeverityCounts": {"CRITICAL": 2}}),
        },
        fix="aws ecr describe-image-scan-findings",
    ),
    Bad(
        rule="image-not-ecr",
        says="the image docker.io/library/forest:1 is not in Amazon ECR",
        request={"TrainingSpecification__TrainingImage": "docker.io/library/forest:1"},
    ),
    Bad(
        rule="image-region",
        says="the image is in us-east-1",
        request={"TrainingSpecification__TrainingImage": IMAGE.replace(REGION, "us-east-1")},
        fix="push the image to ECR of the algorithm's region",
    ),
    Bad(
        rule="image-region",
        says="(amazonaws.com.cn)",
        request={"TrainingSpecification__TrainingImage": IMAGE.replace("amazonaws.com", "amazonaws.com.cn")},
    ),
    Bad(
        rule="image-account",
        says="requires the seller's own account",
        request={"TrainingSpecification__TrainingImage": OTHERS, "CertifyForMarketplace": True},
        fix=f"name={ACCOUNT}.dkr.ecr",
    ),
    Bad(
        rule="image-account",
        says="does not let this account",
        level=Level.WARNING,
        request={"TrainingSpecification__TrainingImage": OTHERS},
        fix='"Service": "sagemaker.amazonaws.com"',
    ),
    Bad(
        rule="image-account",
        says="does not let this account",
        level=Level.WARNING,
        request={"TrainingSpecification__TrainingImage": OTHERS},
        replies={"ecr:GetRepositoryPolicy": Refusal(code="RepositoryPolicyNotFoundException")},
    ),
    Bad(
        rule="data-missing",
        says="bucket forest-data does not exist",
        replies={"s3:HeadBucket": NOT_FOUND},
        fix="aws s3 mb s3://forest-data --region eu-west-1",
    ),
    Bad(
        rule="data-missing",
        says="has a key that starts with 'train/'",
        replies={"s3:ListObjectsV2": {"KeyCount": 0}},
        fix="aws s3 cp --recursive DIRECTORY s3://forest-data/train/",
    ),
    Bad(
        rule="data-region",
        says="bucket forest-data is in eu-central-1, the job runs in eu-west-1",
        replies={"s3:HeadBucket": {"BucketRegion": "eu-central-1"}},
    ),
    Bad(
        rule="data-region",
        says="is in eu-central-1",
        # S3 names the region to those whom it denies the bucket.
        replies={"s3:HeadBucket": FORBIDDEN},
    ),
    Bad(rule="data-region", says="is in eu-central-1", replies={"s3:HeadBucket": OTHER_REGION}),
    Bad(
        rule="data-key",
        says=f"encrypted with {DATA_KEY}",
        level=Level.WARNING,
        replies={"s3:HeadObject": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": DATA_KEY}},
        fix='"Action": "kms:Decrypt"',
    ),
    Bad(
        rule="output-bucket-missing",
        says="bucket forest-out, to which the job writes its output, does not exist",
        replies={"s3:HeadBucket": NOT_FOUND},
    ),
    Bad(
        rule="output-region",
        says="bucket forest-out is in eu-central-1",
        replies={"s3:HeadBucket": {"BucketRegion": "eu-central-1"}},
    ),
    Bad(
        rule="output-key-policy",
        says="denies uploads without a KMS key",
        level=Level.WARNING,
        replies={"s3:GetBucketPolicy": {"Policy": json.dumps({"Statement": DENY_WITHOUT_KEY})}},
        fix="set KmsKeyId",
    ),
    Bad(
        rule="key-state",
        says="is not enabled (state Disabled)",
        replies={"kms:DescribeKey": key(KeyState="Disabled")},
        fix=f"aws kms enable-key --key-id {KEY}",
    ),
    Bad(
        rule="key-state",
        says="state PendingDeletion",
        replies={"kms:DescribeKey": key(KeyState="PendingDeletion")},
        fix="aws kms cancel-key-deletion",
    ),
    Bad(rule="key-state", says="does not exist", replies={"kms:DescribeKey": Refusal(code="NotFoundException")}),
    Bad(
        rule="key-usage",
        says="of the kind RSA_2048 for SIGN_VERIFY",
        replies={"kms:DescribeKey": key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")},
    ),
    Bad(
        rule="key-region",
        says="is in us-east-1, the algorithm in eu-west-1",
        request={
            "ValidationSpecification__ValidationProfiles__0__TrainingJobDefinition__OutputDataConfig__KmsKeyId": (
                KEY.replace(REGION, "us-east-1")
            )
        },
    ),
    Bad(
        rule="role-missing",
        says=f"role {ROLE} does not exist",
        replies={"iam:GetRole": Refusal(code="NoSuchEntity", status=404)},
        fix="aws iam get-role",
    ),
    Bad(
        rule="role-missing",
        says="the role of that name is arn:aws:iam::123456789012:role/Validation",
        replies={"iam:GetRole": trust(arn=ROLE.replace("service-role/", ""))},
        fix=f"name {ROLE.replace('service-role/', '')} in the definition",
    ),
    Bad(
        rule="role-missing",
        says="belongs to account 999988887777",
        request={"ValidationSpecification__ValidationRole": ROLE.replace(ACCOUNT, "999988887777")},
    ),
    Bad(
        rule="role-trust",
        says="does not let sagemaker.amazonaws.com assume it",
        replies={
            "iam:GetRole": trust(
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
            )
        },
        fix='"Service": "sagemaker.amazonaws.com"',
    ),
    Bad(
        rule="role-trust",
        says=f"aws:SourceAccount does not name {ACCOUNT}",
        replies={
            "iam:GetRole": trust(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": "999988887777"}},
                }
            )
        },
    ),
    Bad(
        rule="role-denied",
        says="IAM's policy simulator denies the role",
        level=Level.WARNING,
        replies={"iam:SimulatePrincipalPolicy": simulated("implicitDeny")},
        fix='"Action": [\n        "s3:GetObject"',
    ),
    Bad(
        rule="name-taken",
        says="belongs to stack Other",
        replies={
            "sagemaker:DescribeAlgorithm": {
                "AlgorithmName": "forest",
                "AlgorithmArn": ARN,
                "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
                "TrainingSpecification": request()["TrainingSpecification"],
                "AlgorithmStatus": "Completed",
                "AlgorithmStatusDetails": {},
            },
            "sagemaker:ListTags": {
                "Tags": [
                    {
                        "Key": "cdk-sagemaker-algorithm:stack-id",
                        "Value": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Other/1",
                    }
                ]
            },
        },
        fix="choose another name",
    ),
    Bad(
        rule="bootstrap",
        says="is not bootstrapped",
        resources={},
        replies={"ssm:GetParameter": Refusal(code="ParameterNotFound")},
        fix=f"cdk bootstrap aws://{ACCOUNT}/{REGION}",
    ),
    Bad(
        rule="bootstrap",
        says="has version 5, and 6 is needed",
        resources={},
        replies={"ssm:GetParameter": {"Parameter": {"Value": "5"}}},
    ),
    Bad(
        rule="stack-state",
        says="is in the state UPDATE_ROLLBACK_FAILED",
        resources={},
        replies={
            "cloudformation:DescribeStacks": {
                "Stacks": [
                    {
                        "StackName": "Forest",
                        "StackStatus": "UPDATE_ROLLBACK_FAILED",
                        "CreationTime": datetime(2026, 1, 1, tzinfo=UTC),
                    }
                ]
            }
        },
        fix="aws cloudformation continue-update-rollback --stack-name Forest --region eu-west-1",
    ),
    Bad(
        rule="logs-policy-full",
        says="has no room for another log group (5000 of 5120 characters",
        resources=MACHINE,
        replies={"logs:DescribeResourcePolicies": FULL_POLICY},
        fix="/aws/vendedlogs/states/",
    ),
    Bad(
        rule="region-publish",
        says="ap-east-1 is not (status ENABLED)",
        level=Level.WARNING,
        request={"CertifyForMarketplace": True},
        replies={"account:GetRegionOptStatus": {"RegionName": "ap-east-1", "RegionOptStatus": "ENABLED"}},
        options={"region": "ap-east-1", "only": ["region-publish"]},
    ),
    Bad(
        rule="region-disabled",
        says="region ap-east-1 is not enabled for the account (status DISABLED)",
        replies={"account:GetRegionOptStatus": {"RegionName": "ap-east-1", "RegionOptStatus": "DISABLED"}},
        options={"region": "ap-east-1", "only": ["region-disabled"]},
        fix="aws account enable-region --region-name ap-east-1",
    ),
    Bad(
        rule="identity",
        says="--region is us-west-2, and the stack names eu-west-1",
        resources={},
        options={"asked_region": "us-west-2"},
    ),
]


def _what(bad: Bad) -> Any:
    if bad.resources is None:
        return stacks(request(**bad.request))
    return deployed(bad.resources, account=ACCOUNT, region=REGION)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.rule}-{bad.says[:30]}")
def test_a_fault_is_found_with_its_level_and_its_fix(bad: Bad) -> None:
    done = run(bad.replies, _what(bad), download=bad.download, **bad.options)

    hits = [finding for finding in done.of(bad.rule) if bad.says in finding.message]
    assert hits, (done.report.findings, done.report.not_checked)
    assert {hit.level for hit in hits} == {bad.level}
    assert bad.fix in hits[0].remedy
    _, copied = hits[0].advice
    if copied.startswith("{"):
        assert json.loads(copied)
    assert all(hit.remedy and hit.subject for hit in hits)


def test_every_check_has_a_fault_in_the_table() -> None:
    assert {bad.rule for bad in BAD} == {check.name for check in CHECKS}


def test_a_good_account_passes_every_check_that_applies() -> None:
    done = run()

    assert done.report.findings == ()
    assert done.report.not_checked == ()
    assert {label.partition(":")[0] for label in done.report.checked} == {
        check.rule for check in CHECKS if check.name not in ELSEWHERE
    }


#: Checks that apply to stacks, to certified algorithms or to opt-in regions only.
ELSEWHERE = {
    "bootstrap",
    "stack-state",
    "logs-policy-full",
    "region-publish",
    "region-disabled",
    "image-account",
}


@pytest.fixture(scope="module")
def good_run() -> Run:
    return run()


TROUBLES: dict[str, tuple[Reply, str]] = {
    "denied": (DENIED, "not allowed to call"),
    "throttled": (THROTTLED, "AWS throttled the calls (ThrottlingException)"),
    "late": (ConnectTimeoutError(endpoint_url="https://aws"), "time limit of the call"),
    "unreachable": (EndpointConnectionError(endpoint_url="https://aws"), "no connection"),
    "failing": (Refusal(code="InternalServerError", status=500), "InternalServerError"),
    "unexpected": (Refusal(code="StrangeException", message="strange"), "StrangeException: strange"),
}
MALFORMED: dict[str, dict[str, Json]] = {
    "ecr:BatchGetImage": {"images": "none"},
    "ecr:GetDownloadUrlForLayer": {"downloadUrl": 7},
    "ecr:DescribeImages": {"imageDetails": [{"imageStatus": 1, "imageSizeInBytes": "x", "imageScanStatus": []}]},
    "s3:HeadBucket": {"BucketRegion": 4},
    "s3:ListObjectsV2": {"Contents": {"Key": "a"}},
    "s3:HeadObject": {"ServerSideEncryption": "aws:kms"},
    "s3:GetBucketPolicy": {"Policy": "{"},
    "kms:DescribeKey": {"KeyMetadata": []},
    "iam:GetRole": {"Role": {"Arn": ROLE, "AssumeRolePolicyDocument": "{"}},
    "iam:SimulatePrincipalPolicy": {"EvaluationResults": []},
    "service-quotas:GetServiceQuota": {"Quota": {"QuotaName": "ml.m5.large for training job usage", "Value": "4"}},
    "cloudwatch:GetMetricData": {"MetricDataResults": [{"Values": "0"}]},
    "sagemaker:DescribeAlgorithm": {"AlgorithmArn": 1},
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("operation", MALFORMED)
def test_without_a_response_nothing_passes_that_needs_it(good_run: Run, operation: str, trouble: str) -> None:
    reply, reason = TROUBLES[trouble]
    done = run({operation: reply})

    assert done.report.findings == (), done.report.findings
    reasons = [each.reason for each in done.report.not_checked]
    assert any(reason in each for each in reasons), reasons
    assert set(done.report.checked) < set(good_run.report.checked)


@pytest.mark.parametrize("operation", MALFORMED)
def test_a_malformed_response_is_no_pass_and_no_finding(operation: str) -> None:
    done = run({operation: Malformed(MALFORMED[operation])})

    assert done.report.findings == (), done.report.findings
    assert done.report.not_checked


def test_a_denied_operation_is_named_by_its_iam_action() -> None:
    done = run({"s3:ListObjectsV2": DENIED})

    assert done.skipped("data-missing") == [
        "s3://forest-data/train/, s3://forest-data/rows/: not allowed to call s3:ListBucket"
    ]
    assert done.passed("data-missing") == []


@pytest.mark.parametrize(
    "doubt",
    [
        {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
        {"MissingContextValues": ["aws:PrincipalTag/team"]},
    ],
)
def test_a_denial_of_the_simulator_that_may_be_wrong_is_not_a_finding(doubt: dict[str, Json]) -> None:
    done = run({"iam:SimulatePrincipalPolicy": simulated("implicitDeny", **doubt)})

    assert done.of("role-denied") == []
    assert done.passed("role-denied") == []
    assert done.skipped("role-denied")


def test_a_quota_whose_code_leads_to_another_name_is_found_by_its_name() -> None:
    def other(parameters: dict[str, Json]) -> Json:
        return {
            "Quota": {
                "QuotaName": "ml.p3.16xlarge for endpoint usage",
                "QuotaCode": parameters["QuotaCode"],
                "Value": 9.0,
            }
        }

    done = run({"service-quotas:GetServiceQuota": other})

    assert done.report.findings == ()
    assert done.passed("quota-training") == []
    assert all("AWS lists no quota of the name" in reason for reason in done.skipped("quota-training"))


def test_a_value_that_no_call_takes_is_a_finding_about_the_definition() -> None:
    done = run(what=stacks(request(TrainingSpecification__TrainingImage=IMAGE.replace("forest", "f"))))

    assert "is not a value that AWS accepts" in done.of("image-missing")[0].message


def test_findings_are_sorted_by_level_and_by_the_hours_they_save() -> None:
    done = run({"service-quotas:GetServiceQuota": low_quota, "iam:GetRole": Refusal(code="NoSuchEntity")})

    errors = [finding for finding in done.report.findings if finding.level is Level.ERROR]
    assert errors[0].rule == "account-quota-transform"
    assert errors[-1].rule == "account-role-missing"
    hours = [finding.hours or 0 for finding in errors]
    assert hours == sorted(hours, reverse=True)
    # Two hours of training come before the transform job.
    assert errors[0].hours == pytest.approx(2.5)


def test_a_role_of_the_template_is_judged_by_the_template() -> None:
    role = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                    ]
                }
            },
        }
    }
    what = deployed(role)
    resources = what[0].template["Resources"]
    assert isinstance(resources, dict)
    definition = request(ValidationSpecification__ValidationRole={"Fn::GetAtt": ["Role", "Arn"]})
    resources["Algorithm"] = {"Type": "Custom::SageMakerAlgorithm", "Properties": definition}

    done = run(what=what)

    assert done.passed("role-missing") == ["account-role-missing: Role (created by this deployment)"]
    assert "does not let sagemaker.amazonaws.com assume it" in done.one("role-trust").message
    assert "iam:GetRole" not in {name for name, _, _ in done.aws.calls}


def test_a_value_of_the_deployment_is_not_checked_and_says_why() -> None:
    bucket = {"Data": {"Type": "AWS::S3::Bucket"}}
    what = deployed(bucket)
    resources = what[0].template["Resources"]
    assert isinstance(resources, dict)
    uri = {"Fn::Join": ["", ["s3://", {"Ref": "Data"}, "/train/"]]}
    path = "ValidationSpecification__ValidationProfiles__0__TransformJobDefinition__TransformInput__DataSource"
    definition = request(**{f"{path}__S3DataSource__S3Uri": uri})
    resources["Algorithm"] = {"Type": "Custom::SageMakerAlgorithm", "Properties": definition}

    done = run(what=what)

    assert done.skipped("data-missing") == [
        "s3://${Data}/train/: known at deploy time only: this deployment creates Data (AWS::S3::Bucket)"
    ]


def test_two_hundred_algorithms_ask_no_more_than_one() -> None:
    algorithm = {"Type": "Custom::SageMakerAlgorithm", "Properties": request(AlgorithmName=None)}
    many = run(what=deployed({f"Algorithm{number}": algorithm for number in range(200)}))
    one = run(what=deployed())

    assert len(many.aws.calls) <= len(one.aws.calls)
    assert many.report.findings == ()
