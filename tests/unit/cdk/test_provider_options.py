"""The provider's options for regulated accounts."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_signer as signer
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_algorithm import AlgorithmProvider
from tests.support.stacks import ROLE, algorithm, new_stack, only, resources, template, text, validation


def function_of(stack: cdk.Stack) -> dict[str, Any]:
    properties: dict[str, Any] = only(stack, "AWS::Lambda::Function")["Properties"]
    return properties


def statements_of(stack: cdk.Stack, role: str) -> list[dict[str, Any]]:
    (found,) = (each for name, each in resources(stack, "AWS::IAM::Role").items() if role in name)
    return [each for policy in found["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def test_one_key_encrypts_logs_state_machine_data_and_environment() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider", encryption_key=kms.Key(stack, "Key"))  # pyright: ignore[reportArgumentType]
    ((name, key),) = resources(stack, "AWS::KMS::Key").items()
    arn = {"Fn::GetAtt": [name, "Arn"]}

    assert [each["Properties"]["KmsKeyId"] for each in resources(stack, "AWS::Logs::LogGroup").values()] == [arn, arn]
    assert function_of(stack)["KmsKeyArn"] == arn
    encryption = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]["EncryptionConfiguration"]
    assert encryption == {
        "KmsDataKeyReusePeriodSeconds": 900,
        "KmsKeyId": arn,
        "Type": "CUSTOMER_MANAGED_KMS_KEY",
    }
    services = {text(each["Principal"].get("Service", "")) for each in key["Properties"]["KeyPolicy"]["Statement"]}
    assert {"logs.${AWS::Region}.amazonaws.com", "delivery.logs.amazonaws.com"} <= services
    for role in ("HandlerRole", "WaiterRole"):
        assert any("kms:Decrypt" in each["Action"] and each["Resource"] == arn for each in statements_of(stack, role))


def test_no_policy_of_the_provider_names_a_key_without_the_option() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider")

    assert "kms:" not in json.dumps(template(stack))


def test_roles_that_are_created_have_the_path_and_the_boundary() -> None:
    stack = new_stack()
    AlgorithmProvider(
        stack, "Provider", role_path="/service/", permissions_boundary="arn:aws:iam::123456789012:policy/developers"
    )

    for role in resources(stack, "AWS::IAM::Role").values():
        assert role["Properties"]["Path"] == "/service/"
        assert role["Properties"]["PermissionsBoundary"] == "arn:aws:iam::123456789012:policy/developers"


def test_given_roles_are_used_unchanged_and_their_needs_are_shown() -> None:
    stack = new_stack()
    handler = iam.Role.from_role_arn(stack, "HandlerRole", "arn:aws:iam::123456789012:role/handler")
    waiter = iam.Role.from_role_arn(stack, "WaiterRole", "arn:aws:iam::123456789012:role/waiter")
    provider = AlgorithmProvider(stack, "Provider", handler_role=handler, waiter_role=waiter)
    algorithm(stack, provider=provider, validation_specification=validation(), validation_role=ROLE)

    content = template(stack)

    kinds = {each["Type"] for each in content["Resources"].values()}
    assert kinds.isdisjoint({"AWS::IAM::Role", "AWS::IAM::Policy"})
    assert function_of(stack)["Role"] == "arn:aws:iam::123456789012:role/handler"
    machine = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["RoleArn"] == "arn:aws:iam::123456789012:role/waiter"
    shown = assertions.Annotations.from_stack(stack).find_info("*", assertions.Match.any_value())
    (of_handler,) = (str(each.entry.data) for each in shown if "handler_role" in str(each.entry.data))
    (of_waiter,) = (str(each.entry.data) for each in shown if "waiter_role" in str(each.entry.data))
    assert ROLE in of_handler
    assert "sagemaker:CreateAlgorithm" in of_handler
    assert "logs:CreateLogDelivery" in of_waiter
    assert "lambda:InvokeFunction" in of_waiter


def role_in_app(stack: cdk.Stack, service: str, *actions: str) -> iam.Role:
    # The CDK's own types disagree on the name of a parameter.
    principal: Any = iam.ServicePrincipal(service)
    role = iam.Role(stack, "Role", assumed_by=principal)
    for action in actions:
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=["*"]))
    return role


def errors(stack: cdk.Stack) -> str:
    with pytest.raises(RuntimeError) as raised:
        template(stack)
    return str(raised.value)


def test_a_given_role_that_lacks_an_action_fails_at_synth() -> None:
    stack = new_stack()
    role = role_in_app(stack, "states.amazonaws.com", "logs:*", "xray:*")
    AlgorithmProvider(stack, "Provider", waiter_role=role)  # pyright: ignore[reportArgumentType]

    assert "waiter_role: Stack/Role does not allow lambda:InvokeFunction; add the policy" in errors(stack)


def test_a_given_role_of_another_service_fails_at_synth() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider", waiter_role=role_in_app(stack, "lambda.amazonaws.com"))  # pyright: ignore[reportArgumentType]

    assert "waiter_role: states.amazonaws.com cannot assume Stack/Role" in errors(stack)


def test_a_given_role_with_all_it_needs_passes() -> None:
    stack = new_stack()
    role = role_in_app(stack, "states.amazonaws.com", "logs:*", "xray:*", "lambda:InvokeFunction")
    AlgorithmProvider(stack, "Provider", waiter_role=role)  # pyright: ignore[reportArgumentType]

    assert only(stack, "AWS::StepFunctions::StateMachine")["DependsOn"]


def test_options_of_the_function_reach_it() -> None:
    stack = new_stack()
    profile = signer.SigningProfile(stack, "Profile", platform=signer.Platform.AWS_LAMBDA_SHA384_ECDSA)
    AlgorithmProvider(
        stack,
        "Provider",
        reserved_concurrent_executions=5,
        code_signing_config=lambda_.CodeSigningConfig(stack, "Signing", signing_profiles=[profile]),
        runtime=lambda_.Runtime.PYTHON_3_12,
        architecture=lambda_.Architecture.ARM_64,
        log_level="WARN",
    )
    function = function_of(stack)

    assert function["ReservedConcurrentExecutions"] == 5
    assert "CodeSigningConfigArn" in function
    assert function["Runtime"] == "python3.12"
    assert function["Architectures"] == ["arm64"]
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "WARN"
    machine = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"


def test_default_runtime_architecture_and_log_level() -> None:
    stack = new_stack()
    AlgorithmProvider(stack, "Provider")
    function = function_of(stack)

    assert function["Runtime"] == "python3.13"
    assert "Architectures" not in function
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "INFO"
    machine = only(stack, "AWS::StepFunctions::StateMachine")["Properties"]
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_failure_destination_is_granted_and_nine_resources() -> None:
    stack = new_stack()
    queue = sqs.Queue(stack, "Queue")
    AlgorithmProvider(stack, "Provider", on_failure=destinations.SqsDestination(queue))  # pyright: ignore[reportArgumentType]
    own = [name for name in template(stack)["Resources"] if name.startswith("Provider")]

    settings = only(stack, "AWS::Lambda::EventInvokeConfig")["Properties"]
    assert "OnFailure" in settings["DestinationConfig"]
    assert len(own) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"log_level": "TRACE"},
            "log_level: expected an allowed value, got the string 'TRACE'; use one of DEBUG, INFO, WARN, ERROR",
        ),
        (
            {"reserved_concurrent_executions": 0},
            "reserved_concurrent_executions: expected an integer of 1 or more, got 0",
        ),
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "runtime: expected Python 3.12 or newer, got nodejs22.x"),
        ({"runtime": lambda_.Runtime.PYTHON_3_11}, "runtime: expected Python 3.12 or newer, got python3.11"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^Stack/Provider: {message}"):
        AlgorithmProvider(new_stack(), "Provider", **options)


def test_path_and_boundary_with_given_roles_are_refused() -> None:
    stack = new_stack()
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/both")

    with pytest.raises(ValueError, match="permissions_boundary and role_path have no effect if both roles are given"):
        AlgorithmProvider(stack, "Provider", handler_role=role, waiter_role=role, role_path="/service/")


def test_the_watch_command_is_shown_once_for_a_stack() -> None:
    stack = new_stack("Forest")
    for name in ("A", "B"):
        algorithm(stack, name)

    shown = assertions.Annotations.from_stack(stack).find_info("*", assertions.Match.any_value())

    assert [
        "watch validations with: cdk-sagemaker-algorithm watch --stack Forest" in str(each.entry.data) for each in shown
    ] == [True]
    # The CDK's own trace begins in a file of the kernel.
    assert ".py:" in (shown[0].entry.trace or [""])[0]
