"""Ownership tags: which stack's resource an algorithm belongs to, from what it was made, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

TAG_PREFIX = "cdk-sagemaker-algorithm:"
STACK_TAG = TAG_PREFIX + "stack-id"
RESOURCE_TAG = TAG_PREFIX + "logical-id"
FINGERPRINT_TAG = TAG_PREFIX + "fingerprint"
#: On an algorithm that an update has replaced, which no rollback deletes; or on one that failed, left for inspection.
RETAINED_TAG = TAG_PREFIX + "retained"
REPLACED = "replaced"
FAILED = "failed"
#: On an algorithm that must be deleted but is still validating: it is never adopted.
PENDING_DELETION_TAG = TAG_PREFIX + "pending-deletion"
#: On an algorithm that a person wants to belong to a resource: the stack's name, a slash and the logical ID.
#: It stays on an adopted algorithm, which is therefore given back and never deleted.
ADOPTER_TAG = TAG_PREFIX + "adopter"
#: On an algorithm that a person has taken from its stack.
RELEASED_TAG = TAG_PREFIX + "released"
#: The outcome whose event and metrics were published.
PUBLISHED_TAG = TAG_PREFIX + "published-outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A resource of a stack."""

    stack_id: str
    logical_id: str

    @property
    def stack_name(self) -> str:
        """The stack's name, which its ID contains."""
        parts = self.stack_id.split("/")
        return parts[1] if len(parts) > 1 else self.stack_id

    @property
    def adopter(self) -> str:
        """The value of the tag that marks an algorithm for this owner."""
        return f"{self.stack_name}/{self.logical_id}"

    def tags(self, fingerprint: str) -> dict[str, str]:
        """The tags that mark an algorithm as this owner's."""
        return {STACK_TAG: self.stack_id, RESOURCE_TAG: self.logical_id, FINGERPRINT_TAG: fingerprint}

    def owns(self, tags: Mapping[str, str]) -> bool:
        """Whether these are the tags of an algorithm that this owner made."""
        return tags.get(STACK_TAG) == self.stack_id and tags.get(RESOURCE_TAG) == self.logical_id

    def left_behind(self, tags: Mapping[str, str]) -> bool:
        """Whether an earlier attempt of this resource left the algorithm for inspection.

        A stack that failed to be created is created again under a new ID, so the stack's name decides.
        """
        same_stack = _without_uuid(tags.get(STACK_TAG, "")) == _without_uuid(self.stack_id)
        return same_stack and tags.get(RESOURCE_TAG) == self.logical_id and tags.get(RETAINED_TAG) == FAILED


def _without_uuid(stack_id: str) -> str:
    return stack_id.rpartition("/")[0] or stack_id


def is_marked(tags: Mapping[str, str]) -> bool:
    """Whether any resource of any stack says that the algorithm is its own."""
    return STACK_TAG in tags


def has_own_tags(tags: Mapping[str, str]) -> bool:
    """Whether any tag of this library is left on the algorithm."""
    return any(key.startswith(TAG_PREFIX) for key in tags)


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as SageMaker takes them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(tags: Any) -> dict[str, str]:
    """Tags as a mapping; what has not the form of a tag is left out."""
    found: dict[str, str] = {}
    for tag in tags if is_array(tags) else ():
        if is_object(tag) and "Key" in tag:
            found[str(tag["Key"])] = str(tag.get("Value", ""))
    return found
