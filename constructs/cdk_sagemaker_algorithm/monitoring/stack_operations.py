"""Read the operations of CloudFormation stacks and their effect on each algorithm.

Stack events outlive a rollback and the stack's deletion, so they describe deleted algorithms.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, takewhile
from typing import Any, Literal

from cdk_sagemaker_algorithm.assembly.stack import construct_path
from cdk_sagemaker_algorithm.model.json_access import json_object
from cdk_sagemaker_algorithm.monitoring.errors import MissingStackError
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.json_types import is_object
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import stack_name, tag_map
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ALGORITHM_NAME, ALGORITHM_TYPE, VALIDATION_TYPE

STACK_TYPE = "AWS::CloudFormation::Stack"
_BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS")
_DELETION = "DELETE_IN_PROGRESS"
_ROLLBACKS = ("ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_IN_PROGRESS", _DELETION)
# UPDATE_IN_PROGRESS has the physical ID of the replaced resource.
_NAMING = ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE")
_CANCELLED = "cancelled"
# How many operations are searched for an earlier validation.
_MOST_OPERATIONS = 20
_NO_PROPERTIES: Mapping[str, Any] = {}

Fate = Literal["", "deleted", "being deleted", "retained"]
_FATES: Mapping[str, Fate] = {
    "DELETE_COMPLETE": "deleted",
    "DELETE_IN_PROGRESS": "being deleted",
    "DELETE_SKIPPED": "retained",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEvent:
    """One event of a stack.

    Attributes:
        id: Its ID.
        time: When, in seconds since 1970.
        logical_id: The resource's logical ID; the stack's name for the stack itself.
        type: The resource's type.
        status: The resource's status.
        reason: Reason of the status; empty without a reason.
        physical_id: The resource's physical ID; empty before there is one.
        properties: The resource's properties; empty if CloudFormation does not say.
    """

    id: str
    time: float
    logical_id: str
    type: str
    status: str
    reason: str = ""
    physical_id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def failure(self) -> str:
        """Reason of the resource's failure; empty if there is none, or if another resource failed first."""
        if not self.status.endswith("_FAILED") or _CANCELLED in self.reason.lower():
            return ""
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedAlgorithm:
    """An algorithm as one operation of a stack created, updated or kept it.

    Attributes:
        stack: The ID or name of the stack that has the resource: the nested one, if it is in one.
        path: The logical ID, after those of the nested stacks that lead to it, such as `Inner/Forest`.
        construct: The construct path, such as `Wine/Forest`; empty if the template contains no CDK metadata.
        name: The algorithm's name; empty before there is one.
        status: The resource's newest status.
        changed: When that was, in seconds since 1970.
        touched: Whether the operation changes it.
        created: When CloudFormation began to create it, in seconds since 1970; None if it was not touched.
        failure: Why its creation or its validation failed; empty if it did not.
        failed_at: When that was; None if it did not.
        fate: What the rollback did with it.
        successor: The name of the algorithm that the stack has in its place after the operation; empty without one.
        properties: The resource's properties; empty if CloudFormation does not say.
    """

    stack: str
    path: str
    name: str
    status: str
    changed: float
    touched: bool = True
    created: float | None = None
    failure: str = ""
    failed_at: float | None = None
    fate: Fate = ""
    successor: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    construct: str = ""

    @property
    def label(self) -> str:
        """The construct path, or the path of logical IDs without one."""
        return self.construct or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOperation:
    """One operation: a creation or an update of a stack, with its rollback.

    Attributes:
        id: ID of the event that began it.
        stack: The stack's name.
        stack_id: The stack's ID.
        status: The stack's status.
        begun: Start time in seconds since 1970.
        changed: Time of the last change of the status.
        rolled_back: Whether a rollback has begun.
        failures: What failed and why, first things first; the path, and the reason.
        algorithms: The algorithms that it touches, and at rest the stack's other ones.
    """

    id: str
    stack: str
    stack_id: str
    status: str
    begun: float
    changed: float
    rolled_back: bool
    failures: tuple[tuple[str, str], ...]
    algorithms: tuple[DeployedAlgorithm, ...]

    @property
    def at_rest(self) -> bool:
        """Whether the operation has ended."""
        return not self.status.endswith("_IN_PROGRESS")

    @property
    def failed(self) -> bool:
        """Whether the operation failed."""
        return self.rolled_back or self.status.endswith("_FAILED")


class StackReader:
    """Reads the operations of stacks."""

    def __init__(self, cloudformation: Any) -> None:
        """Use a client.

        Args:
            cloudformation: A CloudFormation client.
        """
        self._client = cloudformation
        self._constructs: dict[str, dict[str, str]] = {}

    def stack_id(self, stack: str, *, deleted: bool = False) -> str:
        """Return the ID of a stack.

        Args:
            stack: Its name or ID.
            deleted: Whether to find a stack that was deleted in the last 90 days, if no other exists.

        Raises:
            MissingStackError: There is none.
        """
        try:
            return str(self._client.describe_stacks(StackName=stack)["Stacks"][0]["StackId"])
        except Exception as error:
            if not (aws_errors.is_aws(error) and "does not exist" in aws_errors.message(error)):
                raise
            found = self._deleted(stack) if deleted else ""
            if found:
                return found
            raise MissingStackError(
                f"there is no stack {stack!r} in {self._client.meta.region_name}; `cdk list` shows an app's stacks, "
                "and --region and --profile choose another region or account"
            ) from error

    def root(self, stack_id: str) -> str:
        """Return the ID of the stack that a nested stack belongs to; of other stacks, their own ID.

        Args:
            stack_id: The stack's ID. A deleted stack is known for 90 days.
        """
        try:
            return str(self._client.describe_stacks(StackName=stack_id)["Stacks"][0].get("RootId") or stack_id)
        except Exception as error:
            if aws_errors.is_aws(error) and "does not exist" in aws_errors.message(error):
                return stack_id
            raise

    def tags(self, stack_id: str) -> dict[str, str]:
        """Return the tags of a stack, which `cdk deploy --tags` sets.

        Args:
            stack_id: The stack's ID.
        """
        return tag_map(self._client.describe_stacks(StackName=stack_id)["Stacks"][0].get("Tags", ()))

    def operation(self, stack_id: str, beginning: str = "") -> StackOperation | None:
        """Return an operation of a stack; None if there has been none.

        Args:
            stack_id: The stack's ID.
            beginning: ID of the event that began it; default: the newest operation.
        """
        for events in self._beginnings(stack_id):
            if not beginning or events[0].id == beginning:
                return self._operation(stack_id, events)
        return None

    def earlier(self, stack_id: str, logical_id: str) -> Iterator[DeployedAlgorithm]:
        """Return an algorithm in the operations of a stack, newest operation first.

        Args:
            stack_id: The stack's ID.
            logical_id: The algorithm's logical ID.
        """
        for events in islice(self._beginnings(stack_id), _MOST_OPERATIONS):
            found = self._part(stack_id, "", events).algorithm(logical_id)
            if found is not None:
                yield found

    def _beginnings(self, stack_id: str) -> Iterator[Sequence[StackEvent]]:
        """Return the events of each operation, the newest operation first; in each, oldest first."""
        events: list[StackEvent] = []
        for event in self._events(stack_id):
            events.append(event)
            if _begins(event, stack_id):
                yield events[::-1]
                events.clear()

    def algorithms(self, stack: str, path: str = "") -> Iterator[DeployedAlgorithm]:
        """Return the algorithms that a stack has now, nested stacks included.

        Args:
            stack: The stack's name or ID.
            path: Prefix of its logical IDs.
        """
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in (each for page in pages for each in page.get("StackResourceSummaries", ())):
            status, physical_id = str(resource["ResourceStatus"]), str(resource.get("PhysicalResourceId") or "")
            where = f"{path}{resource['LogicalResourceId']}"
            if status == "DELETE_COMPLETE":
                continue
            if resource["ResourceType"] == STACK_TYPE and physical_id:
                yield from self.algorithms(physical_id, f"{where}/")
            elif resource["ResourceType"] == ALGORITHM_TYPE:
                yield DeployedAlgorithm(
                    stack=stack,
                    path=where,
                    construct=self._construct(stack, resource["LogicalResourceId"]),
                    name=_name(physical_id),
                    status=status,
                    changed=resource["LastUpdatedTimestamp"].timestamp(),
                    touched=False,
                )

    def resource(self, stack_id: str, logical_id: str) -> DeployedAlgorithm | None:
        """Return an algorithm that a stack has now; None if the stack does not exist or no longer has the resource.

        Args:
            stack_id: The stack's ID.
            logical_id: The algorithm's logical ID.
        """
        found = (each for each in self._present(stack_id) if each.path == logical_id)
        return next((each for each in found if each.status not in _FATES), None)

    def _present(self, stack_id: str) -> list[DeployedAlgorithm]:
        """Return the algorithms that a stack has now; none if the stack does not exist."""
        try:
            return list(self.algorithms(stack_id))
        except Exception as error:
            # A deleted stack has no resources.
            if not (aws_errors.is_aws(error) and "does not exist" in aws_errors.message(error)):
                raise
            return []

    def _deleted(self, stack: str) -> str:
        """Return the ID of the most recently deleted stack with a name."""
        pages = self._client.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
        found = [each for page in pages for each in page.get("StackSummaries", ()) if each["StackName"] == stack]
        newest = max(found, key=lambda each: each["CreationTime"], default=None)
        return str(newest["StackId"]) if newest else ""

    def _operation(self, stack_id: str, events: Sequence[StackEvent]) -> StackOperation:
        own = [event for event in events if event.physical_id == stack_id]
        begun, last = own[0], own[-1]
        parts = list(self._parts(stack_id, events))
        touched = [each for part in parts for each in part.algorithms()]
        at_rest = not last.status.endswith("_IN_PROGRESS")
        # A stack that is deleted after its last operation has ended is not rolled back.
        ended = any(event.status.endswith("_COMPLETE") for event in takewhile(lambda e: e.status != _DELETION, own))
        return StackOperation(
            id=begun.id,
            stack=stack_name(stack_id),
            stack_id=stack_id,
            status=last.status,
            begun=begun.time,
            changed=last.time,
            rolled_back=any(event.status in _ROLLBACKS and not (ended and event.status == _DELETION) for event in own),
            failures=tuple(failure for part in parts for failure in part.failures()),
            algorithms=tuple(self._with_present(stack_id, touched) if at_rest else touched),
        )

    def _with_present(self, stack_id: str, touched: Sequence[DeployedAlgorithm]) -> Iterator[DeployedAlgorithm]:
        """Return the algorithms of an operation that has ended, and those of the stack that it did not change."""
        present = {each.path: each for each in self._present(stack_id)}
        for each in touched:
            now = present.pop(each.path, None)
            if now is not None and each.fate == "deleted" and now.name != each.name:
                yield replace(each, successor=now.name)
            else:
                yield each
        yield from present.values()

    def _parts(
        self, stack_id: str, events: Sequence[StackEvent], path: str = "", fate: Fate = ""
    ) -> Iterator[_StackEvents]:
        """Return the events of an operation, stack by stack, nested ones first."""
        for nested in _nested(events, stack_id):
            inner = list(takewhile(lambda event: event.time >= events[0].time, self._events(nested.physical_id)))
            if inner:
                below = _FATES.get(nested.status, fate)
                yield from self._parts(nested.physical_id, inner[::-1], f"{path}{nested.logical_id}/", below)
        yield self._part(stack_id, path, events, fate)

    def _part(self, stack_id: str, path: str, events: Sequence[StackEvent], fate: Fate = "") -> _StackEvents:
        return _StackEvents(stack_id, path, events, partial(self._construct, stack_id), fate)

    def _construct(self, stack_id: str, logical_id: str) -> str:
        """Return the construct path of a resource; empty if the template does not contain it or cannot be read."""
        known = self._constructs.setdefault(stack_id, {})
        if logical_id not in known:
            known |= self._read_constructs(stack_id)
            known.setdefault(logical_id, "")
        return known[logical_id]

    def _read_constructs(self, stack_id: str) -> dict[str, str]:
        try:
            template: object = self._client.get_template(StackName=stack_id)["TemplateBody"]
        except Exception as error:
            # The names of constructs are not worth an error.
            if not aws_errors.is_aws(error):
                raise
            return {}
        resources = json_object(template.get("Resources")) if is_object(template) else {}
        return {name: construct_path(json_object(each)) or "" for name, each in resources.items()}

    def _events(self, stack_id: str) -> Iterator[StackEvent]:
        """Return the events of a stack, the newest first."""
        for page in self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
            for event in page.get("StackEvents", ()):
                # Hook events have no resource status.
                if event.get("ResourceStatus"):
                    yield _event(event)


@dataclass(frozen=True, slots=True)
class _StackEvents:
    """The events of one stack in an operation, oldest first."""

    stack_id: str
    path: str
    events: Sequence[StackEvent]
    construct: Callable[[str], str]
    # What the rollback did with the whole stack, if it is a nested one.
    fate: Fate = ""

    def failures(self) -> Iterator[tuple[str, str]]:
        for event in self.events:
            # The failure of a stack only repeats the failure of its resources.
            if event.failure and event.type != STACK_TYPE:
                yield self.construct(event.logical_id) or f"{self.path}{event.logical_id}", event.failure

    def algorithms(self) -> Iterator[DeployedAlgorithm]:
        for logical_id in dict.fromkeys(event.logical_id for event in self.events if event.type == ALGORITHM_TYPE):
            found = self.algorithm(logical_id)
            if found is not None:
                yield found

    def algorithm(self, logical_id: str) -> DeployedAlgorithm | None:
        events = [event for event in self.events if event.logical_id == logical_id]
        until = next((event.time for event in self.events if self._rolls_back(event)), float("inf"))
        attempt = [event for event in events if event.time <= until and not event.status.startswith("DELETE")]
        if not attempt:
            return None
        name = next((_name(e.physical_id) for e in reversed(attempt) if e.status in _NAMING and e.physical_id), "")
        if not name and attempt[0].status.startswith("UPDATE_") and not events[-1].status.endswith("_IN_PROGRESS"):
            # The update failed before it named another algorithm, so the stack still has the earlier one.
            name = next((_name(event.physical_id) for event in reversed(events) if event.physical_id), "")
        failures = (event for event in self.events if event.failure and self._concerns(event, logical_id, name))
        failed = next(failures, None)
        removed = [event for event in events if event.physical_id == name and event.status.startswith("DELETE")]
        return DeployedAlgorithm(
            stack=self.stack_id,
            path=f"{self.path}{logical_id}",
            construct=self.construct(logical_id),
            name=name,
            status=events[-1].status,
            changed=events[-1].time,
            created=attempt[0].time,
            failure=failed.failure if failed else "",
            failed_at=failed.time if failed else None,
            fate=_FATES.get(removed[-1].status, "") if name and removed else self.fate,
            properties=next((event.properties for event in reversed(attempt) if event.properties), _NO_PROPERTIES),
        )

    def _rolls_back(self, event: StackEvent) -> bool:
        return event.physical_id == self.stack_id and event.status in _ROLLBACKS

    def _concerns(self, event: StackEvent, logical_id: str, name: str) -> bool:
        """Return whether a failure concerns an algorithm or one of its validation waits."""
        if event.logical_id == logical_id:
            return True
        if event.type != VALIDATION_TYPE or not name:
            return False
        return event.properties.get(ALGORITHM_NAME) == name or name in event.reason


def _begins(event: StackEvent, stack_id: str) -> bool:
    return event.physical_id == stack_id and event.status in _BEGINNINGS


def _nested(events: Sequence[StackEvent], stack_id: str) -> Iterable[StackEvent]:
    """Return the newest event of each nested stack, by logical ID."""
    nested = (event for event in events if event.type == STACK_TYPE and event.physical_id not in ("", stack_id))
    return {event.logical_id: event for event in nested}.values()


def _event(event: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        id=event["EventId"],
        time=event["Timestamp"].timestamp(),
        logical_id=event["LogicalResourceId"],
        type=event["ResourceType"],
        status=event["ResourceStatus"],
        reason=event.get("ResourceStatusReason") or "",
        physical_id=event.get("PhysicalResourceId") or "",
        properties=_properties(event.get("ResourceProperties") or ""),
    )


def _properties(text: str) -> Mapping[str, Any]:
    try:
        found: object = json.loads(text)
    except ValueError:
        # CloudFormation may have none, or cut them.
        return {}
    return found if is_object(found) else {}


def _name(physical_id: str) -> str:
    """Return the physical ID if it is a name; a rejected creation can leave another ID."""
    return "" if ":" in physical_id else physical_id
