"""What the handler tells of a validation, once, and without ever failing for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import clients, index
from cdk_sagemaker_algorithm_provider.outcome_events import Validation, prepare

STACK = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Trees/11111111-2222"
ARN = "arn:aws:sagemaker:eu-west-1:123456789012:algorithm/forest-1"
FAILED = Validation(outcome="Failed", name="forest-1", arn=ARN, created=1_800_000_000.0, ended=1_800_000_090.5)


class SageMaker:
    def __init__(self, tags: dict[str, str]) -> None:
        self.tags = tags

    def list_tags(self, ResourceArn: str) -> dict[str, Any]:  # noqa: N803 (the API's name)
        assert ResourceArn == ARN
        return {"Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()]}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:  # noqa: N803 (the API's names)
        assert ResourceArn == ARN
        self.tags |= {each["Key"]: each["Value"] for each in Tags}


class Events:
    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.entries: list[dict[str, Any]] = []
        self.answer = answer or {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 (the API's name)
        self.entries += Entries
        return self.answer


def owned() -> SageMaker:
    return SageMaker({"cdk-sagemaker-algorithm:stack-id": STACK, "cdk-sagemaker-algorithm:logical-id": "Forest"})


def tell(sagemaker: SageMaker, events: Events, validation: Validation = FAILED, reason: str = "no accuracy") -> None:
    announcement = prepare(asdict(validation), lambda: sagemaker)
    if announcement is not None:
        announcement.make(reason, lambda: events)


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


def test_it_is_told_once() -> None:
    sagemaker, events = owned(), Events()
    tell(sagemaker, events)
    tell(sagemaker, events)

    assert len(events.entries) == 1


def test_another_outcome_of_the_same_algorithm_is_told() -> None:
    sagemaker, events = owned(), Events()
    tell(sagemaker, events, replace(FAILED, outcome="TimedOut"))
    tell(sagemaker, events)

    assert [json.loads(each["Detail"])["Outcome"] for each in events.entries] == ["TimedOut", "Failed"]


def test_nothing_is_told_of_somebody_elses_algorithm(capsys: pytest.CaptureFixture[str]) -> None:
    events = Events()
    tell(SageMaker({"team": "tables"}), events)

    assert events.entries == []
    assert capsys.readouterr().out == ""


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
    announcement = prepare(asdict(FAILED), sagemaker)
    if announcement is not None:
        announcement.make("", events)

    assert "not announced" in caplog.text


def state(**progress: Any) -> dict[str, Any]:
    return {
        "FunctionArn": "arn",
        "Recipient": {"response_url": "https://example.com", "stack_id": STACK, "request_id": "1", "logical_id": "V"},
        "Task": {},
        "Progress": {"Started": 0, **progress},
        "Answer": {"status": "FAILED", "physical_id": "V", "reason": "no accuracy", "data": {}},
    }


def test_whose_it_is_is_asked_before_the_answer_and_told_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sagemaker, events = owned(), Events()

    def delivered(*_: object, **__: object) -> None:
        order.append(f"answer, {len(events.entries)} told")
        # A rollback may delete the algorithm at once.
        sagemaker.tags = {}

    monkeypatch.setattr(index, "deliver", delivered)
    monkeypatch.setattr(clients, "sagemaker", lambda: sagemaker)
    monkeypatch.setattr(clients, "events", lambda: events)
    index.send(json.loads(json.dumps(state(Validation=asdict(FAILED)))))

    assert order == ["answer, 0 told"]
    assert json.loads(events.entries[0]["Detail"])["Reason"] == "no accuracy"


def test_nothing_is_told_where_nothing_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def delivered(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(index, "deliver", delivered)
    monkeypatch.setattr(clients, "sagemaker", broken_client)

    assert index.send(state()) == {"Status": "FAILED"}
