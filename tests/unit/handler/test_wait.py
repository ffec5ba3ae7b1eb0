"""The end of a wait, and the published outcome."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.contract.resource_schema import VALIDATION_TYPE
from cdk_sagemaker_algorithm_provider.execution_state import Validation
from cdk_sagemaker_algorithm_provider.step import Later
from tests.unit.handler.account import ARN, EPOCH, STACK, Account, Record, Request

CREATED = "2027-01-15T08:00:00.000+00:00"
OWNED = {"cdk-sagemaker-algorithm:stack-id": STACK, "cdk-sagemaker-algorithm:logical-id": "Forest"}


def wait(status: str, *, index: int = 3, timeout: int = 7200, **properties: Any) -> Request:
    """A wait of three, a minute after the algorithm was created."""
    account = Account(now=EPOCH + 60)
    account.algorithms["forest-1"] = Record(created=EPOCH, status=status, tags=dict(OWNED))
    members = {
        "AlgorithmName": "forest-1",
        "CreationTime": CREATED,
        "WaitIndex": str(index),
        "WaitCount": "3",
        "ValidationTimeoutInSeconds": str(timeout),
        **properties,
    }
    return Request(account, properties=members, type=VALIDATION_TYPE, logical_id=f"Wait{index}", made=EPOCH + 60)


@pytest.mark.parametrize(
    ("status", "index", "outcome"),
    [
        ("Completed", 1, None),
        ("Completed", 2, None),
        ("Completed", 3, "Completed"),
        ("Failed", 1, "Failed"),
        ("Failed", 3, "Failed"),
        ("InProgress", 1, None),
        ("Pending", 3, None),
    ],
)
def test_the_last_wait_publishes_success_and_the_first_that_sees_it_failure(
    status: str, index: int, outcome: str | None
) -> None:
    request = wait(status, index=index)
    request.step()

    found = request.progress.validation
    assert (found and found.outcome) == outcome


def test_what_is_published_says_whose_the_algorithm_is() -> None:
    request = wait("Failed")
    request.step()

    assert request.progress.validation == Validation(
        outcome="Failed",
        name="forest-1",
        arn=f"{ARN}forest-1",
        created=EPOCH,
        ended=EPOCH + 60,
        stack_id=STACK,
        logical_id="Forest",
    )


@pytest.mark.parametrize("tags", [{}, {**OWNED, "cdk-sagemaker-algorithm:published-outcome": "Completed"}])
def test_what_is_no_stacks_or_was_published_is_not_published(tags: dict[str, str]) -> None:
    request = wait("Completed")
    request.account.algorithms["forest-1"].tags = tags
    request.step()

    assert request.progress.validation is None


def test_a_wait_that_passes_hands_on_name_arn_and_creation_time() -> None:
    answer = wait("Completed").answer()

    assert answer.data == {
        "AlgorithmName": "forest-1",
        "AlgorithmArn": f"{ARN}forest-1",
        "CreationTime": CREATED,
    }


@pytest.mark.parametrize(("index", "status", "outcome"), [(1, "SUCCESS", None), (3, "FAILED", "TimedOut")])
def test_only_the_last_wait_times_out(index: int, status: str, outcome: str | None) -> None:
    request = wait("InProgress", index=index, timeout=6000)

    answer = request.answer()

    found = request.progress.validation
    assert (answer.status, found and found.outcome) == (status, outcome)
    assert ("is still InProgress after 1 h 40 min" in answer.reason) == (status == "FAILED")


def test_an_algorithm_that_has_the_name_but_is_another_one_is_not_waited_for() -> None:
    request = wait("Completed")
    request.account.algorithms["forest-1"].created = EPOCH + 50

    answer = request.answer()

    assert answer.status == "FAILED"
    assert (
        "is another one, created at 2027-01-15T08:00:50.000+00:00, not 2027-01-15T08:00:00.000+00:00" in answer.reason
    )
    assert request.progress.validation is None


def test_without_a_creation_time_whichever_has_the_name_is_waited_for() -> None:
    assert wait("Completed", CreationTime="").answer().status == "SUCCESS"


def test_polls_come_every_25_to_35_seconds() -> None:
    request = wait("InProgress", index=1)
    seconds: list[float] = []
    for _ in range(60):
        outcome = request.step()
        assert isinstance(outcome, Later)
        seconds.append(outcome.seconds)
        request.account.now += outcome.seconds

    assert all(25 <= each <= 35 for each in seconds)
    assert max(seconds) - min(seconds) > 5
