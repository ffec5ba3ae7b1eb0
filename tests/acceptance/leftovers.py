"""Remove the resources of killed runs, which have a tag."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.account import Account

#: Consumers before what they use.
_ORDER = ("single", "adopter", "regulated", "shared-a", "shared-b", "provider", "vpc", "leaving", "base")


def clean_up(account: Account, say: Callable[[str], None], *, run: str | None = None) -> list[str]:
    """Delete the stacks and algorithms of acceptance runs.

    Args:
        account: Where they are.
        say: Takes a line for each thing that is removed.
        run: Only those of this run; of all runs if left out.

    Returns:
        What could not be removed.
    """
    cloudformation = account.client("cloudformation")
    stacks = sorted(account.stacks(run), key=lambda stack: _position(*stack))
    left: list[str] = []
    for name, owner in stacks:
        say(f"deleting stack {name} of run {owner}")
        if name == f"{owner}-base":
            _empty_bucket(account, name)
        cloudformation.delete_stack(StackName=name)
        try:
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": 15 if account.real else 1, "MaxAttempts": 720}
            )
        except Exception as error:  # noqa: BLE001 - the other stacks have to go all the same
            left.append(f"stack {name}: {error}")
    sagemaker = account.client("sagemaker")
    for name, status, owner in list(account.algorithms(run)):
        say(f"deleting algorithm {name} ({status}) of run {owner}")
        try:
            sagemaker.delete_algorithm(AlgorithmName=name)
        except ClientError as error:
            left.append(f"algorithm {name}: {error}")
    return left


def _position(name: str, owner: str) -> int:
    """Return the position of a stack in the order of deletion."""
    kind = name.removeprefix(f"{owner}-")
    return _ORDER.index(kind) if kind in _ORDER else 0


def _empty_bucket(account: Account, stack: str) -> None:
    """Delete the objects of a bucket, so that CloudFormation can delete the bucket."""
    cloudformation: Any = account.client("cloudformation")
    s3: Any = account.client("s3")
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    for resource in resources:
        if resource["ResourceType"] != "AWS::S3::Bucket" or not resource.get("PhysicalResourceId"):
            continue
        bucket = resource["PhysicalResourceId"]
        with suppress(ClientError):
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for item in page.get("Contents", []):
                    s3.delete_object(Bucket=bucket, Key=item["Key"])
