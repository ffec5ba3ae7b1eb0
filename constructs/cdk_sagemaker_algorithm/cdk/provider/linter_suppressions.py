"""Acknowledge, with reasons, the findings of linters about the provider and the validation role.

cdk-nag reads acknowledgements from the construct, checkov and cfn-lint from the template's metadata. Findings that an
option of the provider resolves (KMS key, VPC, reserved concurrency, failure destination) are acknowledged for
AwsSolutions and checkov only. In the compliance packs (NIST, HIPAA, PCI) you decide: set the option, or acknowledge the
finding yourself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk
from constructs import Construct, IConstruct

if TYPE_CHECKING:
    from aws_cdk import aws_iam

_HANDLER_WILDCARDS: Final = (
    "algorithms, jobs and executions have no known names before they exist, so algorithms are confined by their "
    "stack's tag and executions by their state machine; lists, X-Ray and log delivery have no resources"
)
_VALIDATION_ROLE: Final = (
    "jobs choose the names of their log streams and objects, so each resource ends where the definition's own name "
    "ends; ECR's token and CloudWatch's metrics have no resources"
)
_DEAD_LETTERS: Final = (
    "an event that was not delivered in 15 minutes must not be handled later, because CloudFormation has moved on; it "
    "reports the missing response itself, and on_failure can keep the event"
)
_INLINE: Final = (
    "an inline policy exists as soon as its role does, which CreateStateMachine and SageMaker check, belongs to this "
    "one role, and is deleted with it"
)
_INLINE_POLICIES: Final = {
    f"{pack}-IAMNoInlinePolicy": _INLINE for pack in ("NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")
}
_PROVIDER: Final[Mapping[str, str]] = {
    **_INLINE_POLICIES,
    "NIST.800.53.R5-LambdaDLQ": _DEAD_LETTERS,
    "HIPAA.Security-LambdaDLQ": _DEAD_LETTERS,
    "Serverless-LambdaDLQ": _DEAD_LETTERS,
    "Serverless-LambdaStarPermissions": _HANDLER_WILDCARDS,
}
_RUNTIME: Final = (
    "AWS Lambda supports Python 3.13 until June 2029, and the handler's tests run on it in CI; the argument runtime "
    "sets another one"
)
_ENCRYPTED_DESTINATION: Final = {
    f"AwsSolutions-IAM5[Action::kms:{operation}*]": "the CDK's grant on the one key of the failure destination; the "
    "pattern covers the variants of one operation"
    for operation in ("GenerateDataKey", "ReEncrypt")
}
_DEFAULT_RUNTIME: Final = {"AwsSolutions-L1": _RUNTIME, "Serverless-LambdaLatestVersion": _RUNTIME}


def acknowledge_rules(
    provider: Construct, statements: Sequence[Mapping[str, Any]], *, default_runtime: bool, with_destination: bool
) -> None:
    """Acknowledge what cdk-nag finds in a provider.

    Args:
        statements: The statements of its two roles.
        default_runtime: Whether the handler has the default runtime.
        with_destination: Whether there is a failure destination, to which the CDK grants access.
    """
    wildcards = _wildcards(cdk.Stack.of(provider).resolve(list(statements)), _HANDLER_WILDCARDS)
    reasons = {
        **_PROVIDER,
        **wildcards,
        **(_DEFAULT_RUNTIME if default_runtime else {}),
        **(_ENCRYPTED_DESTINATION if with_destination else {}),
    }
    cdk.Validations.of(provider).acknowledge(*_acknowledgments(reasons))


def skip_checks_of_function(function: Construct, *, in_vpc: bool, with_key: bool, reserved: bool) -> None:
    """Skip checkov's checks of the handler that do not apply.

    Args:
        function: The handler function.
        in_vpc: Whether it is in a VPC.
        with_key: Whether a KMS key of the user's encrypts its environment.
        reserved: Whether concurrent executions are reserved for it.
    """
    skips = {"CKV_AWS_116": _DEAD_LETTERS}
    if not reserved:
        skips["CKV_AWS_115"] = (
            "a limit can hold up another stack's deployment, and takes from the account's; "
            "reserved_concurrent_executions sets one"
        )
    if not in_vpc:
        skips["CKV_AWS_117"] = "the handler serves a few requests a day and calls AWS only; vpc puts it into a VPC"
    if not with_key:
        skips["CKV_AWS_173"] = "the environment contains the ARN of the state machine and nothing secret"
    _skip(function, skips)


def skip_checks_of_logs(*groups: Construct) -> None:
    """Skip checkov's check of log groups for a KMS key of the user's."""
    for group in groups:
        _skip(
            group,
            {
                "CKV_AWS_158": "the logs contain names and statuses, no definition and no data; CloudWatch Logs has a "
                "key of its own, encryption_key sets another one"
            },
        )


def skip_checks_of_network_policy(policy: IConstruct) -> None:
    """Skip checkov's check for write access without constraints: network interfaces need it."""
    _skip(
        policy,
        {"CKV_AWS_111": "Lambda creates network interfaces with the role, and EC2 confines that to no resource"},
    )


def skip_repeated_dependencies(*constructs: Construct) -> None:
    """Skip cfn-lint's rule that a dependency is declared once: the CDK declares those on roles with their policies."""
    for construct in constructs:
        resource = construct.node.default_child
        if isinstance(resource, cdk.CfnResource):
            acknowledge_dependency(resource)


def acknowledge_policy(policy: aws_iam.Policy, statements: Sequence[Mapping[str, Any]]) -> None:
    """Acknowledge what cdk-nag finds in the policy that another stack gives a shared provider's role."""
    wildcards = _wildcards(cdk.Stack.of(policy).resolve(list(statements)), _HANDLER_WILDCARDS)
    cdk.Validations.of(policy).acknowledge(*_acknowledgments({**_INLINE_POLICIES, **wildcards}))


def _skip(construct: IConstruct, checks: Mapping[str, str]) -> None:
    resource = construct.node.default_child
    if isinstance(resource, cdk.CfnResource):
        skips = [{"id": check, "comment": reason} for check, reason in checks.items()]
        resource.add_metadata("checkov", {"skip": skips})


def acknowledge_role(role: aws_iam.Role) -> None:
    """Acknowledge what cdk-nag finds in the role that is created for a validation.

    What you grant to the role later is yours to acknowledge.

    Args:
        role: The role, once it is granted what the validation needs.
    """
    policy = role.node.find_child("DefaultPolicy")
    document = cdk.Stack.of(role).resolve(getattr(policy, "document", None))
    reasons = {**_wildcards(document["Statement"], _VALIDATION_ROLE), **_INLINE_POLICIES}
    cdk.Validations.of(role).acknowledge(*_acknowledgments(reasons))


def _acknowledgments(reasons: Mapping[str, str]) -> list[cdk.Acknowledgment]:
    return [cdk.Acknowledgment(id=rule, reason=reason) for rule, reason in reasons.items()]


def _wildcards(statements: Sequence[Mapping[str, Any]], reason: str) -> dict[str, str]:
    """Return the rule's ID for each resource with a wildcard: cdk-nag requires one acknowledgement per resource."""
    resources = {_nag_text(resource) for statement in statements for resource in _resources(statement)}
    return {f"AwsSolutions-IAM5[Resource::{resource}]": reason for resource in sorted(resources) if "*" in resource}


def _resources(statement: Mapping[str, Any]) -> list[Any]:
    resources: Any = statement["Resource"]
    return resources if isinstance(resources, list) else [resources]  # pyright: ignore[reportUnknownVariableType]


def _nag_text(value: Any) -> str:
    """Return a resolved ARN as cdk-nag writes it, with references in angle brackets."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    match function:
        case "Ref":
            return f"<{argument}>"
        case "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        case "Fn::Join":
            return str(argument[0]).join(map(_nag_text, argument[1]))
        case "Fn::Sub" if isinstance(argument, str):
            return re.sub(r"\$\{([^}]+)\}", r"<\1>", argument)
        case _:
            return json.dumps(value, separators=(",", ":"))


def acknowledge_dependency(resource: cdk.CfnResource) -> None:
    """Acknowledge what cfn-lint finds where an algorithm depends on a role and its policies.

    Args:
        resource: The custom resource of the algorithm.
    """
    resource.add_metadata(
        "cfn-lint",
        {
            "config": {"ignore_checks": ["W3005"]},
            "reason": "the CDK adds policies to a role until synthesis, so the resource waits for the whole role",
        },
    )
