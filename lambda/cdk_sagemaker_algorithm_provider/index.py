"""Define the Lambda function: accept custom resource requests, run the steps of a task, send responses.

A request becomes one execution of the state machine, named after it, so a request that is delivered twice is worked
on once. The state machine invokes this function for each step, keeps what the step decided, and then has the answer
sent. A decision is therefore made once, and an answer that is sent twice is the same twice. A wait that finds
its validation passed is answered at once, without an execution.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cdk_sagemaker_algorithm_provider import clients, executions, outcome_events, tasks
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError, ResourceEvent
from cdk_sagemaker_algorithm_provider.cfn_response import (
    CfnResponse,
    Recipient,
    UndeliveredAnswerError,
    deliver,
    failure,
)
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.execution_state import ExecutionState, Incarnation, Progress
from cdk_sagemaker_algorithm_provider.executions import execution_name
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.fence import Fence
from cdk_sagemaker_algorithm_provider.lifecycle import next_step
from cdk_sagemaker_algorithm_provider.step import Run

log = logging.getLogger("cdk_sagemaker_algorithm_provider")
# Lambda sets the variable to the function's application log level.
log.setLevel(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "INFO"))

#: Step Functions carries 262,144 bytes, and the answer and an error's text come on top of what there is at first.
_STATE_BYTES = 210_000


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Handle a custom resource request, or a call from the state machine."""
    if "Step" in event:
        return step(event["Step"])
    if "Deliver" in event:
        return send(event["Deliver"])
    return accept(event, context.invoked_function_arn)


def accept(event: Mapping[str, Any], function_arn: str) -> dict[str, Any]:
    """Accept a custom resource request: respond, start its execution, or reject it."""
    recipient = Recipient.of(event)
    try:
        request = ResourceEvent.parse(event)
        task = tasks.task_of(request)
        now = time.time()
        progress = Progress(started=recipient.asked_at(now), accepted=now)
        state = ExecutionState(function_arn=function_arn, recipient=recipient, task=task, progress=progress)
        _encoded(state)
    except InvalidEventError as error:
        return _reject(recipient, failure(tasks.fallback_physical_id(event), str(error)))
    except Exception as error:  # noqa: BLE001 - whatever an event holds, CloudFormation gets an answer
        reason = f"the request is invalid: {type(error).__name__}"
        return _reject(recipient, failure(tasks.fallback_physical_id(event), reason))
    _log("accepted", recipient, request=request.request_type, task=task.kind)
    if isinstance(task, tasks.NoOp | tasks.WaitForValidation):
        state = _first_step(state)
        if _is_final(state, recipient) and _answered_at_once(state):
            return {}
    try:
        executions.start(execution_name(request.request_type, recipient), _encoded(state))
    except Exception as error:
        if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
            raise
        reason = f"the waiter state machine did not start: {aws_errors.message(error)}"
        return _reject(recipient, failure(task.physical_id_on_failure, reason))
    return {}


def _first_step(state: ExecutionState) -> ExecutionState:
    """Try to decide at once without changing anything; the state machine repeats a failed step."""
    try:
        return _stepped(state)
    except Exception as error:  # noqa: BLE001 - CloudFormation gets an answer whatever happens here
        _log("first step failed", state.recipient, problem=type(error).__name__)
        return state


def _is_final(state: ExecutionState, recipient: Recipient) -> bool:
    """Return whether a repeated delivery is decided in the same way, so that no execution has to keep the decision."""
    if state.answer is None or state.answer.status == "FAILED":
        return False
    # A wait whose time is over may have said so already.
    seconds = state.progress.accepted - recipient.signed_at
    return not isinstance(state.task, tasks.WaitForValidation) or seconds < state.task.wait_seconds


def _answered_at_once(state: ExecutionState) -> bool:
    """Send a decided response; if the response URL does not accept it, the state machine retries for longer."""
    try:
        _send(state)
    except UndeliveredAnswerError:
        _log("not delivered at once", state.recipient)
        return False
    return True


def _encoded(state: ExecutionState) -> str:
    """Return the input of an execution."""
    text = json.dumps(state.to_json(), ensure_ascii=False)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidEventError("a text in the properties is not Unicode: it has half of a surrogate pair") from None
    if size > _STATE_BYTES:
        raise InvalidEventError(
            f"the definition is too large: {size:,} bytes with the execution state; allowed: up to "
            f"{_STATE_BYTES:,} bytes; remove or shorten descriptions, hyperparameters or channels"
        )
    return text


def step(state: dict[str, Any]) -> dict[str, Any]:
    """Run one step of a task, and return its result to the state machine."""
    return _stepped(ExecutionState.from_json(state)).to_json()


def _stepped(state: ExecutionState) -> ExecutionState:
    client = clients.sagemaker()
    fence = Fence(clients.stepfunctions(), state.recipient, state.task.kind, time.time)
    run = Run(Algorithms(client), Diagnosis(client), fence, state.progress, time.time)
    outcome = next_step(run, state.task)
    state = replace(state, progress=run.progress)
    if isinstance(outcome, CfnResponse):
        _log("decided", state.recipient, status=outcome.status, physical_id=outcome.physical_id)
        return replace(state, answer=outcome)
    _log("waiting", state.recipient, seconds=outcome.seconds)
    return replace(state, wait_seconds=int(outcome.seconds))


def send(given: Mapping[str, Any]) -> dict[str, Any]:
    """Send the decided response, or a failure if the steps failed."""
    return _send(_with_answer(ExecutionState.from_json(given)))


def _send(state: ExecutionState) -> dict[str, Any]:
    recipient, answer, validation = state.recipient, state.answer, state.progress.validation
    if recipient is None or answer is None:
        # CloudFormation received the response before this execution started.
        return {}
    # Before the response: the next request ends this execution.
    for incarnation in state.progress.background:
        _delete_in_background(state, recipient, incarnation)
    deliver(answer, recipient)
    _log("answered", recipient, status=answer.status)
    if validation is not None and validation.stack_id == recipient.stack_id:
        outcome_events.publish(validation, answer.reason, clients.sagemaker, clients.events)
    return {"Status": answer.status}


def _delete_in_background(state: ExecutionState, recipient: Recipient, incarnation: Incarnation) -> None:
    """Start a background deletion; the response does not depend on it."""
    if isinstance(state.task, tasks.CreateOrUpdate | tasks.Delete):
        rest = ExecutionState(
            function_arn=state.function_arn,
            task=tasks.background_deletion(state.task.owner, incarnation.name, incarnation.created),
            progress=Progress(started=time.time()),
        )
        request = replace(recipient, request_id=f"{recipient.request_id}/{incarnation.name}")
        try:
            executions.start(execution_name("Background", request), _encoded(rest))
        except Exception as error:  # noqa: BLE001 - CloudFormation gets its answer all the same
            _log("not begun", recipient, problem=type(error).__name__)


def _with_answer(state: ExecutionState) -> ExecutionState:
    """Return the state, with a failure if the steps did not decide."""
    if state.answer is not None:
        return state
    reason = f"the handler failed after all retries ({state.error or 'unknown error'}); its log group has the details"
    return replace(state, answer=failure(state.task.physical_id_on_failure, reason))


def _reject(recipient: Recipient, answer: CfnResponse) -> dict[str, Any]:
    deliver(answer, recipient)
    _log("rejected", recipient, physical_id=answer.physical_id)
    return {}


def _log(what: str, recipient: Recipient | None, **details: Any) -> None:
    # Log neither the response URL nor the request: both can contain secrets.
    origin = {} if recipient is None else {"logical_id": recipient.logical_id, "request_id": recipient.request_id}
    entry = {"message": what, **origin, **details}
    log.info(json.dumps(entry))
