# ruff: noqa: N803 - the arguments' names are the API's
"""A simulated account for tests of monitoring: SageMaker, logs, stacks and results on a virtual clock."""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest import mock

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm.monitoring import Readers, SnapshotReader
from tests.support.paged import Paged
from tests.support.sagemaker import Clock, LocalSageMaker, local_sagemaker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cdk_sagemaker_algorithm.local.sagemaker.operations import SageMaker
    from cdk_sagemaker_algorithm.local.sagemaker.validation_plan import Step

_NAME = re.compile(r"validation-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINES_PER_PAGE = 4


def refusal(operation: str, code: str, message: str = "no") -> ClientError:
    """An error as boto3 raises it."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class FakeLogs(Paged):
    """CloudWatch Logs with what the service's jobs have printed, in small pages."""

    _service_name = "logs"

    class exceptions:  # noqa: N801 - boto3's name
        ClientError = ClientError

    def __init__(self, service: SageMaker) -> None:
        self._service = service
        self._streams: dict[tuple[str, str], list[tuple[float, str]]] = {}
        self.failing: list[ClientError] = []

    def _take(self) -> None:
        if self.failing:
            raise self.failing.pop(0)
        self._service.advance()
        for batch in self._service.new_lines():
            lines = self._streams.setdefault((batch.group, batch.stream), [])
            lines += [(line.time, line.text) for line in batch.lines]

    def describe_log_streams(
        self, *, logGroupName: str, logStreamNamePrefix: str, nextToken: str = "0"
    ) -> dict[str, Any]:
        self._take()
        if not any(group == logGroupName for group, _ in self._streams):
            raise refusal("DescribeLogStreams", "ResourceNotFoundException")
        names = [
            name for group, name in self._streams if group == logGroupName and name.startswith(logStreamNamePrefix)
        ]
        position = int(nextToken)
        found = [{"logStreamName": name} for name in names[position : position + 1]]
        more = {"nextToken": str(position + 1)} if position + 1 < len(names) else {}
        return {"logStreams": found, **more}

    def get_log_events(
        self, *, logGroupName: str, logStreamName: str, startFromHead: bool, limit: int = 0, nextToken: str = "0"
    ) -> dict[str, Any]:
        lines = self._streams[logGroupName, logStreamName]
        if not startFromHead:
            end = [{"timestamp": int(time * 1000), "message": text} for time, text in lines[-limit:]]
            return {"events": end, "nextForwardToken": "end"}
        position = int(nextToken)
        page = lines[position : position + _LINES_PER_PAGE]
        events = [{"timestamp": int(time * 1000), "message": text} for time, text in page]
        return {"events": events, "nextForwardToken": str(position + len(page))}


@dataclass(slots=True)
class FakeStack:
    """A stack: what it has, and its events, the oldest first."""

    id: str
    status: str
    resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: bool = False
    # The resources of the template.
    template: dict[str, Any] = field(default_factory=dict[str, Any])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    # ID of the stack that a nested stack belongs to.
    root: str = ""


class FakeCloudFormation(Paged):
    """Stacks with their resources and events, one in a page."""

    _service_name = "cloudformation"

    def __init__(self, clock: Callable[[], float]) -> None:
        self.stacks: list[FakeStack] = []
        self.clock = clock

    @property
    def meta(self) -> Any:
        return mock.Mock(region_name="us-east-1")

    def deploy(self, name: str, status: str = "CREATE_IN_PROGRESS") -> FakeStack:
        """Begin an operation, on a new stack if there is none of that name."""
        stack = next((each for each in self.stacks if each.id.split("/")[1] == name and not each.deleted), None)
        if stack is None:
            number = len(self.stacks)
            stack = FakeStack(f"arn:aws:cloudformation:us-east-1:000000000000:stack/{name}/{number}", status)
            self.stacks.append(stack)
        self.change(stack, status)
        return stack

    def change(self, stack: FakeStack, status: str, reason: str = "") -> None:
        """Give a stack a status."""
        stack.status = status
        name = stack.id.split("/")[1]
        self._event(stack, name, "AWS::CloudFormation::Stack", status, stack.id, reason, {})

    def resource(  # noqa: PLR0913 - the members of an event
        self,
        stack: FakeStack,
        logical_id: str,
        status: str,
        physical_id: str = "",
        *,
        kind: str = "Custom::SageMakerAlgorithm",
        reason: str = "",
        properties: dict[str, Any] | None = None,
    ) -> None:
        """Give a resource a status."""
        self._event(stack, logical_id, kind, status, physical_id, reason, properties or {})
        stack.resources[:] = [each for each in stack.resources if each["LogicalResourceId"] != logical_id]
        stack.resources.append(
            {
                "LogicalResourceId": logical_id,
                "ResourceType": kind,
                "ResourceStatus": status,
                "LastUpdatedTimestamp": datetime.fromtimestamp(self.clock(), UTC),
                **({"PhysicalResourceId": physical_id} if physical_id else {}),
            }
        )

    def list_stack_resources(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        return _one_page("StackResourceSummaries", self._stack(StackName).resources, NextToken)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        # A stack that was deleted is found by its ID.
        stack = self._stack(StackName, deleted=True)
        tags = [{"Key": key, "Value": value} for key, value in stack.tags.items()]
        nested = {"RootId": stack.root} if stack.root else {}
        found = {"StackName": StackName, "StackId": stack.id, "StackStatus": stack.status, "Tags": tags, **nested}
        return {"Stacks": [found]}

    def get_template(self, *, StackName: str) -> dict[str, Any]:
        return {"TemplateBody": {"Resources": self._stack(StackName, deleted=True).template}}

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:
        return _one_page("StackEvents", self._stack(StackName, deleted=True).events[::-1], NextToken)

    def list_stacks(self, *, StackStatusFilter: list[str], NextToken: str = "0") -> dict[str, Any]:
        assert StackStatusFilter == ["DELETE_COMPLETE"]
        found = [
            {
                "StackName": each.id.split("/")[1],
                "StackId": each.id,
                "CreationTime": each.events[0]["Timestamp"],
            }
            for each in self.stacks
            if each.deleted
        ]
        return _one_page("StackSummaries", found, NextToken)

    def _stack(self, name: str, *, deleted: bool = False) -> FakeStack:
        for stack in reversed(self.stacks):
            if stack.id == name and (deleted or not stack.deleted):
                return stack
            if stack.id.split("/")[1] == name and not stack.deleted:
                return stack
        raise refusal("DescribeStacks", "ValidationError", f"Stack with id {name} does not exist")

    def _event(  # noqa: PLR0913, PLR0917 - the members of an event
        self,
        stack: FakeStack,
        logical_id: str,
        kind: str,
        status: str,
        physical_id: str,
        reason: str,
        properties: dict[str, Any],
    ) -> None:
        stack.events.append(
            {
                "EventId": f"{stack.id}-{len(stack.events)}",
                "StackId": stack.id,
                "Timestamp": datetime.fromtimestamp(self.clock(), UTC),
                "LogicalResourceId": logical_id,
                "ResourceType": kind,
                "ResourceStatus": status,
                "PhysicalResourceId": physical_id,
                **({"ResourceStatusReason": reason} if reason else {}),
                **({"ResourceProperties": json.dumps(properties)} if properties else {}),
            }
        )


def _one_page(member: str, items: list[dict[str, Any]], token: str) -> dict[str, Any]:
    position = int(token)
    more = {"NextToken": str(position + 1)} if position + 1 < len(items) else {}
    return {member: items[position : position + 1], **more}


class FakeS3(Paged):
    """Objects by bucket and key, one in a page."""

    _service_name = "s3"

    def __init__(self, objects: dict[tuple[str, str], bytes], modified: float) -> None:
        self.objects = objects
        self.modified = modified

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:
        keys = sorted(key for bucket, key in self.objects if bucket == Bucket and key.startswith(Prefix))
        position = int(ContinuationToken)
        modified = datetime.fromtimestamp(self.modified, UTC)
        found = [
            {"Key": key, "Size": len(self.objects[Bucket, key]), "LastModified": modified}
            for key in keys[position : position + 1]
        ]
        more = {"NextContinuationToken": str(position + 1), "IsTruncated": True} if position + 1 < len(keys) else {}
        return {"Contents": found, **more}

    def get_object(self, *, Bucket: str, Key: str, Range: str) -> dict[str, Any]:
        first, last = Range.removeprefix("bytes=").split("-")
        return {"Body": io.BytesIO(self.objects[Bucket, Key][int(first) : int(last) + 1])}


@dataclass(slots=True)
class Monitored:
    """Everything that the code under test sees of AWS."""

    sagemaker: LocalSageMaker
    logs: FakeLogs
    s3: FakeS3
    cloudformation: FakeCloudFormation

    @property
    def clock(self) -> Clock:
        return self.sagemaker.clock

    def __call__(self, service: str) -> Any:
        """The client of a service."""
        clients = {
            "sagemaker": self.sagemaker.client,
            "logs": self.logs,
            "s3": self.s3,
            "cloudformation": self.cloudformation,
        }
        return clients[service]

    def reader(self) -> SnapshotReader:
        return SnapshotReader(self.sagemaker.client, now=self.clock)

    def connect(self) -> Readers:
        return Readers(self, now=self.clock)


@contextmanager
def monitored(failures: dict[Step, str] | None = None) -> Generator[Monitored]:
    """Serve SageMaker while the context is open; time stands still, and the server hands no log lines on."""
    tick = mock.patch("cdk_sagemaker_algorithm.local.sagemaker.http_server._TICK", 3600)
    with tick, local_sagemaker(failures) as sagemaker:
        rows = {("wine-example", "predictions/test.csv.out"): b"5.6\n6.1\n<b>4.9</b>\n" * 10}
        cloud = FakeCloudFormation(sagemaker.clock)
        yield Monitored(sagemaker, FakeLogs(sagemaker.service), FakeS3(rows, sagemaker.clock.time + 160), cloud)


def steady(text: str) -> str:
    """A text whose random job names are the same in every run, and as long as they were."""
    seen: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        number = len(seen) + 1
        return seen.setdefault(found[0], f"validation-{number:08d}-0000-0000-0000-{number:012d}")

    return _NAME.sub(name, text)
