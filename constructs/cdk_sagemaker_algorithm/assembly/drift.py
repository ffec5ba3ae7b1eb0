"""Find differences between an algorithm and its stack, and how to repair them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdk_sagemaker_algorithm_provider.contract.limits import FINGERPRINT_LENGTH
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FINGERPRINT_TAG,
    RELEASED_TAG,
    RESOURCE_TAG,
    STACK_TAG,
    Owner,
    owner_label,
)

# The clocks of two services differ, and an event comes later than what it is about.
_CLOCK_SECONDS = 60.0
_ADOPT = "cdk-sagemaker-algorithm adopt"
_NEW_REVISION = "set another revision=... for the construct, and deploy"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAlgorithm:
    """Algorithm that SageMaker has under the name of a stack's resource.

    Attributes:
        arn: ARN.
        created: Creation time in seconds since 1970; None if unknown.
        tags: Tags; None if the caller may not read them.
        status: AlgorithmStatus; empty if it does not matter.
    """

    arn: str
    created: float | None
    tags: Mapping[str, str] | None
    status: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Difference between an algorithm and its resource.

    Attributes:
        what: Difference, in a sentence without a period.
        remedy: What to do, in a sentence without a period.
        command: Command that does it, or its first step; empty if there is none.
    """

    what: str
    remedy: str
    command: str = ""

    @property
    def sentence(self) -> str:
        """The difference, what to do and the command, in a sentence without a period."""
        return f"{self.what}; to repair it: {self.remedy}{f': {self.command}' if self.command else ''}"


def find_drift(owner: Owner, name: str, found: FoundAlgorithm | None, *, changed: float, exact: bool) -> Drift | None:
    """Compare an algorithm with the resource of a stack.

    Args:
        owner: Stack and logical ID of the resource.
        name: Name of the algorithm: the resource's physical ID.
        found: Algorithm of that name; None if there is none.
        changed: Time of the resource's last change in seconds since 1970.
        exact: Whether the construct declares the name. Such an algorithm may have been adopted.
    """
    if found is None:
        return Drift(what="the algorithm is gone: it was deleted outside of its stack", remedy=_NEW_REVISION)
    tags = found.tags
    another = found.created is not None and found.created > changed + _CLOCK_SECONDS
    if tags is None:
        return _another(name, exact=exact) if another else None
    if owner.owns(tags):
        return None if FINGERPRINT_TAG in tags else _without_fingerprint(owner, name, found.arn, exact=exact)
    if another and STACK_TAG not in tags and tags.get(ADOPTER_TAG) != owner.adopter:
        return _another(name, exact=exact)
    return _not_owned(owner, name, found.arn, tags, exact=exact)


def _not_owned(owner: Owner, name: str, arn: str, tags: Mapping[str, str], *, exact: bool) -> Drift:
    if STACK_TAG in tags and (tags[STACK_TAG] != owner.stack_id or RESOURCE_TAG in tags):
        return _leave(f"the algorithm belongs to {owner_label(tags)}", exact=exact)
    if exact and tags.get(ADOPTER_TAG) == owner.adopter:
        remedy = f"{_NEW_REVISION}: it is adopted without a validation"
        return Drift(what="the algorithm is marked for its stack and not adopted yet", remedy=remedy)
    if RELEASED_TAG in tags:
        return _leave("the algorithm was released", exact=exact)
    what = "the algorithm has lost its ownership tags, so its stack can neither change nor delete it"
    if exact:
        # With the tags alone, the stack would delete an algorithm that it had adopted.
        remedy = f"mark it, then {_NEW_REVISION}: it is adopted without a validation"
        return Drift(what=what, remedy=remedy, command=f"{_ADOPT} {name}")
    return Drift(what=what, remedy="restore the tags", command=_restore_command(owner, name, arn))


def _another(name: str, *, exact: bool) -> Drift:
    what = "the algorithm is another one: it was created after its stack's last change, under the same name"
    if exact:
        return Drift(what=what, remedy=f"mark it or delete it, then {_NEW_REVISION}", command=f"{_ADOPT} {name}")
    return Drift(what=what, remedy=f"delete it and {_NEW_REVISION}")


def _leave(what: str, *, exact: bool) -> Drift:
    argument = "algorithm_name" if exact else "revision"
    return Drift(
        what=f"{what}, so its former stack can neither change nor delete it",
        remedy=f"remove the construct or set another {argument}=..., and deploy",
    )


def _without_fingerprint(owner: Owner, name: str, arn: str, *, exact: bool) -> Drift:
    what = f"the algorithm has lost its tag {FINGERPRINT_TAG}, so its stack cannot change it"
    if exact:
        remedy = f"release it, mark it with {_ADOPT} {name}, then {_NEW_REVISION}"
        return Drift(what=what, remedy=remedy, command=f"cdk-sagemaker-algorithm release {name}")
    return Drift(what=what, remedy="restore the tags", command=_restore_command(owner, name, arn))


def _restore_command(owner: Owner, name: str, arn: str) -> str:
    """Return the command for a generated name, which ends with the fingerprint."""
    return owner.restore_command(arn, name[-FINGERPRINT_LENGTH:])
