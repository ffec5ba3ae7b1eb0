"""The Lambda function: takes CloudFormation's requests in, does the steps of a task, and sends the answers.

A request becomes one execution of the state machine, named after it, so a request that is delivered twice is worked
on once. The state machine invokes this function for each step, keeps what the step decided, and then has the answer
sent. A decision is therefore made once, and an answer that is sent twice is the same twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cdk_sagemaker_algorithm_provider import clients, tasks
from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError, ResourceEvent
from cdk_sagemaker_algorithm_provider.cfn_response import Answer, Recipient, deliver, failure
from cdk_sagemaker_algorithm_provider.contract import aws_errors
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.lifecycle import Lifecycle
from cdk_sagemaker_algorithm_provider.outcome_events import prepare

log = logging.getLogger("cdk_sagemaker_algorithm_provider")
log.setLevel(logging.INFO)

_RESTARTS = 10
_ENDED_WITHOUT_ANSWER = ("FAILED", "TIMED_OUT", "ABORTED")
_START_ATTEMPTS = 5
_DESCRIBE_ATTEMPTS = 6
#: How much of an execution's history is looked through for a decision.
_EVENTS = 200
#: Step Functions carries 262,144 bytes, and the answer and an error's text come on top of what there is at first.
_STATE_BYTES = 210_000


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Serve CloudFormation, or one state of the state machine."""
    if "Step" in event:
        return step(event["Step"])
    if "Deliver" in event:
        return send(event["Deliver"])
    return accept(event, context.invoked_function_arn)


def accept(event: Mapping[str, Any], function_arn: str) -> dict[str, Any]:
    """Take a request of CloudFormation in: begin its execution, or refuse what cannot be understood."""
    recipient = _recipient(event)
    try:
        request = ResourceEvent.parse(event)
        task = tasks.task_of(request)
        state = _state(function_arn, recipient, task)
    except InvalidEventError as error:
        return _refuse(event, recipient, str(error))
    except Exception as error:  # noqa: BLE001 (whatever an event holds, CloudFormation gets an answer)
        return _refuse(event, recipient, f"the request cannot be understood: {type(error).__name__}")
    _log("accepted", recipient, request=request.request_type, task=task.kind)
    try:
        _start(_execution_name(request.request_type, recipient), state)
    except Exception as error:
        if not aws_errors.is_aws(error) or aws_errors.is_transient(error):
            raise
        # An earlier delivery may have begun what this one cannot, so the ID is the one that it would have said.
        reason = f"the waiter did not start: {aws_errors.message(error)}"
        return _refuse(event, recipient, reason, physical_id=task.physical_id_on_failure)
    return {}


def _state(function_arn: str, recipient: Recipient, task: tasks.Task) -> str:
    """What an execution begins with."""
    now = time.time()
    state = json.dumps(
        {
            "FunctionArn": function_arn,
            "Recipient": asdict(recipient),
            "Task": tasks.to_json(task),
            "Progress": {"Started": recipient.asked_at(now)},
        },
        ensure_ascii=False,
    )
    try:
        size = len(state.encode())
    except UnicodeEncodeError:
        raise InvalidEventError("a text in the properties is not Unicode: it has half of a surrogate pair") from None
    if size > _STATE_BYTES:
        raise InvalidEventError(
            f"the definition is too large: {size:,} bytes with what is needed to work on it, at most "
            f"{_STATE_BYTES:,} can be carried; leave out or shorten descriptions, hyperparameters or channels"
        )
    return state


def step(state: dict[str, Any]) -> dict[str, Any]:
    """Do one step of a task; what it decided goes back into the state machine."""
    if "Answer" in state:
        # An execution that was cut off had decided already.
        return state
    task = tasks.from_json(state["Task"])
    client = clients.sagemaker()
    lifecycle = Lifecycle(Algorithms(client, clients.create_algorithm_shape()), Diagnosis(client), time.time)
    outcome = lifecycle.step(task, state["Progress"])
    recipient = Recipient(**state["Recipient"]) if state["Recipient"] else None
    if isinstance(outcome, Answer):
        _log("decided", recipient, status=outcome.status, physical_id=outcome.physical_id)
        return {**state, "Answer": asdict(outcome)}
    _log("waiting", recipient, seconds=outcome.seconds)
    return {**state, "WaitSeconds": outcome.seconds}


def send(state: Mapping[str, Any]) -> dict[str, Any]:
    """Send the answer that was decided, or say that the steps themselves failed."""
    if not state["Recipient"]:
        # CloudFormation was answered before this execution began.
        return {}
    recipient = Recipient(**state["Recipient"])
    answer = Answer(**state["Answer"]) if "Answer" in state else _breakdown(state)
    announcement = prepare(state.get("Progress", {}).get("Validation"), clients.sagemaker)
    deliver(answer, recipient, sleep=time.sleep)
    _log("answered", recipient, status=answer.status)
    if announcement is not None:
        announcement.make(answer.reason, clients.events)
    if "Lingers" in state.get("Progress", {}):
        _linger(state)
    return {"Status": answer.status}


def _linger(state: Mapping[str, Any]) -> None:
    """Go on with what CloudFormation waits for no longer, so that nothing stays behind."""
    task = tasks.from_json(state["Task"])
    if isinstance(task, tasks.CreateOrUpdate | tasks.Delete):
        rest = tasks.lingering(task.owner, **state["Progress"]["Lingers"])
        beginning = {
            "FunctionArn": state["FunctionArn"],
            "Recipient": None,
            "Task": tasks.to_json(rest),
            "Progress": {"Started": time.time()},
        }
        _start(_execution_name("Linger", Recipient(**state["Recipient"])), json.dumps(beginning))


def _breakdown(state: Mapping[str, Any]) -> Answer:
    task = tasks.from_json(state["Task"])
    problem = state.get("Error", {}).get("Error", "unknown error")
    return failure(
        task.physical_id_on_failure,
        f"the handler failed and was tried again in vain ({problem}); its log group has the details",
    )


def _refuse(event: Mapping[str, Any], recipient: Recipient, reason: str, *, physical_id: str = "") -> dict[str, Any]:
    physical_id = physical_id or tasks.fallback_physical_id(event)
    deliver(failure(physical_id, reason), recipient, sleep=time.sleep)
    _log("refused", recipient, physical_id=physical_id)
    return {}


def _recipient(event: Mapping[str, Any]) -> Recipient:
    url = event.get("ResponseURL")
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        # Nobody can be answered. Only the names of the members are told: the event may hold secrets.
        raise InvalidEventError(f"not an event of CloudFormation: no ResponseURL among {sorted(event)}")
    return Recipient(
        response_url=url,
        stack_id=str(event.get("StackId", "")),
        request_id=str(event.get("RequestId", "")),
        logical_id=str(event.get("LogicalResourceId", "")),
    )


def _execution_name(what: str, recipient: Recipient) -> str:
    """The same for the same request, and readable in a list of executions."""
    identity = f"{recipient.stack_id}|{recipient.logical_id}|{recipient.request_id}"
    readable = re.sub(r"[^A-Za-z0-9-]", "-", recipient.logical_id)[:40]
    return f"{what}-{readable}-{hashlib.sha256(identity.encode()).hexdigest()[:20]}"


def _start(name: str, state: str) -> None:
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
    """What an execution that ended without an answer leaves to be gone on with; None where there is no need."""
    described = _described(client, execution)
    if described is None or described["status"] not in _ENDED_WITHOUT_ANSWER:
        return None
    # The first execution's time counts, because it is when CloudFormation began to wait.
    return _decided_state(client, execution) or described["input"]


def _described(client: Any, execution: str) -> Mapping[str, Any] | None:
    """An execution that exists, None where that is not to be learnt: then it is being worked on."""
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
    """The state with the answer that an execution had decided on, and may have delivered before it was cut off."""
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
            state = json.loads(entered["input"])
            return json.dumps({**state, "Answer": state.get("Answer") or asdict(_breakdown(state))})
    return None


def _log(what: str, recipient: Recipient | None, **details: Any) -> None:
    # Neither the address nor the request itself: both can hold secrets.
    origin = {} if recipient is None else {"logical_id": recipient.logical_id, "request_id": recipient.request_id}
    entry = {"message": what, **origin, **details}
    log.info(json.dumps(entry))
