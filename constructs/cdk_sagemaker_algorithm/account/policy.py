"""Create the IAM policy that the checks need, without calling AWS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from cdk_sagemaker_algorithm.account.check import Check
from cdk_sagemaker_algorithm.account.read_operations import OPERATIONS, AwsEnvironment
from cdk_sagemaker_algorithm.account.table import CHECKS
from cdk_sagemaker_algorithm.account.target import targets
from cdk_sagemaker_algorithm.assembly.stack import Stack


def policy(
    stacks: Iterable[Stack], environment: AwsEnvironment, *, checks: Sequence[Check] = CHECKS, algorithm: str = ""
) -> dict[str, Any]:
    """Return the policy that lets a caller run the checks.

    Args:
        stacks: Stacks, or requests loaded as stacks.
        environment: The account and the region of stacks that name none; ``*`` if they are not known.
        checks: The checks that run. Default: all.
        algorithm: The construct path, or its end, of the only algorithm to check. Default: all algorithms.

    Returns:
        An identity-based policy.
    """
    resources: dict[str, set[str]] = {}
    for target in targets(stacks, environment, algorithm=algorithm):
        for check in checks:
            for item in check.items(target):
                if item.unresolved:
                    continue
                for full_name, parameters in check.calls(item, target):
                    operation = OPERATIONS[full_name]
                    arn = operation.resource(parameters, target.environment)
                    resources.setdefault(operation.action, set()).add(arn)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        arns = ("*",) if "*" in resources[action] else tuple(sorted(resources[action]))
        grouped.setdefault(arns, []).append(action)
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*" if arns == ("*",) else list(arns)}
            for arns, actions in grouped.items()
        ],
    }
