"""Mark an algorithm for a construct by tags, or release it, with the user's own credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_algorithm.adoption.candidate import Candidate
from cdk_sagemaker_algorithm.adoption.errors import AdoptionError
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS, OWN_TAGS
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FINGERPRINT_TAG,
    PENDING_DELETION_TAG,
    RELEASED_TAG,
    RESOURCE_TAG,
    RETAINED_TAG,
    STACK_TAG,
    Owner,
    is_marked,
    read_tags,
)

_OWNED = (STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, ADOPTER_TAG, PENDING_DELETION_TAG, RETAINED_TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAlgorithm:
    """Existing algorithm in the account.

    Attributes:
        name: Algorithm name.
        arn: Algorithm ARN.
        status: AlgorithmStatus, such as `Completed`.
        tags: Values by tag key.
        description: Response of DescribeAlgorithm.
    """

    name: str
    arn: str
    status: str
    tags: Mapping[str, str]
    description: Mapping[str, Any] = field(repr=False)

    @property
    def owner(self) -> str:
        """Stack and logical ID from the ownership tags; empty without ownership tags."""
        if not is_marked(self.tags):
            return ""
        return Owner(stack_id=self.tags[STACK_TAG], logical_id=self.tags.get(RESOURCE_TAG, "")).adopter


def read(sagemaker: Any, name: str) -> LiveAlgorithm:
    """Read an algorithm and its tags.

    Args:
        sagemaker: Boto3 client for SageMaker.
        name: Algorithm name.

    Raises:
        AdoptionError: If the algorithm does not exist.
    """
    try:
        description: dict[str, Any] = sagemaker.describe_algorithm(AlgorithmName=name)
    except Exception as error:
        if aws_errors.is_aws(error) and aws_errors.is_missing(error):
            region = sagemaker.meta.region_name
            raise AdoptionError(f"algorithm {name!r} not found in {region}", missing=True) from error
        raise
    return LiveAlgorithm(
        name=name,
        arn=description["AlgorithmArn"],
        status=description["AlgorithmStatus"],
        tags=read_tags(sagemaker, description["AlgorithmArn"]),
        description=description,
    )


def rejection(live: LiveAlgorithm, candidate: Candidate) -> str:
    """Return why a construct cannot adopt an algorithm; empty if it can."""
    if live.owner == candidate.adopter:
        return f"it already belongs to {live.owner}"
    if live.owner:
        return f"it belongs to {live.owner}; release it first with: cdk-sagemaker-algorithm release {live.name}"
    if live.status != "Completed":
        return f"its status is {live.status}; only a Completed algorithm can be adopted"
    foreign = len([key for key in live.tags if key != ADOPTER_TAG])
    if foreign + candidate.tags + OWN_TAGS > MAX_TAGS:
        return (
            f"it has {foreign} tags, the definition {candidate.tags} and this library {OWN_TAGS}; allowed: up to "
            f"{MAX_TAGS} in total; remove some"
        )
    return ""


def mark(sagemaker: Any, live: LiveAlgorithm, candidate: Candidate) -> None:
    """Mark an algorithm for a construct, and replace an earlier mark.

    Args:
        sagemaker: Boto3 client for SageMaker; requires permission for AddTags and DeleteTags.
        live: Algorithm to mark.
        candidate: Construct that adopts the algorithm.

    Raises:
        AdoptionError: If the construct cannot adopt the algorithm.
    """
    problem = rejection(live, candidate)
    if problem:
        raise AdoptionError(f"algorithm {live.name} cannot be adopted by {candidate.path}: {problem}")
    if RELEASED_TAG in live.tags:
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=[RELEASED_TAG])
    sagemaker.add_tags(ResourceArn=live.arn, Tags=[{"Key": ADOPTER_TAG, "Value": candidate.adopter}])


def release(sagemaker: Any, live: LiveAlgorithm) -> list[str]:
    """Remove ownership tags and marks from an algorithm, so that no stack changes or deletes it.

    Args:
        sagemaker: Boto3 client for SageMaker; requires permission for AddTags and DeleteTags.
        live: Algorithm to release.

    Returns:
        The keys of the removed tags; empty if there was nothing to release.
    """
    keys = [key for key in _OWNED if key in live.tags]
    if keys:
        # First: without any tag of this library, the stack would assume that the algorithm lost its tags.
        sagemaker.add_tags(ResourceArn=live.arn, Tags=[{"Key": RELEASED_TAG, "Value": "true"}])
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=keys)
    return keys
