"""When a validation counts as over, to be told to the world."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.algorithm_store import Algorithms
from cdk_sagemaker_algorithm_provider.failure_report import Diagnosis
from cdk_sagemaker_algorithm_provider.lifecycle import Lifecycle
from cdk_sagemaker_algorithm_provider.outcome_events import Validation
from cdk_sagemaker_algorithm_provider.tasks import WaitForValidation

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:algorithm/forest-1"
CREATED = 1_800_000_000.0


class SageMaker:
    def __init__(self, status: str) -> None:
        self.status = status

    def describe_algorithm(self, AlgorithmName: str) -> dict[str, Any]:  # noqa: N803 (the API's name)
        return {
            "AlgorithmName": AlgorithmName,
            "AlgorithmArn": ARN,
            "AlgorithmStatus": self.status,
            "CreationTime": datetime.fromtimestamp(CREATED, UTC),
        }


def concluded(status: str, *, number: int, seconds: int = 3420, now: float = CREATED + 60) -> dict[str, Any] | None:
    """What a step of the third of three slices, or of another one, concludes."""
    client = SageMaker(status)
    task = WaitForValidation(
        name="forest-1", physical_id="V", wait_index=number, wait_count=3, timeout=7200, seconds=seconds
    )
    progress: dict[str, Any] = {"Started": CREATED}
    Lifecycle(Algorithms(client, None), Diagnosis(client), lambda: now).step(task, progress)
    found: dict[str, Any] | None = progress.get("Validation")
    return found


@pytest.mark.parametrize(
    ("status", "number", "outcome"),
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
def test_the_last_slice_tells_of_success_and_the_first_that_sees_it_of_failure(
    status: str, number: int, outcome: str | None
) -> None:
    found = concluded(status, number=number)

    assert (found and found["outcome"]) == outcome


@pytest.mark.parametrize(("number", "outcome"), [(1, None), (3, "TimedOut")])
def test_only_the_last_slice_gives_up(number: int, outcome: str | None) -> None:
    found = concluded("InProgress", number=number, seconds=30)

    assert (found and found["outcome"]) == outcome


def test_a_conclusion_survives_the_state_machine() -> None:
    found = concluded("Failed", number=1)

    assert found is not None
    validation = Validation(**found)
    assert asdict(validation) == found
    assert (validation.arn, validation.seconds) == (ARN, 60.0)
    assert validation.id == f"{ARN}/{CREATED:.3f}/Failed"
