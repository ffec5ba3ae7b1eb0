"""The synthesized policies as IAM decides: what the handler calls is allowed, what the threat model refuses is refused.

The condition keys of each request are those that the Service Authorization Reference lists for its action:
CreateAlgorithm has aws:RequestTag and aws:TagKeys; AddTags has these, aws:ResourceTag and TaggingAction, which
exists only while SageMaker tags what it creates; DeleteTags has aws:TagKeys and aws:ResourceTag; DeleteAlgorithm has
aws:ResourceTag; PassRole has iam:PassedToService; PutEvents has events:source and events:detail-type.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support.iam import ACCOUNT, REGION, STACK_ID, STACK_NAME, Context, arn_of, is_allowed, statements_of
from tests.support.stacks import ROLE, algorithm, template, validation
from tests.unit.cdk.test_permissions import FENCE, OF_JOBS, called

TAG: Final = "cdk-sagemaker-algorithm:stack-id"
ADOPTER: Final = "cdk-sagemaker-algorithm:adopter"
OTHER_STACK: Final = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Others/0c5f6b60-0000-4000-8000-000000000001"
SAGEMAKER: Final = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
OURS: Final = f"{SAGEMAKER}:algorithm/forest-0123456789ab"
MACHINE: Final = "SageMakerAlgorithmProviderWaiter1BC6B7F8"
HANDLER: Final = "SageMakerAlgorithmProviderHandlerBA7F221E"
LOGS: Final = "SageMakerAlgorithmProviderHandlerLogsC17CD1FB"
EXECUTION: Final = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{MACHINE}:Create-Forest-1"


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a role, with the keys that IAM has for it."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def create(stack_id: str) -> Request:
    return Request("sagemaker:CreateAlgorithm", OURS, {f"aws:RequestTag/{TAG}": stack_id, "aws:TagKeys": [TAG]})


def tag_on_create(stack_id: str) -> Request:
    context: Context = {
        f"aws:RequestTag/{TAG}": stack_id,
        "aws:TagKeys": [TAG],
        "sagemaker:TaggingAction": "CreateAlgorithm",
    }
    return Request("sagemaker:AddTags", OURS, context)


def add(key: str, value: str, **on_resource: str) -> Request:
    return Request(
        "sagemaker:AddTags", OURS, {f"aws:RequestTag/{key}": value, "aws:TagKeys": [key], **_resource_tags(on_resource)}
    )


def remove(key: str, **on_resource: str) -> Request:
    return Request("sagemaker:DeleteTags", OURS, {"aws:TagKeys": [key], **_resource_tags(on_resource)})


def _resource_tags(tags: dict[str, str]) -> dict[str, str]:
    names = {"stack": TAG, "adopter": ADOPTER}
    return {f"aws:ResourceTag/{names[name]}": value for name, value in tags.items()}


ANYWHERE: Final = (
    "sagemaker:ListAlgorithms",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
)
ALLOWED: Final = (
    create(STACK_ID),
    tag_on_create(STACK_ID),
    add("team", "tables", stack=STACK_ID),
    remove("team", stack=STACK_ID),
    add(TAG, STACK_ID, adopter=f"{STACK_NAME}/Forest"),
    remove(TAG, stack=STACK_ID, adopter=f"{STACK_NAME}/Forest"),
    Request("sagemaker:DeleteAlgorithm", OURS, {f"aws:ResourceTag/{TAG}": STACK_ID}),
    Request("cloudformation:DescribeStackResources", STACK_ID),
    Request("sagemaker:DescribeAlgorithm", OURS),
    Request("sagemaker:ListTags", OURS),
    Request("sagemaker:DescribeTrainingJob", f"{SAGEMAKER}:training-job/any"),
    Request("sagemaker:DescribeTransformJob", f"{SAGEMAKER}:transform-job/any"),
    *(Request(action, "*") for action in ANYWHERE),
    Request("states:StartExecution", arn_of(MACHINE)),
    Request("states:ListExecutions", arn_of(MACHINE)),
    Request("states:StopExecution", EXECUTION),
    Request("states:DescribeExecution", EXECUTION),
    Request("states:GetExecutionHistory", EXECUTION),
    Request("logs:CreateLogStream", arn_of(LOGS)),
    Request("logs:PutLogEvents", arn_of(LOGS)),
    Request("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"}),
    Request(
        "events:PutEvents",
        f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
        {"events:source": "cdk-sagemaker-algorithm", "events:detail-type": "SageMaker Algorithm Validation"},
    ),
)
REFUSED: Final = {
    "create for another stack": create(OTHER_STACK),
    "create without tags": Request("sagemaker:CreateAlgorithm", OURS),
    "tag for another stack on create": tag_on_create(OTHER_STACK),
    "claim an algorithm without tags": add(TAG, STACK_ID),
    "claim another stack's algorithm": add(TAG, STACK_ID, stack=OTHER_STACK),
    "tag another stack's algorithm": add("team", "tables", stack=OTHER_STACK),
    "claim what is marked for another stack": add(TAG, STACK_ID, adopter="Others/Forest"),
    "give an adopted algorithm to another stack": add(TAG, OTHER_STACK, adopter=f"{STACK_NAME}/Forest"),
    "give an own algorithm away": add(TAG, OTHER_STACK, stack=STACK_ID),
    "remove the stack tag": remove(TAG, stack=STACK_ID),
    "remove another stack's tag": remove("team", stack=OTHER_STACK),
    "delete another stack's algorithm": Request(
        "sagemaker:DeleteAlgorithm", OURS, {f"aws:ResourceTag/{TAG}": OTHER_STACK}
    ),
    "delete an algorithm without tags": Request("sagemaker:DeleteAlgorithm", OURS),
    "delete an adopted algorithm": Request(
        "sagemaker:DeleteAlgorithm",
        OURS,
        {f"aws:ResourceTag/{TAG}": STACK_ID, f"aws:ResourceTag/{ADOPTER}": f"{STACK_NAME}/Forest"},
    ),
    "pass another role": Request(
        "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin", {"iam:PassedToService": "sagemaker.amazonaws.com"}
    ),
    "pass the role elsewhere": Request("iam:PassRole", ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),
    "another source of events": Request(
        "events:PutEvents",
        f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
        {"events:source": "aws.sagemaker", "events:detail-type": "SageMaker Algorithm Validation"},
    ),
    "another kind of event": Request(
        "events:PutEvents",
        f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
        {"events:source": "cdk-sagemaker-algorithm", "events:detail-type": "Other"},
    ),
    "another state machine": Request("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:Others"),
    "another state machine's execution": Request(
        "states:StopExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:execution:Others:1"
    ),
    "another stack's resources": Request("cloudformation:DescribeStackResources", OTHER_STACK),
    "another log": Request("logs:PutLogEvents", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:others:*"),
    "tag a training job": Request(
        "sagemaker:AddTags", f"{SAGEMAKER}:training-job/any", tag_on_create(STACK_ID).context
    ),
}


@cache
def synthesized() -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    algorithm(stack, validation_specification=validation(), validation_role=ROLE)
    return template(stack)


def handler() -> list[dict[str, Any]]:
    return statements_of(synthesized(), "SageMakerAlgorithmProviderHandlerRole780B7844")


def allows(statements: list[dict[str, Any]], request: Request) -> bool:
    return is_allowed([*statements], request.action, request.resource, request.context)


@pytest.mark.parametrize("request_", ALLOWED, ids=lambda each: each.action)
def test_handler_may_do_what_it_does(request_: Request) -> None:
    assert allows(handler(), request_)


@pytest.mark.parametrize("name", REFUSED)
def test_handler_may_not(name: str) -> None:
    assert not allows(handler(), REFUSED[name])


def test_every_call_of_the_handler_is_among_the_requests() -> None:
    assert len(called()) > 10
    assert called() | OF_JOBS | FENCE <= {each.action for each in ALLOWED}


def test_no_action_is_allowed_that_no_request_needs() -> None:
    allowed = {
        action
        for each in handler()
        if each["Effect"] == "Allow"
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }

    assert allowed == {each.action for each in ALLOWED}


@pytest.mark.parametrize("index", range(len(handler())) if handler() else [])
def test_no_statement_can_be_taken_away(index: int) -> None:
    fewer = [each for number, each in enumerate(handler()) if number != index]

    changed = [each for each in ALLOWED if not allows(fewer, each)]
    changed += [each for each in REFUSED.values() if allows(fewer, each)]

    assert changed, handler()[index]


def conditions() -> list[tuple[int, str, str]]:
    return [
        (number, operator, key)
        for number, each in enumerate(handler())
        for operator, keys in each.get("Condition", {}).items()
        for key in keys
    ]


@pytest.mark.parametrize(("index", "operator", "key"), conditions())
def test_no_condition_can_be_taken_away(index: int, operator: str, key: str) -> None:
    looser = copy.deepcopy(handler())
    del looser[index]["Condition"][operator][key]

    changed = [name for name, each in REFUSED.items() if allows(looser, each)]
    changed += [each.action for each in ALLOWED if not allows(looser, each)]

    assert changed


def test_state_machine_may_invoke_the_handler_and_nothing_else_of_lambda() -> None:
    statements = statements_of(synthesized(), "SageMakerAlgorithmProviderWaiterRole918A18F7")

    assert is_allowed([*statements], "lambda:InvokeFunction", arn_of(HANDLER), {})
    other = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:Others"
    assert not is_allowed([*statements], "lambda:InvokeFunction", other, {})


@pytest.mark.parametrize("as_object", [True, False])
def test_validation_role_grants_a_key_to_aws_services_only(as_object: bool) -> None:  # noqa: FBT001 (a parameter)
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    key = kms.Key(stack, "Key") if as_object else "11111111-2222-3333-4444-555555555555"
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": key}
    algorithm(stack, validation_specification=validation(ResourceConfig=resources))
    content = template(stack)
    (role,) = (
        name for name in content["Resources"] if name.startswith("ForestValidationRole") and "Policy" not in name
    )
    (grant,) = (each for each in statements_of(content, role) if each["Action"] == "kms:CreateGrant")

    assert is_allowed([grant], "kms:CreateGrant", grant["Resource"], {"kms:GrantIsForAWSResource": "true"})
    assert not is_allowed([grant], "kms:CreateGrant", grant["Resource"], {"kms:GrantIsForAWSResource": "false"})
    assert not is_allowed([grant], "kms:CreateGrant", grant["Resource"], {})


def test_validation_role_can_be_let_to_start_the_jobs() -> None:
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    algorithm(stack, validation_specification=validation(), validation_role_starts_jobs=True)
    content = template(stack)
    (role,) = (
        name for name in content["Resources"] if name.startswith("ForestValidationRole") and "Policy" not in name
    )
    statements = [*statements_of(content, role)]

    for kind, action in (("training-job", "CreateTrainingJob"), ("transform-job", "CreateTransformJob")):
        assert is_allowed(statements, f"sagemaker:{action}", f"{SAGEMAKER}:{kind}/any", {})
    to_sagemaker: Context = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert is_allowed(statements, "iam:PassRole", arn_of(role), to_sagemaker)
    assert not is_allowed(statements, "iam:PassRole", arn_of(role), {"iam:PassedToService": "ec2.amazonaws.com"})
    assert not is_allowed(statements, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin", to_sagemaker)


def test_policies_of_the_handler_fit_into_a_role() -> None:
    # 82 algorithms with one role of the user's, as many as fit into a stack; IAM counts no white space.
    stack = cdk.Stack(cdk.App(), STACK_NAME)
    provider = AlgorithmProvider(
        stack,
        "SageMakerAlgorithmProvider",
        encryption_key=kms.Key(stack, "Key"),
        vpc=ec2.Vpc.from_vpc_attributes(
            stack, "Vpc", vpc_id="vpc-1", availability_zones=["eu-west-1a"], private_subnet_ids=["subnet-1"]
        ),
    )
    resource = cdk.CfnResource(stack, "Resource", type="Custom::SageMakerAlgorithm")
    for number in range(61):
        provider.serve(resource, role_arn=f"arn:aws:iam::{ACCOUNT}:role/{STACK_NAME}-ForestValidationRole-{number:020}")
    statements = statements_of(template(stack), "SageMakerAlgorithmProviderHandlerRole780B7844")

    assert len(str(statements).replace(" ", "")) < 10_240
