"""What linters find in the provider and why it stands: as metadata in the template, where they look for it.

cdk-nag sees typed resources only, and the provider's are generic, so it finds nothing there by itself; its rules are
answered all the same, for whoever runs it on the template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import aws_cdk as cdk

if TYPE_CHECKING:
    from aws_cdk import aws_iam

_OUTSIDE: Final = (
    "it handles a few requests a day and calls AWS only; AlgorithmProvider(vpc=...) puts it into a VPC where that is "
    "wanted"
)
_WILDCARDS: Final = (
    "algorithms and jobs are not known by name before they are made, so algorithms are confined by the tag of their "
    "stack; lists, X-Ray and the delivery of logs know no resources"
)
_LOGS: Final = {
    "CKV_AWS_158": "the logs hold names and statuses, no definition and no data; CloudWatch Logs encrypts them itself",
}
_CHECKOV: Final[Mapping[str, Mapping[str, str]]] = {
    "Handler": {
        "CKV_AWS_115": "a limit of its own could hold up another stack's deploy, and takes from the account's",
        "CKV_AWS_116": "a lost event makes CloudFormation time out and say so; doing it later would be wrong",
        "CKV_AWS_173": "the environment holds the ARN of the state machine and nothing secret",
    },
    "HandlerLogs": _LOGS,
    "WaiterLogs": _LOGS,
}
_IN_VPC: Final[Mapping[str, Mapping[str, str]]] = {
    "HandlerRole": {
        "CKV_AWS_111": "Lambda makes network interfaces with the function's role, and EC2 confines that to no resource"
    },
}
_OUTSIDE_OF_VPC: Final[Mapping[str, Mapping[str, str]]] = {"Handler": {"CKV_AWS_117": _OUTSIDE}}
_NAG: Final[Mapping[str, Mapping[str, str]]] = {
    "Handler": {"AwsSolutions-L1": "the newest runtime that the handler is tested with, in every region of SageMaker"},
    "HandlerRole": {"AwsSolutions-IAM5": _WILDCARDS},
    "WaiterPolicy": {"AwsSolutions-IAM5": "X-Ray and the delivery of Step Functions' logs know no resources"},
}
_ROLE: Final = (
    "jobs name their log streams and their objects themselves, so each resource ends where the definition's own name "
    "ends; ECR's token and CloudWatch's metrics know no resources"
)


def acknowledge(resources: Mapping[str, cdk.CfnResource], *, in_vpc: bool) -> None:
    """Give the reasons for what checkov and cdk-nag find.

    Args:
        resources: The provider's resources, by their IDs.
        in_vpc: Whether its function is in a VPC.
    """
    place = _IN_VPC if in_vpc else _OUTSIDE_OF_VPC
    for name in {**_CHECKOV, **_NAG, **place}:
        child = resources[name]
        checkov = {**_CHECKOV.get(name, {}), **place.get(name, {})}
        if checkov:
            child.add_metadata("checkov", {"skip": [{"id": id_, "comment": why} for id_, why in checkov.items()]})
        nag = _NAG.get(name, {})
        if nag:
            rules = [{"id": id_, "reason": why} for id_, why in nag.items()]
            child.add_metadata("cdk_nag", {"rules_to_suppress": rules})


def acknowledge_role(role: aws_iam.Role) -> None:
    """Give the reason for what cdk-nag finds in a role that is made for a validation.

    cdk-nag wants to be told each resource with a wildcard; what the user grants the role later is the user's to
    explain.

    Args:
        role: The role, once it is granted what the validation needs.
    """
    policy = role.node.find_child("DefaultPolicy")
    document = cdk.Stack.of(role).resolve(getattr(policy, "document", None))
    resources = {_as_nag_has_it(each) for statement in document["Statement"] for each in _resources(statement)}
    cdk.Validations.of(role).acknowledge(
        *(
            cdk.Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=_ROLE)
            for resource in sorted(resources)
            if "*" in resource
        )
    )


def _resources(statement: Mapping[str, Any]) -> list[Any]:
    resources: Any = statement["Resource"]
    return resources if isinstance(resources, list) else [resources]  # pyright: ignore[reportUnknownVariableType]


def _as_nag_has_it(value: Any) -> str:
    """A resolved ARN as text, with references in angle brackets."""
    if isinstance(value, str):
        return value
    (function, argument), *_ = value.items()
    match function:
        case "Ref":
            return f"<{argument}>"
        case "Fn::GetAtt":
            return f"<{'.'.join(argument)}>"
        case "Fn::Join":
            return str(argument[0]).join(map(_as_nag_has_it, argument[1]))
        case "Fn::Sub" if isinstance(argument, str):
            return re.sub(r"\$\{([^}]+)\}", r"<\1>", argument)
        case _:
            return json.dumps(value, separators=(",", ":"))


def acknowledge_dependency(resource: cdk.CfnResource) -> None:
    """Give the reason for what cfn-lint finds where an algorithm depends on a role and its policies.

    Args:
        resource: The custom resource of the algorithm.
    """
    resource.add_metadata(
        "cfn-lint",
        {
            "config": {"ignore_checks": ["W3005"]},
            "reason": "the CDK adds policies to a role as long as the app is declared, so the whole role is waited for",
        },
    )
