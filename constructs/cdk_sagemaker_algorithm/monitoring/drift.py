"""Find differences between an algorithm and its stack, and how to repair them."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly.drift import Drift, FoundAlgorithm, find_drift
from cdk_sagemaker_algorithm.monitoring.snapshot import DELETED, Snapshot
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import Owner


def drift(seen: Snapshot) -> Iterator[Drift]:
    """Return the difference between an algorithm and its stack, and how to repair it.

    Args:
        seen: The algorithm. There is no drift if it was not read through its stack, or its deployment failed.
    """
    deployed = seen.deployed
    if deployed is None or deployed.failure or deployed.fate:
        return
    gone = seen.status == DELETED
    if gone and deployed.touched and not deployed.status.endswith("_COMPLETE"):
        return
    found = find_drift(
        Owner(stack_id=deployed.stack, logical_id=deployed.path.rpartition("/")[2]),
        seen.name,
        None if gone else FoundAlgorithm(arn=seen.arn, created=seen.created, tags=seen.tags),
        changed=deployed.changed,
        properties=deployed.properties,
    )
    if found is not None:
        yield found
