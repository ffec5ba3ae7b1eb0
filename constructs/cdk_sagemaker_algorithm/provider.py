"""The custom resource's provider: a Lambda function, a state machine, their roles and their logs."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
from constructs import Construct, IConstruct

from .statements import PolicyStatements

_HANDLER_PACKAGE: Final = "cdk_sagemaker_algorithm_provider"
_PROVIDER_ID: Final = "SageMakerAlgorithmProvider"
_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
#: An event that Lambda could not deliver for longer is dropped, so that nothing is made after CloudFormation gave up.
_EVENT_AGE_SECONDS: Final = 900
_FUNCTION_TIMEOUT_SECONDS: Final = 120


class AlgorithmProvider(Construct):
    """What calls SageMaker for the algorithms of a stack, and waits for it.

    One Lambda function in Python and one Step Functions state machine, with a role and a log group each: eight
    resources, however many algorithms there are. A stack gets one by itself; make one to set its options, or to
    share it between the stacks of an app::

        provider = AlgorithmProvider(shared_stack, "Provider", log_retention_days=365)
        Algorithm(stack, "Forest", provider=provider, ...)
    """

    def __init__(self, scope: Construct, id: str, *, log_retention_days: int = 90) -> None:  # noqa: A002 (CDK's name)
        """Make a provider.

        Args:
            scope: The construct that it belongs to.
            id: Its name within the scope.
            log_retention_days: How many days CloudWatch Logs keeps the logs of the function and the state machine;
                one of the numbers that CloudWatch Logs offers. Default: 90. The logs are removed with the stack.

        Raises:
            ValueError: CloudWatch Logs has no such retention.
        """
        super().__init__(scope, id)
        if log_retention_days not in _RETENTION_DAYS:
            allowed = ", ".join(map(str, _RETENTION_DAYS))
            raise ValueError(f"{self.node.path}: log_retention_days is {log_retention_days}, allowed are {allowed}")
        self._statements = PolicyStatements()
        function_logs = self._log_group("HandlerLogs", log_retention_days)
        waiter_logs = self._log_group("WaiterLogs", log_retention_days)
        waiter_role = self._role("WaiterRole", "states.amazonaws.com", {})
        waiter = self._state_machine(waiter_role, waiter_logs)
        role = self._role(
            "HandlerRole", "lambda.amazonaws.com", {"Handler": self._statements.of_handler(waiter, function_logs)}
        )
        function = self._function(role, function_logs, waiter)
        self._policy = self._waiter_policy(waiter_role, function)
        self._asynchronous_invocation(function)
        self._service_token = function.get_att("Arn").to_string()

    @classmethod
    def of_stack(cls, scope: IConstruct) -> AlgorithmProvider:
        """The provider that the stack of `scope` shares, made when it is first asked for."""
        stack = cdk.Stack.of(scope)
        existing = stack.node.try_find_child(_PROVIDER_ID)
        return existing if isinstance(existing, AlgorithmProvider) else cls(stack, _PROVIDER_ID)

    @property
    def service_token(self) -> str:
        """The function's ARN: where CloudFormation sends its requests."""
        return self._service_token

    def serve(self, resource: cdk.CfnResource, *, role_arn: str | None) -> None:
        """Let a custom resource be served.

        Args:
            resource: The custom resource; it is made after the provider can serve it, and deleted before.
            role_arn: The role that its algorithm is validated with; the handler may pass it to SageMaker.
        """
        resource.add_resource_dependency(self._policy)
        if role_arn is not None:
            self._statements.pass_role(role_arn)

    def _log_group(self, id: str, days: int) -> cdk.CfnResource:  # noqa: A002
        return cdk.CfnResource(self, id, type="AWS::Logs::LogGroup", properties={"RetentionInDays": days})

    def _role(self, id: str, service: str, policies: dict[str, Any]) -> cdk.CfnResource:  # noqa: A002
        properties: dict[str, Any] = {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
                ],
            },
        }
        if policies:
            properties["Policies"] = [
                {"PolicyName": name, "PolicyDocument": document} for name, document in policies.items()
            ]
        return cdk.CfnResource(self, id, type="AWS::IAM::Role", properties=properties)

    def _function(self, role: cdk.CfnResource, logs: cdk.CfnResource, waiter: cdk.CfnResource) -> cdk.CfnResource:
        return cdk.CfnResource(
            self,
            "Handler",
            type="AWS::Lambda::Function",
            properties={
                "Description": "Creates, replaces, tags and deletes SageMaker algorithms for CloudFormation",
                "Runtime": "python3.13",
                "Handler": f"{_HANDLER_PACKAGE}.index.handler",
                "Code": handler_code(self),
                "Role": role.get_att("Arn"),
                "Timeout": _FUNCTION_TIMEOUT_SECONDS,
                "MemorySize": 256,
                "TracingConfig": {"Mode": "Active"},
                "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN", "LogGroup": logs.ref},
                "Environment": {"Variables": {"STATE_MACHINE_ARN": waiter.ref}},
            },
        )

    def _state_machine(self, role: cdk.CfnResource, logs: cdk.CfnResource) -> cdk.CfnResource:
        return cdk.CfnResource(
            self,
            "Waiter",
            type="AWS::StepFunctions::StateMachine",
            properties={
                "RoleArn": role.get_att("Arn"),
                "DefinitionString": {"Fn::Sub": json.dumps(state_machine_definition())},
                "TracingConfiguration": {"Enabled": True},
                # The executions' data hold the definition and CloudFormation's address: neither is for a log.
                "LoggingConfiguration": {
                    "Level": "ALL",
                    "IncludeExecutionData": False,
                    "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": logs.get_att("Arn")}}],
                },
            },
        )

    def _waiter_policy(self, role: cdk.CfnResource, function: cdk.CfnResource) -> cdk.CfnResource:
        return cdk.CfnResource(
            self,
            "WaiterPolicy",
            type="AWS::IAM::Policy",
            properties={
                "PolicyName": "Waiter",
                "PolicyDocument": self._statements.of_waiter(function),
                "Roles": [role.ref],
            },
        )

    def _asynchronous_invocation(self, function: cdk.CfnResource) -> None:
        cdk.CfnResource(
            self,
            "HandlerInvocation",
            type="AWS::Lambda::EventInvokeConfig",
            properties={
                "FunctionName": function.ref,
                "Qualifier": "$LATEST",
                "MaximumEventAgeInSeconds": _EVENT_AGE_SECONDS,
                "MaximumRetryAttempts": 2,
            },
        )


def state_machine_definition() -> dict[str, Any]:
    """The waiter: do a step; if it decided, deliver the answer; if not, wait and do the next.

    The function decides how long to wait and when to give up. Its name comes in with the input, because the function
    refers to the state machine, and CloudFormation takes no circle.
    """
    return {
        "Comment": "Does the steps of a request of CloudFormation until there is an answer, and delivers it once",
        "StartAt": "Step",
        "States": {
            "Step": {
                **_invocation({"Step.$": "$"}),
                "OutputPath": "$.Payload",
                "Retry": _retries(attempts=6),
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": "Deliver"}],
                "Next": "Decided?",
            },
            "Decided?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.Answer", "IsPresent": True, "Next": "Deliver"}],
                "Default": "Wait",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.WaitSeconds", "Next": "Step"},
            "Deliver": {**_invocation({"Deliver.$": "$"}), "Retry": _retries(attempts=12), "End": True},
        },
    }


def handler_code(scope: Construct) -> dict[str, Any]:
    """The handler's package as an asset, the same one from a checkout and from an installed wheel."""
    specification = importlib.util.find_spec(_HANDLER_PACKAGE)
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError(
            f"package {_HANDLER_PACKAGE} is not installed; it comes with cdk-sagemaker-algorithm, so install that again"
        )
    staging = cdk.AssetStaging(
        scope,
        "Code",
        source_path=str(Path(specification.origin).parents[1]),
        # Only the package, and only its sources: the folder around it is site-packages where a wheel is installed.
        exclude=["*", f"!{_HANDLER_PACKAGE}", f"!{_HANDLER_PACKAGE}/**", "__pycache__", "*.pyc"],
        ignore_mode=cdk.IgnoreMode.GIT,
    )
    stack = cdk.Stack.of(scope)
    location = stack.synthesizer.add_file_asset(
        source_hash=staging.asset_hash,
        file_name=staging.relative_staged_path(stack),
        packaging=cdk.FileAssetPackaging.ZIP_DIRECTORY,
    )
    return {"S3Bucket": location.bucket_name, "S3Key": location.object_key}


def _invocation(payload: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.FunctionArn", "Payload": payload},
        "TimeoutSeconds": _FUNCTION_TIMEOUT_SECONDS + 30,
    }


def _retries(*, attempts: int) -> list[dict[str, Any]]:
    overloaded = {
        "ErrorEquals": [
            "Lambda.TooManyRequestsException",
            "Lambda.ServiceException",
            "Lambda.AWSLambdaException",
            "Lambda.SdkClientException",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "MaxAttempts": 25,
        "JitterStrategy": "FULL",
    }
    other = {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxDelaySeconds": 60,
        "MaxAttempts": attempts,
    }
    return [overloaded, other]
