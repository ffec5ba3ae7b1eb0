"""Derive the task of a custom resource request, from the request alone.

The state machine passes the task from step to step, so it is small, and equal for repeated events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError, ResourceEvent
from cdk_sagemaker_algorithm_provider.contract import canonical, resource_schema
from cdk_sagemaker_algorithm_provider.contract.limits import SERVICE_TIMEOUT, is_algorithm_name, service_limit
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import TAG_PREFIX, Owner, tag_map
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_TYPE, VALIDATION_TYPE

_BACKGROUND_SECONDS = 24 * 3600
_PHYSICAL_ID_LENGTH = 1024
_NO_OWNER = Owner(stack_id="", logical_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrUpdate:
    """Create or adopt an algorithm."""

    kind: ClassVar[str] = "create-or-update"

    owner: Owner = _NO_OWNER
    name: str = ""
    content: dict[str, Any] = field(default_factory=dict[str, Any])
    fingerprint: str = ""
    tags: dict[str, str] = field(default_factory=dict[str, str])
    #: Keys of the old properties' tags that went; never tags that somebody else has set.
    stale_tags: list[str] = field(default_factory=list[str])
    #: The resource's physical ID; empty for a Create.
    current: str = ""
    #: Whether the user gave the name.
    explicit: bool = False
    #: Whether the stack waits for the validation.
    waits: bool = False
    #: What an update that is rolled back may have made under a name that CloudFormation does not know.
    orphan: str = ""
    #: Whether failed algorithms of earlier attempts were retained; this attempt removes them.
    sweeps: bool = False
    seconds: int = 0

    @property
    def physical_id_on_failure(self) -> str:
        """A failed Create returns the name that may exist, so that the rollback's Delete finds it."""
        return self.current or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete an algorithm, if it belongs to the owner."""

    kind: ClassVar[str] = "delete"

    owner: Owner = _NO_OWNER
    #: The algorithm that the physical ID names; empty if it cannot name one.
    name: str = ""
    #: The algorithm that a Create without a response may have made; empty where the physical ID says which one it is.
    unanswered: str = ""
    physical_id: str = ""
    #: Whether the handler generated the name.
    generated: bool = False
    retain_failed: bool = False
    #: CloudFormation has its response; only the algorithm that was created then is deleted.
    background: bool = False
    created: float = 0.0
    seconds: int = 0

    @property
    def physical_id_on_failure(self) -> str:
        """A failed Delete keeps the physical ID."""
        return self.physical_id


def background_deletion(owner: Owner, name: str, created: float) -> Delete:
    """Return the task that continues a deletion after CloudFormation's time limit."""
    return Delete(
        owner=owner, name=name, physical_id=name, background=True, created=created, seconds=_BACKGROUND_SECONDS
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForValidation:
    """Wait for the end of a validation; one wait of the chain."""

    kind: ClassVar[str] = "wait-for-validation"

    name: str = ""
    #: When the algorithm was created, as the algorithm's resource returned it; empty: whichever has the name.
    creation_time: str = ""
    physical_id: str = ""
    wait_index: int = 1
    wait_count: int = 1
    timeout: int = 0
    #: How long it waits; what is left until `seconds` is for a last poll that does not succeed at once.
    wait_seconds: int = 0
    seconds: int = 0

    @property
    def physical_id_on_failure(self) -> str:
        """A wait represents no AWS resource, so its ID never changes."""
        return self.physical_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOp:
    """Do nothing."""

    kind: ClassVar[str] = "no-op"

    physical_id: str = ""

    @property
    def physical_id_on_failure(self) -> str:
        """The ID of the request."""
        return self.physical_id


Task = CreateOrUpdate | Delete | WaitForValidation | NoOp
_KINDS: dict[str, type[Task]] = {kind.kind: kind for kind in (CreateOrUpdate, Delete, WaitForValidation, NoOp)}


def task_to_json(task: Task) -> dict[str, Any]:
    """Return the JSON form of a task."""
    return {"kind": task.kind, **asdict(task)}


def task_from_json(value: Mapping[str, Any]) -> Task:
    """Return the task of a JSON form; unknown members are ignored."""
    kind = _KINDS[value["kind"]]
    members = known(kind, value)
    if "owner" in members:
        members["owner"] = Owner(**known(Owner, members["owner"]))
    return kind(**members)


def known(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a JSON object that are fields of a dataclass."""
    names = {each.name for each in fields(kind)}
    return {name: child for name, child in value.items() if name in names}


def task_of(event: ResourceEvent) -> Task:
    """Return the task of an event.

    Raises:
        InvalidEventError: The properties are invalid.
    """
    if event.request_type == "Delete":
        return _deletion(event)
    if event.resource_type == ALGORITHM_TYPE:
        return _creation(event)
    if event.resource_type == VALIDATION_TYPE:
        return _wait(event)
    allowed = f"{ALGORITHM_TYPE}, {VALIDATION_TYPE}"
    raise InvalidEventError(f"resource type {event.resource_type!r} is not served here; allowed: {allowed}")


def fallback_physical_id(event: Mapping[str, Any]) -> str:
    """Return a physical ID for an invalid event, which is not a valid algorithm name."""
    given = event.get("PhysicalResourceId")
    if isinstance(given, str) and given:
        return given
    return f"{event.get('LogicalResourceId', '')}"[-(_PHYSICAL_ID_LENGTH - 20) :] + ":not-created"


def _deletion(event: ResourceEvent) -> Task:
    if event.resource_type != ALGORITHM_TYPE:
        return NoOp(physical_id=event.physical_id)
    owner = _owner(event)
    named = event.physical_id if is_algorithm_name(event.physical_id) else ""
    computed = _computed(event.properties, owner)
    if not named and not computed:
        return NoOp(physical_id=event.physical_id)
    return Delete(
        owner=owner,
        name=named,
        # After a Create without a response, CloudFormation generates the physical ID.
        unanswered="" if named == computed else computed,
        physical_id=event.physical_id,
        generated=named == computed and not event.properties.get(resource_schema.ALGORITHM_NAME),
        retain_failed=_flag(event.properties, resource_schema.RETAIN_FAILED, default=False),
        seconds=_seconds(event),
    )


def _creation(event: ResourceEvent) -> CreateOrUpdate:
    properties, old = event.properties, event.old_properties
    if not canonical.content(properties):
        raise InvalidEventError("the properties have no TrainingSpecification; CreateAlgorithm requires it")
    owner = _owner(event)
    wanted = tag_map(properties.get(resource_schema.TAGS))
    name = _name(properties, owner)
    return CreateOrUpdate(
        owner=owner,
        name=name,
        content=canonical.content(properties),
        fingerprint=canonical.fingerprint(properties, stack_id=owner.stack_id, logical_id=owner.logical_id),
        tags={key: value for key, value in wanted.items() if not key.startswith(TAG_PREFIX)},
        stale_tags=sorted(tag_map(old.get(resource_schema.TAGS)).keys() - wanted.keys()),
        current=event.physical_id,
        explicit=bool(properties.get(resource_schema.ALGORITHM_NAME)),
        waits=_flag(properties, resource_schema.WAIT_FOR_VALIDATION, default=True),
        orphan=_orphan(event, name, owner),
        sweeps=any(_flag(each, resource_schema.RETAIN_FAILED, default=False) for each in (properties, old)),
        seconds=_seconds(event),
    )


def _computed(properties: Mapping[str, Any], owner: Owner) -> str:
    """Return the name that the properties determine; empty if it is invalid."""
    if not canonical.content(properties):
        return ""
    name = canonical.algorithm_name(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    return name if is_algorithm_name(name) else ""


def _name(properties: Mapping[str, Any], owner: Owner) -> str:
    name = canonical.algorithm_name(properties, stack_id=owner.stack_id, logical_id=owner.logical_id)
    if not is_algorithm_name(name):
        raise InvalidEventError(
            f"the algorithm's name {name[:80]!r} is not one that SageMaker accepts: 1 to 63 letters, digits and "
            "hyphens, the first and the last no hyphen"
        )
    return name


def _orphan(event: ResourceEvent, name: str, owner: Owner) -> str:
    # The old properties are the resource's own, or those of the update that is rolled back.
    tried = _computed(event.old_properties, owner) if event.request_type == "Update" else ""
    return "" if tried in (name, event.physical_id) else tried


def _wait(event: ResourceEvent) -> WaitForValidation:
    name = event.properties.get(resource_schema.ALGORITHM_NAME)
    if not isinstance(name, str) or not name:
        raise InvalidEventError("AlgorithmName is missing from the properties, or not a string")
    count = _integer(event.properties, resource_schema.WAIT_COUNT, default=1)
    index = _integer(event.properties, resource_schema.WAIT_INDEX, default=count)
    seconds = _seconds(event)
    timeout = _integer(event.properties, resource_schema.VALIDATION_TIMEOUT, default=seconds)
    if index >= count:
        # The earlier waits have used their share of the total time.
        seconds = max(0, min(seconds, timeout - (count - 1) * seconds))
    return WaitForValidation(
        name=name,
        creation_time=str(event.properties.get(resource_schema.CREATION_TIME) or ""),
        physical_id=event.physical_id or f"{event.logical_id}:validation",
        wait_index=index,
        wait_count=count,
        timeout=timeout,
        wait_seconds=seconds,
        seconds=_seconds(event) + max(1, _service_timeout(event) // 12),
    )


def _owner(event: ResourceEvent) -> Owner:
    return Owner(stack_id=event.stack_id, logical_id=event.logical_id)


def _seconds(event: ResourceEvent) -> int:
    return service_limit(_service_timeout(event))


def _service_timeout(event: ResourceEvent) -> int:
    given = _integer(event.properties, resource_schema.SERVICE_TIMEOUT, default=SERVICE_TIMEOUT)
    return min(SERVICE_TIMEOUT, max(1, given))


def _integer(properties: Mapping[str, Any], member: str, *, default: int) -> int:
    value = properties.get(member, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidEventError(f"{member} is {value!r}, must be an integer") from None


def _flag(properties: Mapping[str, Any], member: str, *, default: bool) -> bool:
    value = properties.get(member, default)
    return str(value).lower() == "true"
