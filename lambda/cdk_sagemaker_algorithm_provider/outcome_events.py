"""What the world is told of a validation that is over: one event on the account's bus, and metrics in the log.

SageMaker's own event names no status and comes several times for one change, so the handler, which looks at the status
anyway, tells the outcome itself. It does so after CloudFormation has its answer, and no failure here is a failure of
the deploy. A tag on the algorithm remembers what was told, so a rollback to an algorithm tells nothing a second time;
where that is not enough (a step that was cut off), the event's ``Id`` is the same again.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.outcome_event import (
    COMPLETED_METRIC,
    DETAIL_TYPE,
    DIMENSIONS,
    DURATION_METRIC,
    FAILED_METRIC,
    NAMESPACE,
    SOURCE,
    Outcome,
)
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    PUBLISHED_TAG,
    RESOURCE_TAG,
    STACK_TAG,
    tag_list,
    tag_map,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validation that is over, or that nobody waits for any longer."""

    outcome: Outcome
    name: str
    arn: str
    created: float
    ended: float

    @property
    def id(self) -> str:
        """The same for the same validation, however often it is told."""
        return f"{self.arn}/{self.created:.3f}/{self.outcome}"

    @property
    def seconds(self) -> float:
        """How long it took, to about half a minute."""
        return round(max(0.0, self.ended - self.created), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is to be told of a validation, ready before CloudFormation has its answer.

    A rollback deletes a failed algorithm as soon as it can, so whose it is has to be asked before.
    """

    validation: Validation
    tags: Mapping[str, str]
    client: Any

    def make(self, reason: str, events: Callable[[], Any]) -> None:
        """Tell it; nothing is raised.

        Args:
            reason: Why the validation failed; empty when it did not.
            events: Makes the EventBridge client.
        """
        told = tag_list({PUBLISHED_TAG: self.validation.outcome})
        try:
            _emit_metrics(self.validation, self.tags)
            _put_event(self.validation, self.tags, reason, events())
            self.client.add_tags(ResourceArn=self.validation.arn, Tags=told)
        except Exception as error:  # noqa: BLE001 (CloudFormation has its answer, and nothing here may undo it)
            _warn(self.validation, error)


def prepare(validation: Mapping[str, Any] | None, sagemaker: Callable[[], Any]) -> Announcement | None:
    """What is to be told of a validation; None when there is nothing, or it was told before. Nothing is raised.

    Args:
        validation: The validation, as the state machine carries it.
        sagemaker: Makes the SageMaker client.
    """
    if validation is None:
        return None
    over = Validation(**validation)
    try:
        client = sagemaker()
        tags = tag_map(client.list_tags(ResourceArn=over.arn).get("Tags"))
    except Exception as error:  # noqa: BLE001 (the answer matters, and what is told beside it does not)
        _warn(over, error)
        return None
    if STACK_TAG not in tags or tags.get(PUBLISHED_TAG) == over.outcome:
        return None
    return Announcement(validation=over, tags=tags, client=client)


def _warn(validation: Validation, error: Exception) -> None:
    log.warning(json.dumps({"message": "not announced", "id": validation.id, "problem": repr(error)}))


def _put_event(validation: Validation, tags: Mapping[str, str], reason: str, events: Any) -> None:
    detail = {
        "Id": validation.id,
        "Outcome": validation.outcome,
        "AlgorithmName": validation.name,
        "AlgorithmArn": validation.arn,
        "StackId": tags[STACK_TAG],
        "LogicalResourceId": tags.get(RESOURCE_TAG, ""),
        "CreationTime": datetime.fromtimestamp(validation.created, UTC).isoformat(),
        "DurationInSeconds": validation.seconds,
        **({"Reason": reason} if reason else {}),
    }
    entry = {
        "Source": SOURCE,
        "DetailType": DETAIL_TYPE,
        "Resources": [validation.arn],
        "Detail": json.dumps(detail),
    }
    answer = events.put_events(Entries=[entry])
    if answer.get("FailedEntryCount"):
        raise RuntimeError(f"EventBridge did not take the event: {answer['Entries'][0].get('ErrorCode')}")


def _emit_metrics(validation: Validation, tags: Mapping[str, str]) -> None:
    """Write a line of CloudWatch's embedded metric format; as JSON by itself, Lambda leaves it as it is."""
    metrics = {
        DURATION_METRIC: ("Seconds", validation.seconds),
        COMPLETED_METRIC: ("Count", int(validation.outcome == "Completed")),
        FAILED_METRIC: ("Count", int(validation.outcome != "Completed")),
    }
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(DIMENSIONS)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in metrics.items()],
                }
            ],
        },
        "StackName": tags[STACK_TAG].split("/")[1] if "/" in tags[STACK_TAG] else tags[STACK_TAG],
        "LogicalResourceId": tags.get(RESOURCE_TAG, ""),
        "AlgorithmName": validation.name,
        "Outcome": validation.outcome,
        **{name: value for name, (_, value) in metrics.items()},
    }
    sys.stdout.write(json.dumps(line) + "\n")
