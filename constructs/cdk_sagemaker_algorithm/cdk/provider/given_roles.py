"""Roles that the user gives the provider: used unchanged, and checked as far as the app knows them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import aws_cdk as cdk
import constructs
import jsii
from aws_cdk import aws_iam

from cdk_sagemaker_algorithm.cdk.provider.policies import Statement
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX


def use(
    scope: constructs.Construct,
    argument: str,
    role: aws_iam.IRole,
    service: str,
    needed: Callable[[], Sequence[Statement]],
) -> aws_iam.IRole:
    """Use a role unchanged, show its needs at synthesis, and check them if the role is declared in the app.

    Args:
        scope: The provider.
        argument: Name of the provider's argument, for messages.
        service: Service principal that assumes the role.
        needed: Returns the statements that the role needs, once the app is complete.

    Returns:
        A reference to the role to which the CDK adds nothing.
    """
    check = _RoleCheck(scope, argument, role, service, needed)
    scope.node.add_validation(check)
    cdk.Aspects.of(scope).add(check)
    id_ = "".join(word.capitalize() for word in argument.split("_"))
    return aws_iam.Role.from_role_arn(scope, id_, role.role_arn, mutable=False)


@jsii.implements(constructs.IValidation, cdk.IAspect)
class _RoleCheck:
    def __init__(
        self,
        scope: constructs.Construct,
        argument: str,
        role: aws_iam.IRole,
        service: str,
        needed: Callable[[], Sequence[Statement]],
    ) -> None:
        self._path = scope.node.path
        self._argument = argument
        self._role = role
        self._service = service
        self._needed = needed

    def visit(self, node: constructs.IConstruct) -> None:
        """Add the annotations when the app is complete; implements ``IAspect``."""
        if node.node.path != self._path:
            return
        policy = {"Version": "2012-10-17", "Statement": cdk.Stack.of(node).resolve(list(self._needed()))}
        cdk.Annotations.of(node).add_info_v2(
            f"{ID_PREFIX}{self._argument.replace('_', '-')}-permissions",
            f"{self._argument} is used unchanged and needs this policy: {json.dumps(policy)}",
        )

    def validate(self) -> list[str]:
        """Return the missing permissions; implements ``IValidation``."""
        resource = self._role.node.default_child
        if not isinstance(resource, aws_iam.CfnRole):
            # An imported role: only IAM knows its policies.
            return []
        stack = cdk.Stack.of(self._role)
        trust: Any = stack.resolve(resource.assume_role_policy_document)
        path = self._role.node.path
        if self._service not in json.dumps(trust):
            problem = f"{self._argument}: {self._service} cannot assume {path}"
            return [f'{problem}; create the role with assumed_by=aws_iam.ServicePrincipal("{self._service}")']
        if stack.resolve(resource.managed_policy_arns):
            # The app does not contain the statements of a managed policy.
            return []
        allowed = set(_actions(_statements(stack, self._role, resource)))
        missing = sorted({action for action in _actions(self._needed()) if not _is_allowed(action, allowed)})
        if not missing:
            return []
        problem = f"{self._argument}: {path} does not allow {', '.join(missing)}"
        return [f"{problem}; add the policy that the information message of the provider shows"]


def _is_allowed(action: str, patterns: set[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def _actions(statements: Sequence[Mapping[str, Any]] | Iterator[Mapping[str, Any]]) -> Iterator[str]:
    for statement in statements:
        if statement["Effect"] == "Allow":
            actions = statement.get("Action", ())
            yield from [actions] if isinstance(actions, str) else actions


def _statements(stack: cdk.Stack, role: aws_iam.IRole, resource: aws_iam.CfnRole) -> Iterator[Mapping[str, Any]]:
    for policy in stack.resolve(resource.policies) or ():
        yield from policy["policyDocument"]["Statement"]
    for child in role.node.find_all():
        if isinstance(child, aws_iam.CfnPolicy):
            yield from stack.resolve(child.policy_document)["Statement"]
