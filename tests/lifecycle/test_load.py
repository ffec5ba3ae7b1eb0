"""Many algorithms at once, against a SageMaker that takes only so many calls a second."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .cloudformation import Resource, Template
from .loop import EPOCH
from .sagemaker import Validation
from .templates import Variant, algorithm
from .weather import client_error
from .world import World, inhabited

STACKS = 10
ALGORITHMS = 50
#: Calls a second that an account may make.
RATES = {"CreateAlgorithm": 5.0, "DeleteAlgorithm": 5.0, "DescribeAlgorithm": 20.0, "ListTags": 20.0, "AddTags": 10.0}
VALIDATION_SECONDS = 600


class RateLimits:
    """A bucket of permits for each operation, filled at its rate."""

    def __init__(self, world: World) -> None:
        self._free: dict[str, float] = {}
        self._before = world.weather.before
        self.throttled = 0

    def before(self, operation: str, now: float, *, storms: bool = True) -> None:
        rate = RATES.get(operation)
        if rate is not None:
            free = max(self._free.get(operation, EPOCH), now - 2)
            if free > now:
                self.throttled += 1
                raise client_error(operation, "ThrottlingException", "Rate exceeded")
            self._free[operation] = free + 1 / rate
        self._before(operation, now, storms=storms)


def many() -> Template:
    """The same algorithm under fifty logical IDs, each with its slice."""
    made: dict[str, Resource] = {}
    source = algorithm(Variant(construct="Named"))
    name, slice_name = list(source)
    for number in range(ALGORITHMS):
        resource = {member: value for member, value in source[name].properties.items() if member != "AlgorithmName"}
        made[f"A{number}"] = replace(source[name], properties={**resource, "AlgorithmNamePrefix": f"a{number}"})
        attribute = {"Fn::GetAtt": [f"A{number}", "AlgorithmName"]}
        made[f"A{number}Validation"] = replace(
            source[slice_name], properties={**source[slice_name].properties, "AlgorithmName": attribute}
        )
    return made


def test_ten_stacks_of_fifty_algorithms_come_and_go() -> None:
    world = World(Random("load"))  # noqa: S311 (to be repeated, not to be secret)
    limits = RateLimits(world)
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


def test_an_algorithm_costs_no_more_calls_than_budgeted() -> None:
    world = World(Random("load"))  # noqa: S311 (to be repeated, not to be secret)
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
    assert deployed["DescribeAlgorithm"] <= 1 + VALIDATION_SECONDS / 30 + 2
    assert deployed["CreateAlgorithm"] == 1
    # What is told of a validation asks whose it is, and remembers that it was told.
    assert deployed["ListTags"] == deployed["AddTags"] == 1
    assert whole["DeleteAlgorithm"] == 1
    assert whole["DescribeAlgorithm"] - deployed["DescribeAlgorithm"] <= 3
    assert whole["ListTags"] <= 3
