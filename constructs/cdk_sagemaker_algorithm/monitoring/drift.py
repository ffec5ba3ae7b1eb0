"""Find differences between an algorithm and its stack with their repair, and the state of an adoption."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdk_sagemaker_algorithm.assembly.drift import Drift, FoundAlgorithm, find_drift
from cdk_sagemaker_algorithm.model.display_text import printable_lines
from cdk_sagemaker_algorithm.monitoring.snapshot import DELETED, Snapshot
from cdk_sagemaker_algorithm.monitoring.stack_operations import DeployedAlgorithm
from cdk_sagemaker_algorithm_provider.contract.limits import FINGERPRINT_LENGTH
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, RELEASED_TAG, STACK_TAG, Owner
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_NAME

_GENERATED = re.compile(rf".*-[0-9a-f]{{{FINGERPRINT_LENGTH}}}")


def drift(seen: Snapshot) -> Iterator[Drift]:
    """Return the difference between an algorithm and its stack, and how to repair it.

    Args:
        seen: The algorithm. There is no drift if its stack is not known, or if the deployment failed to create it.
    """
    if seen.abandoned:
        yield Drift(
            what=seen.abandoned,
            remedy="delete it, or release it so that another stack can adopt it",
            command=f"cdk-sagemaker-algorithm release {seen.name}",
        )
    resource = seen.resource
    if resource is None or resource.fate or (resource.failure and resource.status.startswith("CREATE_")):
        return
    gone = seen.status == DELETED
    if gone and resource.touched and resource.status.endswith("_IN_PROGRESS"):
        return
    found = find_drift(
        Owner(stack_id=resource.stack, logical_id=resource.path.rpartition("/")[2]),
        seen.name,
        None if gone else FoundAlgorithm(arn=seen.arn, created=seen.created, tags=seen.tags),
        changed=resource.changed,
        exact=_is_exact(resource, seen.name),
    )
    if found is not None:
        yield found


def adoption(seen: Snapshot) -> str:
    """Return what the tags say of an adoption; empty if there is none.

    Args:
        seen: The algorithm.
    """
    tags = seen.tags or {}
    if ADOPTER_TAG not in tags:
        return "released from its stack" if RELEASED_TAG in tags and STACK_TAG not in tags else ""
    if STACK_TAG in tags:
        return "its stack has adopted it, and gives it back instead of deleting it"
    return f"marked for {printable_lines(tags[ADOPTER_TAG])}, whose next deployment adopts it"


def _is_exact(resource: DeployedAlgorithm, name: str) -> bool:
    if resource.properties:
        return bool(resource.properties.get(ALGORITHM_NAME))
    return not _GENERATED.fullmatch(name)
