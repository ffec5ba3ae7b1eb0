"""What the constructs and the handler agree on, and that they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cdk_sagemaker_algorithm
from cdk_sagemaker_algorithm.model.shapes import input_shape
from cdk_sagemaker_algorithm_provider.cfn_event import ResourceEvent
from cdk_sagemaker_algorithm_provider.contract import limits, resource_schema
from cdk_sagemaker_algorithm_provider.contract.durations import duration
from cdk_sagemaker_algorithm_provider.tasks import WaitForValidation, task_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.4, "0 s"),
        (20, "20 s"),
        (59.6, "1 min"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (3601, "1 h"),
        (5000, "1 h 23 min"),
        (5400, "1 h 30 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (31 * 86_400, "31 d"),
    ],
)
def test_a_duration_has_at_most_two_units_and_is_never_empty(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_wait_of_the_construct_is_what_the_handler_waits_for_one_request() -> None:
    properties: dict[str, Any] = {
        resource_schema.ALGORITHM_NAME: "forest-1",
        resource_schema.SERVICE_TIMEOUT: str(limits.SERVICE_TIMEOUT),
        resource_schema.WAIT_INDEX: "1",
        resource_schema.WAIT_COUNT: "5",
        resource_schema.VALIDATION_TIMEOUT: "14400",
    }
    event = {
        "RequestType": "Create",
        "RequestId": "r",
        "StackId": "s",
        "LogicalResourceId": "l",
        "ResourceType": resource_schema.VALIDATION_TYPE,
        "ResourceProperties": properties,
    }

    task = task_of(ResourceEvent.parse(event))

    assert isinstance(task, WaitForValidation)
    assert task.wait_seconds == limits.WAIT_SECONDS == limits.SERVICE_TIMEOUT - limits.ANSWER_MARGIN


def test_the_members_of_a_request_are_those_of_the_service_model() -> None:
    assert set(resource_schema.REQUEST_MEMBERS) == set(input_shape().members)


def test_the_library_imports_the_contract_and_never_the_handler() -> None:
    package = Path(cdk_sagemaker_algorithm.__file__).parent
    offenders = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in package.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "import" in line
        and "cdk_sagemaker_algorithm_provider" in line
        and "cdk_sagemaker_algorithm_provider.contract" not in line
    ]
    assert offenders == []
