"""Publish the outcome of a validation: an event on the default bus, and metrics in the log.

SageMaker's own event names no status and comes several times for one change. The handler reads the status anyway, so it
publishes the outcome, after CloudFormation has its response. A failure here is never a failure of the deployment. A tag
on the algorithm records what was published, so a rollback to the algorithm publishes nothing a second time. If a step
was cut off before, the event's ``Id`` is the same again.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.contract.outcome_event import (
    COMPLETED_METRIC,
    DETAIL_TYPE,
    DIMENSIONS,
    DURATION_METRIC,
    FAILED_METRIC,
    NAMESPACE,
    SOURCE,
)
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import PUBLISHED_TAG, Owner, tag_list
from cdk_sagemaker_algorithm_provider.execution_state import Validation

log = logging.getLogger(__name__)


def publish(validation: Validation, reason: str, sagemaker: Callable[[], Any], events: Callable[[], Any]) -> None:
    """Publish the outcome of a validation; errors are logged, never raised.

    Args:
        validation: The validation that ended.
        reason: Why it failed; empty if it passed.
        sagemaker: Creates the SageMaker client.
        events: Creates the EventBridge client.
    """
    try:
        _emit_metrics(validation)
        _put_event(validation, reason, events())
        client = sagemaker()
        found = Algorithms(client).find(validation.name)
        # A repeated event can find a successor with the same name, which has another outcome.
        if found is not None and found.created == validation.created:
            client.add_tags(ResourceArn=validation.arn, Tags=tag_list({PUBLISHED_TAG: validation.outcome}))
    except Exception as error:  # noqa: BLE001 - CloudFormation has its answer, and nothing here may undo it
        _warn(validation, error)


def _warn(validation: Validation, error: Exception) -> None:
    log.warning(json.dumps({"message": "not published", "id": validation.id, "problem": repr(error)}))


def _put_event(validation: Validation, reason: str, events: Any) -> None:
    detail = {
        "Id": validation.id,
        "Outcome": validation.outcome,
        "AlgorithmName": validation.name,
        "AlgorithmArn": validation.arn,
        "StackId": validation.stack_id,
        "LogicalResourceId": validation.logical_id,
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


def _emit_metrics(validation: Validation) -> None:
    """Write a line in CloudWatch's embedded metric format; Lambda does not change lines that are JSON."""
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
        "StackName": Owner(stack_id=validation.stack_id, logical_id=validation.logical_id).stack_name,
        "LogicalResourceId": validation.logical_id,
        "AlgorithmName": validation.name,
        "Outcome": validation.outcome,
        **{name: value for name, (_, value) in metrics.items()},
    }
    sys.stdout.write(json.dumps(line) + "\n")
