"""Changes and their consumer impact."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cdk_sagemaker_algorithm.assembly import unresolved
from cdk_sagemaker_algorithm.assembly.display import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdk_sagemaker_algorithm.model.json_access import Json, Tree


class Impact(StrEnum):
    """Effect of a change on the consumers of an algorithm, most severe first.

    BREAKING: HEAD rejects a request that BASE accepts.
    NEW_ARN: name and ARN change, and the old algorithm is deleted.
    UNKNOWN: the impact depends on deploy-time values.
    BEHAVIOR: the same requests are accepted, but results can differ.
    COMPATIBLE: all requests that BASE accepts are accepted, with the same result.
    DOCUMENTATION: only descriptive text changes.
    VALIDATION: only validation profiles or the validation role change.
    NONE: neither consumers nor SageMaker can notice the change.
    """

    BREAKING = "breaking"
    NEW_ARN = "new-arn"
    UNKNOWN = "unknown"
    BEHAVIOR = "behavior"
    COMPATIBLE = "compatible"
    DOCUMENTATION = "documentation"
    VALIDATION = "validation"
    NONE = "none"

    @property
    def label(self) -> str:
        """Display name."""
        return {
            "new-arn": "new ARN",
            "unknown": "unknown until deployment",
            "behavior": "behavior change",
            "documentation": "documentation only",
            "validation": "validation only",
        }.get(self.value, self.value)


class Turn(NamedTuple):
    """Change from one value to another.

    Attributes:
        noun: Name of the value, such as `default`; empty if the subject names the value.
        before: Value in BASE, as text.
        after: Value in HEAD, as text.
    """

    noun: str
    before: str
    after: str

    @property
    def text(self) -> str:
        """Both values in one line; equal parts of long values are shortened."""
        return f"{self.noun} {side_by_side(self.before, self.after)}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Change of a definition or a setting.

    Attributes:
        impact: Consumer impact.
        subject: Changed element, such as `hyperparameter max_depth`.
        what: Description of the change, such as `default '6' -> '8'`.
        path: Path of the field in CreateAlgorithm, with names instead of list indexes.
        reason: Reason for the impact.
        counterexample: Value or request that BASE accepts and HEAD rejects; empty if none.
        turn: Noun and both values if one value replaced another; otherwise None.
        before: Value in BASE; None if absent.
        after: Value in HEAD; None if absent.
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


def most_severe(changes: Iterable[Change]) -> Impact:
    """Return the most severe impact; NONE without changes."""
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
    """Return a change with deploy-time values in display form."""
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


def unknown(subject: str, what: str | Turn, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
    """Return a change with an impact that depends on deploy-time values, and name these values."""
    return make(Impact.UNKNOWN, subject, what, path, values, reason=unresolved.explain(*values))


@dataclass(frozen=True, slots=True)
class Effect:
    """A change without the element that it concerns.

    Attributes:
        impact: Consumer impact.
        what: Description of the change.
        reason: Reason for the impact.
        counterexample: Value or request that BASE accepts and HEAD rejects; empty if none.
    """

    impact: Impact
    what: str
    reason: str = ""
    counterexample: str = ""

    def change(self, subject: str, path: str, values: tuple[Tree | None, Tree | None]) -> Change:
        """Return the change of an element.

        Args:
            subject: The element.
            path: Its path in CreateAlgorithm.
            values: Its values in BASE and HEAD.
        """
        return make(
            self.impact, subject, self.what, path, values, reason=self.reason, counterexample=self.counterexample
        )
