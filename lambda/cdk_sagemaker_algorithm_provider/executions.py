"""Executions of the waiter state machine: one for each request, continued where one was cut off."""

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
    """Begin an execution with this name, or continue the one that has it and was cut off."""
    client = clients.stepfunctions()
    machine = os.environ["STATE_MACHINE_ARN"]
    for attempt in range(_START_ATTEMPTS):
        try:
            _start_once(client, machine, name, state)
        except Exception as error:
            # The function's own permissions may be a moment old.
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
    """Return the state from which to continue an execution that ended without a response; None if there is no need."""
    described = _described(client, execution)
    if described is None or described["status"] not in _ENDED_WITHOUT_ANSWER:
        return None
    # The first execution's time counts, because it is when CloudFormation began to wait.
    return _decided_state(client, execution) or described["input"]


def _described(client: Any, execution: str) -> Mapping[str, Any] | None:
    """Return an execution that exists, None where that cannot be learnt: then it is being worked on."""
    for _ in range(_DESCRIBE_ATTEMPTS):
        try:
            described: Mapping[str, Any] = client.describe_execution(executionArn=execution)
        except Exception as error:
            if aws_errors.is_transient(error):
                raise
            # What was begun or allowed a moment ago may not be known everywhere yet.
            time.sleep(5)
        else:
            return described
    return None


def _decided_state(client: Any, execution: str) -> str | None:
    """Return the state with which an execution began to deliver its response, perhaps before it was cut off."""
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
            # Without an answer it says that the steps failed; the same words are found again from the same state.
            state = json.loads(entered["input"])
            return json.dumps({**state, "Decided": True})
    return None
