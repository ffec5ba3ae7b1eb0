"""The tags that mark an algorithm for a construct, and their removal, with the user's own credentials."""

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
    tag_map,
)

_OWNED = (STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, ADOPTER_TAG, PENDING_DELETION_TAG, RETAINED_TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAlgorithm:
    """An algorithm of the account.

    Attributes:
        name: Its name.
        arn: Its ARN.
        status: Its status.
        tags: Its tags.
        description: The response of DescribeAlgorithm.
    """

    name: str
    arn: str
    status: str
    tags: Mapping[str, str]
    description: Mapping[str, Any] = field(repr=False)

    @property
    def owner(self) -> str:
        """The stack and the logical ID that it belongs to; empty if it belongs to none."""
        if not is_marked(self.tags):
            return ""
        return Owner(stack_id=self.tags[STACK_TAG], logical_id=self.tags.get(RESOURCE_TAG, "")).adopter


def read(sagemaker: Any, name: str) -> LiveAlgorithm:
    """Read an algorithm and its tags.

    Args:
        sagemaker: A SageMaker client.
        name: The algorithm's name.

    Raises:
        AdoptionError: There is no such algorithm.
    """
    try:
        description: dict[str, Any] = sagemaker.describe_algorithm(AlgorithmName=name)
    except Exception as error:
        if aws_errors.is_aws(error) and aws_errors.is_missing(error):
            region = sagemaker.meta.region_name
            raise AdoptionError(f"there is no algorithm {name!r} in {region}", missing=True) from error
        raise
    tags: dict[str, str] = {}
    for page in sagemaker.get_paginator("list_tags").paginate(ResourceArn=description["AlgorithmArn"]):
        tags |= tag_map(page.get("Tags"))
    return LiveAlgorithm(
        name=name,
        arn=description["AlgorithmArn"],
        status=description["AlgorithmStatus"],
        tags=tags,
        description=description,
    )


def refusal(live: LiveAlgorithm, candidate: Candidate) -> str:
    """Why an algorithm cannot be adopted by a construct; empty if it can.

    Args:
        live: The algorithm.
        candidate: The construct.
    """
    if live.owner == candidate.adopter:
        return f"it belongs to {live.owner} already"
    if live.owner:
        return f"it belongs to {live.owner}; release it first with: cdk-sagemaker-algorithm release {live.name}"
    if live.status != "Completed":
        return f"its status is {live.status}; only a Completed algorithm can be adopted"
    foreign = len([key for key in live.tags if key != ADOPTER_TAG])
    if foreign + candidate.tags + OWN_TAGS > MAX_TAGS:
        return (
            f"it has {foreign} tags and the definition {candidate.tags}; with the {OWN_TAGS} of this library there may "
            f"be at most {MAX_TAGS}, so remove some"
        )
    return ""


def mark(sagemaker: Any, live: LiveAlgorithm, candidate: Candidate) -> None:
    """Mark an algorithm for a construct; an earlier mark is replaced.

    Args:
        sagemaker: A SageMaker client with permission to AddTags and DeleteTags.
        live: The algorithm.
        candidate: The construct that adopts it.

    Raises:
        AdoptionError: It cannot be adopted.
    """
    problem = refusal(live, candidate)
    if problem:
        raise AdoptionError(f"algorithm {live.name} cannot be adopted by {candidate.path}: {problem}")
    if RELEASED_TAG in live.tags:
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=[RELEASED_TAG])
    sagemaker.add_tags(ResourceArn=live.arn, Tags=[{"Key": ADOPTER_TAG, "Value": candidate.adopter}])


def release(sagemaker: Any, live: LiveAlgorithm) -> list[str]:
    """Take an algorithm from its stack, or its mark from it; the stack then leaves it alone.

    Args:
        sagemaker: A SageMaker client with permission to AddTags and DeleteTags.
        live: The algorithm.

    Returns:
        The keys of the tags that were removed; none if there was nothing to release.
    """
    keys = [key for key in _OWNED if key in live.tags]
    if keys:
        # This tag first: without any tag of this library, the stack would take it for one that lost its tags.
        sagemaker.add_tags(ResourceArn=live.arn, Tags=[{"Key": RELEASED_TAG, "Value": "true"}])
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=keys)
    return keys
