"""A run as a whole: credentials, permissions, environments and the policy."""

from __future__ import annotations

import fnmatch
from time import monotonic, sleep
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, UnauthorizedSSOTokenError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_sagemaker_algorithm.account.policy import policy
from cdk_sagemaker_algorithm.account.read_operations import OPERATIONS, AwsEnvironment
from cdk_sagemaker_algorithm.account.responses import CredentialsError, TooLateError
from tests.support.account import (
    ACCOUNT,
    IMAGE,
    KEY,
    REGION,
    Run,
    deployed,
    details,
    good,
    key,
    manifest,
    quota,
    request,
    run,
    simulated,
    stacks,
    trust,
)
from tests.support.fake_aws import DENIED, THROTTLED, Refusal, Replies

Json = Any
CALLED = sorted(set(OPERATIONS) - {"sts:GetCallerIdentity"})

#: An account in which much is wrong at once.
FAULTY: Replies = {
    "service-quotas:GetServiceQuota": lambda parameters: quota(parameters, 0),
    "ecr:BatchGetImage": manifest("application/vnd.oci.image.manifest.v1+json"),
    "ecr:DescribeImages": details(imageStatus="ARCHIVED", imageSizeInBytes=2 * 10**10),
    "s3:HeadBucket": {"BucketRegion": "us-east-1"},
    "s3:ListObjectsV2": {"KeyCount": 0},
    "s3:GetBucketPolicy": {
        "Policy": '{"Statement": [{"Effect": "Deny", "Action": "s3:*", "Condition": '
        '{"Null": {"s3:x-amz-server-side-encryption": "true"}}}]}'
    },
    "kms:DescribeKey": key(KeyState="Disabled", KeyUsage="SIGN_VERIFY"),
    "iam:GetRole": trust({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
    "iam:SimulatePrincipalPolicy": simulated("explicitDeny"),
    "ssm:GetParameter": Refusal(code="ParameterNotFound"),
}


def _faulty(denied: Replies) -> Run:
    return run({**FAULTY, **denied}, deployed())


@pytest.fixture(scope="module")
def everything() -> Run:
    return _faulty({})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(denied=st.sets(st.sampled_from(CALLED)))
def test_no_set_of_denied_operations_turns_a_finding_into_a_pass(everything: Run, denied: set[str]) -> None:
    done = _faulty(dict.fromkeys(denied, DENIED))

    wrong = {(each.rule, each.message) for each in everything.report.findings}
    assert {(each.rule, each.message) for each in done.report.findings} <= wrong
    assert set(done.report.checked) <= set(everything.report.checked)


@settings(max_examples=30, deadline=None)
@given(denied=st.sets(st.sampled_from(CALLED)))
def test_whatever_is_denied_in_a_good_account_nothing_is_found_wrong(denied: set[str]) -> None:
    done = run(dict.fromkeys(denied, DENIED), deployed())

    assert done.report.findings == ()
    if denied & {name for name, _, _ in run(what=deployed()).aws.calls}:
        assert done.report.not_checked


#: Together these runs call every operation of the table but those that only a role of the template needs.
SCENARIOS: dict[str, tuple[Replies, Json]] = {
    "good": ({}, None),
    "faulty": (FAULTY, None),
    "encrypted": (
        {"s3:HeadObject": {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"}},
        None,
    ),
    "certified": ({}, request(CertifyForMarketplace=True)),
    "foreign": ({}, request(TrainingSpecification__TrainingImage=IMAGE.replace(ACCOUNT, "999988887777"))),
    "unlisted": (
        {},
        request(
            ValidationSpecification__ValidationProfiles__0__TrainingJobDefinition__ResourceConfig__InstanceType="ml.x"
        ),
    ),
    "taken": (
        {
            "sagemaker:DescribeAlgorithm": {
                "AlgorithmName": "forest",
                "AlgorithmArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:algorithm/forest",
                "CreationTime": 0,
                "TrainingSpecification": request()["TrainingSpecification"],
                "AlgorithmStatus": "Completed",
                "AlgorithmStatusDetails": {},
            }
        },
        None,
    ),
}


def _stacks(definition: Json) -> Any:
    if definition is None:
        return deployed(_machine())
    return stacks(definition)


def _machine() -> dict[str, Json]:
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}}
    machine = {"LoggingConfiguration": {"Destinations": [destination]}}
    return {
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {}},
        "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("account", [ACCOUNT, "*"])
def test_the_policy_allows_every_call_of_a_run(scenario: str, account: str) -> None:
    replies, definition = SCENARIOS[scenario]
    what = _stacks(definition)
    done = run(replies, what)
    printed = policy(what, AwsEnvironment(account=account, region=REGION if account == ACCOUNT else "*"))

    here = AwsEnvironment(account=ACCOUNT, region=REGION)
    for name, parameters, _ in done.aws.calls:
        operation = OPERATIONS[name]
        if operation.action:
            assert _allows(printed, operation.action, operation.resource(parameters, here)), (name, parameters)


def _allows(document: dict[str, Json], action: str, arn: str) -> bool:
    for statement in document["Statement"]:
        listed = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        # The role's name alone was asked, and the policy has its path as well.
        if action in statement["Action"] and any(fnmatch.fnmatchcase(arn, each) for each in listed):
            return True
    return False


def test_the_policy_has_no_action_that_no_run_calls() -> None:
    called: set[str] = set()
    printed: set[str] = set()
    for replies, definition in SCENARIOS.values():
        what = _stacks(definition)
        called |= {OPERATIONS[name].action for name, _, _ in run(replies, what).aws.calls}
        document = policy(what, AwsEnvironment(account=ACCOUNT, region=REGION))
        printed |= {action for statement in document["Statement"] for action in statement["Action"]}

    assert printed == called - {""}


def test_the_policy_names_only_what_the_definition_names() -> None:
    document = policy(stacks(), AwsEnvironment(account=ACCOUNT, region=REGION))

    named = {action: statement["Resource"] for statement in document["Statement"] for action in statement["Action"]}
    assert named["ecr:BatchGetImage"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/forest"]
    assert named["s3:GetObject"] == ["arn:aws:s3:::forest-data/rows/*", "arn:aws:s3:::forest-data/train/*"]
    assert named["s3:ListBucket"] == ["arn:aws:s3:::forest-data", "arn:aws:s3:::forest-out"]
    assert "sagemaker:CreateAlgorithm" not in named


@pytest.mark.parametrize(
    ("reply", "region", "sentence"),
    [
        (Refusal(code="ExpiredToken"), REGION, "the AWS credentials have expired; log in again"),
        (Refusal(code="ExpiredTokenException"), REGION, "the AWS credentials have expired"),
        (UnauthorizedSSOTokenError(), REGION, "IAM Identity Center (SSO) has expired; log in again with `aws sso"),
        (NoCredentialsError(), REGION, "no AWS credentials were found"),
        (Refusal(code="InvalidClientTokenId"), REGION, f"AWS does not know these credentials in {REGION}; log in"),
        (Refusal(code="InvalidClientTokenId"), "cn-north-1", "the China Regions have accounts and credentials of"),
        (Refusal(code="UnrecognizedClientException"), "us-gov-west-1", "AWS GovCloud (US) have accounts"),
        (Refusal(code="InvalidClientTokenId"), "ap-east-1", "AWS does not know these credentials in us-east-1"),
    ],
)
def test_credentials_that_cannot_be_used_end_the_run_with_a_sentence(
    reply: Refusal | Exception, region: str, sentence: str
) -> None:
    with pytest.raises(CredentialsError) as ended:
        run({"sts:GetCallerIdentity": reply}, region=region)
    assert sentence in str(ended.value)


def test_credentials_that_expire_during_the_run_end_it() -> None:
    with pytest.raises(CredentialsError, match="have expired"):
        run({"s3:HeadBucket": Refusal(code="ExpiredToken")})


def test_an_opt_in_region_that_is_not_enabled_is_the_finding() -> None:
    asked: list[int] = []

    def identity(_: dict[str, Json]) -> Json:
        asked.append(1)
        if len(asked) == 1:
            return Refusal(code="InvalidClientTokenId")
        return good()["sts:GetCallerIdentity"]

    done = run({"sts:GetCallerIdentity": identity}, region="ap-east-1")

    (found,) = done.report.findings
    assert found.rule == "account-region-disabled"
    assert "aws account enable-region --region-name ap-east-1" in found.remedy
    assert all("ap-east-1 is not enabled" in each.reason for each in done.report.not_checked)
    assert {name for name, _, _ in done.aws.calls} == {"sts:GetCallerIdentity"}


def test_china_has_no_account_api_and_other_arns() -> None:
    caller = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/Dev/ana"
    image = f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/forest:1.0"
    role = f"arn:aws-cn:iam::{ACCOUNT}:role/service-role/Validation"
    definition = request(
        TrainingSpecification__TrainingImage=image,
        InferenceSpecification__Containers=[{"Image": image}],
        ValidationSpecification__ValidationRole=role,
        CertifyForMarketplace=True,
    )
    replies: Replies = {
        "sts:GetCallerIdentity": {"Account": ACCOUNT, "Arn": caller, "UserId": "x"},
        "iam:GetRole": trust(arn=role),
    }
    done = run(
        replies, stacks(definition), region="cn-north-1", only=["image-region", "region-publish", "role-missing"]
    )

    assert done.report.findings == ()
    assert any("AWS Marketplace has no sellers" in each.reason for each in done.report.not_checked)
    assert "account:GetRegionOptStatus" not in {name for name, _, _ in done.aws.calls}


def test_a_stack_without_environment_takes_the_callers() -> None:
    join = {"Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/forest:1.0"}
    definition = request(
        TrainingSpecification__TrainingImage=join, InferenceSpecification__Containers=[{"Image": join}]
    )
    done = run(what=stacks(definition))

    assert done.passed("image-missing") == [f"account-image-missing: {IMAGE} (Docker v2 manifest)"]


def test_a_stack_of_another_account_is_a_finding_and_nothing_else_is_asked() -> None:
    done = run(what=deployed(account="999988887777", region=REGION))

    (found,) = done.report.findings
    assert found.message == f"the credentials belong to account {ACCOUNT}, the deployment to 999988887777"
    assert found.remedy == "choose a profile of account 999988887777 with --profile"
    assert done.report.checked == ()
    assert {name for name, _, _ in done.aws.calls} == {"sts:GetCallerIdentity"}


def test_two_environments_are_read_each_in_its_region() -> None:
    one = deployed(account=ACCOUNT, region=REGION)
    other = deployed(account=ACCOUNT, region="us-east-1", name="Other", label="Other")
    done = run(what=[*one, *other], only=["bootstrap"])

    assert {(name, region) for name, _, region in done.aws.calls} == {
        ("sts:GetCallerIdentity", REGION),
        ("ssm:GetParameter", REGION),
        ("ssm:GetParameter", "us-east-1"),
    }


def _hangs(_: dict[str, Any]) -> Any:
    sleep(3)
    return {}


def test_a_caller_that_is_not_known_in_time_ends_the_run() -> None:
    began = monotonic()
    with pytest.raises(TooLateError, match=r"GetCallerIdentity gave no response within 0\.1 seconds"):
        run({"sts:GetCallerIdentity": _hangs}, time_limit=0.1, only=["quota-training"])
    assert monotonic() - began < 2


def test_a_run_to_which_aws_answers_nothing_is_not_a_run_without_findings() -> None:
    hanging: Replies = dict.fromkeys(CALLED, _hangs)
    done = run(hanging, deployed(), time_limit=0.3)

    assert done.report.data["no_response"] == "time limit"
    # Checks that ask nothing are still reported.
    assert [each for each in done.report.checked if each.startswith("account-image-region: ")]
    assert run(what=deployed()).report.data["no_response"] is None


@pytest.mark.parametrize("reply", [THROTTLED, EndpointConnectionError(endpoint_url="https://kms.invalid")])
def test_a_run_that_aws_throttles_or_that_has_no_network_says_why(reply: Any) -> None:
    replies: Any = dict.fromkeys(CALLED, reply)
    done = run(replies, deployed(), only=["key"])

    assert "gave no response" in done.report.data["no_response"]


def test_a_caller_who_may_do_nothing_has_an_answer() -> None:
    assert run(dict.fromkeys(CALLED, DENIED), deployed()).report.data["no_response"] is None


def test_a_run_makes_about_thirty_calls() -> None:
    # docs/preflight-account.md and docs/performance.md give this number.
    assert len(run(what=deployed()).aws.calls) == 34


def test_what_follows_from_a_finding_stands_with_it() -> None:
    absent = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    done = run({"ecr:BatchGetImage": absent, "ecr:DescribeImages": Refusal(code="ImageNotFoundException")}, deployed())

    (finding,) = done.report.findings
    assert finding.rule == "account-image-missing"
    assert finding.evidence[-1].startswith(
        "not checked for this reason: account-image-media-type, account-image-platform"
    )
    follows = {each.check for each in done.report.not_checked if each.follows_from == "account-image-missing"}
    assert {"account-image-media-type", "account-image-scan"} <= follows
    assert done.report.own_not_checked == ()


def test_a_missing_permission_never_follows_from_a_finding() -> None:
    absent = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    done = run({"ecr:BatchGetImage": absent, "ecr:DescribeImages": DENIED}, deployed())

    own = {each.check for each in done.report.own_not_checked}
    assert {"account-image-archived", "account-image-scan", "account-image-large"} <= own


def test_data_of_another_region_has_one_remedy() -> None:
    replies: Replies = {"s3:HeadBucket": {"BucketRegion": "us-east-1"}, "s3:ListObjectsV2": {"KeyCount": 0}}
    rules = {finding.rule for finding in run(replies, deployed()).report.findings}

    assert "account-data-region" in rules
    assert "account-data-missing" not in rules


def test_a_key_of_another_region_has_one_remedy() -> None:
    output = "ValidationSpecification__ValidationProfiles__0__TrainingJobDefinition__OutputDataConfig__KmsKeyId"
    absent: Replies = {"kms:DescribeKey": Refusal(code="NotFoundException")}
    done = run(absent, stacks(request(**{output: KEY.replace(REGION, "us-east-1")})))

    assert [finding.rule for finding in done.report.findings] == ["account-key-region"]


def test_an_absent_repository_is_created_first() -> None:
    missing = Refusal(code="RepositoryNotFoundException")
    done = run({"ecr:BatchGetImage": missing, "ecr:DescribeImages": missing}, deployed())

    assert done.one("image-missing").remedy.startswith("aws ecr create-repository --region eu-west-1 --repository-name")


def test_an_image_of_another_region_has_one_remedy() -> None:
    absent = {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
    image = IMAGE.replace(REGION, "eu-central-1")
    definition = request(
        TrainingSpecification__TrainingImage=image, InferenceSpecification__Containers=[{"Image": image}]
    )
    done = run(
        {"ecr:BatchGetImage": absent, "ecr:DescribeImages": Refusal(code="ImageNotFoundException")}, stacks(definition)
    )

    (finding,) = done.report.findings
    assert finding.rule == "account-image-region"


def test_control_characters_of_an_answer_stay_in_the_report_as_they_came() -> None:
    done = run({"ecr:DescribeImages": details(imageStatus="ARCHIVED\x1b[31m")}, only=["image-archived"])

    # The output formats escape them.
    assert "\x1b" in done.one("image-archived").message
