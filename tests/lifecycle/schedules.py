"""Random schedules: stacks that are deployed, changed, broken, cancelled and deleted while much goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import RESOURCE_TAG, STACK_TAG

from . import cloudformation, sagemaker
from .cloudformation import Operation, Resource, Rollback, Stack, Template
from .loop import EPOCH
from .sagemaker import Validation
from .templates import Variant, logical_ids, template
from .weather import Climate, random_climate
from .world import World, inhabited

CONSTRUCTS = ("Forest", "Named", "Quick", "Kept")
#: "named-taken" is somebody else's.
_NAMES = ("named-v0", "named-v1", "named-v2", "named-taken")
_DURATIONS = (0.5, 0.5, 20, 20, 20, 100, 200, 200, 200, 900, 900, 4000, 7000)
_REASONS = ("ClientError: no such file", "Ж" * 3000, '\x00"\\🙂' * 900)


@dataclass
class Plan:
    """What a stack is to become next."""

    variants: dict[str, Variant] = field(default_factory=dict[str, Variant])
    others: dict[str, Resource] = field(default_factory=dict[str, Resource])

    def template(self) -> Template:
        return template(*self.variants.values(), others=self.others, consumers=True)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a schedule."""

    seed: object
    violations: list[str]
    story: list[str]
    faults: dict[str, int]
    invocations: int
    calls: dict[str, int]


class Schedule:
    """One random schedule, which can also be led by hand."""

    def __init__(self, random: Random, *, climate: Climate | None = None) -> None:
        self.random = random
        self.world = World(
            random,
            climate=random_climate(random) if climate is None else climate,
            sagemaker_habits=sagemaker.Habits(
                lag=random.choice((0.0, 3.0, 12.0, 25.0)),
                deletion=random.choice((0.0, 2.0, 40.0)),
                roles_ready=EPOCH + random.choice((0.0, 0.0, 15.0, 60.0)),
            ),
            cloudformation_habits=cloudformation.Habits(
                rollback=random.choice(list(Rollback)),
                deletes_failed_creates=random.random() < 0.7,
            ),
        )
        self.world.duplicates = random.choice((0.0, 0.0, 0.1, 0.4))
        self.world.cuts = random.choice((0.0, 0.0, 0.05, 0.3))
        self.world.delivery_seconds = random.choice((0.3, 2.0, 60.0))
        self.world.machine.describe_lag = random.choice((0.0, 0.0, 3.0))
        self.plans: dict[str, Plan] = {}
        self.story: list[str] = []
        self._outcomes = [self._validation() for _ in range(5)]
        self.world.sagemaker.validation_of = self._validation_of
        self._put_foreign()

    def run(self) -> None:
        """Everything at random."""
        stacks = [self.new_stack() for _ in range(self.random.choice((1, 1, 2)))]
        for _ in range(self.random.randint(2, 6)):
            for stack in stacks:
                if self.random.random() < 0.8:
                    self.act(stack)
            self.world.run_until_rest()
        for stack in stacks:
            self.delete(stack)
        self.world.finish()

    def new_stack(self) -> Stack:
        # Two stacks of one name: the second after the first, as when a failed one is made anew.
        stack = self.world.stack(self.random.choice(("Alpha", "Beta")))
        self.plans[stack.id] = Plan(variants={"Forest": Variant(construct="Forest")})
        return stack

    def act(self, stack: Stack) -> None:
        """One operation on a resting stack."""
        if stack.records and self.random.random() < 0.1:
            self.delete(stack)
        elif stack.status != "DELETE_FAILED":
            self.mutate(stack)
            self.deploy(stack)
        self.disturb()

    def delete(self, stack: Stack) -> None:
        self.story.append(f"{stack.name}: delete")
        self.world.cloudformation.delete(stack)

    def deploy(self, stack: Stack) -> Operation:
        plan = self.plans[stack.id]
        self.story.append(f"{stack.name}: deploy {[*plan.variants.values()]} with {plan.others}")
        operation = self.world.cloudformation.deploy(stack, plan.template())
        if self.random.random() < 0.15 and stack.status != "NONE":
            delay = self.random.choice((0.2, 1, 5, 30, 300, 2000))
            self.story.append(f"{stack.name}: cancel after {delay} s")
            self.world.loop.after(delay, operation.cancel)
        return operation

    def disturb(self) -> None:
        """Now and then, stop an execution that runs."""
        if self.random.random() < 0.2:
            redeliver = self.random.random() < 0.8
            delay = self.random.choice((0.3, 0.5, 1, 3, 12, 100, 1000))
            self.story.append(f"abort an execution after {delay} s, redeliver={redeliver}")
            self.world.loop.after(delay, lambda: self._abort(redeliver=redeliver))

    def _abort(self, *, redeliver: bool) -> None:
        if self.world.abort_execution(redeliver=redeliver):
            self.story.append("aborted")

    def mutate(self, stack: Stack) -> None:
        """Change a stack's plan at random."""
        plan, random = self.plans[stack.id], self.random
        if random.random() < 0.1:
            # Nothing but prefixes, which alone change nothing.
            prefix = random.choice(("Alpha", "Beta"))
            plan.variants = {name: replace(each, prefix=prefix) for name, each in plan.variants.items()}
            plan.others = {}
            return
        for _ in range(random.choice((1, 1, 2, 3))):
            construct = random.choice(CONSTRUCTS)
            variant = plan.variants.get(construct)
            if variant is None:
                plan.variants[construct] = Variant(construct=construct)
            elif random.random() < 0.1 and len(plan.variants) > 1:
                del plan.variants[construct]
            else:
                plan.variants[construct] = self._mutated(variant)
        plan.others = self._others(plan)

    def _mutated(self, variant: Variant) -> Variant:
        random = self.random
        changes: list[Callable[[], dict[str, Any]]] = [
            lambda: {"definition": random.randrange(5)},
            lambda: {"definition": random.randrange(5)},
            lambda: {"definition": random.randrange(5), "name": random.choice(_NAMES)},
            lambda: {"definition": random.randrange(5), "prefix": random.choice(("Alpha", "Beta", "x" * 50))},
            lambda: {"revision": random.choice(("", "2", "3"))},
            lambda: {"prefix": random.choice(("Alpha", "Beta"))},
            lambda: {"prefix": random.choice(("Alpha", "Beta"))},
            lambda: {"name": random.choice(_NAMES), "refused": False},
            lambda: {"tags": tuple((key, random.choice("xy")) for key in ("team", "stage") if random.random() < 0.6)},
            lambda: {"refused": random.random() < 0.3},
            lambda: {"retain_failed": random.random() < 0.5},
        ]
        return replace(variant, **random.choice(changes)())

    def _others(self, plan: Plan) -> dict[str, Resource]:
        """Resources of other kinds: beside the algorithms, after one, and at times failing."""
        random = self.random
        others: dict[str, Resource] = {}
        if random.random() < 0.5:
            others["Beside"] = Resource(
                type="AWS::SNS::Topic",
                seconds=random.choice((0.5, 5, 60, 900)),
                fails=random.random() < 0.3,
                properties={"Nonce": random.randrange(9)},
            )
        if random.random() < 0.4:
            construct = random.choice(list(plan.variants))
            others["After"] = Resource(
                type="AWS::SNS::Topic",
                depends_on=frozenset({random.choice(logical_ids(construct))}),
                fails=random.random() < 0.6,
                properties={"Nonce": random.randrange(9)},
            )
        return others

    def _validation(self) -> Validation:
        passes = self.random.random() < 0.75
        reason = "" if passes else self.random.choice(_REASONS)
        return Validation(seconds=self.random.choice(_DURATIONS), passes=passes, reason=reason)

    def _validation_of(self, request: Any) -> Validation:
        tag = request["TrainingSpecification"]["TrainingImage"].rpartition(":")[2]
        outcome = self._outcomes[int(tag)]
        # What failed once need not fail again: the data may be there by then.
        return replace(outcome, passes=True) if self.random.random() < 0.3 else outcome

    def _put_foreign(self) -> None:
        other = "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/99999999-1111-2222-3333-444444444444"
        forest = logical_ids("Forest")[0]
        put = self.world.sagemaker.put_foreign
        put("named-taken", self.random.choice(({}, {STACK_TAG: other, RESOURCE_TAG: logical_ids("Named")[0]})))
        put("Simulated-Forest-0123456789ab", {STACK_TAG: other, RESOURCE_TAG: forest}, passes=False)
        put("Alpha", {}, passes=False)


def run_schedule(seed: object, *, climate: Climate | None = None) -> Outcome:
    """Run the schedule of a seed."""
    schedule = Schedule(Random(str(seed)), climate=climate)  # noqa: S311 (to be repeated, not to be secret)
    world = schedule.world
    with inhabited(world):
        schedule.run()
    return Outcome(
        seed=seed,
        violations=world.violations,
        story=schedule.story,
        faults=world.weather.faults,
        invocations=world.invocations,
        calls=world.sagemaker.calls,
    )
