"""Named stories that once failed: what CloudFormation, Lambda or a person does, and the required result.

Most were found by people with other tools before they were found here:

* requests that overtake each other: https://github.com/aws/aws-cdk/issues/26139,
  https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1730;
* an algorithm deleted by hand: https://github.com/aws/aws-cdk/issues/16769;
* ARNs in lower case: https://github.com/boto/boto3/issues/4606;
* a skipped rollback:
  https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import (
    ADOPTER_TAG,
    FINGERPRINT_TAG,
    RESOURCE_TAG,
    STACK_TAG,
)
from tests.lifecycle import cloudformation, sagemaker
from tests.lifecycle.cloudformation import Request, Resource, Rollback, Stack
from tests.lifecycle.loop import EPOCH
from tests.lifecycle.sagemaker import Validation
from tests.lifecycle.templates import Variant, logical_ids, template
from tests.lifecycle.weather import client_error
from tests.lifecycle.world import World, executions_of, inhabited

FOREST = Variant(construct="Forest")
QUICK = Variant(construct="Quick")
NAMED = Variant(construct="Named")
QUICK_ID = logical_ids("Quick")[0]
#: A resource that fails five seconds after the operation has begun, and one that fails after the algorithm is there.
FAILS = {"Beside": Resource(type="AWS::SNS::Topic", seconds=5, fails=True)}
BREAKS = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({QUICK_ID}))}
NESTED = "DataScience-Production-DecisionTreesNestedStackDecisionTreesNestedStackResource3F1A2B4C-1QX5M4UU2ZK7P"
ASSUME = "Could not assume role arn:aws:iam::123456789012:role/Validation"


def make_world(sagemaker_habits: sagemaker.Habits | None = None, **habits: Any) -> World:
    return World(
        Random("story"),  # noqa: S311 - to be repeated, not to be secret
        sagemaker_habits=sagemaker_habits,
        cloudformation_habits=replace(cloudformation.Habits(cancels=1.0), **habits),
    )


def deploy(
    world: World, stack: Stack, *variants: Variant, others: Mapping[str, Resource] | None = None, stays: bool = False
) -> None:
    world.cloudformation.deploy(
        stack, template(*variants, others=dict(others or {}), consumers=True), disable_rollback=stays
    )
    world.run_until_rest()


def delete(world: World, stack: Stack) -> None:
    world.cloudformation.delete(stack)
    world.run_until_rest()


def finish(world: World) -> None:
    world.finish()
    assert world.violations == []


def held_up(world: World, seconds: float, code: str = "ThrottlingException", text: str = "Rate exceeded") -> None:
    """Let CreateAlgorithm do nothing for a while."""
    create = world.sagemaker.create_algorithm
    until = world.loop.now + seconds

    def create_later(**parameters: Any) -> dict[str, Any]:
        if world.loop.now < until:
            raise client_error("CreateAlgorithm", code, text)
        return create(**parameters)

    world.sagemaker.create_algorithm = create_later  # type: ignore[method-assign]


def late(world: World, seconds: float, chosen: Callable[[Request], bool]) -> None:
    """Let Lambda deliver some requests late."""
    send = world.cloudformation._send  # pyright: ignore[reportPrivateUsage]

    def send_late(request: Request) -> None:
        if chosen(request):
            world.loop.after(seconds, lambda: world.redeliver(request))
        else:
            send(request)

    world.cloudformation._send = send_late  # pyright: ignore[reportPrivateUsage]


def kind_and_resource(kind: str, logical_id: str) -> Callable[[Request], bool]:
    return lambda request: request.event["RequestType"] == kind and request.event["LogicalResourceId"] == logical_id


def _has_more(records: list[sagemaker.Record], count: int) -> bool:
    return len(records) > count


# One writer.


@pytest.mark.parametrize(
    ("seconds", "code", "text"),
    [(150, "ThrottlingException", "Rate exceeded"), (80, "ValidationException", ASSUME)],
    ids=["throttled", "role not assumable"],
)
def test_overtaken_create(seconds: float, code: str, text: str) -> None:
    """The Create is held up, its stack fails and is rolled back; the Create must not make anything after that."""
    world = make_world()
    held_up(world, seconds, code, text)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK, others=FAILS)
        assert stack.status == "ROLLBACK_COMPLETE"
        delete(world, stack)
        finish(world)
        assert world.sagemaker.existing() == {}


def test_overtaken_create_of_an_exact_name_does_not_block_the_name() -> None:
    world = make_world()
    held_up(world, 150)
    with inhabited(world):
        first = world.stack("Alpha")
        deploy(world, first, NAMED, others=FAILS)
        delete(world, first)
        second = world.stack("Alpha")
        deploy(world, second, NAMED)

        assert second.status == "COMPLETE"
        finish(world)


@pytest.mark.parametrize("rollback", list(Rollback))
def test_overtaken_update(rollback: Rollback) -> None:
    """As before, with an Update: the rollback is over when the cancelled Update would make its algorithm."""
    world = make_world(rollback=rollback)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        made = set(world.sagemaker.existing())
        held_up(world, 60)
        deploy(world, stack, replace(QUICK, definition=1), others=FAILS)

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        finish(world)
        assert set(world.sagemaker.existing()) == made


def test_overtaken_update_of_tags() -> None:
    """Lambda turns the order of the cancelled Update and of the rollback's Update round."""
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, replace(QUICK, tags=(("team", "x"),)))
        late(world, 45, lambda request: request.phase == "forward" and request.event["LogicalResourceId"] == QUICK_ID)
        deploy(world, stack, replace(QUICK, tags=(("team", "y"),)), others=FAILS)
        world.loop.run()

        (algorithm,) = world.sagemaker.existing().values()
        assert algorithm.tags[-1][1]["team"] == "x"
        finish(world)


@pytest.mark.parametrize("seconds", [40, 300, 850])
def test_a_create_that_arrives_after_its_delete_was_answered_makes_nothing(seconds: float) -> None:
    world = make_world()
    late(world, seconds, kind_and_resource("Create", QUICK_ID))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK, others=FAILS)
        assert stack.status == "ROLLBACK_COMPLETE"
        finish(world)
        assert world.sagemaker.existing() == {}


def test_an_invocation_that_outlives_its_execution_is_waited_for() -> None:
    """StopExecution does not stop the function: the call of CreateAlgorithm is on its way and takes effect late."""
    world = make_world()
    world.function.slow = 1.0
    with inhabited(world):
        for number in range(12):
            stack = world.stack(f"Alpha{number}")
            deploy(world, stack, QUICK, others=FAILS)
            assert stack.status == "ROLLBACK_COMPLETE"
        finish(world)
        assert world.sagemaker.existing() == {}


def test_a_request_whose_address_has_no_date_is_overtaken_all_the_same() -> None:
    world = make_world(dates=False)
    held_up(world, 60)
    with inhabited(world):
        deploy(world, world.stack("Alpha"), QUICK, others=FAILS)
        finish(world)
        assert world.sagemaker.existing() == {}


def test_executions_of_hundreds_of_other_requests_do_not_hide_an_older_one() -> None:
    world = make_world()
    world.machine.page = 7
    held_up(world, 90)
    with inhabited(world):
        stack = world.stack("Alpha")
        others = [world.stack(f"Other{number}") for number in range(60)]
        world.cloudformation.deploy(stack, template(QUICK, others={"Beside": replace(FAILS["Beside"], seconds=40)}))

        def begin(other: Stack) -> None:
            world.cloudformation.deploy(other, template(QUICK))

        for number, other in enumerate(others):
            world.loop.after(10 + number / 10, partial(begin, other))
        world.run_until_rest()
        assert stack.status == "ROLLBACK_COMPLETE"
        finish(world)
        assert len(world.sagemaker.existing()) == len(others)


# Identity.


@pytest.mark.parametrize("name", ["Small", NESTED, "x" * 128], ids=["short", "nested", "as long as can be"])
@pytest.mark.parametrize("odd", [False, True], ids=["whole", "cut, small letters"])
@pytest.mark.parametrize("variant", [QUICK, FOREST, NAMED], ids=lambda variant: variant.construct)
def test_what_a_create_without_an_answer_made_is_deleted_whatever_cloudformation_calls_it(
    name: str,
    odd: bool,
    variant: Variant,
) -> None:
    world = make_world(odd_ids=odd)
    with inhabited(world):
        for _ in range(4):
            stack = world.stack(name)
            world.cloudformation.deploy(stack, template(variant))
            world.loop.run(until=partial(_has_more, world.sagemaker.records, len(world.sagemaker.records)))
            (request,) = (each for each in world.cloudformation.requests.values() if not each.settled)
            request.excused = True
            world.machine.abort(executions_of(world, logical_ids(variant.construct)[0])[-1])
            world.run_until_rest()
            assert stack.status == "ROLLBACK_COMPLETE"
        finish(world)
        assert world.sagemaker.existing() == {}


def test_a_second_delete_does_not_take_the_successor_for_what_the_first_saw() -> None:
    """The same Delete twice, under two request IDs; between them the name is used again."""
    world = make_world(sagemaker_habits=sagemaker.Habits(deletion=40))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        record = stack.records[QUICK_ID]
        (algorithm,) = world.sagemaker.existing().values()
        world.cloudformation.deploy(stack, template(replace(QUICK, definition=1), consumers=True))
        world.loop.run(until=lambda: algorithm.deleted is not None)
        again = world.cloudformation.request(stack, "Delete", QUICK_ID, record, phase="cleanup", done=lambda _: None)
        world.run_until_rest()
        deploy(world, stack, QUICK)
        world.loop.run(until=lambda: again.settled)

        assert again.answers
        assert stack.status == "COMPLETE"
        assert stack.records[QUICK_ID].physical_id in world.sagemaker.existing()


@pytest.mark.parametrize("seconds", [1, 5, 10, 20, 40])
def test_a_second_delete_that_finds_nothing_does_not_take_what_a_newer_update_makes(seconds: float) -> None:
    """The same Delete, under another request ID, just before the name is used again."""
    world = make_world(sagemaker_habits=sagemaker.Habits(lag=0))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        record = stack.records[QUICK_ID]
        deploy(world, stack, replace(QUICK, definition=1))
        again = world.cloudformation.request(stack, "Delete", QUICK_ID, record, phase="cleanup", done=lambda _: None)
        world.loop.run(horizon=world.loop.now + seconds)
        deploy(world, stack, QUICK)
        world.loop.run(until=lambda: again.settled)

        assert again.answers
        assert stack.status == "COMPLETE"
        assert stack.records[QUICK_ID].physical_id in world.sagemaker.existing()


def test_lost_ownership_tags_are_explained_with_the_command_that_restores_them() -> None:
    world = make_world()
    reasons: list[str] = []
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        name = stack.records[QUICK_ID].physical_id
        world.sagemaker.tag_by_hand(name, {}, remove=world.sagemaker.existing()[name].tags[-1][1])
        check = world.cloudformation.on_failure
        world.cloudformation.on_failure = lambda _stack, _logical_id, reason: reasons.append(reason)
        deploy(world, stack, replace(QUICK, tags=(("team", "x"),)))
        world.cloudformation.on_failure = check

    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    for expected in (name, "aws sagemaker add-tags", STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG, stack.id):
        assert expected in reasons[0]


def test_a_changed_definition_under_an_exact_name_is_refused_and_the_old_one_stays() -> None:
    world = make_world()
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED)
        deploy(world, stack, replace(NAMED, definition=1))
        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert "cannot be changed" in stack.reason
        finish(world)


@pytest.mark.parametrize("variant", [FOREST, replace(NAMED, name="Named-In-Capitals")], ids=["generated", "exact"])
def test_arns_in_lower_case_do_not_make_an_algorithm_a_stranger(variant: Variant) -> None:
    world = make_world(sagemaker_habits=sagemaker.Habits(lowers_arns=True))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, variant)
        deploy(world, stack, replace(variant, tags=(("team", "x"),)))
        assert stack.status == "COMPLETE"
        delete(world, stack)
        finish(world)
        assert world.sagemaker.existing() == {}


def test_a_wait_of_one_stack_announces_nothing_of_another_stacks_algorithm() -> None:
    """The first stack's wait is cancelled; the name is the second's when it would be announced."""
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=200, passes=True)
    after = Resource(type="AWS::SNS::Topic", seconds=60, fails=True)
    with inhabited(world):
        first = world.stack("Alpha")
        deploy(world, first, NAMED, others={"Beside": after})
        assert first.status == "ROLLBACK_COMPLETE"
        second = world.stack("Beta")
        deploy(world, second, NAMED)
        assert second.status == "COMPLETE"
        finish(world)


# Retained, skipped, deleted by hand.


def test_retained_by_the_user() -> None:
    """Validation outlasts the stack's deletion, and the user retains the algorithm to keep hours of it."""
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=2 * 3600, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        world.cloudformation.delete(stack)
        world.run_until_rest()
        assert stack.status == "DELETE_FAILED"
        world.cloudformation.delete(stack, retain=frozenset({QUICK_ID}))
        world.run_until_rest()

        assert stack.status == "DELETE_COMPLETE"
        finish(world)
        assert len(world.sagemaker.existing()) == 1


@pytest.mark.parametrize("reachable", [True, False], ids=["CloudFormation answers", "no way to CloudFormation"])
def test_what_a_cleanup_gave_up_is_deleted_when_its_validation_is_over(reachable: bool) -> None:
    world = make_world()
    world.stack_reader.reachable = reachable
    world.sagemaker.validation_of = lambda _: Validation(seconds=6 * 3600, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        world.cloudformation.deploy(stack, template(others={"Topic": Resource(type="AWS::SNS::Topic")}))
        world.run_until_rest()

        assert stack.status == "COMPLETE"
        finish(world)
        assert world.sagemaker.existing() == {}


@pytest.mark.parametrize("passes", [True, False], ids=["good", "failed"])
def test_skipped_in_a_rollback_is_repaired_by_the_next_update(passes: bool) -> None:
    world = make_world(rollback=Rollback.UPDATE_OF_NEW_ID)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        world.sagemaker.validation_of = lambda _: Validation(seconds=5, passes=passes, reason="" if passes else "no")
        world.cloudformation.habits = replace(world.cloudformation.habits, skips=1.0)
        deploy(world, stack, replace(QUICK, definition=1), others=BREAKS)
        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        world.cloudformation.habits = replace(world.cloudformation.habits, skips=0.0)
        world.sagemaker.validation_of = lambda _: Validation(seconds=5, passes=True)
        deploy(world, stack, replace(QUICK, tags=(("team", "x"),)))

        assert stack.status == "COMPLETE"
        assert not stack.skipped
        finish(world)


@pytest.mark.parametrize("variant", [FOREST, NAMED], ids=lambda variant: variant.construct)
@pytest.mark.parametrize("passes", [True, False], ids=["passes again", "fails this time"])
def test_deleted_by_hand_and_made_again_is_validated_again(variant: Variant, passes: bool) -> None:
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=900, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, variant)
        name = stack.records[logical_ids(variant.construct)[0]].physical_id
        world.delete_by_hand(name)
        world.sagemaker.validation_of = lambda _: Validation(seconds=900, passes=passes, reason="" if passes else "no")
        begun = world.loop.now
        deploy(world, stack, replace(variant, tags=(("team", "x"),)))

        assert world.loop.now > begun + 900, "the deployment waited"
        assert (stack.status == "COMPLETE") is passes
        world.sagemaker.validation_of = lambda _: Validation(seconds=1, passes=True)
        delete(world, stack)
        finish(world)


def test_a_wait_for_what_was_deleted_by_hand_after_a_failure_without_rollback_fails() -> None:
    """Nothing of the algorithm has changed, so its wait alone is tried again (soak 1795661923107)."""
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=20, passes=False, reason="no such file")
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED, stays=True)
        world.delete_by_hand("named-v0")
        deploy(world, stack, NAMED, stays=True)
        assert stack.status == "CREATE_FAILED"
        assert "named-v0 does not exist; its validation cannot be waited for" in stack.reason
        delete(world, stack)
        finish(world)


def test_deleted_by_hand_and_made_again_in_a_rollback_leaves_no_orphan() -> None:
    """What the rollback goes back to is younger than the orphan, and so no measure of whose the orphan is."""
    world = make_world(rollback=Rollback.UPDATE_OF_OLD_ID)
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, QUICK)
        (name,) = world.sagemaker.existing()
        world.delete_by_hand(name)
        create = world.sagemaker.create_algorithm

        def answer_lost(**parameters: Any) -> dict[str, Any]:
            create(**parameters)
            world.sagemaker.create_algorithm = create  # type: ignore[method-assign]
            raise client_error("CreateAlgorithm", "ThrottlingException", "Rate exceeded")

        world.sagemaker.create_algorithm = answer_lost  # type: ignore[method-assign]
        deploy(world, stack, replace(QUICK, definition=1), others={"Beside": replace(FAILS["Beside"], seconds=0.5)})

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        finish(world)
        assert set(world.sagemaker.existing()) == {name}


# Text, state and load.


@pytest.mark.parametrize("kilobytes", [0, 150], ids=["small definition", "large definition"])
def test_a_refusal_of_any_length_is_an_answer(kilobytes: int) -> None:
    """The text echoes the definition, which names a role; that is no reason to wait for a role."""
    world = make_world()
    big = {"Big": replace(template(QUICK)[QUICK_ID])}
    properties = json.loads(json.dumps(dict(big["Big"].properties)))
    properties["AlgorithmDescription"] = "Refuse at length"
    hyperparameter = properties["TrainingSpecification"]["SupportedHyperParameters"][1]
    properties["TrainingSpecification"]["SupportedHyperParameters"] = [
        {**hyperparameter, "Name": f"p{number}", "Description": "d" * 1000} for number in range(max(1, kilobytes))
    ]
    with inhabited(world):
        stack = world.stack("Alpha")
        world.cloudformation.deploy(stack, {QUICK_ID: replace(big["Big"], properties=properties)})
        world.run_until_rest()

        assert stack.status == "ROLLBACK_COMPLETE"
        assert "The image is in another Region" in stack.reason
        assert world.loop.now < EPOCH + 100
        assert all(len(each.text.encode()) < 262_144 for each in world.machine.executions.values())
        finish(world)


def test_executions_survive_an_update_of_the_functions_code() -> None:
    """Another release knows members that this one does not, and lacks those that have come since."""
    world = make_world()
    world.sagemaker.validation_of = lambda _: Validation(seconds=4000, passes=True)
    with inhabited(world):
        stack = world.stack("Alpha")
        world.cloudformation.deploy(stack, template(FOREST, consumers=True))
        world.loop.run(horizon=EPOCH + 100)
        world.change_the_code()
        world.run_until_rest()
        assert stack.status == "COMPLETE"
        world.cloudformation.delete(stack)
        world.loop.run(horizon=world.loop.now + 3)
        world.change_the_code()
        world.run_until_rest()
        finish(world)


# Adoption.


def put_marked(world: World, name: str = "named-v0", *, stack: str = "Alpha", **how: Any) -> sagemaker.Record:
    """An algorithm that was made by hand, and that a person has marked for a stack's resource."""
    tags = {"team": "science", **how.pop("tags", {}), ADOPTER_TAG: f"{stack}/{logical_ids('Named')[0]}"}
    world.sagemaker.put_foreign(name, tags, **how)
    return world.sagemaker.records[-1]


def is_given_back(record: sagemaker.Record) -> bool:
    tags = record.tags[-1][1]
    return record.deleted is None and not {STACK_TAG, RESOURCE_TAG, FINGERPRINT_TAG} & tags.keys()


def test_a_marked_algorithm_is_adopted_without_validation_and_given_back_in_the_end() -> None:
    world = make_world()
    with inhabited(world):
        record = put_marked(world)
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED)
        assert stack.status == "COMPLETE"
        assert world.loop.now < EPOCH + 100
        assert stack.records[logical_ids("Named")[0]].physical_id == record.name
        assert record.tags[-1][1][STACK_TAG] == stack.id
        delete(world, stack)

        assert stack.status == "DELETE_COMPLETE"
        assert is_given_back(record)
        assert record.tags[-1][1]["team"] == "science"
        finish(world)


def test_an_algorithm_without_a_mark_is_not_adopted() -> None:
    world = make_world()
    with inhabited(world):
        world.sagemaker.put_foreign("named-v0", {"team": "science"})
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED)
        assert stack.status == "ROLLBACK_COMPLETE"
        finish(world)


def test_a_first_deploy_that_adopts_and_fails_gives_back() -> None:
    world = make_world()
    breaks = Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Named")[-1]}))
    with inhabited(world):
        record = put_marked(world)
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED, others={"After": breaks})

        assert stack.status == "ROLLBACK_COMPLETE"
        assert is_given_back(record)
        second = world.stack("Alpha")
        deploy(world, second, NAMED)
        assert second.status == "COMPLETE", "the mark is still there for the next deploy"
        finish(world)


@pytest.mark.parametrize("rollback", list(Rollback))
def test_an_update_that_adopts_and_fails_gives_back(rollback: Rollback) -> None:
    world = make_world(rollback=rollback)
    breaks = Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Named")[-1]}))
    with inhabited(world):
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED)
        record = put_marked(world, "named-v1")
        deploy(world, stack, replace(NAMED, name="named-v1"), others={"After": breaks})

        assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
        assert stack.records[logical_ids("Named")[0]].physical_id == "named-v0"
        assert is_given_back(record)
        finish(world)


def test_two_marks_end_in_one_owner() -> None:
    """A person marks it for another stack while the first deploy is under way, or when it is over."""
    for seconds, later in product((0.2, 0.6, 1, 3, 9, 12, 30), (0, 15)):
        world = make_world(sagemaker_habits=sagemaker.Habits(lag=12))
        with inhabited(world):
            record = put_marked(world)
            stacks = [world.stack("Alpha"), world.stack("Beta")]
            world.cloudformation.deploy(stacks[0], template(NAMED))
            world.loop.after(later, partial(world.cloudformation.deploy, stacks[1], template(NAMED)))
            mark = {ADOPTER_TAG: f"Beta/{logical_ids('Named')[0]}"}
            world.loop.after(seconds, partial(world.sagemaker.tag_by_hand, record.name, mark))
            world.loop.run(horizon=world.loop.now + later + 1)
            world.run_until_rest()

            owner = record.tags[-1][1].get(STACK_TAG)
            has = [stack.id for stack in stacks if stack.status == "COMPLETE"]
            assert has == ([owner] if owner else []), f"marked again after {seconds} s, deployed after {later} s"


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"passes": False}, "Failed"),
        ({"validates_for": 1_000_000}, "InProgress"),
        ({"tags": {STACK_TAG: "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/1"}}, "belongs to"),
        ({"tags": {f"tag{number}": "x" for number in range(47)}}, "50"),
    ],
    ids=["failed", "being validated", "another stack's", "no room for tags"],
)
def test_what_cannot_be_adopted_is_refused_with_the_reason_and_not_touched(how: dict[str, Any], reason: str) -> None:
    world = make_world()
    with inhabited(world):
        record = put_marked(world, **how)
        before = len(record.tags)
        stack = world.stack("Alpha")
        deploy(world, stack, NAMED)

        assert stack.status == "ROLLBACK_COMPLETE"
        assert reason in stack.reason
        assert record.deleted is None
        assert len(record.tags) == before
        finish(world)
