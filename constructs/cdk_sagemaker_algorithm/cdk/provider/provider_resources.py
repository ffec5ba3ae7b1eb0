"""Create the provider's resources from the CDK's own constructs.

The function refers to the state machine (its environment), which refers to its role, which must allow invoking the
function. CloudFormation accepts no such cycle, so the permission to invoke is a policy outside of the role's scope, and
the execution's input names the function. Everything else that a service checks at creation is inline in the roles.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

import aws_cdk as cdk
from aws_cdk import aws_iam, aws_lambda, aws_logs, aws_stepfunctions
from constructs import Construct

from cdk_sagemaker_algorithm.cdk.kernel import account, partition, region
from cdk_sagemaker_algorithm.cdk.provider import given_roles, linter_suppressions, policies
from cdk_sagemaker_algorithm.cdk.provider.handler_asset import ENTRY_POINT, handler_code
from cdk_sagemaker_algorithm.cdk.provider.options import RETENTION, ProviderOptions
from cdk_sagemaker_algorithm.cdk.provider.state_machine import state_machine_definition
from cdk_sagemaker_algorithm_provider.contract.limits import EVENT_AGE, FUNCTION_TIMEOUT

#: Step Functions asks KMS for a data key once per period, not for each state. 900 is the maximum.
_DATA_KEY_SECONDS: Final = 900
_READABLE_LENGTH: Final = 64


class ProviderResources:
    """The resources of one provider."""

    def __init__(self, scope: Construct, path: str, options: ProviderOptions) -> None:
        """Create them.

        Args:
            scope: The provider.
        """
        self._scope = scope
        self._path = path
        self._options = options
        self._boundary = self._permissions_boundary()
        self._key_arn = None if options.encryption_key is None else options.encryption_key.key_arn
        self.permissions: Final = policies.StackPermissions()
        self._statements = self.permissions.statements()
        handler_logs, waiter_logs = self._log_groups()
        waiter_role = self._waiter_role()
        machine = self._state_machine(waiter_role, waiter_logs)
        machine_arn = machine.state_machine_arn
        handler_role = self._handler_role(machine, machine_arn, handler_logs)
        #: None if the user gave one, which the provider does not extend.
        self.extensible_handler_role: Final = None if options.handler_role else handler_role
        self.function: Final = self._function(handler_role, machine_arn, handler_logs)
        self.function_arn: Final = self.function.function_arn
        #: The last resource: what is served waits for it, and so for all others.
        self.ready: Final = self._invocation(waiter_role)
        linter_suppressions.acknowledge_rules(
            scope,
            self._statements,
            default_runtime=options.runtime is None,
            with_destination=options.on_failure is not None,
        )
        linter_suppressions.skip_repeated_dependencies(machine, self.function)
        with_key = options.encryption_key is not None
        in_vpc = options.vpc is not None
        reserved = options.reserved_concurrent_executions is not None
        linter_suppressions.skip_checks_of_function(self.function, in_vpc=in_vpc, with_key=with_key, reserved=reserved)
        if not with_key:
            linter_suppressions.skip_checks_of_logs(handler_logs, waiter_logs)

    def _permissions_boundary(self) -> aws_iam.IManagedPolicy | None:
        boundary = self._options.permissions_boundary
        if isinstance(boundary, str):
            return aws_iam.ManagedPolicy.from_managed_policy_arn(self._scope, "PermissionsBoundary", boundary)
        return boundary

    def _log_groups(self) -> tuple[aws_logs.LogGroup, aws_logs.LogGroup]:
        key = self._options.encryption_key
        if key is not None:
            key.add_to_resource_policy(aws_iam.PolicyStatement.from_json(policies.log_key_statement()))
        options: dict[str, Any] = {
            "retention": aws_logs.RetentionDays[RETENTION[self._options.log_retention_days]],
            "encryption_key": key,
            "removal_policy": cdk.RemovalPolicy.DESTROY,
        }
        return (
            aws_logs.LogGroup(self._scope, "HandlerLogs", **options),
            aws_logs.LogGroup(self._scope, "WaiterLogs", log_group_name=self._waiter_log_group_name(), **options),
        )

    def _waiter_log_group_name(self) -> str:
        """Return a name for which Step Functions needs no entry in the account's resource policy of 5,120 characters.

        The stack's ID makes it unique: a deleted stack's log group can exist for a while.
        """
        stack_id = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
        unique = {"Fn::Select": [0, {"Fn::Split": ["-", stack_id]}]}
        readable = re.sub(r"[^A-Za-z0-9]+", "-", self._path)[-_READABLE_LENGTH:].strip("-")
        digest = hashlib.sha256(self._path.encode()).hexdigest()[:8]
        prefix = f"/aws/vendedlogs/states/{readable}-{digest}-"
        return cdk.Token.as_string({"Fn::Join": ["", [prefix, unique]]})

    def _waiter_role(self) -> aws_iam.IRole:
        statements = policies.waiter_statements(self._key_arn)
        given = self._options.waiter_role
        if given is not None:
            needs = [*statements, *policies.invoke_statements(policies.arn("lambda", "function:*"))]
            return given_roles.use(self._scope, "waiter_role", given, "states.amazonaws.com", lambda: needs)
        self._statements += statements
        role: Any = self._role(
            "WaiterRole", "states.amazonaws.com", policies.waiter_trust(), {"Waiter": policies.document(statements)}
        )
        return role  # type: ignore[no-any-return]

    def _handler_role(
        self, machine: aws_stepfunctions.StateMachine, machine_arn: str, logs: aws_logs.LogGroup
    ) -> aws_iam.IRole:
        given = self._options.handler_role
        if given is not None:
            return given_roles.use(self._scope, "handler_role", given, "lambda.amazonaws.com", self._needs_of_handler)
        statements = self._handler_statements(
            machine_arn,
            f"arn:{partition()}:states:{region()}:{account()}:execution:{machine.state_machine_name}:*",
            logs.log_group_arn,
        )
        self._statements += statements
        documents = {"Algorithms": self.permissions.document, "Handler": policies.document(statements)}
        role: Any = self._role("HandlerRole", "lambda.amazonaws.com", None, documents)
        return role  # type: ignore[no-any-return]

    def _needs_of_handler(self) -> list[policies.Statement]:
        # The names are not known before the role is, so a given role gets patterns.
        common = self._handler_statements(
            policies.arn("states", "stateMachine:*"),
            policies.arn("states", "execution:*:*"),
            policies.arn("logs", "log-group:*"),
        )
        network = policies.network_statements() if self._options.vpc is not None else []
        return [*self.permissions.statements(), *common, *network]

    def _handler_statements(self, machine: str, execution: str, log_group: str) -> list[policies.Statement]:
        statements = policies.handler_statements(
            state_machine_arn=machine, execution_arn=execution, log_group_arn=log_group
        )
        if self._key_arn is not None:
            statements += policies.handler_key_statements(self._key_arn)
        return statements

    def _role(
        self,
        id: str,
        service: str,
        trust: Mapping[str, Any] | None,
        inline: Mapping[str, Any],
    ) -> aws_iam.Role:
        # The CDK's own types disagree on the name of a parameter.
        principal: Any = aws_iam.ServicePrincipal(service, conditions=trust)
        return aws_iam.Role(
            self._scope,
            id,
            assumed_by=principal,
            inline_policies=dict(inline),
            path=self._options.role_path,
            permissions_boundary=self._boundary,
        )

    def _state_machine(self, role: aws_iam.IRole, logs: aws_logs.LogGroup) -> aws_stepfunctions.StateMachine:
        key = self._options.encryption_key
        verbose = self._options.log_level in ("DEBUG", "INFO")
        machine = aws_stepfunctions.StateMachine(
            self._scope,
            "Waiter",
            definition_body=aws_stepfunctions.DefinitionBody.from_string(
                cdk.Fn.sub(json.dumps(state_machine_definition()))
            ),
            role=_unchanged(role),
            tracing_enabled=True,
            # The execution data contain the definition and the response URL: neither belongs into a log.
            logs=aws_stepfunctions.LogOptions(
                destination=logs,
                include_execution_data=False,
                level=aws_stepfunctions.LogLevel.ALL if verbose else aws_stepfunctions.LogLevel.ERROR,
            ),
            encryption_configuration=None
            if key is None
            else aws_stepfunctions.CustomerManagedEncryptionConfiguration(key, cdk.Duration.seconds(_DATA_KEY_SECONDS)),
        )
        if self._options.waiter_role is not None:
            machine.node.add_dependency(self._options.waiter_role)
        return machine

    def _function(self, role: aws_iam.IRole, machine_arn: str, logs: aws_logs.LogGroup) -> aws_lambda.Function:
        options = self._options
        function = aws_lambda.Function(
            self._scope,
            "Handler",
            description="Creates, replaces, tags and deletes SageMaker algorithms for CloudFormation",
            runtime=options.runtime or aws_lambda.Runtime.PYTHON_3_13,
            architecture=options.architecture,
            handler=ENTRY_POINT,
            code=handler_code(),
            # Only for a destination the CDK adds a permission that is not in the role yet.
            role=_unchanged(role) if options.on_failure is None else role,
            timeout=cdk.Duration.seconds(FUNCTION_TIMEOUT),
            memory_size=256,
            tracing=aws_lambda.Tracing.ACTIVE,
            logging_format=aws_lambda.LoggingFormat.JSON,
            application_log_level_v2=aws_lambda.ApplicationLogLevel[options.log_level],
            system_log_level_v2=aws_lambda.SystemLogLevel.WARN,
            log_group=logs,
            environment={"STATE_MACHINE_ARN": machine_arn},
            environment_encryption=options.encryption_key,
            vpc=options.vpc,
            vpc_subnets=options.vpc_subnets,
            security_groups=options.security_groups,
            reserved_concurrent_executions=options.reserved_concurrent_executions,
            code_signing_config=options.code_signing_config,
        )
        if options.handler_role is not None:
            function.node.add_dependency(options.handler_role)
        elif options.vpc is not None:
            self._network_policy(function, role)
        return function

    def _network_policy(self, function: aws_lambda.Function, role: aws_iam.IRole) -> None:
        """Let Lambda manage the function's network interfaces.

        Lambda deletes them with the function's role, up to 20 minutes after the function has left the VPC. So this is
        no part of the role, which would lose it before that, and the security group, which cannot be deleted before
        them, is deleted before this policy.
        """
        statements = policies.network_statements()
        self._statements += statements
        policy = aws_iam.Policy(self._scope, "NetworkPolicy", document=policies.document(statements), roles=[role])
        function.node.add_dependency(policy)
        if self._options.security_groups is None:
            (group,) = function.connections.security_groups
            group.node.add_dependency(policy)
        linter_suppressions.skip_checks_of_network_policy(policy)

    def _invocation(self, waiter_role: aws_iam.IRole) -> cdk.CfnResource:
        invocation = aws_lambda.EventInvokeConfig(
            self._scope,
            "HandlerInvocation",
            function=cast("aws_lambda.IFunction", self.function),
            max_event_age=cdk.Duration.seconds(EVENT_AGE),
            retry_attempts=2,
            on_failure=self._options.on_failure,
        )
        node = invocation.node
        if self._options.waiter_role is None:
            statements = policies.invoke_statements(self.function_arn)
            policy = aws_iam.Policy(
                self._scope, "WaiterPolicy", document=policies.document(statements), roles=[waiter_role]
            )
            node.add_dependency(policy)
        if self._options.vpc is not None:
            # Routes, NAT gateways, endpoints and rules: without them the handler reaches no API, and cannot respond.
            node.add_dependency(self._options.vpc, *self.function.connections.security_groups)
        resource = node.default_child
        assert isinstance(resource, cdk.CfnResource)  # noqa: S101 - an L2 has one
        return resource


def shared_policy(stack: cdk.Stack, id: str, role: aws_iam.IRole) -> tuple[aws_iam.Policy, policies.StackPermissions]:
    """Create the policy with which another stack lets a provider's handler manage its algorithms.

    Args:
        stack: The other stack.
        id: ID of the policy within the stack.
        role: The handler's role.
    """
    permissions = policies.StackPermissions()
    # The policies of a role need different names, and a stack's own name may be too long for one.
    unique = cdk.Fn.select(2, cdk.Fn.split("/", stack.stack_id))
    policy = aws_iam.Policy(
        stack, id, policy_name=f"SageMakerAlgorithms-{unique}", document=permissions.document, roles=[role]
    )
    linter_suppressions.acknowledge_policy(policy, permissions.statements())
    return policy, permissions


def _unchanged(role: aws_iam.IRole) -> aws_iam.IRole:
    """Return the role without the CDK's way to add policies: log delivery and tracing are inline already."""
    return role.without_policy_updates() if isinstance(role, aws_iam.Role) else role
