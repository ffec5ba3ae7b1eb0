"""A model of Step Functions: Standard workflows in the part of the States Language that the waiter uses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError

from cdk_sagemaker_algorithm_provider.contract.json_types import is_object

from .loop import Loop
from .weather import Weather, client_error

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


@dataclass(frozen=True)
class TaskFailedError(Exception):
    """A task ended with an error, after some time."""

    error: str
    cause: str
    seconds: float


class ExecutionAlreadyExistsError(ClientError):
    """What botocore makes of the error of this code."""


#: Invokes a function with a payload; returns its result and how long it took.
Invoke = Callable[[str, dict[str, Any]], tuple[Any, float]]


@dataclass
class Execution:
    """One run of the state machine."""

    name: str
    input: str
    started: float
    status: str = "RUNNING"
    state: str = ""
    #: What goes from state to state, and the same as text, which is what is kept.
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    text: str = ""
    attempts: dict[int, int] = field(default_factory=dict[int, int])
    output: str | None = None
    #: What a state began with: (time, state, input).
    entered: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])


class StateMachine:
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
        self.describe_lag = 0.0
        self.on_end: Callable[[Execution], None] = lambda _: None

    # What the handler calls.

    exceptions: Final = SimpleNamespace(ExecutionAlreadyExists=ExecutionAlreadyExistsError)

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        self._loop.sleep(0.03)
        self._weather.before("StartExecution", self._loop.now, storms=False)
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

    def describe_execution(self, **parameters: Any) -> dict[str, Any]:
        self._loop.sleep(0.03)
        self._weather.before("DescribeExecution", self._loop.now, storms=False)
        name = parameters["executionArn"].rpartition(":")[2]
        execution = self.executions.get(name)
        lags = execution is not None and self._loop.now < execution.started + self.describe_lag
        if execution is None or (lags and self._weather.coin()):
            text = f"Execution Does Not Exist: '{parameters['executionArn']}'"
            raise client_error("DescribeExecution", "ExecutionDoesNotExist", text)
        self._weather.after("DescribeExecution")
        result = {"executionArn": parameters["executionArn"], "name": name, "status": execution.status}
        return {**result, "input": execution.input} | ({"output": execution.output} if execution.output else {})

    def get_execution_history(self, **parameters: Any) -> dict[str, Any]:
        self._loop.sleep(0.03)
        self._weather.before("GetExecutionHistory", self._loop.now, storms=False)
        execution = self.executions[parameters["executionArn"].rpartition(":")[2]]
        events = [
            {"type": "StateEntered", "id": number, "stateEnteredEventDetails": {"name": state, "input": data}}
            for number, (_, state, data) in enumerate(execution.entered)
        ]
        self._weather.after("GetExecutionHistory")
        return {"events": events[::-1] if parameters.get("reverseOrder") else events}

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
        execution.entered.append((self._loop.now, state, execution.text))
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
        begun = self._loop.now
        try:
            result, seconds = self._invoke(parameters["FunctionName"], parameters["Payload"])
        except TaskFailedError as failed:
            self._loop.now = begun
            error, cause = failed.error, failed.cause
            self._loop.after(failed.seconds, lambda: self._failed(execution, state, error, cause))
            return
        self._loop.now = begun
        output = {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}
        self._loop.after(seconds, lambda: self._succeeded(execution, state, output))

    def _succeeded(self, execution: Execution, state: Mapping[str, Any], output: dict[str, Any]) -> None:
        if execution.status != "RUNNING":
            return
        path = state.get("OutputPath", "$")
        if self._keep(execution, output if path == "$" else output[path.removeprefix("$.")]):
            self._leave(execution, state)

    def _keep(self, execution: Execution, data: dict[str, Any]) -> bool:
        execution.data, execution.text = data, json.dumps(data)
        if len(execution.text) > DATA_BYTES:
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
        self.on_end(execution)


def check_definition(definition: Mapping[str, Any]) -> None:
    """Refuse what this model does not know, so that nothing is passed over in silence."""
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
