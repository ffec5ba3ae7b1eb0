"""Roles of the user's for a provider, with all that it needs."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam


def declared_roles(stack: cdk.Stack) -> dict[str, Any]:
    """The arguments of a provider for two roles that the stack declares and that may do everything."""
    found: dict[str, Any] = {}
    for argument, service in (("handler_role", "lambda"), ("waiter_role", "states")):
        # CDK's own types disagree on a parameter's name.
        principal: Any = iam.ServicePrincipal(f"{service}.amazonaws.com")
        role = iam.Role(stack, argument, assumed_by=principal)
        role.add_to_policy(iam.PolicyStatement(actions=["*"], resources=["*"]))
        found[argument] = role
    return found
