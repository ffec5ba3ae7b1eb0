"""Create and Update: creation, reuse, adoption and cleanup."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.contract.limits import TEXT_LENGTH
from cdk_sagemaker_algorithm_provider.tasks import CreateOrUpdate
from tests.lifecycle.weather import client_error
from tests.unit.handler.account import ARN, DEFINITION, EPOCH, MACHINE, STACK, Account, Record, Request

PREFIX = "cdk-sagemaker-algorithm:"
EXACT = {"AlgorithmName": "Forest-1", **DEFINITION}
OTHER = {"AlgorithmNamePrefix": "forest", "AlgorithmDescription": "other", **DEFINITION}


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)


def task_of(request: Request) -> CreateOrUpdate:
    task = request.task
    assert isinstance(task, CreateOrUpdate)
    return task


def put(account: Account, request: Request, **changes: Any) -> str:
    """What a request would make; returns its name."""
    task = task_of(request)
    record = Record(created=EPOCH - 1000, tags=task.owner.tags(task.fingerprint))
    for name, value in changes.items():
        setattr(record, name, value)
    account.algorithms[task.name] = record
    return task.name


def test_the_answer_has_the_creation_time() -> None:
    account = Account()
    answer = Request(account).answer()

    (name,) = account.algorithms
    assert answer.data == {
        "AlgorithmName": name,
        "AlgorithmArn": ARN + name,
        "CreationTime": "2027-01-15T08:00:00.000+00:00",
    }
    assert name == name.lower()


def test_a_late_description_of_the_failed_algorithm_is_not_that_of_the_one_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account()
    name = put(account, Request(account), status="Failed")
    failed, describe = account.algorithms[name], Account.describe_algorithm
    late: list[str] = []

    def describe_late(self: Account, **parameters: Any) -> dict[str, Any]:
        if self.calls[-1] != "CreateAlgorithm":
            return describe(self, **parameters)
        late.append(name)
        made, self.algorithms[name] = self.algorithms[name], failed
        try:
            return describe(self, **parameters)
        finally:
            self.algorithms[name] = made

    monkeypatch.setattr(Account, "describe_algorithm", describe_late)
    answer = Request(account, made=EPOCH).answer()

    assert late
    assert datetime.fromisoformat(answer.data["CreationTime"]).timestamp() == account.algorithms[name].created


def test_the_arn_is_the_one_that_create_algorithm_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Account()
    describe = account.describe_algorithm

    def lowered(**parameters: Any) -> dict[str, Any]:
        return describe(**parameters) | {"AlgorithmArn": (ARN + parameters["AlgorithmName"]).lower()}

    monkeypatch.setattr(account, "describe_algorithm", lowered)

    assert Request(account, properties=EXACT).answer().data["AlgorithmArn"] == f"{ARN}Forest-1"


def test_what_was_deleted_by_hand_and_is_made_again_has_another_creation_time() -> None:
    account = Account()
    first = Request(account).answer()
    account.algorithms.clear()
    account.now += 5000
    tagged = Request(
        account,
        kind="Update",
        id="update",
        physical_id=first.physical_id,
        made=account.now,
        old={"AlgorithmNamePrefix": "forest", **DEFINITION},
    ).answer()

    assert tagged.data["AlgorithmName"] == first.data["AlgorithmName"]
    assert tagged.data["CreationTime"] != first.data["CreationTime"]


def test_the_same_properties_under_another_definitions_id_are_made_or_found() -> None:
    account = Account()
    wanted = Request(account, kind="Update", physical_id="forest-0123456789ab", old=dict(EXACT))
    account.algorithms["forest-0123456789ab"] = Record(created=EPOCH - 10, status="Failed")

    assert wanted.answer().physical_id == task_of(Request(account)).name


@pytest.mark.parametrize(
    "text", ["x" * 60_000, "my-role-model not found", "Value 'role' failed", "arn:aws:iam::1:role/R"]
)
def test_a_rejection_that_echoes_the_definition_ends_at_once_and_is_short(text: str) -> None:
    account = Account()
    account.errors["CreateAlgorithm"] = [client_error("CreateAlgorithm", "ValidationException", text)]

    answer = Request(account).answer()

    assert answer.status == "FAILED"
    assert account.now == EPOCH
    assert len(answer.reason) < TEXT_LENGTH + 200


def test_a_role_that_is_not_known_yet_is_waited_for() -> None:
    account = Account()
    error = client_error("CreateAlgorithm", "ValidationException", "Could not assume role arn:aws:iam::1:role/R")
    account.errors["CreateAlgorithm"] = [error] * 5

    assert Request(account).answer().status == "SUCCESS"


# A rollback that CloudFormation's own Delete does not complete.


def rollback(account: Account, **changes: Any) -> Request:
    properties = {"AlgorithmNamePrefix": "forest", **DEFINITION}
    failed = put(account, Request(account, properties=OTHER), created=EPOCH - 100, **changes)
    put(account, Request(account))
    return Request(account, kind="Update", id="rollback", physical_id=failed, properties=properties, old=OTHER)


@pytest.mark.parametrize("status", ["Completed", "Failed", "InProgress"])
def test_what_a_rollback_leaves_is_left_to_the_policy(status: str) -> None:
    account = Account()
    request = rollback(account, status=status)

    assert request.answer().status == "SUCCESS"
    assert request.progress.background == ()
    tags = account.algorithms[request.physical_id].tags
    assert tags[f"{PREFIX}retained"] == "replaced"
    assert f"{PREFIX}pending-deletion" not in tags


@pytest.mark.parametrize(("mark", "stays"), [("replaced", True), ("failed", False)])
def test_what_failed_goes_with_the_next_deployment_unless_a_policy_retained_it(mark: str, *, stays: bool) -> None:
    account = Account()
    request = rollback(account, status="Failed")
    request.answer()
    account.algorithms[request.physical_id].tags[f"{PREFIX}retained"] = mark
    account.algorithms["forest-0123456789ab"] = Record(created=EPOCH, status="Failed", tags={})
    again = {**OTHER, "AlgorithmDescription": "fixed", "RetainFailed": "true"}
    answer = Request(
        account, kind="Update", id="again", made=account.now, physical_id=task_of(Request(account)).name,
        properties=again, old=request.properties,
    ).answer()  # fmt: skip

    assert answer.status == "SUCCESS"
    assert (request.physical_id in account.algorithms) is stays
    assert "forest-0123456789ab" in account.algorithms, "not this resource's"


def test_the_current_algorithm_is_not_swept_although_it_failed_and_was_replaced_before() -> None:
    """Until the update succeeds, its rollback needs it."""
    account = Account()
    tags = {f"{PREFIX}retained": "replaced"}
    current = put(
        account, Request(account, properties={**DEFINITION, "AlgorithmNamePrefix": "forest"}), status="Failed"
    )
    account.algorithms[current].tags |= tags
    answer = Request(
        account, kind="Update", id="again", physical_id=current, properties={**OTHER, "RetainFailed": "true"}
    ).answer()

    assert answer.status == "SUCCESS"
    assert current in account.algorithms


@pytest.mark.parametrize(("waits", "made_again"), [("true", True), ("false", False)])
def test_what_failed_in_an_earlier_request_is_made_again_where_the_stack_waits(waits: str, *, made_again: bool) -> None:
    account = Account()
    properties = {"AlgorithmNamePrefix": "forest", "WaitForValidation": waits, **DEFINITION}
    name = put(account, Request(account), status="Failed")
    answer = Request(
        account, kind="Update", physical_id=name, properties=properties, old={**properties, "Tags": []}
    ).answer()

    assert (answer.status, answer.physical_id) == ("SUCCESS", name)
    assert (account.algorithms[name].status == "InProgress") is made_again


def test_an_orphan_is_deleted_though_what_is_gone_back_to_was_made_after_it() -> None:
    account = Account()
    orphan = put(account, Request(account, properties=OTHER), created=EPOCH - 100)
    current = task_of(Request(account)).name
    answer = Request(account, kind="Update", id="rollback", physical_id=current, old=OTHER).answer()

    assert answer.status == "SUCCESS"
    assert orphan not in account.algorithms
    assert current in account.algorithms


def test_an_update_that_waits_for_a_pending_deletion_does_not_advise_to_delete_the_stack() -> None:
    account = Account()
    request = Request(account, kind="Update", physical_id="forest-before", old=OTHER)
    name = put(account, request, status="InProgress")
    account.algorithms[name].tags[f"{PREFIX}pending-deletion"] = "true"

    answer = request.answer()

    assert answer.status == "FAILED"
    assert f"algorithm {name} cannot be deleted yet" in answer.reason
    assert "delete the stack" not in answer.reason


# Adoption.


def marked(account: Account, **changes: Any) -> Record:
    tags = {"team": "trees", f"{PREFIX}adopter": "Wood/Forest"}
    members: dict[str, Any] = {"created": EPOCH - 9000, "tags": tags, **changes}
    account.algorithms["Forest-1"] = Record(**members)
    return account.algorithms["Forest-1"]


def test_a_marked_algorithm_is_adopted_under_its_exact_name() -> None:
    account = Account()
    record = marked(account)

    answer = Request(account, properties=EXACT).answer()

    assert (answer.status, answer.physical_id) == ("SUCCESS", "Forest-1")
    assert record.tags[f"{PREFIX}stack-id"] == STACK
    assert record.tags[f"{PREFIX}published-outcome"] == "Completed", "its validation is no news"
    assert "CreateAlgorithm" not in account.calls


def test_without_the_mark_nothing_is_adopted() -> None:
    account = Account()
    marked(account).tags.pop(f"{PREFIX}adopter")

    answer = Request(account, properties=EXACT).answer()

    assert answer.status == "FAILED"
    assert "cdk-sagemaker-algorithm adopt Forest-1" in answer.reason


@pytest.mark.parametrize(("properties", "status"), [(OTHER, "SUCCESS"), (EXACT, "FAILED")], ids=["generated", "exact"])
def test_only_an_exact_name_needs_the_tag_of_the_fingerprint(properties: dict[str, Any], status: str) -> None:
    account = Account()
    request = Request(account, kind="Update", physical_id="before", properties=properties)
    name = put(account, request)
    request.physical_id = name
    del account.algorithms[name].tags[f"{PREFIX}fingerprint"]

    answer = request.answer()

    assert answer.status == status
    assert status == "SUCCESS" or f"has lost its tag {PREFIX}fingerprint" in answer.reason


@pytest.mark.parametrize(
    ("properties", "remedy"),
    [(OTHER, "aws sagemaker add-tags --resource-arn"), (EXACT, "cdk-sagemaker-algorithm adopt Forest-1")],
    ids=["generated", "exact"],
)
def test_lost_tags_are_restored_but_an_exact_name_is_marked_again(properties: dict[str, Any], remedy: str) -> None:
    account = Account()
    request = Request(account, kind="Update", physical_id="before", properties=properties)
    name = put(account, request, tags={})
    request.physical_id = name

    answer = request.answer()

    assert answer.status == "FAILED"
    assert remedy in answer.reason
    assert account.algorithms[name].tags == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "Failed"}, "its status is Failed"),
        ({"status": "InProgress"}, "its status is InProgress"),
        ({"tags": {f"{PREFIX}adopter": "Wood/Other"}}, "exists already and is not this resource's"),
        ({"tags": {f"{PREFIX}adopter": "Wood/Forest", f"{PREFIX}stack-id": "arn:other"}}, "it belongs to arn:other"),
        (
            {"tags": {f"{PREFIX}adopter": "Wood/Forest", **{str(number): "" for number in range(46)}}},
            "it would have 51 tags, SageMaker allows 50",
        ),
    ],
)
def test_what_cannot_be_adopted_is_refused_and_not_touched(changes: dict[str, Any], said: str) -> None:
    account = Account()
    record = marked(account, **changes)
    before = dict(record.tags)

    answer = Request(account, properties=EXACT).answer()

    assert answer.status == "FAILED"
    assert said in answer.reason
    assert record.tags == before


def test_a_rolled_back_adoption_gives_the_algorithm_back() -> None:
    account = Account()
    record = marked(account)
    before = dict(record.tags)
    Request(account, properties=EXACT).answer()

    request = Request(account, kind="Delete", id="delete", physical_id="Forest-1", properties=EXACT, made=EPOCH + 60)
    assert request.answer().status == "SUCCESS"

    assert record.tags == {**before, f"{PREFIX}published-outcome": "Completed"}
    assert "DeleteAlgorithm" not in account.calls


def test_an_adoption_whose_response_was_ignored_is_given_back() -> None:
    """CloudFormation had cancelled the Create, and deletes it under an ID that it generated."""
    account = Account()
    record = marked(account)
    Request(account, properties=EXACT).answer()

    physical_id = "Wood-Forest-1ABCDEFGHIJK"
    request = Request(account, kind="Delete", id="delete", physical_id=physical_id, properties=EXACT, made=EPOCH + 60)
    account.now = EPOCH + 60
    assert request.answer().status == "SUCCESS"

    assert f"{PREFIX}stack-id" not in record.tags
    assert "DeleteAlgorithm" not in account.calls


def test_a_changed_definition_replaces_an_adopted_algorithm_and_gives_it_back() -> None:
    account = Account()
    record = marked(account)
    Request(account, properties=EXACT).answer()
    changed = Request(
        account, kind="Update", id="update", physical_id="Forest-1", old=EXACT, properties=OTHER, made=EPOCH + 60
    )
    account.now = EPOCH + 60

    answer = changed.answer()

    assert answer.physical_id.startswith("forest-")
    assert f"{PREFIX}stack-id" not in record.tags
    assert "DeleteAlgorithm" not in account.calls
    back = Request(
        account, kind="Update", id="back", physical_id=answer.physical_id, old=OTHER, properties=EXACT, made=EPOCH + 90
    )
    assert back.answer().physical_id == "Forest-1"
    assert record.tags[f"{PREFIX}stack-id"] == STACK


def test_two_marks_end_in_one_owner() -> None:
    """Another stack's handler writes its tags between this one's writing and its confirmation."""
    account = Account()
    record = marked(account)
    request = Request(account, properties=EXACT)
    request.step()
    record.tags |= {f"{PREFIX}adopter": "Meadow/Forest", f"{PREFIX}stack-id": "arn:meadow"}

    answer = request.answer()

    assert answer.status == "FAILED"
    assert "exists already and is not this resource's" in answer.reason
