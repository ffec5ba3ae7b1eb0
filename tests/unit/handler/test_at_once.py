"""Requests that are answered in their first invocation, without an execution."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import clients, executions, index, outcome_events
from cdk_sagemaker_algorithm_provider.cfn_response import CfnResponse, Recipient, UndeliveredAnswerError
from cdk_sagemaker_algorithm_provider.contract.resource_schema import VALIDATION_TYPE
from cdk_sagemaker_algorithm_provider.execution_state import Validation
from tests.support.virtual_deploy import deploy
from tests.unit.handler.account import EPOCH, STACK, Account, Record

DEFINITION: dict[str, Any] = {"TrainingSpecification": {"TrainingImage": "image"}}


def url(*, seconds_ago: float) -> str:
    """A ResponseURL that was signed so long ago."""
    signed = datetime.fromtimestamp(time.time() - seconds_ago, UTC)
    return f"https://s3.example/x?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&X-Amz-Signature=s"


class Handler:
    """The handler in an account with one algorithm."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, status: str) -> None:
        self.account = Account(now=EPOCH + 60)
        owned = {"cdk-sagemaker-algorithm:stack-id": STACK, "cdk-sagemaker-algorithm:logical-id": "Forest"}
        self.account.algorithms["forest-1"] = Record(created=EPOCH, status=status, tags=owned)
        self.answers: list[CfnResponse] = []
        self.reachable = True
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.published: list[str] = []
        monkeypatch.setattr(clients, "sagemaker", lambda: self.account)
        monkeypatch.setattr(clients, "stepfunctions", lambda: self.account)
        monkeypatch.setattr(index, "deliver", self.deliver)
        monkeypatch.setattr(executions, "start", self.start)
        monkeypatch.setattr(outcome_events, "publish", self.publish)

    def deliver(self, answer: CfnResponse, _: Recipient, **__: object) -> None:
        if not self.reachable:
            raise UndeliveredAnswerError("no")
        self.answers.append(answer)

    def start(self, name: str, state: str) -> None:
        self.started.append((name, json.loads(state)))

    def publish(self, validation: Validation, *_: object) -> None:
        self.published.append(validation.outcome)

    def accept(self, kind: str = "Create", **changes: Any) -> None:
        event = {
            "RequestType": kind,
            "RequestId": "r",
            "ResponseURL": url(seconds_ago=1),
            "StackId": STACK,
            "LogicalResourceId": "Wait",
            "ResourceType": VALIDATION_TYPE,
            "ResourceProperties": {"AlgorithmName": "forest-1", "WaitIndex": "1", "WaitCount": "1"},
            **changes,
        }
        index.accept(event, "function")


def test_a_wait_that_finds_the_validation_ended_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(monkeypatch, "Completed")
    handler.accept()

    assert [answer.status for answer in handler.answers] == ["SUCCESS"]
    assert handler.started == []
    assert handler.published == ["Completed"]


def test_a_wait_that_finds_it_under_way_is_an_execution_that_waits_first(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(monkeypatch, "InProgress")
    handler.accept()

    ((name, state),) = handler.started
    assert name.startswith("Create-Wait-")
    assert 25 <= state["WaitSeconds"] <= 35
    assert handler.answers == []


def test_an_answer_that_is_not_delivered_is_left_to_an_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(monkeypatch, "Completed")
    handler.reachable = False
    handler.accept()

    ((_, state),) = handler.started
    assert state["Answer"]["status"] == "SUCCESS"
    assert state["Progress"]["validation"]["outcome"] == "Completed"


@pytest.mark.parametrize("seconds", [60, 3 * 3600])
def test_a_wait_whose_time_is_over_is_an_execution_because_it_may_have_said_so_already(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    handler = Handler(monkeypatch, "Completed")
    properties = {"AlgorithmName": "forest-1", "WaitIndex": "1", "WaitCount": "1", "ValidationTimeoutInSeconds": "60"}
    handler.accept(ResponseURL=url(seconds_ago=seconds), ResourceProperties=properties)

    ((_, state),) = handler.started
    assert state["Answer"]["status"] == "SUCCESS"
    assert handler.answers == []


def test_what_goes_wrong_at_first_is_tried_again_by_an_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(monkeypatch, "Completed")
    handler.account.errors["DescribeAlgorithm"] = [KeyError("a mistake")]
    handler.accept()

    assert len(handler.started) == 1


def test_deleting_a_wait_needs_no_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler(monkeypatch, "Completed")
    handler.accept("Delete", PhysicalResourceId="Wait:validation")

    assert [answer.physical_id for answer in handler.answers] == ["Wait:validation"]
    assert handler.account.calls == []
    assert handler.started == []


def test_each_remaining_wait_costs_one_invocation() -> None:
    """A validation of ten minutes and five waits: one that waits, and four that come after its end."""
    short, long = (
        deploy(DEFINITION, validation_seconds=600, slices=slices, invocation_seconds=1.0) for slices in (1, 5)
    )

    assert long.invocations - short.invocations == 4
    assert long.calls["DescribeAlgorithm"] - short.calls["DescribeAlgorithm"] == 4
    assert long.calls["StartExecution"] == short.calls["StartExecution"] == 2
    assert long.transitions == short.transitions
    # One poll, what delivers its answer, and an invocation for each wait that remains.
    assert long.delay <= 35 + 2 + 4
