from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import tasks
from cdk_sagemaker_algorithm_provider.cfn_event import InvalidEventError, ResourceEvent
from cdk_sagemaker_algorithm_provider.contract import resource_schema
from cdk_sagemaker_algorithm_provider.contract.ownership_tags import STACK_TAG
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Delete, NoOp, WaitForValidation

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/Wood/11111111-2222-3333-4444-555555555555"
CONTENT = {"TrainingSpecification": {"TrainingImage": "image"}}
WAIT = {"AlgorithmName": "Forest-1", "WaitIndex": "1", "WaitCount": "2", "ValidationTimeoutInSeconds": "5000"}


def event(kind: str = "Create", properties: dict[str, Any] | None = None, **changes: Any) -> ResourceEvent:
    members: dict[str, Any] = {
        "RequestType": kind,
        "RequestId": "request",
        "StackId": STACK,
        "LogicalResourceId": "Forest",
        "ResourceType": resource_schema.ALGORITHM_TYPE,
        "ResourceProperties": {"AlgorithmNamePrefix": "Forest", **CONTENT} if properties is None else properties,
        **changes,
    }
    return ResourceEvent.parse(members)


def applied(kind: str = "Create", properties: dict[str, Any] | None = None, **changes: Any) -> CreateOrUpdate:
    task = tasks.task_of(event(kind, properties, **changes))
    assert isinstance(task, CreateOrUpdate)
    return task


NAME = applied().name


@pytest.mark.parametrize(
    "task",
    [
        applied(),
        tasks.task_of(event("Delete", PhysicalResourceId="Forest-1")),
        tasks.task_of(event("Delete", PhysicalResourceId="Forest:not-created")),
        tasks.task_of(event("Create", WAIT, ResourceType=resource_schema.VALIDATION_TYPE)),
    ],
    ids=lambda task: task.kind,
)
def test_a_task_survives_the_state_machine(task: tasks.Task) -> None:
    assert tasks.task_from_json(json.loads(json.dumps(tasks.task_to_json(task)))) == task


def test_the_same_event_is_the_same_task() -> None:
    assert applied() == applied()


def test_a_create_names_what_may_exist_when_it_fails() -> None:
    assert applied().physical_id_on_failure == NAME


def test_an_update_stays_what_it_is_when_it_fails() -> None:
    changed = applied(
        "Update", {"AlgorithmDescription": "new", **CONTENT}, PhysicalResourceId=NAME, OldResourceProperties=CONTENT
    )

    assert changed.name != NAME
    assert changed.physical_id_on_failure == NAME


def test_tags_alone_make_no_new_algorithm_and_the_old_ones_go() -> None:
    task = applied(
        "Update",
        {"AlgorithmNamePrefix": "Forest", **CONTENT, "Tags": [{"Key": "b", "Value": "2"}]},
        PhysicalResourceId=NAME,
        OldResourceProperties={**CONTENT, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]},
    )

    assert task.name == NAME
    assert task.tags == {"b": "2"}
    assert task.stale_tags == ["a"]
    assert task.orphan == ""


def test_scalars_written_otherwise_are_the_same_content() -> None:
    old = {"TrainingSpecification": {"SupportsDistributedTraining": "true"}, "CertifyForMarketplace": "false"}
    new = {"CertifyForMarketplace": False, "TrainingSpecification": {"SupportsDistributedTraining": True}}
    name = applied("Create", old).name

    assert applied("Update", new, PhysicalResourceId=name, OldResourceProperties=old).name == name


def test_the_same_properties_under_the_id_of_another_definition_are_what_they_say() -> None:
    """After a rollback that skipped the resource, its physical ID and its properties do not belong together."""
    task = applied("Update", PhysicalResourceId="forest-0123456789ab", OldResourceProperties=event().properties)

    assert task.name == NAME


def test_a_rollback_that_names_the_old_id_says_what_the_failed_update_may_have_made() -> None:
    failed = {"AlgorithmNamePrefix": "Forest", "AlgorithmDescription": "new", **CONTENT}
    task = applied("Update", PhysicalResourceId=NAME, OldResourceProperties=failed)

    assert task.name == NAME
    assert task.orphan == applied("Create", failed).name


def test_a_rollback_that_names_the_new_id_leaves_it_to_cloudformation() -> None:
    failed = {"AlgorithmNamePrefix": "Forest", "AlgorithmDescription": "new", **CONTENT}
    task = applied("Update", PhysicalResourceId=applied("Create", failed).name, OldResourceProperties=failed)

    assert task.name == NAME
    assert task.orphan == ""


def test_the_name_follows_from_the_properties_alone() -> None:
    other = {"AlgorithmNamePrefix": "Other", **CONTENT}
    changed = applied("Update", other, PhysicalResourceId=NAME, OldResourceProperties=event().properties)

    assert changed.name == applied("Create", other).name == f"other-{NAME.rpartition('-')[2]}"
    assert changed.fingerprint == applied().fingerprint


NESTED = "DataScience-Production-DecisionTreesNestedStackDecisionTreesNestedStackResource-Forest-1ABCDEFGHIJK"


@pytest.mark.parametrize(
    "physical_id", ["Wood-Forest-1ABCDEFGHIJK", "Wood-Forest-aBcDeFgHiJkL", NESTED, "a" * 64, "Forest:not-created"]
)
def test_an_id_that_no_answer_gave_means_what_the_properties_say(physical_id: str) -> None:
    deleted = tasks.task_of(event("Delete", PhysicalResourceId=physical_id))
    updated = applied("Update", PhysicalResourceId=physical_id, OldResourceProperties=event().properties)

    assert isinstance(deleted, Delete)
    assert (deleted.unanswered, deleted.physical_id) == (NAME, physical_id)
    assert updated.name == NAME


def test_the_id_of_an_answer_is_the_algorithm() -> None:
    deleted = tasks.task_of(event("Delete", PhysicalResourceId=NAME))

    assert isinstance(deleted, Delete)
    assert (deleted.name, deleted.unanswered, deleted.generated) == (NAME, "", True)


@pytest.mark.parametrize("physical_id", ["Forest:not-created", "-a", "ä", "log-stream/[$LATEST]x"])
def test_where_neither_id_nor_properties_name_an_algorithm_nothing_is_done(physical_id: str) -> None:
    deleted = tasks.task_of(event("Delete", {}, PhysicalResourceId=physical_id))

    assert deleted == NoOp(physical_id=physical_id)


@pytest.mark.parametrize("kind", [resource_schema.VALIDATION_TYPE, "Custom::Other"])
def test_deleting_what_stands_for_nothing_does_nothing(kind: str) -> None:
    assert isinstance(tasks.task_of(event("Delete", ResourceType=kind, PhysicalResourceId=NAME)), NoOp)


def waits(index: int, count: int, timeout: int, service_timeout: int = 3600) -> WaitForValidation:
    properties = {
        "AlgorithmName": "Forest-1",
        "ServiceTimeout": str(service_timeout),
        "WaitIndex": str(index),
        "WaitCount": str(count),
        "ValidationTimeoutInSeconds": str(timeout),
    }
    task = tasks.task_of(event("Create", properties, ResourceType=resource_schema.VALIDATION_TYPE))
    assert isinstance(task, WaitForValidation)
    return task


@pytest.mark.parametrize(("count", "timeout"), [(1, 60), (1, 2880), (2, 3600), (5, 14_400), (9, 24_000)])
def test_the_waits_of_a_chain_wait_as_long_as_told_together(count: int, timeout: int) -> None:
    assert sum(waits(index, count, timeout).wait_seconds for index in range(1, count + 1)) == timeout


@pytest.mark.parametrize("service_timeout", [10, 60, 600, 3600, 99_999])
def test_each_task_ends_well_before_cloudformation_gives_up(service_timeout: int) -> None:
    limit = min(3600, service_timeout)
    properties = {"ServiceTimeout": str(service_timeout), **CONTENT}
    make = applied("Create", properties)
    wait = waits(1, 2, 999_999, service_timeout)

    assert limit / 2 < make.seconds <= limit * 0.8
    assert wait.wait_seconds < wait.seconds <= limit * 0.9


@pytest.mark.parametrize(
    ("properties", "changes", "said"),
    [
        ({}, {}, "no TrainingSpecification"),
        ({"AlgorithmName": "x" * 64, **CONTENT}, {}, "not one that SageMaker accepts"),
        ({"AlgorithmNamePrefix": "ä", **CONTENT}, {}, "not one that SageMaker accepts"),
        ({"ServiceTimeout": "soon", **CONTENT}, {}, "ServiceTimeout is 'soon', must be an integer"),
        (CONTENT, {"ResourceType": "Custom::Other"}, "is not served here; allowed: Custom::SageMakerAlgorithm,"),
        ({}, {"ResourceType": resource_schema.VALIDATION_TYPE}, "AlgorithmName is missing"),
        ({"AlgorithmName": ["x"]}, {"ResourceType": resource_schema.VALIDATION_TYPE}, "AlgorithmName is missing"),
        ({**WAIT, "WaitCount": {}}, {"ResourceType": resource_schema.VALIDATION_TYPE}, "WaitCount is {}"),
    ],
)
def test_properties_that_cannot_be_understood_are_refused(
    properties: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidEventError) as caught:
        tasks.task_of(event("Create", properties, **changes))

    assert said in str(caught.value)


def test_our_own_tags_cannot_be_given() -> None:
    task = applied("Create", {**CONTENT, "Tags": [{"Key": STACK_TAG, "Value": "forged"}, {"Key": "a"}, "junk", 5]})

    assert task.tags == {"a": ""}


def test_a_resource_that_was_refused_gets_an_id_that_cloudformation_takes() -> None:
    assert tasks.fallback_physical_id({"LogicalResourceId": "Forest"}) == "Forest:not-created"
    assert tasks.fallback_physical_id({"PhysicalResourceId": "known"}) == "known"
    assert len(tasks.fallback_physical_id({"LogicalResourceId": "x" * 9999})) <= 1024
    assert tasks.fallback_physical_id({"PhysicalResourceId": {}}) == ":not-created"
