"""List all checks of an account."""

from __future__ import annotations

from typing import Final

from cdk_sagemaker_algorithm.account.check import Check
from cdk_sagemaker_algorithm.account.checks import data, images, keys, names, quotas, roles, stacks
from cdk_sagemaker_algorithm.reporting import RuleDescription

#: Every check. The checks of what is noticed after training stand first, because they start first.
CHECKS: Final[tuple[Check, ...]] = (
    *quotas.CHECKS,
    *images.CHECKS,
    *data.CHECKS,
    *keys.CHECKS,
    *roles.CHECKS,
    *names.CHECKS,
    *stacks.CHECKS,
)

#: What no check can know; reports name it.
NOT_KNOWABLE: Final = (
    "whether instances are available",
    "the result of SageMaker's own image scan",
    "what bucket, key and VPC endpoint policies allow the validation role",
)


def descriptions() -> tuple[RuleDescription, ...]:
    """Return the checks as code scanning shows them."""
    return tuple(
        RuleDescription(
            id=check.rule,
            summary=check.requirement,
            help=f"{check.requirement}; otherwise {check.reason} ({check.stage.value}).",
            level=check.level,
        )
        for check in CHECKS
    )


def check_named(name: str) -> Check:
    """Return a check.

    Args:
        name: Its name, without the prefix.

    Raises:
        KeyError: There is no such check.
    """
    return {check.name: check for check in CHECKS}[name]


def unknown_rules(names: tuple[str, ...]) -> list[str]:
    """Return the names that are no check, with or without their prefix."""
    return [name for name in names if not any(check.is_named(name) for check in CHECKS)]
