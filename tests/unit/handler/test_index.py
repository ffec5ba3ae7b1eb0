"""The entry point: every request gets one response, and no secret is logged."""

from __future__ import annotations

import io
import json
import logging
import urllib.request
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import clients, executions, index
from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError
from tests.lifecycle.weather import client_error

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:Handler"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:Waiter"
URL = "https://cloudformation-custom-resource-response.s3.amazonaws.com/x?X-Amz-Date=20260101T000000Z&X-Amz-Signature=s3cr3t"
CONTENT = {"TrainingSpecification": {"TrainingImage": "image", "Secret": "hunter2"}}
EVENT: dict[str, Any] = {
    "RequestType": "Create",
    "RequestId": "request",
    "ResponseURL": URL,
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/Wood/1",
    "LogicalResourceId": "Forest",
    "ResourceType": "Custom::SageMakerAlgorithm",
    "ResourceProperties": CONTENT,
}
Json = Any


class Surroundings:
    """Records what the handler does."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.started: list[dict[str, Any]] = []
        self.slept = 0.0
        self.now = 1000.0
        self.troubles: list[Exception] = []

    def urlopen(self, request: Any, timeout: float) -> io.BytesIO:
        assert timeout
        assert request.full_url == URL
        self.answers.append(json.loads(request.data))
        return io.BytesIO()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def start_execution(self, **parameters: Any) -> dict[str, Any]:
        if self.troubles:
            raise self.troubles.pop(0)
        if parameters["name"] in {each["name"] for each in self.started}:
            raise client_error("StartExecution", "ExecutionAlreadyExists", "it exists")
        self.started.append(parameters)
        return {}


@pytest.fixture
def around(monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    surroundings = Surroundings()
    monkeypatch.setattr(urllib.request, "urlopen", surroundings.urlopen)
    monkeypatch.setattr(clients, "stepfunctions", lambda: surroundings)
    monkeypatch.setattr(clients, "sagemaker", lambda: None)
    clock = SimpleNamespace(time=lambda: surroundings.now, sleep=surroundings.sleep)
    monkeypatch.setattr(index, "time", clock)
    monkeypatch.setattr(executions, "time", clock)
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    return surroundings


def accept(event: Json) -> None:
    index.handler(event, SimpleNamespace(invoked_function_arn=FUNCTION))


def nested(depth: int) -> Json:
    value: Json = "x"
    for _ in range(depth):
        value = {"a": [value]}
    return value


BAD: dict[str, tuple[dict[str, Json], str]] = {
    "no request type": ({"RequestType": None}, "RequestType is missing"),
    "an unknown request type": (
        {"RequestType": "Destroy"},
        "RequestType is 'Destroy'; allowed: Create, Update, Delete",
    ),
    "a request type that is a list": ({"RequestType": ["Create"]}, "RequestType is missing"),
    "no request ID": ({"RequestId": ""}, "RequestId is missing"),
    "no stack ID": ({"StackId": None}, "StackId is missing"),
    "a stack ID that is an object": ({"StackId": {"a": 1}}, "StackId is missing"),
    "no logical ID": ({"LogicalResourceId": None}, "LogicalResourceId is missing"),
    "an unknown resource type": ({"ResourceType": "Custom::Other"}, "is not served here"),
    "no properties": ({"ResourceProperties": {}}, "no TrainingSpecification"),
    "properties that are a list": ({"ResourceProperties": [1]}, "ResourceProperties of CloudFormation's event is not"),
    "properties that are a text": ({"ResourceProperties": "x"}, "ResourceProperties of CloudFormation's event is not"),
    "an update without an ID": ({"RequestType": "Update"}, "PhysicalResourceId is missing"),
    "a delete without an ID": ({"RequestType": "Delete"}, "PhysicalResourceId is missing"),
    "old properties that are a text": (
        {"RequestType": "Update", "PhysicalResourceId": "x", "OldResourceProperties": "y"},
        "OldResourceProperties of CloudFormation's event is not",
    ),
    "a timeout that is no number": ({"ResourceProperties": {"ServiceTimeout": "soon", **CONTENT}}, "ServiceTimeout is"),
    "an infinite timeout": (
        {"ResourceProperties": {"ServiceTimeout": float("inf"), **CONTENT}},
        "is invalid: OverflowError",
    ),
    "a name that SageMaker does not take": (
        {"ResourceProperties": {"AlgorithmName": "no spaces", **CONTENT}},
        "not one that SageMaker accepts",
    ),
    "a bottomless definition": (
        {"ResourceProperties": {"TrainingSpecification": nested(3000)}},
        "is invalid: RecursionError",
    ),
    "an oversized definition": (
        {"ResourceProperties": {"AlgorithmDescription": "é" * 150_000, **CONTENT}},
        "the definition is too large: 30",
    ),
    "half a surrogate pair": (
        {"ResourceProperties": {"AlgorithmDescription": "\ud800", **CONTENT}},
        "is not Unicode",
    ),
    "a hostile resource type": ({"ResourceType": "\x00\ud800" * 5000}, "resource type"),
    "keys that are no texts": ({"ResourceProperties": {"TrainingSpecification": {1: 2, "a": 3}}}, "TypeError"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_event_is_one_clear_failure(around: Surroundings, name: str) -> None:
    changes, said = BAD[name]

    accept({**EVENT, **changes})

    [answer] = around.answers
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert answer["PhysicalResourceId"]
    assert around.started == []


def test_a_bad_create_is_rolled_back_by_a_delete_that_does_nothing(around: Surroundings) -> None:
    bad: dict[str, Any] = {**EVENT, "ResourceProperties": {}}
    accept(bad)
    physical_id = around.answers[0]["PhysicalResourceId"]

    accept({**bad, "RequestType": "Delete", "RequestId": "2", "PhysicalResourceId": physical_id})

    assert around.answers[1]["Status"] == "SUCCESS"
    assert around.started == []


@pytest.mark.parametrize(
    "url", [None, "", "ftp://x", "file:///etc/passwd", 5, "http://x/?X-Amz-Signature=1", "https://unsigned"]
)
def test_an_event_without_an_address_is_told_by_its_members_names_alone(around: Surroundings, url: Json) -> None:
    with pytest.raises(InvalidEventError) as caught:
        accept({**EVENT, "ResponseURL": url})

    assert "no ResponseURL with https and a signature among" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert around.answers == around.started == []


def test_a_request_becomes_an_execution_of_its_own_name(around: Surroundings) -> None:
    accept(EVENT)

    [started] = around.started
    assert started["stateMachineArn"] == MACHINE
    assert started["name"].startswith("Create-Forest-")
    assert len(started["name"]) <= 80
    state = json.loads(started["input"])
    assert state["FunctionArn"] == FUNCTION
    assert (state["Progress"]["started"], state["Progress"]["accepted"]) == (1000.0, 1000.0)


def test_a_request_that_is_delivered_again_begins_nothing(around: Surroundings) -> None:
    accept(EVENT)
    accept(EVENT)

    assert len(around.started) == 1
    assert around.answers == []


@pytest.mark.parametrize("change", [{"RequestId": "2"}, {"LogicalResourceId": "Other"}, {"StackId": "other/stack/2"}])
def test_another_request_is_another_execution(around: Surroundings, change: dict[str, str]) -> None:
    accept(EVENT)
    accept({**EVENT, **change})

    assert len(around.started) == 2


def test_what_broke_down_is_a_failure_without_the_errors_text(around: Surroundings) -> None:
    accept(EVENT)
    error = {"Error": "KeyError", "Cause": "secret"}

    index.handler({"Deliver": {**json.loads(around.started[0]["input"]), "Error": error}}, None)

    [answer] = around.answers
    assert "failed after all retries (KeyError)" in answer["Reason"]
    assert "secret" not in answer["Reason"]


def test_new_permissions_and_throttles_are_waited_for(around: Surroundings) -> None:
    around.troubles = [
        client_error("StartExecution", "AccessDeniedException", "not authorized"),
        client_error("StartExecution", "ThrottlingException", "Rate exceeded"),
    ]

    accept(EVENT)

    assert len(around.started) == 1
    assert around.slept == 15


def test_an_execution_that_cannot_start_is_a_failure_under_the_id_of_what_may_exist(around: Surroundings) -> None:
    around.troubles = [client_error("StartExecution", "StateMachineDoesNotExist", "gone")]

    accept(EVENT)

    [answer] = around.answers
    assert answer["Reason"] == "the waiter state machine did not start: StateMachineDoesNotExist: gone"
    assert answer["PhysicalResourceId"].startswith("forest-")


def test_a_throttle_that_does_not_end_leaves_the_event_to_lambdas_retries(around: Surroundings) -> None:
    around.troubles = [client_error("StartExecution", "ThrottlingException", "Rate exceeded") for _ in range(5)]

    with pytest.raises(Exception, match="ThrottlingException"):
        accept(EVENT)

    assert around.answers == []
    assert around.slept <= 80, "less than the function has"


def test_neither_address_nor_definition_is_logged(around: Surroundings, caplog: pytest.LogCaptureFixture) -> None:
    index.log.propagate = True
    with caplog.at_level(logging.INFO):
        accept(EVENT)
        accept({**EVENT, "RequestId": "2", "ResourceProperties": {"AlgorithmName": "no spaces", **CONTENT}})
        index.handler({"Deliver": {**json.loads(around.started[0]["input"]), "Error": {"Error": "E"}}}, None)

    assert caplog.messages
    assert "s3cr3t" not in caplog.text
    assert "hunter2" not in caplog.text
