"""Start executions of the waiter state machine: one per request, continued if one was interrupted."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.contract import aws_errors

_RESTARTS = 10
_ENDED_WITHOUT_ANSWER = ("FAILED", "TIMED_OUT", "ABORTED")
_START_ATTEMPTS = 5
_DESCRIBE_ATTEMPTS = 6
#: How much of an execution's history is searched for a decision.
_EVENTS = 200


def start(name: str, state: str) -> None:
    """Start an execution with a name, or continue the interrupted one that has it."""
    client = clients.stepfunctions()
    machine = os.environ["STATE_MACHINE_ARN"]
    for attempt in range(_START_ATTEMPTS):
        try:
            _start_once(client, machine, name, state)
        except Exception as error:
            # The function's permissions can be new and not yet consistent.
            may_pass = aws_errors.is_denied(error) or aws_errors.is_transient(error)
            if not may_pass or attempt == _START_ATTEMPTS - 1:
                raise
            time.sleep(5 * 2**attempt)
        else:
            return


def _start_once(client: Any, machine: str, name: str, state: str) -> None:
    for restart in range(_RESTARTS):
        attempt = f"{name}-{restart}" if restart else name
        try:
            client.start_execution(stateMachineArn=machine, name=attempt, input=state)
        except Exception as error:
            if aws_errors.code(error) != "ExecutionAlreadyExists":
                raise
        else:
            return
        execution = machine.replace(":stateMachine:", ":execution:") + f":{attempt}"
        cut_off = _cut_off_state(client, execution)
        if cut_off is None:
            return
        state = cut_off


def _cut_off_state(client: Any, execution: str) -> str | None:
    """Return the state to continue an execution that ended without a response; None if none is needed."""
    described = _described(client, execution)
    if described is None or described["status"] not in _ENDED_WITHOUT_ANSWER:
        return None
    # CloudFormation began to wait when the first execution started.
    return _decided_state(client, execution) or described["input"]


def _described(client: Any, execution: str) -> Mapping[str, Any] | None:
    """Return an existing execution; None if it cannot be read, and is therefore treated as running."""
    for _ in range(_DESCRIBE_ATTEMPTS):
        try:
            described: Mapping[str, Any] = client.describe_execution(executionArn=execution)
        except Exception as error:
            if aws_errors.is_transient(error):
                raise
            # New executions and permissions are eventually consistent.
            time.sleep(5)
        else:
            return described
    return None


def _decided_state(client: Any, execution: str) -> str | None:
    """Return the state with which an execution began to deliver its response, even if it was interrupted."""
    try:
        history = client.get_execution_history(
            executionArn=execution, maxResults=_EVENTS, reverseOrder=True, includeExecutionData=True
        )
    except Exception as error:
        if aws_errors.is_transient(error):
            raise
        return None
    for event in history["events"]:
        entered = event.get("stateEnteredEventDetails", {})
        if entered.get("name") == "Deliver":
            # Without a response the steps failed; the same state leads to the same message.
            state = json.loads(entered["input"])
            return json.dumps({**state, "Decided": True})
    return None
