"""Allow one writer per resource: the newest custom resource request.

CloudFormation does not wait for a request that it has cancelled, and sends the next one within seconds. The names of
the executions say whose request they work on and when CloudFormation made it. A newer request ends the older ones;
an older one that finds a newer one changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_algorithm_provider.cfn_response import Recipient
from cdk_sagemaker_algorithm_provider.contract.limits import FUNCTION_TIMEOUT, SERVICE_TIMEOUT
from cdk_sagemaker_algorithm_provider.executions import NAME, execution_name

_PAGE = 1000
#: StopExecution does not end the invocation that the execution is waiting for.
_INVOCATION_SECONDS = FUNCTION_TIMEOUT + 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRequests:
    """Effect of the resource's other requests on this one.

    Attributes:
        superseded: Whether a newer request exists, so that this one must not change anything.
        alone_at: When the last invocation of a request that was stopped is over; 0 without one.
        updated: The newest request that is no Delete is an Update: CloudFormation received the response to the Create.
    """

    superseded: bool = False
    alone_at: float = 0.0
    updated: bool = False


class Fence:
    """Reads the executions of one resource, and ends those of older requests."""

    def __init__(self, client: Any, recipient: Recipient | None, kind: str, clock: Callable[[], float]) -> None:
        """Use a Step Functions client, for a task of this kind; without a recipient there is no fence."""
        self._client = client
        self._recipient = recipient
        self._deletes = kind == "delete"
        self._clock = clock

    def check(self, accepted: float) -> OtherRequests:
        """Find newer requests, and end older ones that create or update.

        Args:
            accepted: When this request was accepted, which orders requests of the same second.
        """
        if self._recipient is None:
            return OtherRequests()
        # In the same second, a Delete is newer: CloudFormation deletes what it has cancelled.
        mine = (self._recipient.signed_at, self._deletes, accepted)
        superseded = False
        alone_at = 0.0
        newest = ((0.0, False, 0.0), "")
        for kind, signed_at, summary in self._others(self._recipient):
            made = (signed_at, kind == "Delete", summary["startDate"].timestamp())
            newer = made > mine
            if kind == "Delete":
                # Several Deletes of one resource, with different physical IDs, can run at the same time.
                superseded = superseded or (newer and not self._deletes)
                continue
            newest = max(newest, (made, kind))
            superseded = superseded or newer
            if not newer:
                alone_at = max(alone_at, self._end(summary))
        return OtherRequests(superseded=superseded, alone_at=alone_at, updated=newest[1] == "Update")

    def _others(self, recipient: Recipient) -> Iterator[tuple[str, float, Mapping[str, Any]]]:
        """Return the kind, the time and the execution of the resource's other requests."""
        own = NAME.fullmatch(execution_name("Create", recipient))
        lister = self._client.get_paginator("list_executions")
        for page in lister.paginate(stateMachineArn=os.environ["STATE_MACHINE_ARN"], maxResults=_PAGE):
            for summary in page["executions"]:
                if summary["startDate"].timestamp() < recipient.signed_at - SERVICE_TIMEOUT:
                    return
                name = NAME.fullmatch(summary["name"])
                if name is not None and own is not None and name[2] == own[2] and name[4] != own[4]:
                    yield name[1], float(name[3]), summary

    def _end(self, summary: Mapping[str, Any]) -> float:
        """End an execution, and return when its last invocation is over; 0 if it ended by itself."""
        if summary["status"] == "RUNNING":
            self._client.stop_execution(
                executionArn=summary["executionArn"],
                error="Superseded",
                cause="CloudFormation has sent a newer request for this resource",
            )
            return self._clock() + _INVOCATION_SECONDS
        stopped = summary["stopDate"].timestamp() if summary["status"] == "ABORTED" else -_INVOCATION_SECONDS
        return float(stopped + _INVOCATION_SECONDS)
