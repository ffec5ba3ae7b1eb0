"""What an execution carries survives updates of the function, in both directions."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.cfn_response import Recipient, success
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import Owner
from cdk_sagemaker_algorithm_provider.execution_state import ExecutionState, Incarnation, Progress, Validation
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Delete, NoOp, Task, WaitForValidation

OWNER = Owner(stack_id="arn:stack/Wood/1", logical_id="Forest")
TASKS: list[Task] = [
    CreateOrUpdate(
        owner=OWNER, name="forest-1", content={"TrainingSpecification": {}}, fingerprint="0" * 12, seconds=9
    ),
    Delete(owner=OWNER, name="forest-1", physical_id="forest-1", seconds=9),
    WaitForValidation(name="forest-1", physical_id="Wait:validation", wait_index=2, wait_count=5, seconds=9),
    NoOp(physical_id="Wait:validation"),
]
FULL = ExecutionState(
    function_arn="function",
    task=TASKS[0],
    progress=Progress(
        started=1.0,
        accepted=2.0,
        because="later",
        fenced=True,
        alone_at=3.0,
        updated=True,
        waited=20,
        seen={"absent": 4},
        arn="arn",
        attributes={"AlgorithmName": "forest-1"},
        target=Incarnation(name="forest-1", created=5.0),
        deleted="forest-0",
        pending=Incarnation(name="forest-2", created=6.0),
        background=(Incarnation(name="forest-3", created=7.0),),
        validation=Validation(outcome="Failed", name="forest-1", arn="arn", created=8.0, ended=9.0, stack_id="s"),
    ),
    recipient=Recipient(response_url="https://x", stack_id="s", request_id="r", logical_id="Forest"),
    answer=success("forest-1", AlgorithmName="forest-1"),
    wait_seconds=30,
)


def carried(state: ExecutionState) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(state.to_json()))
    return found


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_it_comes_back_as_it_was(task: Task) -> None:
    state = replace(FULL, task=task)

    assert replace(ExecutionState.from_json(carried(state)), wait_seconds=30) == state


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_members_of_a_newer_release_are_ignored(task: Task) -> None:
    newer = carried(replace(FULL, task=task))

    progress = newer["Progress"]
    objects = (newer, newer["Recipient"], newer["Task"], newer["Answer"], progress)
    for each in (*objects, progress["target"], progress["pending"], *progress["background"], progress["validation"]):
        each["newer"] = {"a": 1}

    assert replace(ExecutionState.from_json(newer), wait_seconds=30) == replace(FULL, task=task)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.kind)
def test_members_that_an_older_release_did_not_have_get_defaults(task: Task) -> None:
    older = {"FunctionArn": "function", "Task": {"kind": task.kind}, "Progress": {"started": 1.0}}

    state = ExecutionState.from_json(older)

    assert state.task == type(task)()
    assert state.progress == Progress(started=1.0)


def test_the_state_machine_finds_what_it_decides_by() -> None:
    assert list(carried(FULL)) == ["FunctionArn", "Recipient", "Task", "Progress", "Answer", "WaitSeconds"]
    assert "Answer" not in carried(replace(FULL, answer=None))


#: What executions carry that the first release began. Never change it: they can run while the function is updated.
RELEASE_1: dict[str, Any] = {
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:Handler",
    "Recipient": {"response_url": "https://x", "stack_id": "s", "request_id": "r", "logical_id": "Wait"},
    "Task": {
        "kind": "wait-for-validation",
        "name": "forest-1",
        "creation_time": "2027-01-15T08:00:00.000+00:00",
        "physical_id": "Wait:validation",
        "wait_index": 1,
        "wait_count": 2,
        "timeout": 5000,
        "wait_seconds": 2880,
        "seconds": 3180,
    },
    "Progress": {
        "started": 1800000000.0,
        "accepted": 1800000001.0,
        "because": "algorithm forest-1 is InProgress",
        "fenced": False,
        "alone_at": 0.0,
        "updated": False,
        "waited": 0,
        "seen": {},
        "arn": "",
        "attributes": {"AlgorithmName": "forest-1"},
        "target": None,
        "deleted": "",
        "pending": None,
        "background": [],
        "validation": None,
    },
    "WaitSeconds": 31,
}


def test_an_execution_of_the_first_release_goes_on() -> None:
    state = ExecutionState.from_json(RELEASE_1)

    assert isinstance(state.task, WaitForValidation)
    assert carried(replace(state, wait_seconds=31)) == RELEASE_1
