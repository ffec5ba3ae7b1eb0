"""The custom resource's provider: a Lambda function, a state machine, their roles and their logs."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
import jsii
from constructs import Construct, IConstruct

from cdk_sagemaker_algorithm.cdk.lazy import key_value_tags
from cdk_sagemaker_algorithm.cdk.provider import linter_suppressions, policies
from cdk_sagemaker_algorithm.cdk.scopes import AskedOnce
from cdk_sagemaker_algorithm_provider.contract.limits import EVENT_AGE, FUNCTION_TIMEOUT

if TYPE_CHECKING:
    from aws_cdk import aws_ec2, aws_iam

_HANDLER_PACKAGE: Final = "cdk_sagemaker_algorithm_provider"
_PROVIDER_ID: Final = "SageMakerAlgorithmProvider"
_PERMISSIONS_ID: Final = "SageMakerAlgorithmPermissions"
_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


@jsii.implements(cdk.ITaggableV2)
class AlgorithmProvider(Construct):
    """What calls SageMaker for the algorithms of a stack, and waits for it.

    One Lambda function in Python and one Step Functions state machine, with a role and a log group each: eight
    resources, however many algorithms there are. A stack gets one by itself; make one to set its options, or to
    share it between the stacks of an app:

    ```python
    provider = AlgorithmProvider(shared_stack, "Provider", log_retention_days=365)
    Algorithm(stack, "Forest", provider=provider, ...)
    ```

    A shared provider serves the stacks of its own account and region. Each of them gives the function what it may
    do there, in a policy of its own, so the provider's stack depends on none of them. IAM gives the policies of one
    role 10,240 characters, which are enough for eight stacks or so.
    """

    def __init__(  # noqa: PLR0913 (each is a property of the provider)
        self,
        scope: Construct,
        id: str,  # noqa: A002 (CDK's name)
        *,
        log_retention_days: int = 90,
        permissions_boundary: aws_iam.IManagedPolicy | str | None = None,
        vpc: aws_ec2.IVpc | None = None,
        vpc_subnets: aws_ec2.SubnetSelection | None = None,
        security_groups: Sequence[aws_ec2.ISecurityGroup] | None = None,
    ) -> None:
        """Make a provider.

        Args:
            scope: The construct that it belongs to.
            id: Its name within the scope.
            log_retention_days: How many days CloudWatch Logs keeps the logs of the function and the state machine;
                one of the numbers that CloudWatch Logs offers. Default: 90. The logs are removed with the stack.
            permissions_boundary: The managed policy, or its ARN, that bounds both roles. Default: none, unless an
                aspect such as ``aws_iam.PermissionsBoundary`` sets one.
            vpc: The VPC that the function runs in. It must reach SageMaker, Step Functions, EventBridge and S3
                there, where CloudFormation takes its answers, through a NAT gateway or endpoints. Default: no VPC.
            vpc_subnets: The subnets within the VPC. Default: its private ones.
            security_groups: The function's security groups. Default: one that lets everything out and nothing in.

        Raises:
            ValueError: CloudWatch Logs has no such retention, or there are subnets or groups without a VPC.
        """
        super().__init__(scope, id)
        if log_retention_days not in _RETENTION_DAYS:
            allowed = ", ".join(map(str, _RETENTION_DAYS))
            raise ValueError(f"{self.node.path}: log_retention_days is {log_retention_days}, allowed are {allowed}")
        if vpc is None and (vpc_subnets is not None or security_groups is not None):
            raise ValueError(f"{self.node.path}: vpc_subnets and security_groups are of use with a vpc only, give one")
        self._boundary = (
            permissions_boundary
            if permissions_boundary is None or isinstance(permissions_boundary, str)
            else permissions_boundary.managed_policy_arn
        )
        self._tags: cdk.TagManager | None = None
        self._taggable: dict[str, cdk.CfnResource] = {}
        self._permissions = policies.StackPermissions()
        self._shared: dict[str, _SharedPermissions] = {}
        self._connections: aws_ec2.Connections | None = None
        network = self._network(vpc, vpc_subnets, security_groups) if vpc is not None else None
        function_logs = self._log_group("HandlerLogs", log_retention_days)
        waiter_logs = self._log_group("WaiterLogs", log_retention_days)
        waiter_role = self._role("WaiterRole", "states.amazonaws.com", {})
        waiter = self._state_machine(waiter_role, waiter_logs)
        documents = {"Handler": policies.handler_document(self._permissions, waiter, function_logs)}
        if network is not None:
            documents["Network"] = policies.network_document()
        self._handler_role = self._role("HandlerRole", "lambda.amazonaws.com", documents)
        function = self._function(self._handler_role, function_logs, waiter, network)
        self._policy = self._waiter_policy(waiter_role, function)
        self._asynchronous_invocation(function)
        self._service_token = function.get_att("Arn").to_string()
        linter_suppressions.acknowledge({**self._taggable, "WaiterPolicy": self._policy}, in_vpc=network is not None)

    @classmethod
    def of_stack(cls, scope: IConstruct) -> AlgorithmProvider:
        """The provider that the stack of `scope` shares, made when it is first asked for."""
        return _provider_of(scope)

    @property
    def service_token(self) -> str:
        """The function's ARN: where CloudFormation sends its requests."""
        return self._service_token

    @property
    def cdk_tag_manager(self) -> cdk.TagManager:
        """The tags of the provider's resources; ``Tags.of(scope).add`` sets them."""
        if self._tags is None:
            # Only who has tags pays for them.
            self._tags = key_value_tags("AWS::Lambda::Function")
            rendered = self._tags.rendered_tags
            for resource in self._taggable.values():
                resource.add_property_override("Tags", rendered)
        return self._tags

    @property
    def connections(self) -> aws_ec2.Connections:
        """The function's network connections.

        Raises:
            ValueError: The provider is in no VPC.
        """
        if self._connections is None:
            raise ValueError(f"{self.node.path}: it is in no VPC and has no connections, give it a vpc")
        return self._connections

    def serve(self, resource: cdk.CfnResource, *, role_arn: str | None) -> None:
        """Let a custom resource of the provider's own stack be served.

        Args:
            resource: The custom resource; it is made after the provider can serve it, and deleted before.
            role_arn: The role that its algorithm is validated with; the handler may pass it to SageMaker.
        """
        resource.add_resource_dependency(self._policy)
        if role_arn is not None:
            self._permissions.pass_role(role_arn)

    def serve_any(self, resource: cdk.CfnResource, *, role_arn: str | None) -> None:
        """Let a custom resource be served, whichever stack it is in.

        Args:
            resource: The custom resource.
            role_arn: The role that its algorithm is validated with.

        Raises:
            ValueError: The stack is of another account or region.
        """
        own, other = cdk.Stack.of(self), cdk.Stack.of(resource)
        if own.node.path == other.node.path:
            self.serve(resource, role_arn=role_arn)
            return
        if (own.account, own.region) != (other.account, other.region):
            raise ValueError(
                f"{resource.node.path}: its provider {self.node.path} is in {own.account}/{own.region}, the stack in "
                f"{other.account}/{other.region}; a provider serves the stacks of its own account and region, so "
                "leave provider out, or make one for this environment"
            )
        shared = self._shared.get(other.node.path)
        if shared is None:
            shared = self._shared[other.node.path] = _SharedPermissions(other, self._handler_role, self._policy)
        shared.serve(resource, role_arn)

    def _log_group(self, id: str, days: int) -> cdk.CfnResource:  # noqa: A002
        return self._resource(id, "AWS::Logs::LogGroup", {"RetentionInDays": days})

    def _role(self, id: str, service: str, inline: dict[str, Any]) -> cdk.CfnResource:  # noqa: A002
        properties: dict[str, Any] = {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
                ],
            },
        }
        if self._boundary is not None:
            properties["PermissionsBoundary"] = self._boundary
        if inline:
            properties["Policies"] = [
                {"PolicyName": name, "PolicyDocument": document} for name, document in inline.items()
            ]
        return self._resource(id, "AWS::IAM::Role", properties)

    def _function(
        self,
        role: cdk.CfnResource,
        logs: cdk.CfnResource,
        waiter: cdk.CfnResource,
        network: dict[str, Any] | None,
    ) -> cdk.CfnResource:
        properties: dict[str, Any] = {
            "Description": "Creates, replaces, tags and deletes SageMaker algorithms for CloudFormation",
            "Runtime": "python3.13",
            "Handler": f"{_HANDLER_PACKAGE}.index.handler",
            "Code": handler_code(self),
            "Role": role.get_att("Arn"),
            "Timeout": FUNCTION_TIMEOUT,
            "MemorySize": 256,
            "TracingConfig": {"Mode": "Active"},
            "LoggingConfig": {"LogFormat": "JSON", "SystemLogLevel": "WARN", "LogGroup": logs.ref},
            "Environment": {"Variables": {"STATE_MACHINE_ARN": waiter.ref}},
        }
        if network is not None:
            properties["VpcConfig"] = network
        return self._resource("Handler", "AWS::Lambda::Function", properties)

    def _network(
        self,
        vpc: aws_ec2.IVpc,
        subnets: aws_ec2.SubnetSelection | None,
        groups: Sequence[aws_ec2.ISecurityGroup] | None,
    ) -> dict[str, Any]:
        from aws_cdk import aws_ec2  # noqa: PLC0415 (large, and seldom needed)

        if groups is None:
            groups = [
                aws_ec2.SecurityGroup(
                    self, "SecurityGroup", vpc=vpc, description="SageMaker algorithm provider: out to AWS, nothing in"
                )
            ]
        self._connections = aws_ec2.Connections(security_groups=list(groups))
        selected = vpc.select_subnets() if subnets is None else vpc.select_subnets(**_selection(subnets))
        return {
            "SubnetIds": selected.subnet_ids,
            "SecurityGroupIds": [group.security_group_id for group in groups],
        }

    def _state_machine(self, role: cdk.CfnResource, logs: cdk.CfnResource) -> cdk.CfnResource:
        return self._resource(
            "Waiter",
            "AWS::StepFunctions::StateMachine",
            {
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

    def _resource(self, id: str, type: str, properties: dict[str, Any]) -> cdk.CfnResource:  # noqa: A002
        resource = self._taggable[id] = cdk.CfnResource(self, id, type=type, properties=properties)
        return resource

    def _waiter_policy(self, role: cdk.CfnResource, function: cdk.CfnResource) -> cdk.CfnResource:
        return cdk.CfnResource(
            self,
            "WaiterPolicy",
            type="AWS::IAM::Policy",
            properties={
                "PolicyName": "Waiter",
                "PolicyDocument": policies.waiter_document(function),
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
                "MaximumEventAgeInSeconds": EVENT_AGE,
                "MaximumRetryAttempts": 2,
            },
        )


class _SharedPermissions:
    """What the function of a shared provider may do for another stack: a policy in that stack."""

    def __init__(self, stack: cdk.Stack, handler_role: cdk.CfnResource, waiter_policy: cdk.CfnResource) -> None:
        self._permissions = policies.StackPermissions()
        self._waiter_policy = waiter_policy
        self._policy = cdk.CfnResource(
            stack,
            _PERMISSIONS_ID,
            type="AWS::IAM::Policy",
            properties={
                "PolicyName": _policy_name(),
                "PolicyDocument": self._permissions.document(),
                "Roles": [handler_role.ref],
            },
        )

    def serve(self, resource: cdk.CfnResource, role_arn: str | None) -> None:
        # The whole stack of the provider then comes before the stack of the algorithm.
        resource.add_resource_dependency(self._waiter_policy)
        resource.add_resource_dependency(self._policy)
        if role_arn is not None:
            self._permissions.pass_role(role_arn)


def _policy_name() -> dict[str, Any]:
    # A role's policies need different names, and a stack's own name may be too long for one.
    unique = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    return {"Fn::Sub": ["SageMakerAlgorithms-${Unique}", {"Unique": unique}]}


def _find_or_make(stack: cdk.Stack) -> AlgorithmProvider:
    existing = stack.node.try_find_child(_PROVIDER_ID)
    return existing if isinstance(existing, AlgorithmProvider) else AlgorithmProvider(stack, _PROVIDER_ID)


_provider_in: AskedOnce[cdk.Stack, AlgorithmProvider] = AskedOnce(_find_or_make)
_provider_of: AskedOnce[IConstruct, AlgorithmProvider] = AskedOnce(lambda scope: _provider_in(cdk.Stack.of(scope)))


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


def _selection(subnets: aws_ec2.SubnetSelection) -> dict[str, Any]:
    members = (
        "availability_zones", "one_per_az", "subnet_filters", "subnet_group_name", "subnet_type", "subnets",
    )  # fmt: skip
    return {member: getattr(subnets, member) for member in members}


def _invocation(payload: dict[str, str]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName.$": "$.FunctionArn", "Payload": payload},
        "TimeoutSeconds": FUNCTION_TIMEOUT + 30,
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
