"""Complete names in the AWS account, profiles, regions and rules in shells.

Completion never fails and never prints: without credentials or a network it offers nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_MOST = 200
_SECONDS = 3


def algorithm_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of an algorithm.

    Args:
        ctx: The command line so far.
        incomplete: Typed part of the name.
    """

    def names() -> Iterator[str]:
        contains = {"NameContains": incomplete} if incomplete else {}
        pages = _client(ctx, "sagemaker").get_paginator("list_algorithms").paginate(**contains)
        return (each["AlgorithmName"] for page in pages for each in page["AlgorithmSummaryList"])

    return _offered(names, incomplete)


def stack_names(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a stack.

    Args:
        ctx: The command line so far.
        incomplete: Typed part of the name.
    """

    def names() -> Iterator[str]:
        pages = _client(ctx, "cloudformation").get_paginator("describe_stacks").paginate()
        return (each["StackName"] for page in pages for each in page["Stacks"])

    return _offered(names, incomplete)


def profile_names(incomplete: str) -> list[str]:
    """Complete the name of an AWS profile.

    Args:
        incomplete: Typed part of the name.
    """

    def names() -> list[str]:
        import boto3  # noqa: PLC0415 - boto3 takes a while

        return boto3.Session().available_profiles

    return _offered(names, incomplete)


def region_names(incomplete: str) -> list[str]:
    """Complete the name of an AWS region.

    Args:
        incomplete: Typed part of the name.
    """

    def names() -> list[str]:
        import boto3  # noqa: PLC0415 - boto3 takes a while

        return boto3.Session().get_available_regions("sagemaker")

    return _offered(names, incomplete)


def rule_names(incomplete: str) -> list[str]:
    """Complete the name of a rule of `check`.

    Args:
        incomplete: Typed part of the name.
    """

    def names() -> Iterable[str]:
        from cdk_sagemaker_algorithm.rules import RULES  # noqa: PLC0415 - only one option needs the rules

        return RULES

    return _offered(names, incomplete)


def preflight_rule_names(incomplete: str) -> list[str]:
    """Complete the ID of a rule of `preflight`.

    Args:
        incomplete: Typed part of the ID.
    """

    def names() -> Iterable[str]:
        from cdk_sagemaker_algorithm.account.table import CHECKS  # noqa: PLC0415 - only two options need these
        from cdk_sagemaker_algorithm.preflight.rules import RULES  # noqa: PLC0415 - as above

        return (*(rule.id for rule in RULES), *(check.name for check in CHECKS))

    return _offered(names, incomplete)


def failing_steps(incomplete: str) -> list[str]:
    """Complete the step of `local --fail`.

    Args:
        incomplete: Typed part of the step.
    """

    def names() -> Iterable[str]:
        from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import STEPS  # noqa: PLC0415 - as above

        return (f"{step}=" for step in STEPS)

    return _offered(names, incomplete)


def _offered(names: Callable[[], Iterable[str]], incomplete: str) -> list[str]:
    try:
        return sorted(islice((name for name in names() if name.startswith(incomplete)), _MOST))
    except Exception:  # noqa: BLE001 - a traceback would land in the user's command line
        return []


def _client(ctx: typer.Context, service: str) -> Any:
    """Return a client for the typed options, with short timeouts."""
    import boto3  # noqa: PLC0415 - boto3 takes a while
    from botocore.config import Config  # noqa: PLC0415 - as above

    def given(name: str) -> Any:
        return ctx.params.get(name) or (ctx.parent.params.get(name) if ctx.parent else None)

    session: Any = boto3.Session(profile_name=given("profile"), region_name=given("region"))
    config = Config(connect_timeout=_SECONDS, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=given("endpoint_url"), config=config)
