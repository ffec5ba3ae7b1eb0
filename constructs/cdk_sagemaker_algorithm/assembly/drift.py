"""Find differences between an algorithm and its stack, and how to repair them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.canonical import fingerprint
from cdk_sagemaker_algorithm_provider.contract.limits import FINGERPRINT_LENGTH
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG, Owner

# The clocks of two services differ, and an event comes later than what it is about.
_CLOCK_SECONDS = 60.0
_GENERATED = re.compile(rf".*-([0-9a-f]{{{FINGERPRINT_LENGTH}}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAlgorithm:
    """Algorithm that SageMaker has under the name of a stack's resource.

    Attributes:
        arn: ARN.
        created: Creation time in seconds since 1970; None if unknown.
        tags: Tags; None if the caller may not read them.
    """

    arn: str
    created: float | None
    tags: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Difference between an algorithm and its resource.

    Attributes:
        what: Difference, in a sentence without a period.
        remedy: What to do: a command if one repairs it, otherwise a sentence without a period.
    """

    what: str
    remedy: str

    @property
    def has_command(self) -> bool:
        """True if the remedy is a command."""
        return self.remedy.startswith("aws ")


def find_drift(
    owner: Owner,
    name: str,
    found: FoundAlgorithm | None,
    *,
    changed: float,
    properties: Mapping[str, Any] | None = None,
) -> Drift | None:
    """Compare an algorithm with the resource of a stack.

    Args:
        owner: Stack and logical ID of the resource.
        name: Name of the algorithm: the resource's physical ID.
        found: Algorithm of that name; None if there is none.
        changed: Time of the resource's last change in seconds since 1970.
        properties: Properties of the resource; None if unknown.
    """
    if found is None:
        return Drift(
            what="the algorithm is gone: it was deleted outside of its stack",
            remedy="set another revision=... for the construct, and deploy",
        )
    if found.tags is not None and owner.owns(found.tags):
        return None
    if found.created is not None and found.created > changed + _CLOCK_SECONDS:
        return Drift(
            what="the algorithm is another one: it was created after its stack's last change, under the same name",
            remedy="delete it and set another revision=... for the construct, and deploy",
        )
    if found.tags is None:
        return None
    lost = "has the ownership tags of another resource" if STACK_TAG in found.tags else "has lost its ownership tags"
    return Drift(
        what=f"the algorithm {lost}, so its stack can neither change nor delete it",
        remedy=_restore_command(owner, name, found, properties),
    )


def _restore_command(owner: Owner, name: str, found: FoundAlgorithm, properties: Mapping[str, Any] | None) -> str:
    if properties:
        return owner.restore_command(
            found.arn, fingerprint(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
        )
    # An exact name does not contain the fingerprint. Deletion does not need it.
    generated = _GENERATED.fullmatch(name)
    return owner.restore_command(found.arn, generated[1] if generated else "")
