"""A violation of the service model, before it becomes a finding."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules.finding import NoValue
from cdk_sagemaker_algorithm.rules.rule import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.model.paths import Path, Step
    from cdk_sagemaker_algorithm.rules.rule import Rule


class Masks(Enum):
    """What a violation leaves nothing more to say of."""

    NOTHING = "nothing"
    VALUE = "value"
    AROUND = "around"


class Violation:
    """A rule broken somewhere below; its path grows from the inside out."""

    __slots__ = ("allowed", "candidates", "instead", "masks", "problem", "rule", "steps", "value")

    def __init__(  # noqa: PLR0913 - the parts of a report
        self,
        rule: Rule | None,
        problem: str = "",
        value: object = NoValue.MISSING,
        *,
        allowed: str = "",
        candidates: Iterable[str] = (),
        step: Step | None = None,
        instead: str | None = None,
        masks: Masks = Masks.VALUE,
    ) -> None:
        """Note what is wrong; no rule means that only deployment knows the value.

        Args:
            rule: The rule that is broken.
            problem: What is wrong.
            value: What stands there.
            allowed: What may stand there, in words.
            candidates: What may stand there, as values.
            step: The innermost step of the path.
            instead: The member that an unknown one was probably meant to be.
            masks: What nothing more can be said of.
        """
        self.rule = rule
        self.problem = problem
        self.value = value
        self.allowed = allowed
        self.candidates = candidates
        self.instead = instead
        self.masks = masks
        self.steps: list[Step] = [] if step is None else [step]

    @property
    def path(self) -> Path:
        """Where it is, from the outside in."""
        return tuple(reversed(self.steps))

    @property
    def masked(self) -> Path | None:
        """The place that other rules must pass over; None when they can go on."""
        if self.masks is Masks.NOTHING:
            return None
        if self.masks is Masks.VALUE:
            return self.path
        around = self.path[:-1]
        return around if self.instead is None else (*around, self.instead)

    def report(self) -> Report:
        """What the findings say of it."""
        return Report(self.path, self.problem, self.value, self.allowed, self.candidates)
