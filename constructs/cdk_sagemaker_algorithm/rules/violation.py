"""A violation of the API model, before it becomes a finding."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.rules.rule import Problem
from cdk_sagemaker_algorithm.rules.rule_finding import NoValue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.model.paths import Path, Step
    from cdk_sagemaker_algorithm.rules.rule import Rule


class Masks(Enum):
    """The part of a definition that a violation hides from later rules."""

    NOTHING = "nothing"
    VALUE = "value"
    AROUND = "around"


class Violation:
    """A violation; the path is built from the inside out."""

    __slots__ = ("allowed", "candidates", "expected", "instead", "masks", "problem", "rule", "steps", "value")

    def __init__(  # noqa: PLR0913 - the parts of a report
        self,
        rule: Rule | None,
        problem: str = "",
        value: object = NoValue.MISSING,
        *,
        allowed: str = "",
        candidates: Iterable[str] = (),
        expected: str = "",
        step: Step | None = None,
        instead: str | None = None,
        masks: Masks = Masks.VALUE,
    ) -> None:
        """Create a violation; without a rule, it only masks a deploy-time value.

        Args:
            rule: The violated rule.
            problem: Continues the sentence that starts with the value.
            value: The user's value.
            allowed: Description of the allowed values.
            candidates: The allowed values.
            expected: Requirement, to which the message adds the value.
            step: Innermost step of the path.
            instead: Field that an unknown one was probably meant to be.
            masks: Part of the definition to hide from later rules.
        """
        self.rule = rule
        self.problem = problem
        self.value = value
        self.allowed = allowed
        self.candidates = candidates
        self.expected = expected
        self.instead = instead
        self.masks = masks
        self.steps: list[Step] = [] if step is None else [step]

    @property
    def path(self) -> Path:
        """The path from the outside in."""
        return tuple(reversed(self.steps))

    @property
    def masked(self) -> Path | None:
        """The path to hide from later rules; None if nothing is hidden."""
        if self.masks is Masks.NOTHING:
            return None
        if self.masks is Masks.VALUE:
            return self.path
        around = self.path[:-1]
        return around if self.instead is None else (*around, self.instead)

    def report(self) -> Problem:
        """Return the violation as a report."""
        return Problem(self.path, self.problem, self.value, self.allowed, self.candidates, self.expected)
