"""A model of CloudFormation: what it sends to custom resources, in each of the orders documented or seen.

A stack's operation goes forward through the template, resources in parallel where nothing connects them. When
something fails, what is under way is waited for, and all is taken back: by another update to the old template, or by
deleting what was made. What is no longer needed is deleted last.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import count
from random import Random
from typing import Any, Final, Literal

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object

from .loop import Loop

ANSWER_BYTES: Final = 4096
_PHYSICAL_ID_LENGTH: Final = 1024
_CLEANUP_ATTEMPTS: Final = 3
RequestType = Literal["Create", "Update", "Delete"]
Json = Any


class Rollback(Enum):
    """What a resource that was replaced gets to hear when the replacement is taken back."""

    UPDATE_OF_NEW_ID = "update of the new ID to the old properties"
    UPDATE_OF_OLD_ID = "update of the old ID to the old properties"
    UPDATE_OF_OLD_ID_ALONE = "the same, and no delete of the new ID"
    DELETE_ALONE = "delete of the new ID, and nothing else"


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How this CloudFormation behaves where accounts differ."""

    rollback: Rollback = Rollback.UPDATE_OF_NEW_ID
    #: A Create that answered FAILED gets a Delete when it is rolled back.
    deletes_failed_creates: bool = True


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a template."""

    type: str
    properties: Mapping[str, Json] = field(default_factory=dict[str, Json])
    depends_on: frozenset[str] = frozenset()
    retain: bool = False
    #: For other resources than custom ones: how long they take, and whether they fail when changed.
    seconds: float = 5.0
    fails: bool = False

    @property
    def is_custom(self) -> bool:
        return self.type.startswith("Custom::")

    @cached_property
    def dependencies(self) -> frozenset[str]:
        return self.depends_on | frozenset(_references(self.properties))


Template = Mapping[str, Resource]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a stack knows of one of its resources."""

    resource: Resource
    physical_id: str
    properties: Mapping[str, Json]
    attributes: Mapping[str, str]


@dataclass(kw_only=True)
class Request:
    """A request to a custom resource, and what came back."""

    event: dict[str, Json]
    #: The event as it goes over the network.
    text: str
    phase: str
    sent: float
    deadline: float
    done: Callable[[Response | None], None]
    answers: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    settled: bool = False
    excused: bool = False
    retained: bool = False

    @property
    def id(self) -> str:
        return str(self.event["RequestId"])


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer that was in time."""

    success: bool
    physical_id: str
    attributes: Mapping[str, str]
    reason: str


@dataclass(kw_only=True)
class Change:
    """What an operation did to one resource."""

    old: Record | None
    attempted: Record
    #: None while it is under way, and for ever if nothing was answered.
    response: Response | None = None


@dataclass(kw_only=True)
class Stack:
    """A stack."""

    name: str
    id: str
    template: Template = field(default_factory=dict[str, Resource])
    records: dict[str, Record] = field(default_factory=dict[str, Record])
    status: str = "NONE"
    #: forward, rollback, cleanup, delete; empty when the stack rests.
    phase: str = ""
    #: What a running operation has to be able to go back to.
    stable: dict[str, Record] = field(default_factory=dict[str, Record])
    reason: str = ""
    #: When the last operation began.
    begun: float = 0.0


class CloudFormation:
    """The service: operations on stacks, and the address that answers are put to."""

    def __init__(self, loop: Loop, random: Random, habits: Habits, send: Callable[[Request], None]) -> None:
        self._loop = loop
        self.random = random
        self.habits = habits
        self._send = send
        self._numbers = count(1)
        self.requests: dict[str, Request] = {}
        self.violations: list[str] = []
        self.dropped = 0
        #: Physical IDs that stacks let go of without deleting them.
        self.retained: set[str] = set()
        #: The same of what was rolled back, which nobody misses.
        self.abandoned: set[str] = set()
        self.on_rest: Callable[[Stack], None] = lambda _: None
        self.on_failure: Callable[[Stack, str, str], None] = lambda _stack, _logical_id, _reason: None

    def deploy(self, stack: Stack, template: Template) -> Operation:
        """Create or update a stack."""
        operation = Operation(self, stack, template)
        operation.begin()
        return operation

    def delete(self, stack: Stack) -> None:
        """Delete a stack."""
        stack.phase = "delete"
        doomed = {
            logical_id: (record, record.physical_id)
            for logical_id, record in stack.records.items()
            if not self.retains(record, record.physical_id)
        }
        Deletion(self, stack, doomed, phase="delete", done=lambda failed: self._deleted(stack, failed)).begin()

    def left(self) -> set[str]:
        """Physical IDs of what no stack has any longer."""
        return self.retained | self.abandoned

    def retains(self, record: Record, physical_id: str, *, rolled_back: bool = False) -> bool:
        """Whether a resource outlives its stack; if so, nobody asks for its deletion."""
        if record.resource.retain:
            (self.abandoned if rolled_back else self.retained).add(physical_id)
        return record.resource.retain

    def _deleted(self, stack: Stack, failed: set[str]) -> None:
        stack.records = {name: record for name, record in stack.records.items() if name in failed}
        stack.status = "DELETE_FAILED" if failed else "DELETE_COMPLETE"
        self.rest(stack)

    def rest(self, stack: Stack) -> None:
        stack.phase = ""
        stack.stable = {}
        self.on_rest(stack)

    def now(self) -> float:
        return self._loop.now

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self._loop.after(seconds, action)

    def request(  # noqa: PLR0913 (the parts of a request)
        self,
        stack: Stack,
        kind: RequestType,
        logical_id: str,
        record: Record,
        *,
        phase: str,
        done: Callable[[Response | None], None],
        old: Mapping[str, Json] | None = None,
    ) -> None:
        """Ask a custom resource for something."""
        number = next(self._numbers)
        event: dict[str, Json] = {
            "RequestType": kind,
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:Handler",
            "ResponseURL": f"https://cloudformation-custom-resource-response.s3.amazonaws.com/{number}?Signature=s3cr3t",
            "StackId": stack.id,
            "RequestId": f"request-{number}",
            "LogicalResourceId": logical_id,
            "ResourceType": record.resource.type,
            "ResourceProperties": record.properties,
        }
        if kind != "Create":
            event["PhysicalResourceId"] = record.physical_id
        if old is not None:
            event["OldResourceProperties"] = old
        timeout = int(record.properties.get("ServiceTimeout", 3600))
        now = self._loop.now
        request = Request(event=event, text=json.dumps(event), phase=phase, sent=now, deadline=now + timeout, done=done)
        request.retained = record.resource.retain
        self.requests[str(number)] = request
        self._loop.after(timeout, lambda: self._timed_out(request))
        self._send(request)

    def put(self, url: str, body: bytes) -> None:
        """Take an answer in."""
        request = self.requests[url.rpartition("/")[2].partition("?")[0]]
        if len(body) > ANSWER_BYTES:
            self.dropped += 1
            self.violations.append(f"an answer of {len(body)} bytes was dropped")
            return
        answer = json.loads(body)
        self._check(request, answer)
        request.answers.append(answer)
        if not request.settled and self._loop.now < request.deadline:
            request.settled = True
            response = Response(
                success=answer["Status"] == "SUCCESS",
                physical_id=answer["PhysicalResourceId"],
                attributes=answer.get("Data", {}),
                reason=answer.get("Reason", ""),
            )
            self._loop.after(0.5, lambda: request.done(response))

    def _check(self, request: Request, answer: dict[str, Json]) -> None:
        event = request.event
        for member in ("RequestId", "StackId", "LogicalResourceId"):
            if answer.get(member) != event[member]:
                self.violations.append(f"{request.id}: {member} is not the request's")
        physical_id = answer.get("PhysicalResourceId")
        if not isinstance(physical_id, str) or not 0 < len(physical_id) <= _PHYSICAL_ID_LENGTH:
            self.violations.append(f"{request.id}: PhysicalResourceId is {physical_id!r}")
        if answer.get("Status") not in ("SUCCESS", "FAILED"):
            self.violations.append(f"{request.id}: Status is {answer.get('Status')!r}")
        if answer.get("Status") == "FAILED" and not answer.get("Reason"):
            self.violations.append(f"{request.id}: FAILED without a reason")
        for other in request.answers:
            said, says = _essence(other), _essence(answer)
            if said != says:
                self.violations.append(f"{request.id}: said {said}, and then {says}")

    def _timed_out(self, request: Request) -> None:
        if request.settled:
            return
        request.settled = True
        if not request.excused:
            event = request.event
            what = f"{event['RequestType']} of {event['LogicalResourceId']} ({request.phase})"
            self.violations.append(f"{request.id}: no answer in time to {what}")
        request.done(None)

    def generated_physical_id(self, stack: Stack, logical_id: str) -> str:
        """What CloudFormation calls a resource whose Create never answered."""
        letters = "".join(self.random.choices(string.ascii_uppercase + string.digits, k=12))
        return f"{stack.name}-{logical_id}-{letters}"


class Operation:
    """One create or update of a stack, with its rollback and its cleanup."""

    def __init__(self, service: CloudFormation, stack: Stack, template: Template) -> None:
        self._service = service
        self._stack = stack
        self._template = template
        self._old_template = stack.template
        self._creates = not stack.records and stack.status in ("NONE", "DELETE_COMPLETE", "ROLLBACK_COMPLETE")
        self._changes: dict[str, Change] = {}
        self._failed = False
        #: Physical IDs that nothing needs after this operation.
        self._obsolete: dict[str, tuple[Record, str]] = {}
        self._graph = Graph(template, self._start)

    def begin(self) -> None:
        stack = self._stack
        stack.phase = "forward"
        stack.begun = self._service.now()
        stack.stable = dict(stack.records)
        stack.reason = ""
        self._graph.begin(self._gone_forward)

    def cancel(self) -> None:
        """A user cancels the update."""
        if self._stack.phase == "forward":
            self._fail("cancelled")

    def _fail(self, reason: str) -> None:
        self._failed = True
        self._stack.reason = self._stack.reason or reason
        self._graph.stop()

    # Forward.

    def _start(self, logical_id: str) -> None:
        resource = self._template[logical_id]
        properties = _resolved(resource.properties, self._stack.records)
        old = self._stack.records.get(logical_id)
        if old is not None and old.properties == properties and not resource.fails:
            self._stack.records[logical_id] = Record(
                resource=resource, physical_id=old.physical_id, properties=properties, attributes=old.attributes
            )
            self._graph.done(logical_id)
            return
        physical_id = old.physical_id if old else ""
        attempted = Record(resource=resource, physical_id=physical_id, properties=properties, attributes={})
        change = Change(old=old, attempted=attempted)
        self._changes[logical_id] = change
        if resource.is_custom:
            self._service.request(
                self._stack,
                "Update" if old else "Create",
                logical_id,
                attempted,
                old=old.properties if old else None,
                phase="forward",
                done=lambda response: self._answered(logical_id, change, response),
            )
        else:
            response = Response(success=not resource.fails, physical_id=logical_id, attributes={}, reason="it fails")
            self._service.after(resource.seconds, lambda: self._answered(logical_id, change, response))

    def _answered(self, logical_id: str, change: Change, response: Response | None) -> None:
        change.response = response
        attempted = change.attempted
        if response is None or not response.success:
            if response is not None and attempted.resource.is_custom:
                self._service.on_failure(self._stack, logical_id, response.reason)
                if change.old and response.physical_id != change.old.physical_id:
                    self._service.violations.append(f"{logical_id}: a failed update made {response.physical_id} of it")
            self._fail(f"{logical_id}: {response.reason if response else 'no answer'}")
        else:
            self._stack.records[logical_id] = Record(
                resource=attempted.resource,
                physical_id=response.physical_id,
                properties=attempted.properties,
                attributes=response.attributes,
            )
            if change.old and change.old.physical_id != response.physical_id:
                self._discard(f"{logical_id} (replaced)", change.old, change.old.physical_id)
        self._graph.done(logical_id)

    def _discard(self, label: str, record: Record, physical_id: str) -> None:
        rolled_back = self._stack.phase == "rollback"
        if not self._service.retains(record, physical_id, rolled_back=rolled_back):
            self._obsolete[label] = (record, physical_id)

    def _gone_forward(self) -> None:
        stack = self._stack
        if self._failed:
            stack.phase = "rollback"
            if self._creates:
                self._roll_back_create()
            else:
                self._roll_back_update()
            return
        for logical_id in stack.records.keys() - self._template.keys():
            record = stack.records.pop(logical_id)
            self._discard(logical_id, record, record.physical_id)
        stack.template = self._template
        stack.status = "COMPLETE"
        self._clean_up()

    # Back.

    def _roll_back_create(self) -> None:
        stack = self._stack
        doomed: dict[str, tuple[Record, str]] = {}
        for logical_id, change in self._changes.items():
            physical_id = self._made(logical_id, change)
            if physical_id is not None and not self._service.retains(change.attempted, physical_id, rolled_back=True):
                doomed[logical_id] = (change.attempted, physical_id)
        stack.records = {}
        Deletion(self._service, stack, doomed, phase="rollback", done=self._create_rolled_back).begin()

    def _create_rolled_back(self, failed: set[str]) -> None:
        if failed:
            self._service.violations.append(f"{self._stack.name}: ROLLBACK_FAILED at {sorted(failed)}")
        self._stack.status = "ROLLBACK_COMPLETE"
        self._service.rest(self._stack)

    def _made(self, logical_id: str, change: Change) -> str | None:
        """The physical ID that the rollback of a Create deletes."""
        if change.response is None:
            return self._service.generated_physical_id(self._stack, logical_id)
        if change.response.success or self._service.habits.deletes_failed_creates:
            return change.response.physical_id
        return None

    def _roll_back_update(self) -> None:
        stack = self._stack
        self._obsolete = {}
        for logical_id, change in self._changes.items():
            if change.old is None:
                stack.records.pop(logical_id, None)
                physical_id = self._made(logical_id, change)
                if physical_id is not None:
                    self._discard(logical_id, change.attempted, physical_id)
        self._graph = Graph(self._old_template, self._start_back)
        self._graph.begin(self._gone_back)

    def _start_back(self, logical_id: str) -> None:
        change = self._changes.get(logical_id)
        resource = self._old_template[logical_id]
        if change is None or change.old is None:
            # Taken out of the new template, or not reached: it still is what it was.
            self._graph.done(logical_id)
            return
        old, response = change.old, change.response
        self._stack.records[logical_id] = old
        replaced = response is not None and response.physical_id != old.physical_id
        new_id = response.physical_id if response else old.physical_id
        succeeded = response is not None and response.success
        habit = self._service.habits.rollback
        if replaced and not (succeeded and habit is Rollback.UPDATE_OF_OLD_ID_ALONE):
            self._discard(f"{logical_id} (new)", change.attempted, new_id)
        if not resource.is_custom:
            self._service.after(1, lambda: self._graph.done(logical_id))
            return
        if replaced and habit is Rollback.DELETE_ALONE:
            self._graph.done(logical_id)
            return
        names_new = replaced and succeeded and habit is Rollback.UPDATE_OF_NEW_ID
        target = Record(
            resource=resource,
            physical_id=new_id if names_new else old.physical_id,
            properties=_resolved(resource.properties, self._stack.records),
            attributes={},
        )
        self._service.request(
            self._stack,
            "Update",
            logical_id,
            target,
            old=change.attempted.properties,
            phase="rollback",
            done=lambda response: self._answered_back(logical_id, old, target, response),
        )

    def _answered_back(self, logical_id: str, old: Record, target: Record, response: Response | None) -> None:
        if response is None or not response.success:
            reason = response.reason if response else "no answer"
            if response is not None:
                self._service.violations.append(f"{self._stack.name}: rollback of {logical_id} failed: {reason}")
            # As after continue-update-rollback that skips it.
            self._graph.done(logical_id)
            return
        if response.physical_id != old.physical_id:
            text = f"rollback of {logical_id} made {response.physical_id} of {old.physical_id}"
            self._service.violations.append(f"{self._stack.name}: {text}")
        self._stack.records[logical_id] = Record(
            resource=target.resource,
            physical_id=response.physical_id,
            properties=target.properties,
            attributes=response.attributes,
        )
        self._graph.done(logical_id)

    def _gone_back(self) -> None:
        self._stack.status = "UPDATE_ROLLBACK_COMPLETE"
        self._clean_up()

    def _clean_up(self) -> None:
        stack = self._stack
        stack.phase = "cleanup"
        Deletion(
            self._service, stack, self._obsolete, phase="cleanup", done=lambda _: self._service.rest(stack)
        ).begin()


class Deletion:
    """Deletes resources, those first that others do not depend on."""

    def __init__(
        self,
        service: CloudFormation,
        stack: Stack,
        doomed: Mapping[str, tuple[Record, str]],
        *,
        phase: str,
        done: Callable[[set[str]], None],
    ) -> None:
        self._service = service
        self._stack = stack
        self._doomed = doomed
        self._phase = phase
        self._done = done
        self._failed: set[str] = set()
        self._attempts: dict[str, int] = {}
        users = {
            label: frozenset(other for other, (record, _) in doomed.items() if label in record.resource.dependencies)
            for label in doomed
        }
        inverted = {label: Resource(type="", depends_on=users[label]) for label in doomed}
        self._graph = Graph(inverted, self._start)

    def begin(self) -> None:
        self._graph.begin(lambda: self._done(self._failed))

    def _start(self, label: str) -> None:
        record, physical_id = self._doomed[label]
        logical_id = label.partition(" ")[0]
        if not record.resource.is_custom:
            self._service.after(1, lambda: self._graph.done(label))
            return
        target = Record(resource=record.resource, physical_id=physical_id, properties=record.properties, attributes={})
        self._service.request(
            self._stack,
            "Delete",
            logical_id,
            target,
            phase=self._phase,
            done=lambda response: self._answered(label, response),
        )

    def _answered(self, label: str, response: Response | None) -> None:
        if response is None or not response.success:
            self._attempts[label] = self._attempts.get(label, 0) + 1
            # A cleanup is tried again; a stack's deletion too, by its user.
            if self._attempts[label] < _CLEANUP_ATTEMPTS:
                self._start(label)
                return
            self._failed.add(label)
        self._graph.done(label)


class Graph:
    """Starts what depends on nothing that is not done."""

    def __init__(self, resources: Template, start: Callable[[str], None]) -> None:
        self._waiting = {
            name: {each for each in resource.dependencies if each in resources} for name, resource in resources.items()
        }
        self._start = start
        self._running: set[str] = set()
        self._end: Callable[[], None] = lambda: None
        self._ended = False

    def begin(self, end: Callable[[], None]) -> None:
        self._end = end
        self._go_on()

    def stop(self) -> None:
        """Start nothing more."""
        self._waiting = {}
        self._go_on()

    def done(self, name: str) -> None:
        self._running.discard(name)
        for needs in self._waiting.values():
            needs.discard(name)
        self._go_on()

    def _go_on(self) -> None:
        ready = [name for name, needs in self._waiting.items() if not needs]
        for name in ready:
            del self._waiting[name]
            self._running.add(name)
        for name in ready:
            self._start(name)
        if not self._waiting and not self._running and not self._ended:
            self._ended = True
            self._end()


def stringified(value: Json) -> Json:
    """A value as CloudFormation delivers it: every scalar a string."""
    if is_object(value):
        return {key: stringified(child) for key, child in value.items() if child is not None}
    if is_array(value):
        return [stringified(child) for child in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _resolved(value: Json, records: Mapping[str, Record]) -> Json:
    return stringified(_substituted(value, records))


def _substituted(value: Json, records: Mapping[str, Record]) -> Json:
    if is_object(value):
        if list(value) == ["Fn::GetAtt"]:
            logical_id, attribute = value["Fn::GetAtt"]
            return records[logical_id].attributes[attribute]
        return {key: _substituted(child, records) for key, child in value.items()}
    if is_array(value):
        return [_substituted(child, records) for child in value]
    return value


def _references(value: Json) -> list[str]:
    if is_object(value):
        if list(value) == ["Fn::GetAtt"]:
            return [value["Fn::GetAtt"][0]]
        return [name for child in value.values() for name in _references(child)]
    if is_array(value):
        return [name for child in value for name in _references(child)]
    return []


def _essence(answer: Mapping[str, Json]) -> tuple[Json, ...]:
    return answer.get("Status"), answer.get("PhysicalResourceId"), json.dumps(answer.get("Data"), sort_keys=True)
