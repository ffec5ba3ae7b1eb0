"""Mark an algorithm for a construct by tags, or release it, with the user's own credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cdk_sagemaker_algorithm.adoption.candidate import Candidate
from cdk_sagemaker_algorithm.adoption.errors import AdoptionError
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import MAX_TAGS
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FINGERPRINT_TAG,
    OWNERSHIP_TAGS,
    PUBLISHED_TAG,
    RELEASED_TAG,
    RESOURCE_TAG,
    STACK_TAG,
    owner_label,
    read_tags,
)

_SET_BY_ADOPTION = frozenset({ADOPTER_TAG, STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, PUBLISHED_TAG})
_TAG_VALUE_LENGTH = 256


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
        return owner_label(self.tags)


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


def _rejection(live: LiveAlgorithm, candidate: Candidate) -> str:
    if live.owner == candidate.adopter:
        return (
            f"it already belongs to {live.owner}; if an earlier stack of this name has left it, release it first with: "
            f"cdk-sagemaker-algorithm release {live.name}"
        )
    if live.owner:
        return f"it belongs to {live.owner}; release it first with: cdk-sagemaker-algorithm release {live.name}"
    if live.status != "Completed":
        return f"its status is {live.status}; only a Completed algorithm can be adopted"
    if len(candidate.adopter) > _TAG_VALUE_LENGTH:
        return (
            f"the mark, a tag with the stack's name and the logical ID, has {len(candidate.adopter)} characters; "
            f"allowed: up to {_TAG_VALUE_LENGTH}; shorten the stack's name or the construct path"
        )
    tags = (live.tags.keys() - {RELEASED_TAG}) | candidate.tags.keys() | _SET_BY_ADOPTION
    if len(tags) > MAX_TAGS:
        return (
            f"it would have {len(tags)} tags, with {len(_SET_BY_ADOPTION)} of this library; allowed: up to {MAX_TAGS}; "
            "remove some"
        )
    return ""


def ensure_adoptable(live: LiveAlgorithm, candidate: Candidate) -> None:
    """Check whether a construct can adopt an algorithm.

    Raises:
        AdoptionError: If it cannot.
    """
    problem = _rejection(live, candidate)
    if problem:
        raise AdoptionError(f"algorithm {live.name} cannot be adopted by {candidate.path}: {problem}")


def mark(sagemaker: Any, live: LiveAlgorithm, candidate: Candidate) -> None:
    """Mark an algorithm for a construct, and replace an earlier mark.

    Args:
        sagemaker: Boto3 client for SageMaker; requires permission for AddTags and DeleteTags.
        live: Algorithm to mark.
        candidate: Construct that adopts the algorithm.

    Raises:
        AdoptionError: If the construct cannot adopt the algorithm.
    """
    ensure_adoptable(live, candidate)
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
    ownership = [key for key in OWNERSHIP_TAGS if key in live.tags]
    rest = [key for key in (*ownership, PUBLISHED_TAG) if key in live.tags and key != STACK_TAG]
    first = [key for key in (STACK_TAG, ADOPTER_TAG) if key in live.tags] or rest[:1]
    rest = [key for key in rest if key not in first]
    if first:
        # Without these no stack changes it; together, because an algorithm with an owner and no mark can be deleted.
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=first)
    if ownership:
        # Without any tag of this library, the stack would assume that the algorithm lost its tags. Not before there is
        # room for it among the 50 tags, and before the others are gone.
        sagemaker.add_tags(ResourceArn=live.arn, Tags=[{"Key": RELEASED_TAG, "Value": "true"}])
    if rest:
        sagemaker.delete_tags(ResourceArn=live.arn, TagKeys=rest)
    return [*first, *rest]
