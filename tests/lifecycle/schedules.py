"""Random schedules: stacks are deployed, changed, cancelled and deleted while faults occur.

Each kind of trouble has a name and can be left out, to find out which one a failure needs:
``python -m tests.lifecycle.soak --seed SEED --without cancelling long-names``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal, TypeVar, get_args

from cdk_sagemaker_algorithm_provider.contract.ownership_tags import ADOPTER_TAG, RESOURCE_TAG, STACK_TAG
from tests.lifecycle import cloudformation, sagemaker
from tests.lifecycle.cloudformation import Operation, Resource, Rollback, Stack, Template
from tests.lifecycle.loop import EPOCH
from tests.lifecycle.sagemaker import Validation
from tests.lifecycle.templates import Variant, logical_ids, template
from tests.lifecycle.weather import Climate, random_climate
from tests.lifecycle.world import World, inhabited

Trouble = Literal[
    "cancelling",  # requests overtake those that they cancel
    "long-names",  # stacks are nested, their names fill a physical ID, and IDs that are made up are cut
    "staying",  # operations that fail are not rolled back
    "keeping",  # --retain-resources after DELETE_FAILED
    "skipping",  # resources that a rollback skips
    "hands",  # algorithms are deleted by hand
    "throttled-events",  # Lambda takes events late, and in another order
    "slow-calls",  # an invocation lasts while others act
    "late-lists",  # Step Functions shows late what is there
    "undated",  # ResponseURLs do not say when they were signed
    "releases",  # the function's code is updated while executions run
    "lowered-arns",  # SageMaker's answers have ARNs in lower case
]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

T = TypeVar("T")
_STACK_NAMES = ("Alpha", "Beta")
_LONG_STACK_NAMES = (
    "DataScience-Production-DecisionTreesNestedStackDecisionTreesNestedStackResource3F1A2B4C-1QX5M4UU2ZK7P",
    f"Alpha-{'x' * 120}",
)
#: How often a user tries to delete what is not deleted at once.
_DELETIONS = 8
CONSTRUCTS = ("Forest", "Named", "Quick", "Kept")
#: "named-taken" is someone else's; the last one may be marked for a stack that adopts it.
_NAMES = ("named-v0", "named-v1", "named-v2", "named-taken", "named-before")
_DURATIONS = (0.5, 0.5, 20, 20, 20, 100, 200, 200, 200, 900, 900, 4000, 7000)
_REASONS = ("ClientError: no such file", "Ж" * 3000, '\x00"\\🙂' * 900)


@dataclass
class Plan:
    """Next state of a stack."""

    variants: dict[str, Variant] = field(default_factory=dict[str, Variant])
    others: dict[str, Resource] = field(default_factory=dict[str, Resource])

    def template(self) -> Template:
        return template(*self.variants.values(), others=self.others, consumers=True)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Result of a schedule."""

    seed: object
    violations: list[str]
    story: list[str]
    faults: dict[str, int]
    invocations: int
    calls: dict[str, int]


class Schedule:
    """One random schedule; tests can also run its steps by hand."""

    def __init__(self, random: Random, *, climate: Climate | None = None, without: Collection[Trouble] = ()) -> None:
        self.random = random
        self._without = without
        self.world = World(
            random,
            climate=random_climate(random) if climate is None else climate,
            sagemaker_habits=sagemaker.Habits(
                lag=random.choice((0.0, 3.0, 12.0, 25.0)),
                deletion=random.choice((0.0, 2.0, 40.0)),
                new_roles=random.choice((0.0, 0.3, 0.8)),
                lowers_arns=self._unless("lowered-arns", random.random() < 0.2, otherwise=False),
            ),
            cloudformation_habits=cloudformation.Habits(
                rollback=random.choice(list(Rollback)),
                deletes_failed_creates=random.random() < 0.7,
                cancels=self._unless("cancelling", random.choice((0.0, 0.7, 1.0)), otherwise=0.0),
                skips=self._unless("skipping", random.choice((0.0, 0.0, 0.1)), otherwise=0.0),
                odd_ids="long-names" not in without,
                dates=self._unless("undated", random.random() < 0.9, otherwise=True),
                deletes_kept_last=random.random() < 0.3,
                names_what_was_tried=random.random() < 0.3,
            ),
        )
        self.world.duplicates = random.choice((0.0, 0.0, 0.1, 0.4))
        self.world.cuts = random.choice((0.0, 0.0, 0.05, 0.3))
        self.world.delivery_seconds = random.choice((0.3, 2.0, 60.0))
        self.world.machine.lag = self._unless("late-lists", random.choice((0.0, 0.0, 1.0, 3.0)), otherwise=0.0)
        self.world.machine.page = random.choice((5, 1000, 1000))
        throttle = random.choice((0.0, 0.0, 0.0, 0.3, 0.6))
        self.world.function.throttle = self._unless("throttled-events", throttle, otherwise=0.0)
        self.world.function.slow = self._unless("slow-calls", random.choice((0.0, 0.01, 0.05)), otherwise=0.0)
        self.plans: dict[str, Plan] = {}
        self.story: list[str] = []
        self._outcomes = [self._validation() for _ in range(5)]
        self.world.sagemaker.validation_of = self._validation_of
        self._put_foreign()

    def _unless(self, trouble: Trouble, given: T, *, otherwise: T) -> T:
        return otherwise if trouble in self._without else given

    def run(self) -> None:
        """Run random operations."""
        stacks = [self.new_stack() for _ in range(self.random.choice((1, 1, 2)))]
        for _ in range(self.random.randint(2, 6)):
            stacks = [self._successor(stack) for stack in stacks]
            for stack in stacks:
                if self.random.random() < 0.8:
                    self.act(stack)
            self.world.run_until_rest()
            self.touch(stacks)
        for stack in stacks:
            self.delete(stack)
        self.world.run_until_rest()
        self.delete_for_good(stacks)
        self.world.finish()

    def delete_for_good(self, stacks: list[Stack]) -> None:
        """Repeat a failed deletion, as a user does."""
        for _ in range(_DELETIONS):
            failed = [stack for stack in stacks if stack.status == "DELETE_FAILED"]
            for stack in failed:
                self.delete(stack)
            self.world.run_until_rest()

    def new_stack(self) -> Stack:
        names = self._unless("long-names", (*_STACK_NAMES, *_LONG_STACK_NAMES), otherwise=_STACK_NAMES * 2)
        taken = {stack.name for stack in self.world.stacks}
        stack = self.world.stack(self.random.choice([name for name in names if name not in taken]))
        self.plans[stack.id] = Plan(variants={"Forest": Variant(construct="Forest")})
        return stack

    def _successor(self, stack: Stack) -> Stack:
        """Create a deleted or failed stack again: the same name, another ID."""
        if stack.status not in ("DELETE_COMPLETE", "ROLLBACK_COMPLETE"):
            return stack
        successor = self.world.stack(stack.name)
        self.plans[successor.id] = self.plans[stack.id]
        return successor

    def act(self, stack: Stack) -> None:
        """One operation on a resting stack."""
        if stack.status == "DELETE_FAILED":
            if stack.records and self.random.random() < 0.4:
                self.delete(stack, retain=self._unless("keeping", frozenset(stack.records), otherwise=frozenset()))
        elif stack.records and self.random.random() < 0.1:
            self.delete(stack)
        else:
            self.mutate(stack)
            self.deploy(stack)
        self.disturb()

    def delete(self, stack: Stack, *, retain: frozenset[str] = frozenset()) -> None:
        self.story.append(f"{self._when()} {stack.name}: delete, retain {sorted(retain)}")
        self.world.cloudformation.delete(stack, retain=retain)

    def _when(self) -> str:
        return f"{self.world.loop.now - EPOCH:8.1f}"

    def deploy(self, stack: Stack) -> Operation:
        plan = self.plans[stack.id]
        stays = self._unless("staying", self.random.random() < 0.15, otherwise=False)
        self.story.append(
            f"{self._when()} {stack.name}: deploy {[*plan.variants.values()]} with {plan.others}"
            + (", without rollback" if stays else "")
        )
        operation = self.world.cloudformation.deploy(stack, plan.template(), disable_rollback=stays)
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
        if self.random.random() < 0.1 and "releases" not in self._without:
            self.world.loop.after(self.random.choice((1, 10, 100, 1000)), self.world.change_the_code)

    def touch(self, stacks: list[Stack]) -> None:
        """Between operations: time passes, and now and then a person deletes or marks an algorithm by hand."""
        self.world.loop.run(horizon=self.world.loop.now + self.random.choice((0, 0, 5, 60, 400)))
        used = sorted(
            record.physical_id
            for stack in stacks
            for record in stack.records.values()
            if record.physical_id in self.world.sagemaker.existing()
        )
        if self.random.random() < 0.1 and "named-before" in self.world.sagemaker.existing():
            self.world.sagemaker.tag_by_hand("named-before", {ADOPTER_TAG: self._mark()})
        by_hand = self.random.random() < 0.07
        if by_hand and used and "hands" not in self._without:
            name = self.random.choice(used)
            if self.world.sagemaker.existing()[name].status_at(self.world.loop.now) in ("Completed", "Failed"):
                self.story.append(f"{self._when()} {name}: deleted by hand")
                self.world.delete_by_hand(name)

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
            lambda: {"name": random.choice(_NAMES), "refused": ""},
            lambda: {"tags": tuple((key, random.choice("xy")) for key in ("team", "stage") if random.random() < 0.6)},
            lambda: {"refused": random.choice(("", "", "", "briefly", "at length"))},
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
                seconds=random.choice((0.5, 5, 5, 20, 60, 900)),
                fails=random.random() < 0.4,
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

    def _mark(self) -> str:
        return f"{self.random.choice(_STACK_NAMES)}/{logical_ids('Named')[0]}"

    def _put_foreign(self) -> None:
        other = "arn:aws:cloudformation:us-east-1:123456789012:stack/Other/99999999-1111-2222-3333-444444444444"
        forest = logical_ids("Forest")[0]
        put = self.world.sagemaker.put_foreign
        put("named-taken", self.random.choice(({}, {STACK_TAG: other, RESOURCE_TAG: logical_ids("Named")[0]})))
        put("Simulated-Forest-0123456789ab", {STACK_TAG: other, RESOURCE_TAG: forest}, passes=False)
        put("Alpha", {}, passes=False)
        mark = self._mark()
        marked = self.random.random() < 0.8
        put("named-before", {ADOPTER_TAG: mark, "team": "before"} if marked else {})


def run_schedule(seed: object, *, climate: Climate | None = None, without: Collection[Trouble] = ()) -> Outcome:
    """Run the schedule of a seed, without some faults."""
    schedule = Schedule(Random(str(seed)), climate=climate, without=without)  # noqa: S311 - to be repeated, not to be secret
    world = schedule.world
    with inhabited(world):
        schedule.run()
    return Outcome(
        seed=seed,
        violations=world.violations,
        story=schedule.story,
        faults=world.weather.faults,
        invocations=world.function.invocations,
        calls=world.sagemaker.calls,
    )
