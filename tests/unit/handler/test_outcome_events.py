"""Outcome events and metrics: published once, and never a reason to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import clients, index
from cdk_sagemaker_algorithm_provider.execution_state import Validation
from cdk_sagemaker_algorithm_provider.outcome_events import publish
from tests.support.paged import Paged

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Trees/11111111-2222"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:algorithm/forest-1"
FAILED = Validation(
    outcome="Failed",
    name="forest-1",
    arn=ARN,
    created=1_800_000_000.0,
    ended=1_800_000_090.5,
    stack_id=STACK,
    logical_id="Forest",
)


class SageMaker(Paged):
    def __init__(self, tags: dict[str, str]) -> None:
        self.tags = tags

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        assert ResourceArn == ARN
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def describe_algorithm(self, AlgorithmName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        created = datetime.fromtimestamp(FAILED.created, UTC)
        return {"AlgorithmArn": f"arn/{AlgorithmName}", "AlgorithmStatus": "Failed", "CreationTime": created}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803 - the API's names
        assert ResourceArn == ARN
        self.tags |= {each["Key"]: each["Value"] for each in Tags}


class Events:
    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self.answer = answer or {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - the API's name
        self.entries += Entries
        return self.answer


def owned() -> SageMaker:
    return SageMaker({"cdk-sagemaker-algorithm:stack-id": STACK, "cdk-sagemaker-algorithm:logical-id": "Forest"})


def tell(sagemaker: SageMaker, events: Events, validation: Validation = FAILED, reason: str = "no accuracy") -> None:
    publish(validation, reason, lambda: sagemaker, lambda: events)


def test_the_event_says_what_happened_to_whom_and_why() -> None:
    events = Events()
    tell(owned(), events)

    (entry,) = events.entries
    assert (entry["Source"], entry["DetailType"]) == ("cdk-sagemaker-algorithm", "SageMaker Algorithm Validation")
    assert entry["Resources"] == [ARN]
    assert json.loads(entry["Detail"]) == {
        "Id": f"{ARN}/1800000000.000/Failed",
        "Outcome": "Failed",
        "AlgorithmName": "forest-1",
        "AlgorithmArn": ARN,
        "StackId": STACK,
        "LogicalResourceId": "Forest",
        "CreationTime": "2027-01-15T08:00:00+00:00",
        "DurationInSeconds": 90.5,
        "Reason": "no accuracy",
    }


def test_metrics_are_one_line_of_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    tell(owned(), Events())

    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    (directive,) = found["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "SageMakerAlgorithm"
    assert directive["Dimensions"] == [["StackName", "LogicalResourceId"]]
    assert {each["Name"]: found[each["Name"]] for each in directive["Metrics"]} == {
        "ValidationDuration": 90.5,
        "ValidationCompleted": 0,
        "ValidationFailed": 1,
    }
    assert (found["StackName"], found["LogicalResourceId"]) == ("Trees", "Forest")


def test_the_algorithm_remembers_what_was_published() -> None:
    sagemaker = owned()
    tell(sagemaker, Events())

    assert sagemaker.tags["cdk-sagemaker-algorithm:published-outcome"] == "Failed"


def test_what_eventbridge_did_not_take_is_told_again_with_the_same_id() -> None:
    sagemaker = owned()
    broken = Events({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]})
    tell(sagemaker, broken)
    working = Events()
    tell(sagemaker, working)

    assert [json.loads(each.entries[0]["Detail"])["Id"] for each in (broken, working)] == [FAILED.id] * 2


def broken_client() -> Any:
    raise RuntimeError("no region")


@pytest.mark.parametrize(
    ("sagemaker", "events"), [(broken_client, Events), (owned, broken_client), (broken_client, broken_client)]
)
def test_no_failure_is_a_failure_of_the_deploy(
    sagemaker: Callable[[], Any], events: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    publish(FAILED, "", sagemaker, events)

    assert "not published" in caplog.text


def state(**progress: Any) -> dict[str, Any]:
    return {
        "FunctionArn": "arn",
        "Recipient": {"response_url": "https://example.com", "stack_id": STACK, "request_id": "1", "logical_id": "V"},
        "Task": {"kind": "wait-for-validation"},
        "Progress": {"started": 0, **progress},
        "Answer": {"status": "FAILED", "physical_id": "V", "reason": "no accuracy", "data": {}},
    }


def delivering(monkeypatch: pytest.MonkeyPatch, deliver: Callable[..., None]) -> tuple[SageMaker, Events]:
    sagemaker, events = owned(), Events()
    monkeypatch.setattr(index, "deliver", deliver)
    monkeypatch.setattr(clients, "sagemaker", lambda: sagemaker)
    monkeypatch.setattr(clients, "events", lambda: events)
    return sagemaker, events


def nothing(*_: object, **__: object) -> None:
    """Deliver nowhere."""


def test_cloudformation_has_its_answer_before_anything_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[int] = []

    def delivered(*_: object, **__: object) -> None:
        published.append(len(events.entries))

    _, events = delivering(monkeypatch, delivered)
    index.send(json.loads(json.dumps(state(validation=asdict(FAILED)))))

    assert published == [0]
    assert json.loads(events.entries[0]["Detail"])["Reason"] == "no accuracy"


def test_a_wait_of_another_stack_publishes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, events = delivering(monkeypatch, nothing)
    index.send(state(validation=asdict(replace(FAILED, stack_id="arn:aws:cloudformation:::stack/Other/1"))))

    assert events.entries == []


def test_nothing_is_published_where_nothing_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "deliver", nothing)
    monkeypatch.setattr(clients, "sagemaker", broken_client)

    assert index.send(state()) == {"Status": "FAILED"}
