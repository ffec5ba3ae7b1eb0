"""A model of CloudFormation: its custom resource requests, in every order that is documented or observed.

A stack's operation goes forward through the template, resources in parallel where nothing connects them. When
something fails, all is taken back: by another update to the old template, or by deleting what was made. What is no
longer needed is deleted last. What it holds, and where that is from:

* **Cancelling.** A custom resource that is under way when another one fails is not waited for: "Resource creation
  cancelled" four seconds later, its Delete after two more, while the function still works on the Create
  (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1730,
  https://github.com/aws/aws-cdk/issues/26139). Some operations wait all the same, so both happen here.
* **Made-up IDs.** A Create that got no answer is deleted under an ID that CloudFormation makes up: stack name, logical
  ID and twelve characters. Stack names have up to 128 characters, those of nested stacks about 60 of their own; where
  such IDs are cut, they are cut inside of the names
  (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html, "physical ID").
* **ResponseURL** is signed when the request is sent, and for two hours; its X-Amz-Date is in whole seconds. Older
  signatures (version 2) say when they expire instead
  (https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html).
* **disable-rollback** keeps what succeeded; what failed stays in its failed state until the next operation, where
  "resources without a last known stable state will be deleted". A stack in a failed state is updated with
  disable-rollback again, or deleted
  (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html).
* **continue-update-rollback** with resources to skip calls them rolled back, whatever they are: "the state of the
  skipped resources will be inconsistent with the state of the resources in the stack template"
  (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html).
* **--retain-resources** after DELETE_FAILED forgets the resource and leaves it alone
  (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html).
* **A cleanup** that fails is asked for three times and then forgotten; the stack is UPDATE_COMPLETE all the same.
* **UpdateReplacePolicy: Retain** also keeps the new copy of a replacement that is rolled back (seen:
  https://github.com/go-to-k/cdkd/issues/2598).
* **What a rollback sends** to a resource that was replaced differs between accounts and years: see `Rollback`.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property
from itertools import count
from random import Random
from typing import Any, Final, Literal

from botocore.exceptions import ConnectTimeoutError

from cdk_sagemaker_algorithm_provider.contract.json_types import is_array, is_object
from tests.lifecycle.botocore_shapes import check_parameters
from tests.lifecycle.loop import Loop
from tests.lifecycle.weather import Weather, client_error

ANSWER_BYTES: Final = 4096
_PHYSICAL_ID_LENGTH: Final = 1024
_CLEANUP_ATTEMPTS: Final = 3
_SIGNED_SECONDS: Final = 7200
RequestType = Literal["Create", "Update", "Delete"]
Json = Any


class Rollback(Enum):
    """Requests to a replaced resource when its replacement is rolled back."""

    UPDATE_OF_NEW_ID = "update of the new ID to the old properties"
    UPDATE_OF_OLD_ID = "update of the old ID to the old properties"
    UPDATE_OF_OLD_ID_ALONE = "the same, and no delete of the new ID"
    DELETE_ALONE = "delete of the new ID, and nothing else"


@dataclass(frozen=True, kw_only=True)
class Habits:
    """Behaviors of CloudFormation that differ between accounts."""

    rollback: Rollback = Rollback.UPDATE_OF_NEW_ID
    #: A Create that answered FAILED gets a Delete when it is rolled back.
    deletes_failed_creates: bool = True
    #: How likely an operation that fails cancels what is under way, instead of waiting for it.
    cancels: float = 0.0
    #: How likely a resource cannot be rolled back and is skipped.
    skips: float = 0.0
    #: IDs that are made up may be cut, and have small letters.
    odd_ids: bool = False
    #: Addresses for answers are signed with version 4, which says when; else with version 2, which says until when.
    dates: bool = True
    #: A failed Create that was kept is deleted after the next one has succeeded, not before it.
    deletes_kept_last: bool = False
    #: The next Update of a failed and kept one names what was tried last as the old properties, not what was stable.
    names_what_was_tried: bool = False


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
    """State of a resource in a stack."""

    resource: Resource
    physical_id: str
    properties: Mapping[str, Json]
    attributes: Mapping[str, str]


@dataclass(kw_only=True)
class Request:
    """A custom resource request and its response."""

    event: dict[str, Json]
    #: The event as it goes over the network.
    text: str
    phase: str
    sent: float
    deadline: float
    done: Callable[[Response | None], None]
    answers: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    #: Whether the invocation that accepted it gave the first answer.
    at_once: bool = False
    settled: bool = False
    #: It was given up in favor of a newer request; whatever is said of it now, no one hears.
    cancelled: bool = False
    excused: bool = False
    retained: bool = False
    #: If it fails, nothing is rolled back.
    stays: bool = False

    @property
    def id(self) -> str:
        return str(self.event["RequestId"])


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response in time."""

    success: bool
    physical_id: str
    attributes: Mapping[str, str]
    reason: str


@dataclass(kw_only=True)
class Change:
    """Change of one resource by an operation."""

    old: Record | None
    attempted: Record
    #: None while it is under way, and for ever if nothing was answered.
    response: Response | None = None
    request: Request | None = None


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
    #: What failed and was not rolled back: the failed Creates, and the properties that failed Updates tried.
    broken: dict[str, Record] = field(default_factory=dict[str, Record])
    tried: dict[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    #: Those failed Creates that were answered, and so have an ID of the handler's.
    answered: set[str] = field(default_factory=set[str])
    #: What was replaced in operations that failed without a rollback, to be cleaned up after the next that succeeds.
    obsolete: dict[str, tuple[Record, str]] = field(default_factory=dict[str, tuple[Record, str]])
    #: What was skipped in a rollback, and what somebody deleted by hand: wrong until its next Update.
    skipped: set[str] = field(default_factory=set[str])
    drifted: set[str] = field(default_factory=set[str])
    #: What was left alone when the stack was deleted.
    left_alone: dict[str, str] = field(default_factory=dict[str, str])
    #: What was wrong when the last operation began.
    was_wrong: set[str] = field(default_factory=set[str])

    @property
    def rests_on_failure(self) -> bool:
        """Whether the last operation failed and was not rolled back."""
        return self.status in ("CREATE_FAILED", "UPDATE_FAILED")


class CloudFormation:
    """The service: stack operations, and the response URLs."""

    def __init__(self, loop: Loop, random: Random, habits: Habits, send: Callable[[Request], None]) -> None:
        self._loop = loop
        self.random = random
        self.habits = habits
        self._send = send
        self._numbers = count(1)
        self.requests: dict[str, Request] = {}
        self.violations: list[str] = []
        self.dropped = 0
        #: Physical IDs that stacks let go of without deleting them, and when.
        self.retained: dict[str, float] = {}
        #: The same of what was rolled back, which nobody misses.
        self.abandoned: dict[str, float] = {}
        self.on_rest: Callable[[Stack], None] = lambda _: None
        #: What a user said to keep when a stack could not be deleted, and when.
        self.kept: dict[str, float] = {}
        self.on_failure: Callable[[Stack, str, str], None] = lambda _stack, _logical_id, _reason: None
        self.on_answer: Callable[[Request, Response], None] = lambda _request, _response: None
        #: Whether the invocation that answers just now has no execution.
        self.at_once: Callable[[], bool] = lambda: False
        #: What happens between two operations of a stack is seen before the next.
        self.on_begin: Callable[[Stack], None] = lambda _: None

    def deploy(self, stack: Stack, template: Template, *, disable_rollback: bool = False) -> Operation:
        """Create or update a stack."""
        self.on_begin(stack)
        operation = Operation(self, stack, template, rolls_back=not disable_rollback and not stack.rests_on_failure)
        operation.begin()
        return operation

    def delete(self, stack: Stack, *, retain: frozenset[str] = frozenset()) -> None:
        """Delete a stack; after DELETE_FAILED also without these resources."""
        assert not retain or stack.status == "DELETE_FAILED"
        self.on_begin(stack)
        stack.phase = "delete"
        for logical_id in retain & stack.records.keys():
            record = stack.records.pop(logical_id)
            self.kept[record.physical_id] = self.retained[record.physical_id] = self._loop.now
            stack.left_alone[logical_id] = record.physical_id
        doomed = {
            logical_id: (record, record.physical_id)
            for logical_id, record in stack.records.items()
            if not self.retains(record, record.physical_id)
        }
        stack.left_alone |= {
            logical_id: record.physical_id for logical_id, record in stack.records.items() if logical_id not in doomed
        }
        in_use = {record.physical_id for record in stack.records.values()}
        doomed |= {
            f"{name} (broken)": (record, record.physical_id)
            for name, record in stack.broken.items()
            if record.physical_id not in in_use and not self.retains(record, record.physical_id)
        }
        doomed |= {name: each for name, each in stack.obsolete.items() if each[1] not in in_use}
        Deletion(self, stack, doomed, phase="delete", done=lambda failed: self._deleted(stack, failed)).begin()

    def left(self) -> set[str]:
        """Physical IDs of resources that no stack has any longer."""
        return self.retained.keys() | self.abandoned.keys()

    def retains(self, record: Record, physical_id: str, *, rolled_back: bool = False) -> bool:
        """Whether a resource outlives its stack, so that its deletion is never requested."""
        if record.resource.retain:
            (self.abandoned if rolled_back else self.retained)[physical_id] = self._loop.now
        return record.resource.retain

    def _deleted(self, stack: Stack, failed: set[str]) -> None:
        stack.records = {name: record for name, record in stack.records.items() if name in failed}
        stack.broken = {name: record for name, record in stack.broken.items() if f"{name} (broken)" in failed}
        stack.obsolete = {name: each for name, each in stack.obsolete.items() if name in failed}
        stack.tried = {}
        stack.status = "DELETE_FAILED" if failed else "DELETE_COMPLETE"
        self.rest(stack)

    def rest(self, stack: Stack) -> None:
        stack.phase = ""
        stack.stable = {}
        self.on_rest(stack)

    def now(self) -> float:
        return self._loop.now

    def sleep(self, seconds: float) -> None:
        self._loop.sleep(seconds)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self._loop.after(seconds, action)

    def request(  # noqa: PLR0913 - the parts of a request
        self,
        stack: Stack,
        kind: RequestType,
        logical_id: str,
        record: Record,
        *,
        phase: str,
        done: Callable[[Response | None], None],
        old: Mapping[str, Json] | None = None,
    ) -> Request:
        """Send a custom resource request."""
        number = next(self._numbers)
        event: dict[str, Json] = {
            "RequestType": kind,
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:Handler",
            "ResponseURL": self._address(number),
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
        return request

    def _address(self, number: int) -> str:
        now = int(self._loop.now)
        date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        new = f"X-Amz-Date={date}&X-Amz-Expires={_SIGNED_SECONDS}&X-Amz-"
        signed = new if self.habits.dates else f"AWSAccessKeyId=AKIA&Expires={now + _SIGNED_SECONDS}&"
        host = "cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com"
        return f"https://{host}/{number}?{signed}Signature=s3cr3t"

    def cancel(self, request: Request) -> None:
        """Stop waiting for a request."""
        request.settled = request.cancelled = True

    def put(self, url: str, body: bytes) -> None:
        """Accept a response.

        Raises:
            PermissionError: the address is too old.
        """
        request = self.requests[url.rpartition("/")[2].partition("?")[0]]
        if len(body) > ANSWER_BYTES:
            self.dropped += 1
            self.violations.append(f"an answer of {len(body)} bytes was dropped")
            return
        if self._loop.now > request.sent + _SIGNED_SECONDS:
            raise PermissionError("Request has expired")
        answer = json.loads(body)
        self._check(request, answer)
        request.at_once = self.at_once() if not request.answers else request.at_once
        request.answers.append(answer)
        if not request.settled and self._loop.now < request.deadline:
            request.settled = True
            response = Response(
                success=answer["Status"] == "SUCCESS",
                physical_id=answer["PhysicalResourceId"],
                attributes=answer.get("Data", {}),
                reason=answer.get("Reason", ""),
            )
            self.on_answer(request, response)
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
        for other in request.answers[:1]:
            said, says = _essence(other), _essence(answer)
            # No execution remembers what was answered at once; asked again, it may fail, and no one hears it.
            unheard = request.at_once and other["Status"] == "SUCCESS" and answer.get("Status") == "FAILED"
            if said != says and not unheard:
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
        """Physical ID of a resource whose Create had no response."""
        alphabet = string.ascii_uppercase + string.digits
        odd = self.habits.odd_ids and self.random.random() < 0.5
        letters = "".join(self.random.choices(string.ascii_letters if odd else alphabet, k=12))
        if odd:
            return f"{stack.name[:24]}-{logical_id[:24]}-{letters}"
        return f"{stack.name}-{logical_id}-{letters}"


class StackReader:
    """The CloudFormation client of the handler.

    A deleted stack can be read by its ID for 90 days; what it left alone is DELETE_SKIPPED
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html).
    """

    def __init__(self, service: CloudFormation, stacks: list[Stack], weather: Weather) -> None:
        self._service = service
        self._stacks = stacks
        self._weather = weather
        #: A function in a VPC without the service's endpoint waits in vain.
        self.reachable = True

    def describe_stack_resources(self, **parameters: Any) -> dict[str, Any]:
        check_parameters("cloudformation", "DescribeStackResources", parameters)
        self._service.sleep(0.05)
        self._weather.before("DescribeStackResources", self._service.now(), storms=False)
        if not self.reachable:
            raise ConnectTimeoutError(endpoint_url="https://cloudformation.us-east-1.amazonaws.com/")
        stack = next((each for each in self._stacks if each.id == parameters["StackName"]), None)
        shown = None if stack is None else self._shown(stack, parameters["LogicalResourceId"])
        if stack is None or shown is None:
            raise client_error("DescribeStackResources", "ValidationError", "Stack or resource does not exist")
        physical_id, status = shown
        resource = {
            "StackId": stack.id,
            "LogicalResourceId": parameters["LogicalResourceId"],
            "PhysicalResourceId": physical_id,
            "ResourceStatus": status,
        }
        self._weather.after("DescribeStackResources")
        return {"StackResources": [resource]}

    def _shown(self, stack: Stack, logical_id: str) -> tuple[str, str] | None:
        record = stack.records.get(logical_id) or stack.broken.get(logical_id)
        if record is not None:
            deleting = {"delete": "DELETE_IN_PROGRESS", "": stack.status}.get(stack.phase, "")
            return record.physical_id, deleting if deleting.startswith("DELETE") else "UPDATE_COMPLETE"
        for request in self._service.requests.values():
            event = request.event
            of_this = event["StackId"] == stack.id and event["LogicalResourceId"] == logical_id
            if of_this and stack.phase == "rollback" and not request.settled and event["RequestType"] == "Delete":
                return event["PhysicalResourceId"], "DELETE_IN_PROGRESS"
        if logical_id in stack.left_alone:
            return stack.left_alone[logical_id], "DELETE_SKIPPED"
        return None


class Operation:
    """One create or update of a stack, with its rollback and its cleanup."""

    def __init__(self, service: CloudFormation, stack: Stack, template: Template, *, rolls_back: bool = True) -> None:
        self._service = service
        self._stack = stack
        self._template = template
        self._rolls_back = rolls_back
        self._cancels = rolls_back and service.random.random() < service.habits.cancels
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
        if not stack.rests_on_failure:
            stack.begun = self._service.now()
        stack.was_wrong = stack.skipped | stack.drifted
        stack.stable = dict(stack.records)
        stack.reason = ""
        doomed = {
            name: (record, record.physical_id)
            for name, record in stack.broken.items()
            if not record.resource.retain and not (self._service.habits.deletes_kept_last and name in stack.answered)
        }
        if doomed:
            Deletion(self._service, stack, doomed, phase="delete", done=self._broken_are_gone).begin()
        else:
            self._graph.begin(self._gone_forward)

    def _broken_are_gone(self, failed: set[str]) -> None:
        stack = self._stack
        stack.broken = {name: record for name, record in stack.broken.items() if name in failed}
        if failed:
            self._service.rest(stack)
        else:
            self._graph.begin(self._gone_forward)

    def cancel(self) -> None:
        """A user cancels the update."""
        if self._stack.phase == "forward" and self._rolls_back:
            self._fail("cancelled")

    def _fail(self, reason: str) -> None:
        self._failed = True
        self._stack.reason = self._stack.reason or reason
        if self._cancels:
            self._cancels = False
            self._service.after(self._service.random.uniform(0.5, 6), self._cancel_what_runs)
        self._graph.stop()

    def _cancel_what_runs(self) -> None:
        for logical_id, change in self._changes.items():
            if change.request is not None and not change.request.settled and self._stack.phase == "forward":
                self._service.cancel(change.request)
                self._graph.done(logical_id)

    # Forward.

    def _start(self, logical_id: str) -> None:
        resource = self._template[logical_id]
        properties = _resolved(resource.properties, self._stack.records)
        old = self._stack.records.get(logical_id)
        same = old is not None and old.properties == properties and logical_id not in self._stack.tried
        if old is not None and same and not resource.fails:
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
            tried = self._stack.tried.get(logical_id) if self._service.habits.names_what_was_tried else None
            change.request = self._service.request(
                self._stack,
                "Update" if old else "Create",
                logical_id,
                attempted,
                old=(tried or old.properties) if old else None,
                phase="forward",
                done=lambda response: self._answered(logical_id, change, response),
            )
            change.request.stays = not self._rolls_back
        else:
            response = Response(success=not resource.fails, physical_id=logical_id, attributes={}, reason="it fails")
            self._service.after(resource.seconds, lambda: self._answered(logical_id, change, response))

    def _answered(self, logical_id: str, change: Change, response: Response | None) -> None:
        change.response = response
        attempted = change.attempted
        self._stack.tried.pop(logical_id, None)
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
            self._stack.skipped.discard(logical_id)
            self._stack.drifted.discard(logical_id)
            if change.old and change.old.physical_id != response.physical_id:
                self._discard(f"{logical_id} (replaced)", change.old, change.old.physical_id)
        self._graph.done(logical_id)

    def _discard(self, label: str, record: Record, physical_id: str) -> None:
        rolled_back = self._stack.phase == "rollback"
        if not self._service.retains(record, physical_id, rolled_back=rolled_back):
            self._obsolete[label] = (record, physical_id)

    def _gone_forward(self) -> None:
        stack = self._stack
        if self._failed and not self._rolls_back:
            self._stay()
            return
        if self._failed:
            stack.phase = "rollback"
            self._service.after(
                self._service.random.uniform(0.1, 2),
                self._roll_back_create if self._creates else self._roll_back_update,
            )
            return
        for logical_id in stack.records.keys() - self._template.keys():
            record = stack.records.pop(logical_id)
            self._discard(logical_id, record, record.physical_id)
        stack.template = self._template
        stack.status = "COMPLETE"
        for name, record in stack.broken.items():
            self._discard(f"{name} (broken)", record, record.physical_id)
        stack.broken, stack.tried = {}, {}
        self._obsolete = stack.obsolete | self._obsolete
        stack.obsolete = {}
        in_use = {record.physical_id for record in stack.records.values()}
        self._obsolete = {name: each for name, each in self._obsolete.items() if each[1] not in in_use}
        self._clean_up()

    def _stay(self) -> None:
        """Keep successful changes, and leave failed resources unchanged."""
        stack = self._stack
        for logical_id, change in self._changes.items():
            if change.response is not None and change.response.success:
                continue
            if change.old is not None:
                stack.tried[logical_id] = change.attempted.properties
            elif change.attempted.resource.is_custom:
                if change.response is not None:
                    stack.answered.add(logical_id)
                    physical_id = change.response.physical_id
                else:
                    stack.answered.discard(logical_id)
                    physical_id = self._service.generated_physical_id(stack, logical_id)
                stack.broken[logical_id] = replace(change.attempted, physical_id=physical_id)
        numbered = {f"{name} {self._service.now()}": each for name, each in self._obsolete.items()}
        stack.obsolete |= numbered
        stack.status = "CREATE_FAILED" if self._creates or stack.status == "CREATE_FAILED" else "UPDATE_FAILED"
        # What is in the new template alone is there, and what is in the old one alone still is.
        stack.template = {**self._old_template, **self._template}
        self._service.rest(stack)

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
        if logical_id in self._stack.was_wrong:
            # It is wrong again, until an Update is answered.
            self._stack.drifted.add(logical_id)
        replaced = response is not None and response.physical_id != old.physical_id
        new_id = response.physical_id if response else old.physical_id
        succeeded = response is not None and response.success
        habit = self._service.habits.rollback
        if response is not None and succeeded and resource.is_custom and self._skips():
            self._skip(logical_id, old, response)
            return
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

    def _skips(self) -> bool:
        return self._service.random.random() < self._service.habits.skips

    def _skip(self, logical_id: str, old: Record, response: Response) -> None:
        """Skip a resource in a rollback, as a user requests; no request is sent."""
        stack = self._stack
        properties = _resolved(old.resource.properties, stack.records)
        stack.records[logical_id] = replace(
            old, physical_id=response.physical_id, properties=properties, attributes=response.attributes
        )
        stack.skipped.add(logical_id)
        if response.physical_id != old.physical_id:
            self._service.abandoned[old.physical_id] = self._service.now()
        self._graph.done(logical_id)

    def _answered_back(self, logical_id: str, old: Record, target: Record, response: Response | None) -> None:
        if response is None or not response.success:
            reason = response.reason if response else "no answer"
            if response is not None and not self._stack.was_wrong and not self._stack.skipped:
                self._service.violations.append(f"{self._stack.name}: rollback of {logical_id} failed: {reason}")
            self._stack.skipped.add(logical_id)
            # As after continue-update-rollback that skips it.
            self._graph.done(logical_id)
            return
        if response.physical_id != old.physical_id:
            if logical_id in self._stack.was_wrong:
                self._discard(f"{logical_id} (wrong)", old, old.physical_id)
            else:
                text = f"rollback of {logical_id} made {response.physical_id} of {old.physical_id}"
                self._service.violations.append(f"{self._stack.name}: {text}")
        self._stack.records[logical_id] = Record(
            resource=target.resource,
            physical_id=response.physical_id,
            properties=target.properties,
            attributes=response.attributes,
        )
        self._stack.skipped.discard(logical_id)
        self._stack.drifted.discard(logical_id)
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
            if self._phase != "delete" and self._attempts[label] < _CLEANUP_ATTEMPTS:
                self._start(label)
                return
            self._failed.add(label)
        self._graph.done(label)


class Graph:
    """Starts resources whose dependencies are done."""

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
