"""What a stack says of the deployment of its algorithms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import aws_cdk as cdk
from constructs import IConstruct

from cdk_sagemaker_algorithm.cdk.kernel import Memo
from cdk_sagemaker_algorithm.model.tokens import is_unresolved


class Environment(NamedTuple):
    """What a stack says of its algorithms' deployment.

    Attributes:
        account: The account's ID; None where only deployment knows it.
        region: The region; None where only deployment knows it.
        tags: The tags that the stack was given itself, which CloudFormation would give to native resources.
    """

    account: str | None
    region: str | None
    tags: Mapping[str, str]


def _environment(stack: cdk.Stack) -> Environment:
    account, region = stack.account, stack.region
    tags: dict[str, str] = {}
    each: cdk.Stack | None = stack
    while each is not None:
        # CloudFormation passes a stack's tags on to nested stacks.
        tags = {**each.tags.tag_values(), **tags}
        each = each.nested_stack_parent
    return Environment(
        None if is_unresolved(account) else account,
        None if is_unresolved(region) else region,
        tags,
    )


_environment_of_stack: Memo[cdk.Stack, Environment] = Memo(_environment)
environment_of: Memo[IConstruct, Environment] = Memo(lambda scope: _environment_of_stack(cdk.Stack.of(scope)))
