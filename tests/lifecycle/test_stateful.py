"""Hypothesis drives the stacks: it chooses what is deployed, broken and cancelled, and shortens what fails."""

from __future__ import annotations

from contextlib import ExitStack
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.lifecycle.cloudformation import Operation, Resource, Stack
from tests.lifecycle.schedules import CONSTRUCTS, Plan, Schedule
from tests.lifecycle.templates import Variant, logical_ids

VARIANTS = st.builds(
    Variant,
    construct=st.sampled_from(CONSTRUCTS),
    definition=st.integers(0, 4),
    revision=st.sampled_from(("", "2")),
    prefix=st.sampled_from(("", "Other")),
    name=st.sampled_from(("named-v0", "named-v1", "named-taken")),
    tags=st.sampled_from(((), (("team", "x"),), (("team", "y"), ("stage", "z")))),
    refused=st.sampled_from(("", "", "", "briefly", "at length")),
    retain_failed=st.booleans(),
)


class Account(RuleBasedStateMachine):
    """Two stacks in one account; what goes wrong around them is drawn with the seed."""

    def __init__(self) -> None:
        super().__init__()
        self._exit = ExitStack()

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        from tests.lifecycle.world import inhabited  # noqa: PLC0415 - the handler is put into the world here

        self.schedule = Schedule(Random(seed))  # noqa: S311 - to be repeated, not to be secret
        self.world = self.schedule.world
        self._exit.enter_context(inhabited(self.world))
        self.stacks = [self.schedule.new_stack(), self.schedule.new_stack()]
        self.operations: dict[str, Operation] = {}

    @rule(
        first=st.booleans(), variants=st.lists(VARIANTS, min_size=1, max_size=2, unique_by=lambda each: each.construct)
    )
    def deploy(self, first: bool, variants: list[Variant]) -> None:
        self._deploy(self._stack(first=first), variants, {})

    @rule(first=st.booleans(), variant=VARIANTS, last=st.booleans())
    def deploy_and_break(self, first: bool, variant: Variant, last: bool) -> None:
        after = logical_ids(variant.construct)[-1 if last else 0]
        broken = Resource(type="AWS::SNS::Topic", fails=True, depends_on=frozenset({after}))
        self._deploy(self._stack(first=first), [variant], {"After": broken})

    @rule(first=st.booleans())
    def delete(self, first: bool) -> None:
        stack = self._stack(first=first)
        if not stack.phase and stack.records:
            self.schedule.delete(stack)

    @rule(first=st.booleans())
    def cancel(self, first: bool) -> None:
        stack = self._stack(first=first)
        if stack.phase == "forward":
            self.operations[stack.id].cancel()

    @rule(redeliver=st.booleans())
    def stop_an_execution(self, redeliver: bool) -> None:
        self.world.abort_execution(redeliver=redeliver)

    @rule(seconds=st.sampled_from((0.3, 1, 5, 20, 100, 600, 3000)))
    def wait(self, seconds: float) -> None:
        self.world.loop.run(horizon=self.world.loop.now + seconds)

    @rule()
    def rest(self) -> None:
        self.world.run_until_rest()

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.world.violations == []

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.run_until_rest()
            for stack in self.stacks:
                if stack.records:
                    self.schedule.delete(stack)
            self.world.finish()
            self._exit.close()
            assert self.world.violations == []

    def _stack(self, *, first: bool) -> Stack:
        return self.stacks[0 if first else 1]

    def _deploy(self, stack: Stack, variants: list[Variant], others: dict[str, Resource]) -> None:
        if not stack.phase and stack.status != "DELETE_FAILED":
            plan = Plan(variants={each.construct: each for each in variants}, others=others)
            self.schedule.plans[stack.id] = plan
            self.operations[stack.id] = self.world.cloudformation.deploy(stack, plan.template())


TestAccount = Account.TestCase
TestAccount.settings = settings(
    max_examples=250,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
