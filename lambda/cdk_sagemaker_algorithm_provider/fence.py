"""Allow one writer per resource: the newest custom resource request.

CloudFormation does not wait for a request that it has cancelled, and sends the next one within seconds. The names of
the executions say whose request they work on and when CloudFormation made it. A newer request ends the older ones;
an older one that finds a newer one changes nothing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm_provider.cfn_response import Recipient
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.contract.limits import FUNCTION_TIMEOUT, SERVICE_TIMEOUT
from cdk_sagemaker_algorithm_provider.execution_state import Progress

_READABLE = 30
_NAME = re.compile(r"(Create|Update|Delete)-.*-([0-9a-f]{12})-([0-9]{10})-([0-9a-f]{12})(?:-[0-9]+)?")
_PAGE = 1000
_EVENTS = 10
#: StopExecution does not end the invocation that the execution is waiting for.
_INVOCATION_SECONDS = FUNCTION_TIMEOUT + 5


def execution_name(what: str, recipient: Recipient) -> str:
    """Return the name of a request's execution: the same for the same request, readable, at most 80 characters."""
    owner = _digest(recipient.stack_id, recipient.logical_id)
    request = _digest(recipient.stack_id, recipient.logical_id, recipient.request_id)
    readable = re.sub(r"[^A-Za-z0-9-]", "-", recipient.logical_id)[:_READABLE]
    return f"{what}-{readable}-{owner}-{int(recipient.signed_at):010d}-{request}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode("utf-8", errors="replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRequests:
    """Effect of the resource's other requests on this one.

    Attributes:
        superseded: Whether a newer request exists, so that this one must not change anything.
        alone_at: When the last invocation of an older request is over that was working until now; 0 without one.
        updated: The newest request that is no Delete is an Update: CloudFormation received the response to the Create.
    """

    superseded: bool = False
    alone_at: float = 0.0
    updated: bool = False


@dataclass(frozen=True, slots=True)
class _Execution:
    """Execution of another request, with the time of that request."""

    kind: str
    made: tuple[float, float]
    summary: Mapping[str, Any]


class Fence:
    """Reads the executions of one resource, and ends those of older requests."""

    def __init__(self, client: Any, recipient: Recipient | None, kind: str, clock: Callable[[], float]) -> None:
        """Use a Step Functions client, for a task of this kind; without a recipient there is no fence."""
        self._client = client
        self._recipient = recipient
        self._creates = kind != "delete"
        self._clock = clock

    def check(self, progress: Progress) -> OtherRequests:
        """Find newer requests, and end older ones that create or update."""
        if self._recipient is None:
            return OtherRequests()
        mine = (self._recipient.signed_at, progress.accepted)
        superseded = False
        alone_at = 0.0
        newest = ((0.0, 0.0), "")
        for other in self._others(mine[0] - SERVICE_TIMEOUT):
            if other.kind != "Delete":
                newest = max(newest, (other.made, other.kind))
            if other.made > mine:
                # Several Deletes of one resource, with different physical IDs, can run at the same time.
                superseded = superseded or self._creates or other.kind != "Delete"
            elif other.kind != "Delete" and self._end(other.summary):
                alone_at = max(alone_at, self._over_at(other.summary))
        return OtherRequests(superseded=superseded, alone_at=alone_at, updated=newest[1] == "Update")

    def _others(self, since: float) -> Iterator[_Execution]:
        recipient = self._recipient
        assert recipient is not None  # noqa: S101 - only `check` calls it
        own = _NAME.fullmatch(execution_name("Create", recipient))
        machine = os.environ["STATE_MACHINE_ARN"]
        lister = self._client.get_paginator("list_executions")
        for page in lister.paginate(stateMachineArn=machine, maxResults=_PAGE):
            for summary in page["executions"]:
                started = summary["startDate"].timestamp()
                if started < since:
                    return
                name = _NAME.fullmatch(summary["name"])
                if name is not None and own is not None and name[2] == own[2] and name[4] != own[4]:
                    yield _Execution(name[1], (float(name[3]), started), summary)

    def _end(self, summary: Mapping[str, Any]) -> bool:
        """End an execution, and return whether its last invocation can still run."""
        if summary["status"] == "RUNNING":
            self._client.stop_execution(
                executionArn=summary["executionArn"],
                error="Superseded",
                cause="CloudFormation has sent a newer request for this resource",
            )
            return True
        stopped = summary.get("stopDate")
        return (
            summary["status"] == "ABORTED"
            and stopped is not None
            and stopped.timestamp() + _INVOCATION_SECONDS > self._clock()
        )

    def _over_at(self, summary: Mapping[str, Any]) -> float:
        events: Sequence[Mapping[str, Any]] = ()
        try:
            events = self._client.get_execution_history(
                executionArn=summary["executionArn"], maxResults=_EVENTS, reverseOrder=True
            )["events"]
        except Exception as error:
            if aws_errors.code(error) != "ExecutionDoesNotExist":
                raise
        # Histories are eventually consistent; a history with an end is complete.
        ended = any(each["type"] == "ExecutionAborted" for each in events)
        entered = (each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each)
        now = self._clock()
        return now if ended and next(entered, "") == "Wait" else now + _INVOCATION_SECONDS
