"""What differs between an algorithm and what its stack believes, and how to repair it."""

from __future__ import annotations

from collections.abc import Iterator

from cdk_sagemaker_algorithm.monitoring.snapshot import DELETED, Snapshot
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG, Owner

# The clocks of two services differ, and an event comes later than what it is about.
_CLOCK_SECONDS = 60.0


def drift(seen: Snapshot) -> Iterator[tuple[str, str]]:
    """Return what is wrong with an algorithm of a stack, and what to do: a command if one repairs it.

    Args:
        seen: The algorithm. Nothing is found if it was not read through its stack, or its deployment failed.
    """
    deployed = seen.deployed
    if deployed is None or deployed.failure or deployed.fate:
        return
    if seen.status == DELETED:
        if not deployed.touched or deployed.status.endswith("_COMPLETE"):
            yield (
                "the algorithm is gone: it was deleted outside of its stack",
                "set another revision=... for the construct, and deploy",
            )
        return
    if seen.created is not None and seen.created > deployed.changed + _CLOCK_SECONDS:
        yield (
            "the algorithm is another one: it was created after its stack's last change, under the same name",
            "delete it and set another revision=... for the construct, and deploy",
        )
        return
    if seen.tags is not None and seen.tags.get(STACK_TAG) != deployed.stack:
        lost = (
            "has lost its ownership tags" if STACK_TAG not in seen.tags else "has the ownership tags of another stack"
        )
        owner = Owner(stack_id=deployed.stack, logical_id=deployed.path.rpartition("/")[2])
        tags = owner.tags(seen.name.rpartition("-")[2])
        words = " ".join(f"Key={key},Value={value}" for key, value in tags.items())
        yield (
            f"the algorithm {lost}, so its stack can neither change nor delete it",
            f"aws sagemaker add-tags --resource-arn {seen.arn} --tags {words}",
        )
