"""What linters find in the provider and why it stands: as metadata in the template, where they look for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from constructs import IConstruct

_OUTSIDE: Final = (
    "it handles a few requests a day and calls AWS only; AlgorithmProvider(vpc=...) puts it into a VPC where that is "
    "wanted"
)
_FUNCTION: Final = {
    "CKV_AWS_115": "a limit of its own could hold up the deploy of another stack, and would take from the account's",
    "CKV_AWS_116": "an event that is lost makes CloudFormation time out and say so; replaying it later would be wrong",
    "CKV_AWS_173": "the environment holds the ARN of the state machine and nothing secret",
}
_LOGS: Final = {
    "CKV_AWS_158": "the logs hold names and statuses, no definition and no data; CloudWatch Logs encrypts them itself",
}
_CHILDREN: Final[Mapping[str, Mapping[str, str]]] = {
    "Handler": _FUNCTION,
    "HandlerLogs": _LOGS,
    "WaiterLogs": _LOGS,
}


def acknowledge(provider: IConstruct, *, in_vpc: bool) -> None:
    """Give the reasons for what checkov finds.

    Args:
        provider: The provider, whose children have the findings.
        in_vpc: Whether its function is in a VPC.
    """
    for name, reasons in _CHILDREN.items():
        child = provider.node.find_child(name)
        outside = {} if in_vpc or name != "Handler" else {"CKV_AWS_117": _OUTSIDE}
        if isinstance(child, cdk.CfnResource):
            skips = [{"id": rule, "comment": reason} for rule, reason in {**reasons, **outside}.items()]
            child.add_metadata("checkov", {"skip": skips})
