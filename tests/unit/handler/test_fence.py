"""One writer for a resource: the newest request of CloudFormation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdk_sagemaker_algorithm_provider.executions import execution_name
from cdk_sagemaker_algorithm_provider.step import Later
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate
from tests.lifecycle.weather import client_error
from tests.unit.handler.account import DEFINITION, EPOCH, MACHINE, STACK, Account, Record, Request


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)


def create(account: Account, **changes: object) -> Request:
    return Request(account, id="create", **changes)  # type: ignore[arg-type]


def delete(account: Account, physical_id: str = "Wood-Forest-1ABCDEFGHIJK", **changes: object) -> Request:
    return Request(account, kind="Delete", id="delete", physical_id=physical_id, made=EPOCH + 5, **changes)  # type: ignore[arg-type]


def test_a_delete_ends_the_create_that_it_cancels_and_nothing_is_made_afterwards() -> None:
    account = Account(now=EPOCH + 5)
    older = create(account)
    account.begin(older, at=EPOCH)

    answer = delete(account).answer()

    assert (answer.status, answer.physical_id) == ("SUCCESS", "Wood-Forest-1ABCDEFGHIJK")
    assert account.executions[0]["status"] == "ABORTED"
    # Its event is delivered again: now it is the older one.
    account.begin(delete(account), at=EPOCH + 6, status="SUCCEEDED")
    account.now += 60
    late = create(account, accepted=account.now).answer()
    assert late.status == "FAILED"
    assert "superseded" in late.reason
    assert account.algorithms == {}


@pytest.mark.parametrize("ended_before", [None, 1, 124, 126])
def test_an_invocation_that_may_be_under_way_is_waited_for(ended_before: float | None) -> None:
    account = Account(now=EPOCH + 500)
    account.begin(create(account), at=EPOCH)
    if ended_before is not None:
        account.executions[0] |= {
            "status": "ABORTED",
            "stopDate": datetime.fromtimestamp(account.now - ended_before, UTC),
        }

    outcome = delete(account).step()

    assert isinstance(outcome, Later)
    waits = 125 - (ended_before or 0)
    assert ("DescribeAlgorithm" in account.calls) == (waits < 0)
    assert outcome.seconds > waits


def test_what_the_ended_create_has_made_is_deleted_by_the_delete() -> None:
    account = Account(now=EPOCH + 5)
    older = create(account)
    account.begin(older, at=EPOCH)
    older.step()
    (name,) = account.algorithms
    account.algorithms[name].status = "Completed"

    assert delete(account).answer().status == "SUCCESS"
    assert account.algorithms == {}


def test_a_create_whose_execution_is_listed_late_is_ended_at_the_last_look() -> None:
    account = Account(now=EPOCH + 5)
    older, request = create(account), delete(account)
    request.step()
    account.begin(older, at=EPOCH + 4)
    older.accepted = EPOCH

    assert request.answer().status == "SUCCESS"
    assert account.executions[0]["status"] == "ABORTED"


@pytest.mark.parametrize("shown", [True, False])
def test_what_an_older_create_makes_again_after_the_deletion_is_deleted_too(*, shown: bool) -> None:
    account = Account(now=EPOCH + 5)
    older, request = create(account), delete(account)
    older.step()
    ((name, made),) = account.algorithms.items()
    made.status = "Completed"
    while account.algorithms:
        account.now += request.step().seconds
    account.begin(older, at=EPOCH + 4)
    again = Record(created=account.now + 3, status="Completed", tags=made.tags)
    if shown:
        account.algorithms[name] = again
    else:
        while isinstance(waits := request.step(), Later) and waits.seconds < 60:
            account.now += waits.seconds
        account.algorithms[name] = again

    assert request.answer().status == "SUCCESS"
    assert account.algorithms == {}


def test_what_an_older_create_makes_and_answers_at_the_last_moment_is_deleted() -> None:
    account = Account(now=EPOCH + 5)
    older, request = create(account), delete(account)
    task = older.task
    assert isinstance(task, CreateOrUpdate)
    while account.calls.count("ListExecutions") < 2:
        outcome = request.step()
        assert isinstance(outcome, Later)
        account.now += outcome.seconds
    account.begin(older, at=EPOCH + 1, status="SUCCEEDED")
    account.algorithms[task.name] = Record(created=account.now, tags=task.owner.tags(task.fingerprint))

    assert request.answer().status == "SUCCESS"
    assert account.algorithms == {}


@pytest.mark.parametrize(("updated_at", "deleted"), [(EPOCH - 60, True), (EPOCH + 2, False)])
def test_an_update_before_the_last_create_does_not_say_that_the_create_was_answered(
    updated_at: float, *, deleted: bool
) -> None:
    """A resource that was removed and declared again has its logical ID, and so its earlier requests."""
    account = Account(now=EPOCH + 5)
    older = create(account)
    account.begin(
        Request(account, kind="Update", id="u", physical_id="f", made=updated_at), at=updated_at, status="SUCCEEDED"
    )
    account.begin(older, at=EPOCH, status="ABORTED")
    task = older.task
    assert isinstance(task, CreateOrUpdate)
    account.algorithms[task.name] = Record(created=EPOCH, tags=task.owner.tags(task.fingerprint))

    assert delete(account).answer().status == "SUCCESS"
    assert (task.name not in account.algorithms) is deleted


def test_an_adoption_is_given_back_once_no_cancelled_create_can_repeat_it() -> None:
    account = Account(now=EPOCH + 5)
    exact = {"AlgorithmName": "Forest-1", **DEFINITION}
    older, request = create(account, properties=exact), delete(account, properties=exact)
    owner = {"cdk-sagemaker-algorithm:stack-id": STACK, "cdk-sagemaker-algorithm:logical-id": "Forest"}
    adopted = Record(created=EPOCH - 9000, tags={**owner, "cdk-sagemaker-algorithm:adopter": "Wood/Forest"})
    account.algorithms["Forest-1"] = adopted
    account.now += request.step().seconds
    account.begin(older, at=EPOCH + 4)

    assert request.answer().status == "SUCCESS"
    assert account.executions[0]["status"] == "ABORTED", "before it is given back"
    assert account.algorithms["Forest-1"].tags == {"cdk-sagemaker-algorithm:adopter": "Wood/Forest"}


def test_a_create_that_was_overtaken_does_not_make_again_what_was_deleted() -> None:
    account = Account(now=EPOCH + 5)
    older = create(account)
    older.step()
    account.algorithms.clear()
    account.begin(delete(account), at=EPOCH + 6, status="SUCCEEDED")

    assert "superseded" in older.answer().reason
    assert account.calls.count("CreateAlgorithm") == 1


def test_a_late_event_waits_until_the_list_shows_who_overtook_it() -> None:
    account = Account(now=EPOCH + 60)
    late = create(account, accepted=account.now)

    first = late.step()
    account.begin(delete(account), at=EPOCH + 5.5, status="SUCCEEDED")

    assert isinstance(first, Later)
    assert "superseded" in late.answer().reason
    assert "CreateAlgorithm" not in account.calls


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "FAILED", "ABORTED"])
def test_an_update_does_nothing_once_a_newer_request_is_known(status: str) -> None:
    account = Account(now=EPOCH + 5)
    account.begin(
        Request(account, kind="Update", id="newer", physical_id="forest-0", made=EPOCH + 3), at=EPOCH + 3, status=status
    )
    older = Request(account, kind="Update", id="older", physical_id="forest-0")

    answer = older.answer()

    assert (answer.status, answer.physical_id) == ("FAILED", "forest-0")
    assert account.calls == ["ListExecutions"]


def test_a_create_that_goes_on_looks_again_for_what_overtook_it() -> None:
    """The list of executions shows the Delete after the first look of the Create that it cancels."""
    account = Account()
    account.errors["CreateAlgorithm"] = [client_error("CreateAlgorithm", "ThrottlingException", "Rate exceeded")]
    request = create(account)
    waits = request.step()
    assert isinstance(waits, Later)
    account.begin(delete(account), at=EPOCH + 5, status="SUCCEEDED")
    account.now += waits.seconds

    answer = request.answer()

    assert "superseded" in answer.reason
    assert account.algorithms == {}


def test_in_the_same_second_the_delete_is_the_newer_request() -> None:
    account = Account()
    cancelled = create(account, made=EPOCH + 5, accepted=EPOCH + 5.2)
    account.begin(cancelled, at=EPOCH + 5.9)
    request = delete(account, accepted=EPOCH + 5.5)

    assert request.answer().status == "SUCCESS"
    assert account.executions[0]["status"] == "ABORTED"
    account.begin(request, at=EPOCH + 5.1, status="SUCCEEDED")
    assert "superseded" in cancelled.answer().reason


def test_deletes_of_one_resource_go_on_at_a_time() -> None:
    account = Account(now=EPOCH + 5)
    other = Request(account, kind="Delete", id="other", physical_id="forest-1", made=EPOCH + 9)
    account.begin(other, at=EPOCH + 9)

    assert delete(account).answer().status == "SUCCESS"
    assert account.executions[0]["status"] == "RUNNING"


def test_a_delete_that_an_update_overtook_deletes_nothing() -> None:
    account = Account(now=EPOCH + 5)
    newer = Request(account, kind="Update", id="newer", physical_id="forest-1", made=EPOCH + 9)
    account.begin(newer, at=EPOCH + 9, status="SUCCEEDED")

    answer = delete(account).answer()

    assert answer.status == "FAILED"
    assert account.calls == ["ListExecutions"]


def test_equal_seconds_are_told_apart_by_the_beginning() -> None:
    account = Account(now=EPOCH + 0.5)
    before = create(account)
    account.begin(before, at=EPOCH + 0.1)
    request = Request(account, kind="Delete", id="delete", physical_id="x", made=EPOCH, accepted=EPOCH + 0.5)

    request.step()

    assert account.executions[0]["status"] == "ABORTED"


def test_requests_with_older_signatures_are_ordered_by_when_they_expire() -> None:
    account = Account(now=EPOCH + 5)
    account.begin(create(account, dated=False), at=EPOCH)

    delete(account, dated=False).step()

    assert account.executions[0]["status"] == "ABORTED"
    names = {execution_name("Create", create(account, dated=dated).recipient) for dated in (True, False)}
    assert len(names) == 1


def test_others_executions_are_let_alone_and_all_pages_are_read() -> None:
    account = Account(now=EPOCH + 5)
    for number in range(5):
        account.begin(create(account, logical_id=f"Other{number}"), at=EPOCH + 1 + number / 10)
    account.begin(create(account), at=EPOCH)
    account.executions.append({**account.executions[0], "name": "an-operator's-own", "executionArn": "x"})

    delete(account).step()

    ended = [each["name"].split("-")[1] for each in account.executions if each["status"] == "ABORTED"]
    assert ended == ["Forest"]


def test_a_throttled_list_is_asked_again() -> None:
    account = Account(now=EPOCH + 5)
    account.errors["ListExecutions"] = [client_error("ListExecutions", "ThrottlingException", "Rate exceeded")]
    account.begin(create(account), at=EPOCH)
    request = delete(account)

    first = request.step()
    request.step()

    assert isinstance(first, Later)
    assert account.executions[0]["status"] == "ABORTED"


def test_the_name_of_an_execution_is_the_requests_and_fits() -> None:
    account = Account()
    name = execution_name("Background", create(account, logical_id="Ü" * 200).recipient)

    assert name == execution_name("Background", create(account, logical_id="Ü" * 200).recipient)
    assert len(f"{name}-9") <= 80
    assert name.isascii()
