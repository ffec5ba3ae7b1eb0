"""The Lambda function is killed at each point in turn, and then invoked again."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import PENDING_DELETION_TAG
from tests.lifecycle.cloudformation import Resource, Rollback, Stack
from tests.lifecycle.templates import Variant, logical_ids, template
from tests.lifecycle.weather import KilledError
from tests.lifecycle.world import World, inhabited

BEFORE = Variant(construct="Quick", tags=(("team", "x"),))
AFTER = Variant(construct="Quick", definition=1, tags=(("stage", "y"),))
BREAKS = {"After": Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({logical_ids("Quick")[0]}))}


def killing_world(position: int) -> tuple[World, Iterator[int]]:
    world = World(Random("kills"))  # noqa: S311 - to be repeated, not to be secret
    passed = iter(range(1, 10_000))

    def kill_point(what: str) -> None:
        if next(passed) == position:
            raise KilledError(what)

    world.weather.kill_point = kill_point  # type: ignore[method-assign]
    return world, passed


def a_whole_life(world: World) -> Stack:
    """Created, retagged, replaced, a replacement rolled back, deleted."""
    stack = world.stack("Alpha")
    retagged = Variant(construct="Quick", tags=(("team", "z"),))
    for variant, others in ((BEFORE, {}), (retagged, {}), (AFTER, {}), (BEFORE, BREAKS)):
        world.cloudformation.deploy(stack, template(variant, others=others))
        world.run_until_rest()
        # What a rollback cannot delete while it is validated is deleted in the background.
        wanted = [each for each in world.sagemaker.existing().values() if PENDING_DELETION_TAG not in each.tags[-1][1]]
        assert len(wanted) == 1
    world.cloudformation.delete(stack)
    world.run_until_rest()
    return stack


def points_of_a_whole_life() -> int:
    world, passed = killing_world(0)
    with inhabited(world):
        a_whole_life(world)
    return next(passed) - 1


POINTS = points_of_a_whole_life()


def test_there_are_points_to_kill_it_at() -> None:
    assert POINTS > 60


@pytest.mark.parametrize("rollback", list(Rollback))
def test_killed_at_any_point_there_is_one_algorithm_and_one_answer(rollback: Rollback) -> None:
    for position in range(1, POINTS + 1):
        world, _ = killing_world(position)
        world.cloudformation.habits = type(world.cloudformation.habits)(rollback=rollback)
        with inhabited(world):
            stack = a_whole_life(world)
            world.finish()

        assert stack.status == "DELETE_COMPLETE", position
        assert world.sagemaker.existing() == {}, position
        assert world.violations == [], position
