"""Regression tests for faults that schedules or reviews found."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, PENDING_DELETION_TAG, STACK_TAG
from tests.lifecycle import cloudformation, sagemaker
from tests.lifecycle.cloudformation import Operation, Request, Resource, Rollback, Stack
from tests.lifecycle.loop import EPOCH
from tests.lifecycle.sagemaker import Validation
from tests.lifecycle.schedules import run_schedule
from tests.lifecycle.templates import Variant, logical_ids, template
from tests.lifecycle.weather import Climate, client_error
from tests.lifecycle.world import World, executions_of, inhabited

FOREST = Variant(construct="Forest")
QUICK = Variant(construct="Quick")
BREAKS = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Quick")[0]}))}


def make_world(**habits: Any) -> World:
    return World(Random("regression"), **habits)  # noqa: S311 - to be repeated, not to be secret


def deploy(world: World, stack: Stack, *variants: Variant, others: dict[str, Resource] | None = None) -> Operation:
    operation = world.cloudformation.deploy(stack, template(*variants, others=others))
    world.run_until_rest()
    return operation


def request_of(world: World, logical_id: str) -> Request:
    """The first request of a resource."""
    return next(
        each for each in world.cloudformation.requests.values() if each.event["LogicalResourceId"] == logical_id
    )


def finish(world: World) -> None:
    world.finish()
    assert world.violations == []


@pytest.mark.parametrize("rollback", list(Rollback))
def test_a_rollback_after_a_change_of_prefix_and_a_deletion_by_hand_makes_the_name_that_consumers_have(
    rollback: Rollback,
) -> None:
    # Seed "soak 1795688009024": the name came from a prefix of before, which no request had any longer.
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=rollback))
    with inhabited(world):
        stack = world.stack("Alpha")
        for prefix in ("", "Other"):
            world.cloudformation.deploy(stack, template(Variant(construct="Quick", prefix=prefix), consumers=True))
            world.run_until_rest()
        (name,) = world.sagemaker.existing()
        assert name.startswith("other-"), "the name follows from the properties alone"
        world.delete_by_hand(name)
        changed = Variant(construct="Quick", prefix="Other", definition=1)
        world.cloudformation.deploy(stack, template(changed, others=BREAKS, consumers=True))
        world.run_until_rest()

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.records["UsesQuick"].properties["Value"] == name
        assert stack.records[logical_ids("Quick")[0]].physical_id == name
        finish(world)


@pytest.mark.parametrize("skipped", [True, False])
def test_an_update_makes_an_algorithm_again_that_failed_in_an_earlier_operation(*, skipped: bool) -> None:
    # Seed "soak 1795694340676": skipped in a rollback, the failed one was the resource's, under the wanted name.
    world = make_world(cloudformation_habits=cloudformation.Habits(skips=1.0 if skipped else 0.0))
    changed = Variant(construct="Forest", definition=1)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, FOREST)
        world.sagemaker.validation_of = lambda _: Validation(seconds=60, passes=False, reason="no such file")
        operation = template(changed)
        world.cloudformation.deploy(stack, operation, disable_rollback=not skipped)
        world.run_until_rest()
        failed = stack.records[logical_ids("Forest")[0]].physical_id
        assert world.sagemaker.existing()[failed].status_at(world.loop.now) == "Failed"
        world.sagemaker.validation_of = lambda _: Validation(seconds=60, passes=True)
        deploy(world, stack, Variant(construct="Forest", definition=1, tags=(("stage", "x"),)))

        assert stack.status == "COMPLETE", stack.reason
        assert stack.records[logical_ids("Forest")[0]].physical_id == failed, "the same name"
        finish(world)


def test_a_wait_that_was_answered_at_once_and_is_delivered_again_changes_nothing() -> None:
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, FOREST)
        last = logical_ids("Forest")[-1]
        request = request_of(world, last)
        assert executions_of(world, last) == []
        told, tags = len(world.events.entries), world.sagemaker.calls["AddTags"]
        world.cloudformation.delete(stack)
        world.run_until_rest()
        world.redeliver(request)
        world.loop.run()

        assert [answer["Status"] for answer in request.answers] == ["SUCCESS", "FAILED"], "only the first one counts"
        assert (len(world.events.entries), world.sagemaker.calls["AddTags"]) == (told, tags)
        finish(world)


def test_a_wait_that_has_timed_out_says_so_again_although_the_validation_has_ended_since() -> None:
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=2000, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        world.cloudformation.deploy(stack, template(Variant(construct="Named")), disable_rollback=True)
        world.run_until_rest()
        assert "is still InProgress after 30 min" in stack.reason
        world.loop.run(horizon=world.loop.now + 400)
        request = request_of(world, logical_ids("Named")[-1])
        world.redeliver(request)
        world.loop.run(horizon=world.loop.now + 400)

        assert {answer["Status"] for answer in request.answers} == {"FAILED"}
        assert [json.loads(entry["Detail"])["Outcome"] for entry in world.events.entries] == ["TimedOut"]
        assert world.violations == []


def test_what_an_update_made_after_a_skipped_rollback_is_deleted_in_its_rollback() -> None:
    # Seed "soak 500417": neither the old nor the new properties name the resource's physical ID.
    habits = cloudformation.Habits(skips=1.0, rollback=Rollback.UPDATE_OF_OLD_ID_ALONE)
    world = make_world(cloudformation_habits=habits)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        deploy(world, stack, Variant(construct="Quick", definition=1), others=BREAKS)
        skipped = stack.records[logical_ids("Quick")[0]].physical_id
        world.cloudformation.habits = replace(habits, skips=0.0)
        deploy(world, stack, Variant(construct="Quick", definition=2), others=BREAKS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.records[logical_ids("Quick")[0]].physical_id != skipped
        world.cloudformation.delete(stack)
        world.run_until_rest()
        finish(world)


def test_a_rollback_that_fails_deletes_what_the_failed_update_made() -> None:
    # Seed "2-78": a person had deleted the algorithm, and another stack made one under its exact name meanwhile.
    habits = cloudformation.Habits(rollback=Rollback.UPDATE_OF_OLD_ID_ALONE)
    world = make_world(cloudformation_habits=habits)
    breaks = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Named")[-1]}))}
    with inhabited(world):
        stack, other = world.stack("Alpha"), world.stack("Beta")
        deploy(world, stack, Variant(construct="Named"))
        world.delete_by_hand("named-v0")
        deploy(world, other, Variant(construct="Named"))
        deploy(world, stack, Variant(construct="Named", name="named-v1", definition=1), others=breaks)

        assert set(world.sagemaker.existing()) == {"named-v0"}
        finish(world)


def test_a_rollback_within_seconds_of_a_release_takes_the_algorithm_back_whatever_its_tags_show() -> None:
    world = make_world(
        sagemaker_habits=sagemaker.Habits(lag=25.0),
        cloudformation_habits=cloudformation.Habits(rollback=Rollback.UPDATE_OF_OLD_ID, cancels=1.0),
    )
    named = logical_ids("Named")
    breaks = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({named[0]}), seconds=0.5)}
    shown = world.sagemaker.list_tags

    def outdated(**parameters: Any) -> dict[str, Any]:
        record = world.sagemaker.existing()["named-before"]
        if parameters["ResourceArn"].endswith("/named-before") and STACK_TAG not in record.tags[-1][1]:
            tags = world.sagemaker.shown_tags(record)
            return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        return shown(**parameters)

    world.sagemaker.put_foreign("named-before", {ADOPTER_TAG: f"Alpha/{named[0]}"})
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, Variant(construct="Named", name="named-before"))
        assert stack.status == "COMPLETE", stack.reason
        world.loop.run(horizon=world.loop.now + 60)
        world.sagemaker.list_tags = outdated  # type: ignore[method-assign]
        deploy(world, stack, Variant(construct="Named", name="named-v1", definition=1), others=breaks)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert world.sagemaker.existing()["named-before"].tags[-1][1][STACK_TAG] == stack.id
        finish(world)


def test_a_name_that_is_not_shown_yet_has_its_own_two_minutes_after_those_of_the_role() -> None:
    # Seed "soak 500039": an answer was lost after the role had used up the patience.
    world = make_world(sagemaker_habits=sagemaker.Habits(lag=25.0))
    create = world.sagemaker.create_algorithm
    lost: list[float] = []

    def create_late(**parameters: Any) -> dict[str, Any]:
        if world.loop.now < EPOCH + 115:
            text = "Could not assume role arn:aws:iam::123456789012:role/Validation"
            raise client_error("CreateAlgorithm", "ValidationException", text)
        if not lost:
            create(**parameters)
            lost.append(world.loop.now)
            raise ReadTimeoutError(endpoint_url="https://api.sagemaker.us-east-1.amazonaws.com/")
        return create(**parameters)

    def not_shown(**parameters: Any) -> dict[str, Any]:
        if lost and world.loop.now < lost[0] + 25:
            raise client_error("DescribeAlgorithm", "ValidationException", "Algorithm does not exist.")
        return describe(**parameters)

    describe = world.sagemaker.describe_algorithm
    world.sagemaker.create_algorithm = create_late  # type: ignore[method-assign]
    world.sagemaker.describe_algorithm = not_shown  # type: ignore[method-assign]
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)

        assert stack.status == "COMPLETE", stack.reason
        finish(world)


@pytest.mark.parametrize("rollback", list(Rollback))
def test_each_way_of_rolling_back_ends_with_the_old_algorithm_alone(rollback: Rollback) -> None:
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=rollback))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        made = set(world.sagemaker.existing())
        deploy(world, stack, Variant(construct="Quick", definition=1), others=BREAKS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        finish(world)
        assert set(world.sagemaker.existing()) == made


def test_tags_that_are_changed_and_changed_back_at_once_are_right_although_reads_lag() -> None:
    world = make_world(sagemaker_habits=sagemaker.Habits(lag=25))
    with inhabited(world):
        stack = world.stack("Alpha")
        before = Variant(construct="Quick", tags=(("team", "x"),))
        deploy(world, stack, before)
        deploy(world, stack, Variant(construct="Quick", tags=(("stage", "y"),)))
        deploy(world, stack, before)
        finish(world)


def test_an_algorithm_whose_create_never_answered_is_deleted_with_the_stack() -> None:
    world = make_world(sagemaker_habits=sagemaker.Habits(lag=0))
    logical_id = logical_ids("Quick")[0]
    with inhabited(world):
        stack = world.stack("Alpha")
        world.cloudformation.deploy(stack, template(QUICK))
        world.loop.run(until=lambda: bool(world.sagemaker.existing()))
        for request in world.cloudformation.requests.values():
            request.excused = True
        world.machine.abort(executions_of(world, logical_id)[0])
        world.run_until_rest()

        deletion = list(world.cloudformation.requests.values())[-1]
        assert deletion.event["PhysicalResourceId"].startswith(f"Alpha-{logical_id}-")
        assert deletion.answers[0]["PhysicalResourceId"] == deletion.event["PhysicalResourceId"]
        assert world.sagemaker.existing() == {}
        finish(world)


def test_an_answer_that_was_delivered_before_the_execution_was_stopped_is_the_only_one() -> None:
    # A slice hands on while validation runs. Asked again after validation has failed, it must not say the opposite.
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=3000, passes=False, reason="no such file")
    slice_id = logical_ids("Forest")[1]
    with inhabited(world):
        stack = world.stack("Alpha")
        world.cloudformation.deploy(stack, template(FOREST))
        requests = world.cloudformation.requests.values()
        world.loop.run(
            until=lambda: any(each.answers for each in requests if each.event["LogicalResourceId"] == slice_id)
        )
        request = next(each for each in requests if each.event["LogicalResourceId"] == slice_id)
        assert request.answers[0]["Status"] == "SUCCESS"
        execution = executions_of(world, slice_id)[0]
        assert execution.status == "RUNNING"
        world.machine.abort(execution)
        world.loop.after(400, lambda: world.redeliver(request))
        world.run_until_rest()
        world.loop.run()

        assert [answer["Status"] for answer in request.answers] == ["SUCCESS"]
        finish(world)


def test_a_slice_whose_event_arrives_minutes_late_still_answers_in_time() -> None:
    world = make_world()
    world.delivery_seconds = 600
    world.sagemaker.validation_of = lambda _: Validation(seconds=6500, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, FOREST)

        assert stack.status == "COMPLETE"
        finish(world)


def test_a_denied_tidying_up_does_not_fail_a_rollback(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=Rollback.UPDATE_OF_OLD_ID))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)

        def denied(**parameters: Any) -> dict[str, Any]:
            if stack.phase == "rollback":
                raise client_error("DeleteAlgorithm", "AccessDeniedException", "not authorized to perform")
            return original(**parameters)

        original = world.sagemaker.delete_algorithm
        monkeypatch.setattr(world.sagemaker, "delete_algorithm", denied)
        deploy(world, stack, Variant(construct="Quick", definition=1), others=BREAKS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        finish(world)


def test_a_throttled_start_of_the_execution_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    start = world.machine.start_execution

    def throttled(**parameters: Any) -> dict[str, Any]:
        if world.loop.now < EPOCH + 190:
            raise client_error("StartExecution", "ThrottlingException", "Rate exceeded")
        return start(**parameters)

    monkeypatch.setattr(world.machine, "start_execution", throttled)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)

        assert stack.status == "COMPLETE"
        finish(world)


def test_a_delete_that_was_throttled_is_not_taken_for_done_when_a_read_lags(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        name = next(iter(world.sagemaker.existing()))
        original, describe = world.sagemaker.delete_algorithm, world.sagemaker.describe_algorithm
        refused: list[str] = []

        def throttled_once(**parameters: Any) -> dict[str, Any]:
            if not refused:
                refused.append("throttled")
                raise client_error("DeleteAlgorithm", "ThrottlingException", "Rate exceeded")
            return original(**parameters)

        def lags_once(**parameters: Any) -> dict[str, Any]:
            if refused == ["throttled"]:
                refused.append("lagged")
                raise client_error("DescribeAlgorithm", "ValidationException", f"Algorithm {name} does not exist")
            return describe(**parameters)

        monkeypatch.setattr(world.sagemaker, "delete_algorithm", throttled_once)
        monkeypatch.setattr(world.sagemaker, "describe_algorithm", lags_once)
        world.cloudformation.delete(stack)
        world.run_until_rest()

        assert refused == ["throttled", "lagged"]
        assert world.sagemaker.existing() == {}
        finish(world)


def test_a_rollback_does_not_take_a_retained_version_for_what_the_failed_update_made() -> None:
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=Rollback.UPDATE_OF_OLD_ID))
    kept = Variant(construct="Kept")
    breaks = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Kept")[0]}))}
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, kept)
        published = set(world.sagemaker.existing())
        deploy(world, stack, Variant(construct="Kept", definition=1))
        deploy(world, stack, kept, others=breaks)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert published < set(world.sagemaker.existing())
        finish(world)


@pytest.mark.parametrize("rollback", list(Rollback))
def test_a_rollback_keeps_a_retained_version_that_is_younger_than_what_it_goes_back_to(rollback: Rollback) -> None:
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=rollback))
    first, second = Variant(construct="Kept"), Variant(construct="Kept", definition=1)
    breaks = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Kept")[0]}))}
    with inhabited(world):
        stack = world.stack("Alpha")
        for version in (first, second, first):
            deploy(world, stack, version)
        published = set(world.sagemaker.existing())
        assert len(published) == 2
        deploy(world, stack, second, others=breaks)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert set(world.sagemaker.existing()) == published
        finish(world)


@pytest.mark.parametrize("rollback", list(Rollback))
def test_a_rollback_to_what_was_deleted_by_hand_deletes_the_update_that_had_passed(rollback: Rollback) -> None:
    # Seed "h 2011".
    world = make_world(cloudformation_habits=cloudformation.Habits(rollback=rollback))
    last_wait = logical_ids("Named")[-1]
    breaks = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({last_wait}))}
    with inhabited(world):
        stack = world.stack("Alpha")
        named = Variant(construct="Named")
        deploy(world, stack, named)
        (name,) = world.sagemaker.existing()
        world.delete_by_hand(name)
        deploy(world, stack, Variant(construct="Named", definition=1, name="named-v1"), others=breaks)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert "named-v1" not in world.sagemaker.existing()
        finish(world)


def test_sagemaker_out_of_reach_for_half_an_hour_does_not_lose_what_was_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The request takes effect, its answer is lost, and CloudFormation sends no Delete to a Create that failed.
    world = make_world(cloudformation_habits=cloudformation.Habits(deletes_failed_creates=False))
    made = world.sagemaker.create_algorithm

    def lost(**parameters: Any) -> dict[str, Any]:
        made(**parameters)
        world.weather.climate = Climate(storm_begins=EPOCH, storm_lasts=2300)
        raise ReadTimeoutError(endpoint_url="https://api.sagemaker.us-east-1.amazonaws.com/")

    monkeypatch.setattr(world.sagemaker, "create_algorithm", lost)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)

        assert stack.status == "COMPLETE"
        finish(world)


def test_a_failed_algorithm_that_was_kept_does_not_block_its_exact_name_for_the_next_stack() -> None:
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=False, reason="no such file")
    named = Variant(construct="Named", retain_failed=True)
    with inhabited(world):
        deploy(world, world.stack("Alpha"), named)
        assert set(world.sagemaker.existing()) == {"named-v0"}, "kept for inspection"
        world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=True)
        again = world.stack("Alpha")
        deploy(world, again, named)

        assert again.status == "COMPLETE"
        finish(world)


def test_a_failed_algorithm_that_still_shows_while_it_is_deleted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(sagemaker_habits=sagemaker.Habits(deletion=40))
    with inhabited(world):
        world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=False, reason="no such file")
        stack = world.stack("Alpha")
        failing = Variant(construct="Kept", retain_failed=True)
        deploy(world, stack, failing)
        left = next(iter(world.sagemaker.existing()))
        world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=True)
        describe, remove = world.sagemaker.describe_algorithm, world.sagemaker.delete_algorithm

        def still_failed(**parameters: Any) -> dict[str, Any]:
            return {**describe(**parameters), "AlgorithmStatus": "Failed"}

        def refused_once(**parameters: Any) -> dict[str, Any]:
            remove(**parameters)
            monkeypatch.setattr(world.sagemaker, "delete_algorithm", remove)
            monkeypatch.setattr(world.sagemaker, "describe_algorithm", describe)
            raise client_error("DeleteAlgorithm", "ValidationException", "Cannot delete Algorithm in Deleting status")

        monkeypatch.setattr(world.sagemaker, "describe_algorithm", still_failed)
        monkeypatch.setattr(world.sagemaker, "delete_algorithm", refused_once)
        deploy(world, stack, failing)

        assert stack.status == "COMPLETE"
        assert set(world.sagemaker.existing()) == {left}
        finish(world)


def test_a_throttle_at_the_last_look_of_a_wait_does_not_fail_it() -> None:
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=1750, passes=True)
    world.weather.climate = Climate(storm_begins=EPOCH + 1700, storm_lasts=250)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, Variant(construct="Named"))

        assert stack.status == "COMPLETE"
        finish(world)


def test_a_validation_that_outlasts_the_rollbacks_delete_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation asks a few times for a cleanup, and then forgets."""
    monkeypatch.setattr(cloudformation, "_CLEANUP_ATTEMPTS", 1)
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        made = set(world.sagemaker.existing())
        world.sagemaker.validation_of = lambda _: Validation(seconds=5 * 3600, passes=True)
        deploy(world, stack, Variant(construct="Quick", definition=1), others=BREAKS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert len(world.sagemaker.existing()) == len(made) + 1, "SageMaker deletes nothing that it validates"
        finish(world)
        assert set(world.sagemaker.existing()) == made


def test_what_is_to_be_deleted_is_not_adopted_but_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloudformation, "_CLEANUP_ATTEMPTS", 1)
    world = make_world()
    changed = Variant(construct="Quick", definition=1)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        made = set(world.sagemaker.existing())
        # Over a quarter of an hour after CloudFormation has given up, and so within the second deploy.
        world.sagemaker.validation_of = lambda _: Validation(seconds=3800, passes=True)
        deploy(world, stack, changed, others=BREAKS)
        (condemned,) = [each for each in world.sagemaker.existing().values() if each.name not in made]
        world.sagemaker.validation_of = lambda _: Validation(seconds=60, passes=True)
        deploy(world, stack, changed)

        assert stack.status == "COMPLETE"
        assert condemned.deleted is not None
        finish(world)
        (left,) = world.sagemaker.existing()
        assert left == condemned.name


def test_a_rollback_finds_a_failed_algorithm_again_that_its_stack_does_not_wait_for() -> None:
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=False, reason="no such file")
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        made = set(world.sagemaker.existing())
        world.loop.run(horizon=world.loop.now + 60)
        deploy(world, stack, Variant(construct="Quick", definition=1), others=BREAKS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert set(world.sagemaker.existing()) == made
        finish(world)


def test_an_algorithm_that_vanishes_between_two_calls_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, Variant(construct="Quick", tags=(("team", "x"),)))
        add_tags = world.sagemaker.add_tags

        def vanished_once(**_: Any) -> dict[str, Any]:
            monkeypatch.setattr(world.sagemaker, "add_tags", add_tags)
            raise client_error("AddTags", "ValidationException", "Algorithm does not exist")

        monkeypatch.setattr(world.sagemaker, "add_tags", vanished_once)
        deploy(world, stack, Variant(construct="Quick", tags=(("team", "y"),)))

        assert stack.status == "COMPLETE"
        finish(world)


def test_an_outcome_that_is_published_again_does_not_mark_the_successor_of_the_name() -> None:
    assert run_schedule("1-4").violations == []


@pytest.mark.parametrize("seed", ["soak 1795690639311"])
def test_a_deletion_rejected_as_under_way_is_waited_for(seed: str) -> None:
    assert run_schedule(seed).violations == []


@pytest.mark.parametrize("seed", ["soak 1795354760079"])
def test_a_rollback_prefers_the_current_version_to_one_that_was_kept_under_another_prefix(seed: str) -> None:
    assert run_schedule(seed).violations == []


def test_a_role_that_is_not_known_yet_has_its_two_minutes_although_the_step_before_was_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_world()
    listing, creating = world.machine.list_executions, world.sagemaker.create_algorithm
    lists: list[float] = []
    rejections: list[float] = []

    def list_slowly(**parameters: Any) -> dict[str, Any]:
        world.loop.sleep(0 if lists else 40)
        lists.append(world.loop.now)
        return listing(**parameters)

    def create_late(**parameters: Any) -> dict[str, Any]:
        if rejections and world.loop.now >= rejections[0] + 100:
            return creating(**parameters)
        rejections.append(world.loop.now)
        text = "Could not assume role arn:aws:iam::123456789012:role/Validation"
        raise client_error("CreateAlgorithm", "ValidationException", text)

    monkeypatch.setattr(world.machine, "list_executions", list_slowly)
    monkeypatch.setattr(world.sagemaker, "create_algorithm", create_late)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)

        assert stack.status == "COMPLETE", stack.reason
        assert rejections[0] - EPOCH > 40
        finish(world)


def test_an_algorithm_made_again_after_a_deletion_by_hand_that_fails_is_made_again_by_the_rollback() -> None:
    world = make_world()
    passes = iter((True, False, True))
    world.sagemaker.validation_of = lambda _: Validation(seconds=60, passes=next(passes), reason="no such file")
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, FOREST)
        made = stack.records[logical_ids("Forest")[0]].physical_id
        world.delete_by_hand(made)
        deploy(world, stack, Variant(construct="Forest", tags=(("stage", "x"),)))
        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert f"{made} is Failed" in stack.reason

        assert world.sagemaker.existing()[made].status_at(world.loop.now) == "Completed"
        finish(world)


@pytest.mark.parametrize(
    ("seed", "story"),
    [
        ("1-29", "a cancelled wait that is delivered again finds the algorithm deleted"),
        ("1-39", "another stack takes the name of what was deleted by hand, and deletes its own"),
    ],
)
def test_the_model_does_not_blame_the_handler(seed: str, story: str) -> None:
    assert run_schedule(seed).violations == [], story


def test_an_update_keeps_the_current_algorithm_that_was_taken_up_before_its_pending_deletion_showed() -> None:
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, FOREST)
        made = stack.records[logical_ids("Forest")[0]].physical_id
        world.sagemaker.tag_by_hand(made, {PENDING_DELETION_TAG: "true"})
        created = world.sagemaker.existing()[made].created
        deploy(world, stack, Variant(construct="Forest", tags=(("stage", "x"),)))

        assert stack.status == "COMPLETE", stack.reason
        assert world.sagemaker.existing()[made].created == created
        assert PENDING_DELETION_TAG not in world.sagemaker.existing()[made].tags[-1][1]
        finish(world)
    assert run_schedule("1-82").violations == []
