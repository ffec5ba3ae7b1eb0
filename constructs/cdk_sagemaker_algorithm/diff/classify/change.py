"""What a change means to those who use the algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.display import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.model.json_tree import Json, Tree


class Impact(StrEnum):
    """How a change meets the consumers of an algorithm, worst first.

    BREAKING: a request that was accepted would be refused now.
    NEW_ARN: the algorithm has another name and ARN, and the old one is deleted.
    UNDECIDED: that depends on a value which only the deployment knows.
    BEHAVIOR: the same requests are accepted, but may give another result.
    COMPATIBLE: whatever was accepted still is, and gives the same.
    DOCUMENTATION: only texts for people.
    VALIDATION: only what SageMaker runs to validate the algorithm.
    NONE: nothing that a consumer or the service would tell apart.
    """

    BREAKING = "breaking"
    NEW_ARN = "new-arn"
    UNDECIDED = "undecided"
    BEHAVIOR = "behavior"
    COMPATIBLE = "compatible"
    DOCUMENTATION = "documentation"
    VALIDATION = "validation"
    NONE = "none"

    @property
    def label(self) -> str:
        """The name for people."""
        return {"new-arn": "new ARN", "validation": "validation only", "none": "no effect"}.get(self.value, self.value)


class Turn(NamedTuple):
    """A value that became another one.

    Attributes:
        noun: What it is: `default`; empty if the subject says it.
        before: The value before, as text.
        after: The value now, as text.
    """

    noun: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """The turn in one line, long values cut where they do not differ."""
        return f"{self.noun} {side_by_side(self.before, self.after)}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, in the definition's own words.

    Attributes:
        impact: What it means to consumers.
        subject: What it is about, by name: `hyperparameter max_depth`.
        what: What changed: `default '6' -> '8'`.
        path: The member of CreateAlgorithm, elements by name.
        reason: Why it has this impact.
        counterexample: Something that was accepted and is no longer.
        turn: The same as noun and two texts, if one value became another; else None.
        before: The value before, None where there was none.
        after: The value now, None where there is none.
    """

    impact: Impact
    subject: str
    what: str
    path: str
    reason: str = ""
    counterexample: str = ""
    turn: Turn | None = None
    before: Json = None
    after: Json = None

    @property
    def text(self) -> str:
        """Subject and change in one line."""
        return f"{self.subject}: {self.what}"


def worst(changes: Iterable[Change]) -> Impact:
    """The gravest impact among changes; NONE where there are none."""
    order = list(Impact)
    return min((change.impact for change in changes), key=order.index, default=Impact.NONE)


def make(  # noqa: PLR0913 - one change has these parts
    impact: Impact,
    subject: str,
    what: str | Turn,
    path: str,
    values: tuple[Tree | None, Tree | None] = (None, None),
    *,
    reason: str = "",
    counterexample: str = "",
) -> Change:
    """Make a change for output: every text with its symbols as people know them."""
    turn = Turn(*map(unresolved.display, what)) if isinstance(what, Turn) else None
    return Change(
        impact=impact,
        subject=unresolved.display(subject),
        what=turn.text if turn else unresolved.display(str(what)),
        turn=turn,
        path=unresolved.display(path),
        reason=unresolved.display(reason),
        counterexample=unresolved.display(counterexample),
        before=unresolved.display_tree(values[0]),
        after=unresolved.display_tree(values[1]),
    )


def undecided(subject: str, what: str | Turn, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
    """A change that only the deployment decides, with what it depends on."""
    return make(Impact.UNDECIDED, subject, what, path, values, reason=unresolved.explain(*values))
