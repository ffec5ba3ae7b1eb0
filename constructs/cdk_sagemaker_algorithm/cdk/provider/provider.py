"""The construct of the provider, which a stack gets automatically or an app creates for several stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from constructs import Construct, IConstruct

from cdk_sagemaker_algorithm.cdk.construct_errors import ConstructErrors, user_code
from cdk_sagemaker_algorithm.cdk.kernel import ConstructorSignature, Memo, child_path
from cdk_sagemaker_algorithm.cdk.provider.options import LogLevel, ProviderOptions, checked

if TYPE_CHECKING:
    from aws_cdk import aws_ec2, aws_iam, aws_kms, aws_lambda

    from cdk_sagemaker_algorithm.cdk.provider.provider_resources import ProviderResources

_PROVIDER_ID: Final = "SageMakerAlgorithmProvider"
_PERMISSIONS_ID: Final = "SageMakerAlgorithmPermissions"


class AlgorithmProvider(Construct):
    """The resources of a stack that handle custom resource requests: they call SageMaker and wait for it.

    One Lambda function in Python and one Step Functions state machine, with a role and a log group each, are eight
    resources for any number of algorithms. A stack with an `Algorithm` gets a provider automatically. Create one to
    set its options, or to share it between the stacks of an app:

    ```python
    provider = AlgorithmProvider(shared_stack, "Provider", log_retention_days=365)
    Algorithm(stack, "Forest", provider=provider, ...)
    ```

    A shared provider serves the stacks of its own account and region. Each of them grants the handler its permissions
    in a policy of its own, so the provider's stack depends on none of them. IAM limits the policies of a role to
    10,240 characters, which are enough for eight stacks or so.

    The resources are CDK constructs (`aws_lambda.Function`, `aws_stepfunctions.StateMachine`, `aws_logs.LogGroup`,
    `aws_iam.Role`), so aspects see their types. Their IDs are `Handler`, `HandlerRole`, `HandlerLogs`, `Waiter`,
    `WaiterRole`, `WaiterLogs`, `WaiterPolicy` and `HandlerInvocation`, and `NetworkPolicy` in a VPC.
    """

    __signature__ = ConstructorSignature()

    def __init__(  # noqa: PLR0913 - each is a property of the provider
        self,
        scope: Construct,
        id: str,
        *,
        log_retention_days: int = 90,
        log_level: LogLevel = "INFO",
        encryption_key: aws_kms.IKey | None = None,
        permissions_boundary: aws_iam.IManagedPolicy | str | None = None,
        role_path: str | None = None,
        handler_role: aws_iam.IRole | None = None,
        waiter_role: aws_iam.IRole | None = None,
        vpc: aws_ec2.IVpc | None = None,
        vpc_subnets: aws_ec2.SubnetSelection | None = None,
        security_groups: Sequence[aws_ec2.ISecurityGroup] | None = None,
        reserved_concurrent_executions: int | None = None,
        code_signing_config: aws_lambda.ICodeSigningConfig | None = None,
        on_failure: aws_lambda.IDestination | None = None,
        runtime: aws_lambda.Runtime | None = None,
        architecture: aws_lambda.Architecture | None = None,
    ) -> None:
        """Create a provider.

        Args:
            scope: Scope of the provider.
            id: ID within the scope.
            log_retention_days: Days that CloudWatch Logs keeps the logs of the handler and of the state machine; one
                of the numbers that CloudWatch Logs offers. Default: 90. The logs are deleted with the stack.
            log_level: Lowest level that the handler logs. With ``WARN`` and ``ERROR`` the state machine logs only
                errors, and validation metrics are still written. Default: ``INFO``.
            encryption_key: KMS key of both log groups, of the state machine's data, and of the handler's environment.
                The provider extends the policy of a key that is declared in the app. For an imported key, see the
                statements in the guide. Default: keys that AWS owns.
            permissions_boundary: Managed policy, or its ARN, that bounds both roles. Default: none, unless an aspect
                such as ``aws_iam.PermissionsBoundary`` sets one.
            role_path: IAM path of both roles, such as ``/service/``. Default: ``/``.
            handler_role: Role of the handler, used unchanged. Synthesis shows the policy that it needs. Default: a
                role is created.
            waiter_role: Role of the state machine, used unchanged. Synthesis shows the policy that it needs. Default: a
                role is created.
            vpc: VPC of the handler. From there it must reach SageMaker, Step Functions, EventBridge and S3, through a
                NAT gateway or endpoints. Algorithms wait for everything that is declared in the scope of the VPC.
                Default: no VPC.
            vpc_subnets: Subnets within the VPC. Default: its private subnets.
            security_groups: Security groups of the handler. Default: one is created, which lets everything out and
                nothing in.
            reserved_concurrent_executions: Concurrent executions that are reserved for the handler, and its maximum;
                at least 1. Default: the account's unreserved ones.
            code_signing_config: Code signing configuration of the handler. The asset must be signed by a pipeline.
                Default: none.
            on_failure: Destination for events that the handler could not take in. With a ``handler_role`` the role
                must allow sending to it. Default: none; CloudFormation reports the timeout.
            runtime: Python runtime of the handler, 3.12 or newer. Default: Python 3.13.
            architecture: Architecture of the handler. Default: x86-64, which all regions of SageMaker offer.

        Raises:
            ValueError: If CloudWatch Logs has no such retention, if options require others that are missing, or if a
                value is not allowed. Below the CDK's CLI, these are errors of the synthesis.
        """
        super().__init__(scope, id)
        # Late: aws_lambda imports aws_ec2, and both take as long as the rest of a synthesis; see docs/performance.md.
        from cdk_sagemaker_algorithm.cdk.provider.provider_resources import (  # noqa: PLC0415 - start-up time
            ProviderResources,
        )

        path = child_path(scope, id)
        options = ProviderOptions(
            log_retention_days=log_retention_days,
            log_level=log_level,
            encryption_key=encryption_key,
            permissions_boundary=permissions_boundary,
            role_path=role_path,
            handler_role=handler_role,
            waiter_role=waiter_role,
            vpc=vpc,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            reserved_concurrent_executions=reserved_concurrent_executions,
            code_signing_config=code_signing_config,
            on_failure=on_failure,
            runtime=runtime,
            architecture=architecture,
        )
        arguments = checked(path, options)
        ConstructErrors(self).report(arguments)
        if arguments.problems:
            # The synthesis fails, with the errors of all constructs.
            options = ProviderOptions()
        self._in_vpc = options.vpc is not None
        self._resources = ProviderResources(self, path, options)
        self._service_token = self._resources.function_arn
        self._shared: dict[str, _SharedPermissions] = {}
        self._shows_watch = False

    @classmethod
    def of_stack(cls, scope: IConstruct) -> AlgorithmProvider:
        """Return the provider of the stack of `scope`; the first call creates it."""
        return _provider_of(scope)

    @property
    def service_token(self) -> str:
        """ARN of the handler, to which CloudFormation sends its requests."""
        return self._service_token

    @property
    def connections(self) -> aws_ec2.Connections:
        """Network connections of the handler.

        Raises:
            ValueError: If the provider is in no VPC.
        """
        if not self._in_vpc:
            raise ValueError(f"{self.node.path}: the provider is in no VPC and has no connections; set vpc")
        return self._resources.function.connections

    def serve(self, resource: cdk.CfnResource, *, role_arn: str | None) -> None:
        """Serve a custom resource of the provider's own stack.

        Args:
            resource: The custom resource. It is created after everything that serves it, and deleted before.
            role_arn: ARN of the validation role, which the handler may then pass to SageMaker. None: no role.
        """
        resource.add_resource_dependency(self._resources.ready)
        if not self._shows_watch:
            self._shows_watch = True
            self._show_watch()
        if role_arn is not None:
            self._resources.permissions.pass_role(role_arn)

    def _show_watch(self) -> None:
        stack_name = cdk.Stack.of(self).stack_name
        if not cdk.Token.is_unresolved(stack_name):
            # As Annotations.add_info has it. The CDK's own trace names a line of the kernel that runs in Node.js.
            self.node.add_metadata(
                "aws:cdk:info",
                f"during the deployment, watch validations with: cdk-sagemaker-algorithm watch --stack {stack_name} "
                "[ack: cdk-sagemaker-algorithm:watch]",
                stack_trace_override=user_code(),
            )

    def serve_any(self, resource: cdk.CfnResource, *, role_arn: str | None) -> None:
        """Serve a custom resource of any stack of the provider's account and region.

        Args:
            resource: The custom resource.
            role_arn: ARN of the validation role. None: no role.

        Raises:
            ValueError: If the stack is in another account or region.
        """
        own, other = cdk.Stack.of(self), cdk.Stack.of(resource)
        if own.node.path == other.node.path:
            self.serve(resource, role_arn=role_arn)
            return
        if (own.account, own.region) != (other.account, other.region):
            raise ValueError(
                f"{resource.node.path}: its provider {self.node.path} is in {own.account}/{own.region}, the stack in "
                f"{other.account}/{other.region}; a provider serves the stacks of its own account and region, so "
                "remove the argument provider, or create a provider for this environment"
            )
        shared = self._shared.get(other.node.path)
        if shared is None:
            # Another shared provider can serve the same stack.
            id_ = f"{_PERMISSIONS_ID}-{self.node.addr[:8]}"
            shared = self._shared[other.node.path] = _SharedPermissions(other, id_, self._resources)
        shared.serve(resource, role_arn)


class _SharedPermissions:
    """The permissions of a shared provider's handler on the algorithms of another stack: a policy in that stack."""

    def __init__(self, stack: cdk.Stack, policy_id: str, resources: ProviderResources) -> None:
        from cdk_sagemaker_algorithm.cdk.provider.provider_resources import shared_policy  # noqa: PLC0415 - as above

        self._ready = resources.ready
        self._policy: cdk.CfnResource | None = None
        self._permissions = resources.permissions
        if resources.extensible_handler_role is not None:
            policy, self._permissions = shared_policy(stack, policy_id, resources.extensible_handler_role)
            child = policy.node.default_child
            self._policy = child if isinstance(child, cdk.CfnResource) else None

    def serve(self, resource: cdk.CfnResource, role_arn: str | None) -> None:
        # The provider's whole stack then comes before the stack of the algorithm.
        resource.add_resource_dependency(self._ready)
        if self._policy is not None:
            resource.add_resource_dependency(self._policy)
        if role_arn is not None:
            self._permissions.pass_role(role_arn)


def _find_or_create(stack: cdk.Stack) -> AlgorithmProvider:
    existing = stack.node.try_find_child(_PROVIDER_ID)
    return existing if isinstance(existing, AlgorithmProvider) else AlgorithmProvider(stack, _PROVIDER_ID)


_provider_in: Memo[cdk.Stack, AlgorithmProvider] = Memo(_find_or_create)
_provider_of: Memo[IConstruct, AlgorithmProvider] = Memo(lambda scope: _provider_in(cdk.Stack.of(scope)))
