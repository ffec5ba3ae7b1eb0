"""What an event asks for, worked out once and from the event alone.

A task is what the state machine carries from step to step, so it is small, plain and the same for a repeated event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError, ResourceEvent
from cdk_sagemaker_algorithm_provider.contract import canonical, resource_schema
from cdk_sagemaker_algorithm_provider.contract.limits import SERVICE_TIMEOUT, service_limit
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import TAG_PREFIX, Owner, tag_map
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE, VALIDATION_TYPE

_LINGERING_SECONDS = 24 * 3600
_PHYSICAL_ID_LENGTH = 1024
_ALGORITHM_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrUpdate:
    """There shall be this algorithm: made, or found again."""

    kind: ClassVar[str] = "create-or-update"

    owner: Owner
    name: str
    content: dict[str, Any]
    fingerprint: str
    tags: dict[str, str]
    #: Tags of the properties that went; never tags that somebody else has set.
    stale_tags: list[str] = field(default_factory=list[str])
    #: The algorithm that the resource is now; empty for a Create.
    current: str = ""
    #: Old and new properties ask for the same algorithm, so only tags can differ.
    same: bool = False
    explicit: bool = False
    #: A failed algorithm of this name is left from an attempt, and is made anew.
    replaces_failed: bool = True
    #: What an update that is being rolled back made, where the rollback does not name it.
    orphan: str = ""
    #: Failed algorithms of earlier attempts were kept for inspection; this attempt removes them.
    sweeps: bool = False
    #: Nothing is made after so many seconds; what was made may still be found.
    making_seconds: int
    seconds: int

    @property
    def physical_id_on_failure(self) -> str:
        """A failed Create names what may exist, so that the rollback's Delete reaches it."""
        return self.current or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """The algorithm shall be gone, if it is the owner's."""

    kind: ClassVar[str] = "delete"

    owner: Owner
    name: str
    physical_id: str
    retain_failed: bool = False
    #: CloudFormation has its answer, and waits no longer for this one; when it was made tells it from a successor.
    lingers: bool = False
    created: float = 0.0
    seconds: int

    @property
    def physical_id_on_failure(self) -> str:
        """The resource that could not be deleted stays what it was."""
        return self.physical_id


def lingering(owner: Owner, name: str, created: float) -> Delete:
    """The removal of an algorithm that outlasts CloudFormation's patience, as a validation can."""
    return Delete(owner=owner, name=name, physical_id=name, lingers=True, created=created, seconds=_LINGERING_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForValidation:
    """Validation shall be over; one slice of the wait."""

    kind: ClassVar[str] = "wait-for-validation"

    name: str
    physical_id: str
    wait_index: int
    wait_count: int
    timeout: int
    seconds: int
    #: How long after that SageMaker may be out of reach at the last look.
    overtime: int = 0

    @property
    def physical_id_on_failure(self) -> str:
        """A slice stands for nothing that exists, so its ID never changes."""
        return self.physical_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOp:
    """There is nothing to do, and the answer is known."""

    kind: ClassVar[str] = "no-op"

    physical_id: str

    @property
    def physical_id_on_failure(self) -> str:
        """The same in every case."""
        return self.physical_id


Task = CreateOrUpdate | Delete | WaitForValidation | NoOp
_KINDS: dict[str, type[Task]] = {kind.kind: kind for kind in (CreateOrUpdate, Delete, WaitForValidation, NoOp)}


def to_json(task: Task) -> dict[str, Any]:
    """A task as the state machine carries it."""
    return {"kind": task.kind, **asdict(task)}


def from_json(value: Mapping[str, Any]) -> Task:
    """A task as the state machine brings it back."""
    members = {name: child for name, child in value.items() if name != "kind"}
    if "owner" in members:
        members["owner"] = Owner(**members["owner"])
    return _KINDS[value["kind"]](**members)


def task_of(event: ResourceEvent) -> Task:
    """What the event asks for.

    Raises:
        InvalidEventError: the properties cannot be understood.
    """
    if event.request_type == "Delete":
        return _deletion(event)
    if event.resource_type == ALGORITHM_TYPE:
        return _application(event)
    if event.resource_type == VALIDATION_TYPE:
        return _wait(event)
    allowed = f"{ALGORITHM_TYPE}, {VALIDATION_TYPE}"
    raise InvalidEventError(f"resource type {event.resource_type!r} is not served here, allowed are {allowed}")


def fallback_physical_id(event: Mapping[str, Any]) -> str:
    """A physical ID for an event that cannot be understood; none that an algorithm could have."""
    given = event.get("PhysicalResourceId")
    if isinstance(given, str) and given:
        return given
    return f"{event.get('LogicalResourceId', '')}"[-(_PHYSICAL_ID_LENGTH - 20) :] + ":not-created"


def _deletion(event: ResourceEvent) -> Task:
    # Other IDs are those of slices, or of resources whose creation was refused: nothing stands behind them.
    if event.resource_type != ALGORITHM_TYPE or not _ALGORITHM_NAME.fullmatch(event.physical_id):
        return NoOp(physical_id=event.physical_id)
    owner = _owner(event)
    return Delete(
        owner=owner,
        name=_never_answered(event, owner) or event.physical_id,
        physical_id=event.physical_id,
        retain_failed=_flag(event.properties, resource_schema.RETAIN_FAILED, default=False),
        seconds=_seconds(event),
    )


def _never_answered(event: ResourceEvent, owner: Owner) -> str:
    """The algorithm's name where CloudFormation made the physical ID up itself, because the Create got no answer.

    The algorithm may have been made all the same, under the name that follows from the properties.
    """
    if not _is_made_up(event) or not canonical.content(event.properties):
        return ""
    fingerprint = canonical.fingerprint(event.properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    name = canonical.algorithm_name(event.properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    ours = event.physical_id == name or event.physical_id.endswith(f"-{fingerprint}")
    return name if not ours and _ALGORITHM_NAME.fullmatch(name) else ""


def _is_made_up(event: ResourceEvent) -> bool:
    stack_name = event.stack_id.split("/")[1] if event.stack_id.count("/") > 1 else ""
    made_up = re.escape(f"{stack_name}-{event.logical_id}-") + "[A-Z0-9]{8,16}"
    return bool(re.fullmatch(made_up, event.physical_id))


def _application(event: ResourceEvent) -> CreateOrUpdate:
    properties, old = event.properties, event.old_properties
    if not canonical.content(properties):
        raise InvalidEventError("the properties have no TrainingSpecification; CreateAlgorithm requires it")
    owner = _owner(event)
    wanted = tag_map(properties.get(resource_schema.TAGS))
    explicit = properties.get(resource_schema.ALGORITHM_NAME) or ""
    same = event.request_type == "Update" and (
        canonical.same_content(properties, old)
        and canonical.revision(properties) == canonical.revision(old)
        and explicit == (old.get(resource_schema.ALGORITHM_NAME) or "")
    )
    fingerprint = canonical.fingerprint(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    # The same content may have its name from an earlier prefix, which alone makes no new algorithm.
    is_current = (same and not _is_made_up(event)) or (not explicit and event.physical_id.endswith(f"-{fingerprint}"))
    name = event.physical_id if is_current else _name(properties, owner)
    orphan = "" if same else _orphan(event, name, owner)
    return CreateOrUpdate(
        owner=owner,
        name=name,
        content=canonical.content(properties),
        fingerprint=fingerprint,
        tags={key: value for key, value in wanted.items() if not key.startswith(TAG_PREFIX)},
        stale_tags=sorted(tag_map(old.get(resource_schema.TAGS)).keys() - wanted.keys()),
        current=event.physical_id,
        same=same,
        explicit=bool(explicit),
        replaces_failed=name != event.physical_id
        and _flag(properties, resource_schema.WAIT_FOR_VALIDATION, default=True),
        orphan=orphan,
        sweeps=any(_flag(each, resource_schema.RETAIN_FAILED, default=False) for each in (properties, old)),
        # Half of the time that CloudFormation gives: nothing may be made after it has given up.
        making_seconds=_service_timeout(event) // 2,
        seconds=_seconds(event),
    )


def _name(properties: Mapping[str, Any], owner: Owner) -> str:
    name = canonical.algorithm_name(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    if not _ALGORITHM_NAME.fullmatch(name):
        raise InvalidEventError(
            f"the algorithm's name {name[:80]!r} is not one that SageMaker takes: 1 to 63 letters, digits and hyphens, "
            "the first and the last no hyphen"
        )
    return name


def _orphan(event: ResourceEvent, name: str, owner: Owner) -> str:
    # Back to what the resource still is: a rollback. What the failed update may have made has no other trace.
    if event.request_type != "Update" or name != event.physical_id:
        return ""
    left = canonical.algorithm_name(event.old_properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    return left if left != name and _ALGORITHM_NAME.fullmatch(left) else ""


def _wait(event: ResourceEvent) -> WaitForValidation:
    name = event.properties.get(resource_schema.ALGORITHM_NAME)
    if not isinstance(name, str) or not name:
        raise InvalidEventError("AlgorithmName is missing from the properties, or not a string")
    count = _integer(event.properties, resource_schema.WAIT_COUNT, default=1)
    index = _integer(event.properties, resource_schema.WAIT_INDEX, default=count)
    timeout = _integer(event.properties, resource_schema.VALIDATION_TIMEOUT, default=_seconds(event))
    seconds = _seconds(event)
    if index >= count:
        # The slices before have used up their part of the whole time.
        seconds = max(0, min(seconds, timeout - (count - 1) * seconds))
    return WaitForValidation(
        name=name,
        physical_id=event.physical_id or f"{event.logical_id}:validation",
        wait_index=index,
        wait_count=count,
        timeout=timeout,
        seconds=seconds,
        overtime=_service_timeout(event) // 12,
    )


def _owner(event: ResourceEvent) -> Owner:
    return Owner(stack_id=event.stack_id, logical_id=event.logical_id)


def _seconds(event: ResourceEvent) -> int:
    return service_limit(_service_timeout(event))


def _service_timeout(event: ResourceEvent) -> int:
    return min(
        SERVICE_TIMEOUT, max(1, _integer(event.properties, resource_schema.SERVICE_TIMEOUT, default=SERVICE_TIMEOUT))
    )


def _integer(properties: Mapping[str, Any], member: str, *, default: int) -> int:
    value = properties.get(member, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidEventError(f"{member} is {value!r}, a whole number is wanted") from None


def _flag(properties: Mapping[str, Any], member: str, *, default: bool) -> bool:
    value = properties.get(member, default)
    return str(value).lower() == "true"
