"""Delete: deleted and retained algorithms, and messages."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider import clients
from cdk_sagemaker_algorithm_provider.step import Later
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate, Task, background_deletion
from tests.lifecycle.weather import client_error
from tests.unit.handler.account import EPOCH, MACHINE, STACK, Account, Record, Request

PENDING = "cdk-sagemaker-algorithm:pending-deletion"
PUBLISHED = "cdk-sagemaker-algorithm:published-outcome"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)


def made(account: Account) -> CreateOrUpdate:
    task = Request(account).task
    assert isinstance(task, CreateOrUpdate)
    return task


def put(account: Account, *, status: str = "Completed", **tags: str) -> str:
    """The algorithm of the resource; returns its name."""
    task = made(account)
    own = {**task.owner.tags(task.fingerprint), **tags}
    account.algorithms[task.name] = Record(created=EPOCH - 1000, status=status, tags=own)
    return task.name


def delete(account: Account, physical_id: str, **changes: Any) -> Request:
    return Request(account, kind="Delete", id="delete", physical_id=physical_id, **changes)


def test_it_deletes_the_algorithm_of_the_physical_id() -> None:
    account = Account()
    answer = delete(account, put(account)).answer()

    assert answer.status == "SUCCESS"
    assert account.algorithms == {}


NESTED = "DataScience-Production-DecisionTreesNestedStackDecisionTreesNestedStackResource-Forest-1ABCDEFGHIJK"


@pytest.mark.parametrize("physical_id", ["Wood-Forest-1ABCDEFGHIJK", NESTED, "wood-forest-abcdefghijkl"])
def test_an_id_that_cloudformation_generated_stands_for_what_the_properties_name(physical_id: str) -> None:
    account = Account()
    put(account)

    answer = delete(account, physical_id).answer()

    assert (answer.status, answer.physical_id) == ("SUCCESS", physical_id)
    assert account.algorithms == {}


def test_the_owned_algorithm_of_the_id_is_deleted_and_not_the_one_that_the_properties_name() -> None:
    """After a rollback that skipped the resource, properties and ID belong to different algorithms."""
    account = Account()
    current = put(account)
    account.algorithms["forest-0123456789ab"] = Record(created=EPOCH - 500, tags=dict(account.algorithms[current].tags))

    assert delete(account, "forest-0123456789ab").answer().status == "SUCCESS"
    assert list(account.algorithms) == [current]


def test_what_passed_its_validation_is_not_what_a_create_without_a_response_made() -> None:
    account = Account()
    current = put(account, **{PUBLISHED: "Completed"})

    assert delete(account, "forest-0123456789ab").answer().status == "SUCCESS"
    assert list(account.algorithms) == [current]


def test_a_resource_that_was_updated_was_answered() -> None:
    account = Account()
    current = put(account)
    update = Request(account, kind="Update", id="update", physical_id=current, made=EPOCH - 100)
    account.begin(update, at=EPOCH - 100, status="SUCCEEDED")

    assert delete(account, "forest-0123456789ab").answer().status == "SUCCESS"
    assert list(account.algorithms) == [current]


def test_somebody_elses_is_let_alone() -> None:
    account = Account()
    name = put(account)
    account.algorithms[name].tags["cdk-sagemaker-algorithm:logical-id"] = "Other"

    assert delete(account, name).answer().status == "SUCCESS"
    assert name in account.algorithms


def test_lost_tags_fail_and_the_message_restores_them() -> None:
    account = Account()
    name = put(account)
    tags, account.algorithms[name].tags = account.algorithms[name].tags, {"team": "trees"}

    answer = delete(account, name).answer()

    assert answer.status == "FAILED"
    assert "has lost its ownership tags" in answer.reason
    assert all(f"Key={key},Value={value}" in answer.reason for key, value in tags.items())


def test_what_a_person_released_is_let_alone() -> None:
    account = Account()
    name = put(account)
    account.algorithms[name].tags = {"cdk-sagemaker-algorithm:released": "true"}

    assert delete(account, name).answer().status == "SUCCESS"
    assert name in account.algorithms


def test_two_spellings_of_the_arn_are_a_contradiction_and_never_not_mine() -> None:
    account = Account()
    name = put(account)
    missing = client_error("ListTags", "ValidationException", "Resource does not exist")
    account.errors["ListTags"] = [missing] * 10

    assert delete(account, name).answer().status == "SUCCESS"
    assert account.algorithms == {}

    put(account)
    account.errors["ListTags"] = [missing] * 10_000
    again = delete(account, name).answer()
    assert again.status == "FAILED"
    assert f"DescribeAlgorithm finds {name}, its tags are not found" in again.reason


def test_it_is_bound_to_the_algorithm_that_it_saw_first() -> None:
    account = Account()
    name = put(account, status="InProgress")
    request = delete(account, name)
    request.step()
    account.algorithms[name].created = EPOCH + 1
    account.algorithms[name].status = "Completed"

    assert request.answer().status == "SUCCESS"
    assert name in account.algorithms


def test_after_cloudformations_hour_nothing_is_deleted() -> None:
    account = Account(now=EPOCH + 3000)
    name = put(account)

    assert delete(account, name).answer().status == "FAILED"
    assert name in account.algorithms


def in_stack(status: str, physical_id: str) -> Callable[[], Any]:
    resource = {"ResourceStatus": status, "PhysicalResourceId": physical_id}

    def describe(**_: object) -> dict[str, Any]:
        return {"StackResources": [resource]}

    return lambda: SimpleNamespace(describe_stack_resources=describe)


def refused(account: Account) -> tuple[str, Task]:
    """A Delete that SageMaker did not carry out in time, and the deletion in the background that follows."""
    name = put(account, status="InProgress")
    request = delete(account, name)
    answer = request.answer()
    assert answer.status == "FAILED"
    assert "retain the resource to keep the algorithm" in answer.reason
    assert PENDING in answer.reason
    (left,) = request.progress.background
    account.algorithms[name].status = "Completed"
    return name, background_deletion(made(account).owner, left.name, left.created)


def background(account: Account) -> Request:
    return Request(account, id="background", made=account.now)


def test_what_cloudformation_forgot_is_deleted_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", in_stack("UPDATE_COMPLETE", "another"))

    assert background(account).answer(task).status == "SUCCESS"
    assert name not in account.algorithms


def test_a_pending_deletion_whose_tag_is_shown_late_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", in_stack("UPDATE_COMPLETE", "another"))
    shown = account.algorithms[name].tags.pop(PENDING)
    request = background(account)
    first = request.step(task)
    assert isinstance(first, Later), "without its tag, the algorithm would be kept"
    account.now += first.seconds
    account.algorithms[name].tags[PENDING] = shown

    assert request.answer(task).status == "SUCCESS"
    assert name not in account.algorithms


def test_a_rejected_deletion_of_what_has_ended_is_tried_again_and_is_never_pending() -> None:
    account = Account()
    name = put(account)
    rejected = client_error("DeleteAlgorithm", "ValidationException", "Cannot delete Algorithm in Deleting status")
    account.errors["DeleteAlgorithm"] = [rejected] * 1000
    request = delete(account, name)

    assert "cannot be deleted yet" in request.answer().reason
    assert PENDING not in account.algorithms[name].tags
    assert request.progress.background == ()


def test_an_error_at_the_end_does_not_hide_that_the_algorithm_is_validating() -> None:
    account = Account()
    name = put(account, status="InProgress")
    request = delete(account, name)
    for _ in range(20):
        waits = request.step()
        assert isinstance(waits, Later)
        account.now += waits.seconds
    throttled = client_error("DescribeAlgorithm", "ThrottlingException", "Rate exceeded")
    account.errors["DescribeAlgorithm"] = [throttled] * 2000

    assert "is still validating, so it cannot be deleted yet" in request.answer().reason


def test_a_deletion_that_was_accepted_at_the_last_moment_has_succeeded() -> None:
    account = Account()
    name = put(account, status="InProgress")
    request = delete(account, name)
    request.step()
    account.algorithms[name].status = "Completed"
    waits = request.step()
    assert isinstance(waits, Later)
    assert account.algorithms == {}
    account.now += 3600

    answer = request.answer()

    assert (answer.status, request.progress.background) == ("SUCCESS", ())


def test_what_was_retained_is_retained(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", in_stack("DELETE_SKIPPED", name))

    assert background(account).answer(task).status == "SUCCESS"
    assert PENDING not in account.algorithms[name].tags


def test_what_the_stack_still_has_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", in_stack("DELETE_FAILED", name))
    request = background(account)
    for _ in range(20):
        outcome = request.step(task)
        assert isinstance(outcome, Later)
        account.now += outcome.seconds

    assert name in account.algorithms


def test_where_cloudformation_cannot_be_asked_removing_the_tag_keeps_the_algorithm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(**_: object) -> None:
        raise client_error("DescribeStackResources", "AccessDenied", "no")

    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", lambda: SimpleNamespace(describe_stack_resources=refusing))
    tag = account.algorithms[name].tags.pop(PENDING)
    assert background(account).answer(task).status == "SUCCESS"
    assert name in account.algorithms

    account.algorithms[name].tags[PENDING] = tag
    assert background(account).answer(task).status == "SUCCESS"
    assert name not in account.algorithms


def test_another_algorithm_of_the_name_is_not_deleted_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    name, task = refused(account)
    monkeypatch.setattr(clients, "cloudformation", in_stack("UPDATE_COMPLETE", "another"))
    account.algorithms[name].created += 1

    assert background(account).answer(task).status == "SUCCESS"
    assert name in account.algorithms


def test_the_owner_is_the_stack_and_the_resource() -> None:
    assert made(Account()).owner.adopter == "Wood/Forest"
    assert made(Account()).owner.stack_id == STACK
