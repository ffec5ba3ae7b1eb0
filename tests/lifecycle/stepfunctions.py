"""A model of Step Functions: Standard workflows in the part of the States Language that the waiter uses.

What it holds, and where that is from:

* StartExecution with the name and input of a running execution is no error; with another input, or after the execution
  has ended, it is ExecutionAlreadyExists
  (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
* ListExecutions is "eventually consistent. The results are best effort and may not reflect very recent updates and
  changes"; a list is "sorted by time, with the most recent execution first", and a page may be shorter than asked for
  (…/API_ListExecutions.html).
* StopExecution ends the execution, not the invocation that it is waiting for.
* The data between two states is at most 262,144 bytes of UTF-8; more ends the execution with States.DataLimitExceeded,
  which States.ALL does not catch
  (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html,
  https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
* The first retrier that matches counts its own attempts; the counts begin again when a state is entered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm_provider.contract.json_types import is_object
from tests.lifecycle.botocore_shapes import check_parameters
from tests.lifecycle.loop import Loop
from tests.lifecycle.weather import Weather, client_error
from tests.support.paged import Paged

DATA_BYTES: Final = 262_144
_FIELDS: Final = {
    "Task": {"Type", "Resource", "Parameters", "TimeoutSeconds", "OutputPath", "Retry", "Catch", "Next", "End"},
    "Choice": {"Type", "Choices", "Default"},
    "Wait": {"Type", "SecondsPath", "Next"},
}
_RETRY_FIELDS: Final = {
    "ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts", "JitterStrategy",
}  # fmt: skip
#: What ``States.ALL`` does not stand for.
_TERMINAL: Final = ("States.DataLimitExceeded", "States.Runtime")


class ExecutionAlreadyExistsError(ClientError):
    """botocore's exception for this error code."""


class Invoke(Protocol):
    """Invokes a function with a payload, and reports the result later."""

    def __call__(
        self, function: str, payload: dict[str, Any], *, done: Callable[[Any], None], failed: Callable[[str, str], None]
    ) -> None: ...


@dataclass
class Execution:
    """One run of the state machine."""

    name: str
    input: str
    started: float
    status: str = "RUNNING"
    ended: float = float("inf")
    state: str = ""
    #: What goes from state to state, and the same as text, which is what is kept.
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    text: str = ""
    attempts: dict[int, int] = field(default_factory=dict[int, int])
    output: str | None = None


class StateMachine(Paged):
    """The state machine, and the client that the handler uses."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        arn: str,
        loop: Loop,
        random: Random,
        weather: Weather,
        invoke: Invoke,
    ) -> None:
        check_definition(definition)
        self._definition = definition
        self.arn = arn
        self._loop = loop
        self._random = random
        self._weather = weather
        self._invoke = invoke
        self.executions: dict[str, Execution] = {}
        #: How long what began, went on or ended may still look as before.
        self.lag = 0.0
        #: How many executions a page of a list has at most.
        self.page = 1000
        self.calls: dict[str, int] = {}
        #: How many running executions the handler has stopped.
        self.stops = 0

    # What the handler calls.

    exceptions: Final = SimpleNamespace(ExecutionAlreadyExists=ExecutionAlreadyExistsError)

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        self._called("StartExecution", parameters)
        name, data = parameters["name"], parameters["input"]
        assert parameters["stateMachineArn"] == self.arn
        assert 0 < len(name) <= 80
        if len(data.encode()) > DATA_BYTES:
            raise client_error("StartExecution", "ValidationException", "input is longer than 262144")
        existing = self.executions.get(name)
        if existing is not None and (existing.status != "RUNNING" or existing.input != data):
            text = f"Execution Already Exists: '{self._execution_arn(name)}'"
            error = client_error("StartExecution", "ExecutionAlreadyExists", text)
            raise ExecutionAlreadyExistsError(error.response, "StartExecution")
        if existing is None:
            self._begin(name, data)
        self._weather.after("StartExecution")
        return {"executionArn": self._execution_arn(name)}

    def list_executions(self, **parameters: Any) -> dict[str, Any]:
        self._called("ListExecutions", parameters)
        assert parameters["stateMachineArn"] == self.arn
        wanted = parameters.get("statusFilter")
        # A token says after which execution the next page begins: what is shown late does not move the others.
        names = [*reversed(self.executions)]
        rest = names[names.index(parameters["nextToken"]) + 1 :] if "nextToken" in parameters else names
        found = [self._summary(each) for name in rest if self._shows(each := self.executions[name])]
        found = [each for each in found if wanted in (None, each["status"])]
        size = min(parameters.get("maxResults") or 100, self.page)
        self._weather.after("ListExecutions")
        more = {"nextToken": found[size - 1]["name"]} if len(found) > size else {}
        return {"executions": found[:size], **more}

    def stop_execution(self, **parameters: Any) -> dict[str, Any]:
        self._called("StopExecution", parameters)
        execution = self.executions.get(parameters["executionArn"].rpartition(":")[2])
        if execution is None:
            raise self._unknown("StopExecution", parameters["executionArn"])
        self.stops += execution.status == "RUNNING"
        self.abort(execution)
        self._weather.after("StopExecution")
        return {"stopDate": datetime.fromtimestamp(execution.ended, UTC)}

    def _called(self, operation: str, parameters: Mapping[str, Any]) -> None:
        check_parameters("stepfunctions", operation, parameters)
        self.calls[operation] = self.calls.get(operation, 0) + 1
        self._loop.sleep(0.03)
        self._weather.before(operation, self._loop.now, storms=False)

    def _unknown(self, operation: str, arn: str) -> ClientError:
        return client_error(operation, "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")

    def _shows(self, execution: Execution) -> bool:
        return self._loop.now >= execution.started + self.lag or self._weather.coin()

    def _summary(self, execution: Execution) -> dict[str, Any]:
        """Return the fields that lists and descriptions share; a recent end may be missing."""
        ended = execution.status != "RUNNING"
        if ended and self._loop.now < execution.ended + self.lag and self._weather.coin():
            ended = False
        return {
            "executionArn": self._execution_arn(execution.name),
            "stateMachineArn": self.arn,
            "name": execution.name,
            "status": execution.status if ended else "RUNNING",
            "startDate": datetime.fromtimestamp(execution.started, UTC),
        } | ({"stopDate": datetime.fromtimestamp(execution.ended, UTC)} if ended else {})

    # What the tests do.

    def abort(self, execution: Execution) -> None:
        """An operator stops it, or the service does."""
        if execution.status == "RUNNING":
            self._end(execution, "ABORTED")

    def _execution_arn(self, name: str) -> str:
        return self.arn.replace(":stateMachine:", ":execution:") + f":{name}"

    def _begin(self, name: str, data: str) -> None:
        execution = Execution(name=name, input=data, started=self._loop.now)
        execution.data, execution.text = json.loads(data), data
        self.executions[name] = execution
        self._enter(execution, self._definition["StartAt"], delay=0.1)

    def _enter(self, execution: Execution, state: str, *, delay: float = 0.02) -> None:
        execution.state = state
        execution.attempts = {}
        if self._definition["States"][state]["Type"] == "Choice":
            self._run(execution)
        else:
            self._loop.after(delay, lambda: self._run(execution))

    def _run(self, execution: Execution) -> None:
        if execution.status != "RUNNING":
            return
        state = self._definition["States"][execution.state]
        match state["Type"]:
            case "Task":
                self._task(execution, state)
            case "Choice":
                self._enter(execution, _chosen(state, execution.data))
            case _:
                seconds = execution.data[state["SecondsPath"].removeprefix("$.")]
                assert isinstance(seconds, int), "the wait's seconds are a whole number"
                self._loop.after(seconds, lambda: self._leave(execution, state))

    def _leave(self, execution: Execution, state: Mapping[str, Any]) -> None:
        if execution.status != "RUNNING":
            return
        if state.get("End"):
            execution.output = execution.text
            self._end(execution, "SUCCEEDED")
        else:
            self._enter(execution, state["Next"])

    def _task(self, execution: Execution, state: Mapping[str, Any]) -> None:
        # A copy of its own for each attempt: what one that was killed has changed is lost.
        parameters = _filled(state["Parameters"], json.loads(execution.text))
        self._invoke(
            parameters["FunctionName"],
            parameters["Payload"],
            done=lambda result: self._succeeded(
                execution, state, {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}
            ),
            failed=lambda error, cause: self._failed(execution, state, error, cause),
        )

    def _succeeded(self, execution: Execution, state: Mapping[str, Any], output: dict[str, Any]) -> None:
        if execution.status != "RUNNING":
            return
        path = state.get("OutputPath", "$")
        if self._keep(execution, output if path == "$" else output[path.removeprefix("$.")]):
            self._leave(execution, state)

    def _keep(self, execution: Execution, data: dict[str, Any]) -> bool:
        execution.text = json.dumps(data, ensure_ascii=False)
        execution.data = data
        if len(execution.text.encode()) > DATA_BYTES:
            # States.DataLimitExceeded, which nothing catches.
            self._end(execution, "FAILED")
        return execution.status == "RUNNING"

    def _failed(self, execution: Execution, state: Mapping[str, Any], error: str, cause: str) -> None:
        if execution.status != "RUNNING":
            return
        for number, retrier in enumerate(state.get("Retry", [])):
            if not _matches(retrier["ErrorEquals"], error):
                continue
            attempt = execution.attempts.get(number, 0)
            if attempt < retrier.get("MaxAttempts", 3):
                execution.attempts[number] = attempt + 1
                self._loop.after(self._delay(retrier, attempt), lambda: self._run(execution))
                return
            break
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], error):
                member = catcher["ResultPath"].removeprefix("$.")
                if self._keep(execution, {**execution.data, member: {"Error": error, "Cause": cause}}):
                    self._enter(execution, catcher["Next"])
                return
        self._end(execution, "FAILED")

    def _delay(self, retrier: Mapping[str, Any], attempt: int) -> float:
        delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempt
        delay = min(delay, retrier.get("MaxDelaySeconds", delay))
        return self._random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay

    def _end(self, execution: Execution, status: str) -> None:
        execution.status = status
        execution.ended = self._loop.now


def check_definition(definition: Mapping[str, Any]) -> None:
    """Reject states that this model does not support."""
    for name, state in definition["States"].items():
        unknown = state.keys() - _FIELDS[state["Type"]]
        assert not unknown, f"{name} uses {unknown}"
        for retrier in state.get("Retry", []):
            assert retrier.keys() <= _RETRY_FIELDS
        for choice in state.get("Choices", []):
            assert choice.keys() == {"Variable", "IsPresent", "Next"}
        if state["Type"] == "Task":
            assert state["Resource"] == "arn:aws:states:::lambda:invoke"


def _matches(names: list[str], error: str) -> bool:
    if error in names:
        return True
    return error not in _TERMINAL and (
        "States.ALL" in names or ("States.TaskFailed" in names and "Timeout" not in error)
    )


def _chosen(state: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    for choice in state["Choices"]:
        if (choice["Variable"].removeprefix("$.") in data) == choice["IsPresent"]:
            return str(choice["Next"])
    return str(state["Default"])


def _filled(template: Any, data: Mapping[str, Any]) -> Any:
    if not is_object(template):
        return template
    filled: dict[str, Any] = {}
    for key, value in template.items():
        if key.endswith(".$"):
            filled[key.removesuffix(".$")] = data if value == "$" else data[value.removeprefix("$.")]
        else:
            filled[key] = _filled(value, data)
    return filled
