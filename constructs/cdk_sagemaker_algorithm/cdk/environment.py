"""Read the deployment environment of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import aws_cdk as cdk
from constructs import IConstruct

from cdk_sagemaker_algorithm.cdk.kernel import Memo
from cdk_sagemaker_algorithm.model.tokens import is_unresolved


class Environment(NamedTuple):
    """The deployment environment of a stack.

    Attributes:
        account: Account ID; None if it is a deploy-time value.
        region: AWS region; None if it is a deploy-time value.
        tags: The stack's own tags, which CloudFormation adds to native resources.
    """

    account: str | None
    region: str | None
    tags: Mapping[str, str]


def _environment(stack: cdk.Stack) -> Environment:
    account, region = stack.account, stack.region
    tags: dict[str, str] = {}
    level: cdk.Stack | None = stack
    while level is not None:
        # CloudFormation passes a stack's tags on to nested stacks.
        tags = {**level.tags.tag_values(), **tags}
        level = level.nested_stack_parent
    return Environment(
        None if is_unresolved(account) else account,
        None if is_unresolved(region) else region,
        tags,
    )


_environment_of_stack: Memo[cdk.Stack, Environment] = Memo(_environment)
environment_of: Memo[IConstruct, Environment] = Memo(lambda scope: _environment_of_stack(cdk.Stack.of(scope)))
