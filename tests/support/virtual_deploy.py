"""A deployment of one algorithm on a virtual clock, with the real handler and state machine.

It counts what AWS would bill. Every invocation takes as long as one is told it does, and nothing else takes any time.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from cdk_sagemaker_algorithm.cdk.provider.state_machine import state_machine_definition
from cdk_sagemaker_algorithm_provider import clients, index
from tests.support.paged import Paged

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, Recipient

Json = dict[str, Any]

_STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Trees/5d2c1f6e-0000-4000-8000-000000000000"
_FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:Handler"
_EPOCH = 1_767_225_600.0
_SERVICE_TIMEOUT = 3600
#: What Lambda's JSON format of a log line has around the message.
_LINE_BYTES = 170


@dataclass
class Deploy:
    """What a deploy took."""

    calls: Counter[str] = field(default_factory=Counter[str])
    invocations: int = 0
    transitions: int = 0
    slices: int = 0
    log_bytes: int = 0
    #: From the end of validation until CloudFormation has the last answer.
    delay: float = 0.0
    answer: str = ""


class _SageMaker(Paged):
    """One algorithm, and the seconds that its validation takes."""

    def __init__(self, deploy: Deploy, clock: _Clock, seconds: float) -> None:
        self._deploy = deploy
        self._clock = clock
        self._seconds = seconds
        self._created: float | None = None
        self._tags: list[Json] = []

    @property
    def validated_at(self) -> float:
        assert self._created is not None
        return self._created + self._seconds

    def create_algorithm(self, **request: Any) -> Json:
        self._deploy.calls["CreateAlgorithm"] += 1
        self._created = self._clock.now
        self._tags = request["Tags"]
        return {"AlgorithmArn": self._arn(request["AlgorithmName"])}

    def describe_algorithm(self, **request: Any) -> Json:
        self._deploy.calls["DescribeAlgorithm"] += 1
        if self._created is None:
            raise _missing()
        return {
            "AlgorithmName": request["AlgorithmName"],
            "AlgorithmArn": self._arn(request["AlgorithmName"]),
            "AlgorithmStatus": "InProgress" if self._clock.now < self.validated_at else "Completed",
            "CreationTime": datetime.fromtimestamp(self._created, UTC),
        }

    def list_tags(self, **_: Any) -> Json:
        self._deploy.calls["ListTags"] += 1
        return {"Tags": self._tags}

    def add_tags(self, **_: Any) -> Json:
        self._deploy.calls["AddTags"] += 1
        return {"Tags": []}

    def _arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:eu-west-1:123456789012:algorithm/{name}"


class _Events:
    def __init__(self, deploy: Deploy) -> None:
        self._deploy = deploy

    def put_events(self, **_: Any) -> Json:
        self._deploy.calls["PutEvents"] += 1
        return {"FailedEntryCount": 0}


@dataclass
class _Clock:
    now: float = _EPOCH

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class _Lines(logging.Handler):
    """Counts what the handler writes to its log."""

    def __init__(self, deploy: Deploy) -> None:
        super().__init__()
        self._deploy = deploy

    def emit(self, record: logging.LogRecord) -> None:
        self._deploy.log_bytes += len(record.getMessage().encode()) + _LINE_BYTES


def _missing() -> Exception:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - where it is needed

    error: Any = {"Error": {"Code": "ValidationException", "Message": "Algorithm trees does not exist."}}
    return ClientError(error, "DescribeAlgorithm")


class _Service(Paged):
    """CloudFormation, Lambda and Step Functions, as far as one resource after the other needs them."""

    def __init__(self, deploy: Deploy, clock: _Clock, invocation_seconds: float) -> None:
        self._deploy = deploy
        self._clock = clock
        self._seconds = invocation_seconds
        self._states: Json = state_machine_definition()["States"]
        self._begin: str = state_machine_definition()["StartAt"]
        self._started: list[Json] = []
        self._answer: CfnResponse | None = None

    def start_execution(self, **request: Any) -> Json:
        self._deploy.calls["StartExecution"] += 1
        self._started.append(json.loads(request["input"]))
        return {}

    def list_executions(self, **_: Any) -> Json:
        self._deploy.calls["ListExecutions"] += 1
        return {"executions": []}

    def deliver(self, answer: CfnResponse, recipient: Recipient, **_: Any) -> None:
        assert len(answer.body(recipient)) <= 4096
        self._answer = answer

    def provision(self, logical_id: str, resource_type: str, properties: Mapping[str, Any]) -> CfnResponse:
        """Create a resource, from CloudFormation's event to its answer."""
        signed = datetime.fromtimestamp(self._clock.now, UTC).strftime("%Y%m%dT%H%M%SZ")
        event = {
            "RequestType": "Create",
            "RequestId": f"request-{logical_id}",
            "ResponseURL": f"https://cloudformation.example/answer?X-Amz-Date={signed}&X-Amz-Signature=s",
            "StackId": _STACK_ID,
            "LogicalResourceId": logical_id,
            "ResourceType": resource_type,
            "ResourceProperties": {"ServiceToken": _FUNCTION, "ServiceTimeout": _SERVICE_TIMEOUT, **properties},
        }
        self._answer = None
        self._invoke(event)
        if self._started:
            self._execute(self._started.pop())
        assert self._answer is not None
        return self._answer

    def _invoke(self, payload: Mapping[str, Any]) -> Json:
        self._deploy.invocations += 1
        self._clock.sleep(self._seconds)
        return index.handler(payload, SimpleNamespace(invoked_function_arn=_FUNCTION))

    def _execute(self, data: Json) -> None:
        name = self._begin
        while True:
            self._deploy.transitions += 1
            state = self._states[name]
            match state["Type"]:
                case "Task":
                    (parameter,) = state["Parameters"]["Payload"]
                    result = self._invoke({parameter.removesuffix(".$"): data})
                    data = result if "OutputPath" in state else data
                case "Wait":
                    self._clock.sleep(data[state["SecondsPath"].removeprefix("$.")])
                case _:
                    name = next(
                        (each["Next"] for each in state["Choices"] if each["Variable"].removeprefix("$.") in data),
                        state["Default"],
                    )
                    continue
            if state.get("End"):
                return
            name = state["Next"]


def deploy(
    definition: Mapping[str, Any], *, validation_seconds: float, slices: int, invocation_seconds: float = 0.0
) -> Deploy:
    """Deploy an algorithm with its slices.

    Args:
        definition: The algorithm, as the API has it.
        validation_seconds: How long SageMaker takes to validate it.
        slices: How many slices wait for it.
        invocation_seconds: How long each invocation of the function takes.
    """
    counted = Deploy(slices=slices)
    clock = _Clock()
    sagemaker = _SageMaker(counted, clock, validation_seconds)
    service = _Service(counted, clock, invocation_seconds)
    with _patched(counted, clock, sagemaker, service):
        answer = service.provision(
            "Algorithm", "Custom::SageMakerAlgorithm", {"AlgorithmNamePrefix": "Trees", **definition}
        )
        for number in range(1, slices + 1):
            properties = {
                "AlgorithmName": answer.data["AlgorithmName"],
                "CreationTime": answer.data["CreationTime"],
                "WaitIndex": number,
                "WaitCount": slices,
                "ValidationTimeoutInSeconds": slices * 2880,
            }
            answer = service.provision(f"Validation{number}", "Custom::SageMakerAlgorithmValidation", properties)
            if answer.status == "FAILED":
                break
    counted.delay = clock.now - sagemaker.validated_at
    counted.answer = answer.status
    return counted


@contextmanager
def _patched(deploy: Deploy, clock: _Clock, sagemaker: _SageMaker, service: _Service) -> Generator[None]:
    lines = _Lines(deploy)
    with ExitStack() as stack:
        for target, name, value in (
            (clients, "sagemaker", lambda: sagemaker),
            (clients, "stepfunctions", lambda: service),
            (clients, "events", lambda: _Events(deploy)),
            (index, "deliver", service.deliver),
            (index, "time", clock),
        ):
            stack.enter_context(patch.object(target, name, value))
        stack.enter_context(patch.dict("os.environ", STATE_MACHINE_ARN="arn:aws:states:::stateMachine:Waiter"))
        index.log.addHandler(lines)
        stack.callback(index.log.removeHandler, lines)
        yield
