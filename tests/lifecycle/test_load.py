"""Many algorithms at once, with SageMaker's rate limits."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.lifecycle import cloudformation
from tests.lifecycle.cloudformation import Resource, Template
from tests.lifecycle.loop import EPOCH
from tests.lifecycle.sagemaker import Validation
from tests.lifecycle.templates import Variant, algorithm
from tests.lifecycle.weather import client_error
from tests.lifecycle.world import World, inhabited

STACKS = 6
ALGORITHMS = 50
#: Calls a second that an account may make.
RATES = {"CreateAlgorithm": 5.0, "DeleteAlgorithm": 5.0, "DescribeAlgorithm": 20.0, "ListTags": 20.0, "AddTags": 10.0}
VALIDATION_SECONDS = 600
LIMITS = Path(__file__).parents[2] / "docs/limits.md"
#: Calls a second to Step Functions outside of the largest regions
#: (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
STATES = {"ListExecutions": 2.0, "StopExecution": 25.0, "StartExecution": 150.0}


class RateLimits:
    """A bucket of permits for each operation, filled at its rate."""

    def __init__(self, world: World, rates: Mapping[str, float]) -> None:
        self._rates = rates
        self._free: dict[str, float] = {}
        self._before = world.weather.before
        self.throttled = 0

    def before(self, operation: str, now: float, *, storms: bool = True) -> None:
        rate = self._rates.get(operation)
        if rate is not None:
            free = max(self._free.get(operation, EPOCH), now - 2)
            if free > now:
                self.throttled += 1
                raise client_error(operation, "ThrottlingException", "Rate exceeded")
            self._free[operation] = free + 1 / rate
        self._before(operation, now, storms=storms)


def many(count: int = ALGORITHMS, refused: Collection[int] = ()) -> Template:
    """The same algorithm under many logical IDs, each with its wait; some that SageMaker refuses."""
    made: dict[str, Resource] = {}
    for number in range(count):
        source = algorithm(Variant(construct="Named", refused="briefly" if number in refused else ""))
        name, wait = list(source)
        resource = {member: value for member, value in source[name].properties.items() if member != "AlgorithmName"}
        made[f"A{number}"] = replace(source[name], properties={**resource, "AlgorithmNamePrefix": f"a{number}"})
        properties = json.loads(json.dumps(dict(source[wait].properties)).replace(f'"{name}"', f'"A{number}"'))
        made[f"A{number}Validation"] = replace(source[wait], properties=properties, depends_on=frozenset())
    return made


def test_six_stacks_of_fifty_algorithms_come_and_go() -> None:
    world = World(Random("load"))  # noqa: S311 - to be repeated, not to be secret
    limits = RateLimits(world, RATES)
    world.weather.before = limits.before  # type: ignore[method-assign]
    world.sagemaker.validation_of = lambda _: Validation(seconds=VALIDATION_SECONDS, passes=True)
    with inhabited(world):
        stacks = [world.stack(f"Stack{number}") for number in range(STACKS)]
        for stack in stacks:
            world.cloudformation.deploy(stack, many())
        world.run_until_rest()
        assert {stack.status for stack in stacks} == {"COMPLETE"}, [stack.reason for stack in stacks]
        assert len(world.sagemaker.existing()) == STACKS * ALGORITHMS
        for stack in stacks:
            world.cloudformation.delete(stack)
        world.run_until_rest()
        assert {stack.status for stack in stacks} == {"DELETE_COMPLETE"}
        world.finish()

    assert world.violations == []
    assert limits.throttled > 500, "it was a load"


def test_two_hundred_algorithms_in_a_new_account_are_all_answered() -> None:
    """Ten invocations at once, one CreateAlgorithm a second, and a stack that fails while the others wait."""
    world = World(
        Random("new account"),  # noqa: S311 - to be repeated, not to be secret
        cloudformation_habits=cloudformation.Habits(cancels=1.0),
    )
    world.function.concurrency = 10
    limits = RateLimits(world, {"CreateAlgorithm": 1.0, "DescribeAlgorithm": 5.0, "DeleteAlgorithm": 4.0, **STATES})
    world.weather.before = limits.before  # type: ignore[method-assign]
    world.sagemaker.validation_of = lambda _: Validation(seconds=VALIDATION_SECONDS, passes=True)
    with inhabited(world):
        stacks = [world.stack(f"Stack{number}") for number in range(4)]
        for stack in stacks:
            refused = (3, 11, 22, 47) if stack is stacks[1] else ()
            world.cloudformation.deploy(stack, many(50, refused=refused))
        world.run_until_rest()

        assert [stack.status for stack in stacks] == ["COMPLETE", "ROLLBACK_COMPLETE", "COMPLETE", "COMPLETE"]
        world.finish()
        assert len(world.sagemaker.existing()) == 150
    assert world.violations == []
    assert world.function.most_running == world.function.concurrency
    assert world.function.throttles > 100, "it was a load"


@pytest.mark.parametrize(("concurrency", "stacks"), [(5, 4), (2, 2), (1, 1)])
def test_lower_concurrency_serves_as_many_algorithms_as_the_docs_say(concurrency: int, stacks: int) -> None:
    """Fifty algorithms in each stack, with invocations of a second and more, and one CreateAlgorithm a second."""
    world = World(Random("little"))  # noqa: S311 - to be repeated, not to be secret
    world.function.concurrency = concurrency
    world.function.overhead = 1.0
    limits = RateLimits(world, {"CreateAlgorithm": 1.0, "DescribeAlgorithm": 5.0, "DeleteAlgorithm": 4.0, **STATES})
    world.weather.before = limits.before  # type: ignore[method-assign]
    world.sagemaker.validation_of = lambda _: Validation(seconds=VALIDATION_SECONDS, passes=True)
    with inhabited(world):
        made = [world.stack(f"Stack{number}") for number in range(stacks)]
        for stack in made:
            world.cloudformation.deploy(stack, many(50))
        world.run_until_rest()
        assert {stack.status for stack in made} == {"COMPLETE"}, [stack.reason for stack in made]
        for stack in made:
            world.cloudformation.delete(stack)
        world.run_until_rest()
        assert {stack.status for stack in made} == {"DELETE_COMPLETE"}
        world.finish()
    assert world.violations == []
    assert f"| {concurrency} | {50 * stacks} |" in LIMITS.read_text(encoding="utf-8")


def test_an_algorithm_costs_no_more_calls_than_budgeted() -> None:
    world = World(Random("load"))  # noqa: S311 - to be repeated, not to be secret
    world.sagemaker.validation_of = lambda _: Validation(seconds=VALIDATION_SECONDS, passes=True)
    with inhabited(world):
        stack = world.stack("Alone")
        world.cloudformation.deploy(stack, many())
        world.run_until_rest()
        deployed = {name: count / ALGORITHMS for name, count in world.sagemaker.calls.items()}
        world.cloudformation.delete(stack)
        world.run_until_rest()
        world.finish()
    whole = {name: count / ALGORITHMS for name, count in world.sagemaker.calls.items()}

    # A look before it is made, one each half minute of validation, one at each end of it.
    # The jitter of the polls may cost one more, and so does remembering the outcome.
    assert deployed["DescribeAlgorithm"] <= 1 + VALIDATION_SECONDS / 30 + 4
    assert deployed["CreateAlgorithm"] == 1
    # What is told of a validation asks whose it is, and remembers that it was told.
    assert deployed["ListTags"] == deployed["AddTags"] == 1
    assert whole["DeleteAlgorithm"] == 1
    assert whole["DescribeAlgorithm"] - deployed["DescribeAlgorithm"] <= 3
    assert whole["ListTags"] <= 3
