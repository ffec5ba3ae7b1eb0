"""Read and write ownership tags: the owner of an algorithm, its fingerprint and its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

TAG_PREFIX = "cdk-sagemaker-algorithm:"
STACK_TAG = TAG_PREFIX + "stack-id"
RESOURCE_TAG = TAG_PREFIX + "logical-id"
FINGERPRINT_TAG = TAG_PREFIX + "fingerprint"
#: Marks a replaced algorithm, which no rollback deletes, or a failed algorithm that is retained.
RETAINED_TAG = TAG_PREFIX + "retained"
REPLACED = "replaced"
FAILED = "failed"
#: Marks a pending deletion: the algorithm is still validating, and is never adopted.
PENDING_DELETION_TAG = TAG_PREFIX + "pending-deletion"
#: Marks an algorithm for adoption. The value is the stack's name, a slash and the logical ID.
#: An adopted algorithm keeps the tag; the handler gives it back and never deletes it.
ADOPTER_TAG = TAG_PREFIX + "adopter"
#: Marks an algorithm that a person has taken from its stack.
RELEASED_TAG = TAG_PREFIX + "released"
#: The outcome whose event and metrics were published.
PUBLISHED_TAG = TAG_PREFIX + "published-outcome"
#: Tags of an algorithm that a stack has, which go when it is given back or released.
OWNERSHIP_TAGS = (STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, PENDING_DELETION_TAG, RETAINED_TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The stack and the logical ID of a custom resource."""

    stack_id: str
    logical_id: str

    @property
    def stack_name(self) -> str:
        """The stack's name, taken from the stack ID."""
        return stack_name(self.stack_id)

    @property
    def adopter(self) -> str:
        """The tag value that marks an algorithm for adoption by this owner."""
        return f"{self.stack_name}/{self.logical_id}"

    def tags(self, fingerprint: str) -> dict[str, str]:
        """Return the ownership tags of this owner's algorithm."""
        return {STACK_TAG: self.stack_id, RESOURCE_TAG: self.logical_id, FINGERPRINT_TAG: fingerprint}

    def restore_command(self, arn: str, fingerprint: str) -> str:
        """Return the AWS CLI command that sets the ownership tags of an algorithm; an empty fingerprint is left out."""
        tags = " ".join(f"Key={key},Value={value}" for key, value in self.tags(fingerprint).items() if value)
        return f"aws sagemaker add-tags --resource-arn {arn} --tags {tags}"

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Return whether the tags belong to an algorithm that this owner created."""
        return tags.get(STACK_TAG) == self.stack_id and tags.get(RESOURCE_TAG) == self.logical_id

    def kept_failed(self, tags: Mapping[str, str]) -> bool:
        """Return whether an earlier attempt of this owner kept an algorithm with these tags because it had failed.

        A stack whose creation failed is created again with a new ID, so the stack's name is compared.
        """
        same_stack = _without_uuid(tags.get(STACK_TAG, "")) == _without_uuid(self.stack_id)
        return same_stack and tags.get(RESOURCE_TAG) == self.logical_id and tags.get(RETAINED_TAG) == FAILED


def stack_name(stack_id: str) -> str:
    """Return the name in a stack ID (``arn:…:stack/NAME/UUID``); a name is returned as it is."""
    parts = stack_id.split("/")
    return parts[1] if len(parts) > 1 else stack_id


def _without_uuid(stack_id: str) -> str:
    return stack_id.rpartition("/")[0] or stack_id


def owner_label(tags: Mapping[str, str]) -> str:
    """Return the stack's name, a slash and the logical ID of the owner that the tags name; empty without one."""
    if STACK_TAG not in tags:
        return ""
    return Owner(stack_id=tags[STACK_TAG], logical_id=tags.get(RESOURCE_TAG, "")).adopter


def is_marked(tags: Mapping[str, str]) -> bool:
    """Return whether the tags name an owner."""
    return STACK_TAG in tags


def has_own_tags(tags: Mapping[str, str]) -> bool:
    """Return whether the tags include any tag of this library."""
    return any(key.startswith(TAG_PREFIX) for key in tags)


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags in the form of the SageMaker API."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def read_tags(sagemaker: Any, arn: str) -> dict[str, str]:
    """Return all tags of an algorithm, read with a SageMaker client."""
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=arn)
    return tag_map([tag for page in pages for tag in page.get("Tags", ())])


def tag_map(tags: Any) -> dict[str, str]:
    """Return tags as a mapping; malformed items are skipped."""
    values: dict[str, str] = {}
    for tag in tags if is_array(tags) else ():
        if is_object(tag) and "Key" in tag:
            values[str(tag["Key"])] = str(tag.get("Value", ""))
    return values
