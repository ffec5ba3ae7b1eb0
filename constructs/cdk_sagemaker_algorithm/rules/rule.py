"""A rule, and what a rule reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment
from cdk_sagemaker_algorithm.rules.finding import (
    ID_PREFIX,
    Finding,
    Level,
    NoValue,
    nearest,
    nearest_first,
    presentable,
    quote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.examples import Part
    from cdk_sagemaker_algorithm.rules.request_view import Definition


class Report(NamedTuple):
    """What a rule says of one place; the table adds the rule's own part.

    Attributes:
        path: Where.
        problem: What is wrong; reads on from the value.
        value: What stands there, unless nothing does.
        allowed: What may stand there, in words.
        candidates: What may stand there, as values; they are quoted, and the nearest is suggested.
        secret: Whether the value must not be shown.
    """

    path: Path
    problem: str
    value: object = NoValue.MISSING
    allowed: str = ""
    candidates: Iterable[str] = ()
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One row of the table.

    Attributes:
        name: The ID without its prefix.
        level: Whether a finding stops synth.
        sentence: What must hold.
        why: Why it matters, where that is not obvious.
        certain: Whether the service is known to refuse what breaks the rule; it cannot be acknowledged then.
        source: Where the service says so: the address of a page, or empty where the rule follows from the definition.
        fails: A part of a definition that breaks this rule and no other.
        passes: The same part, corrected.
        fails_in: The deployment in which `fails` breaks the rule.
        passes_in: The deployment in which `passes` does not.
        inspect: Finds what breaks the rule; None where another part of the library does.
        constructs_only: Whether the rule is about constructs, and not about requests as they stand.
    """

    name: str
    level: Level
    sentence: str
    why: str = ""
    certain: bool = False
    source: str = ""
    fails: Part | str = field(default_factory=dict[str, Any])
    passes: Part | str = field(default_factory=dict[str, Any])
    fails_in: Deployment = UNKNOWN_DEPLOYMENT
    passes_in: Deployment = UNKNOWN_DEPLOYMENT
    inspect: Callable[[Definition], Iterator[Report]] | None = None
    constructs_only: bool = False

    @property
    def id(self) -> str:
        """The ID: what people acknowledge, and what tools show."""
        return ID_PREFIX + self.name

    def finding(self, report: Report) -> Finding:
        """The report of this rule as a finding."""
        candidates = tuple(report.candidates)
        value = NoValue.HIDDEN if report.secret else presentable(report.value, report.path)
        near = nearest(value, candidates)
        return Finding(
            rule=self.id,
            level=self.level,
            path=report.path,
            value=value,
            problem=report.problem,
            allowed=(report.allowed,) if report.allowed else tuple(map(quote, nearest_first(value, candidates))),
            suggestion=None if near is None else quote(near),
            why=self.why,
        )


def rule(  # noqa: PLR0913 - one parameter for each column of the table
    name: str,
    level: Level,
    sentence: str,
    *,
    fails: Part,
    passes: Part,
    why: str = "",
    source: str = "",
    certain: bool = False,
    constructs_only: bool = False,
    deployment: Deployment = UNKNOWN_DEPLOYMENT,
    passes_in: Deployment | None = None,
) -> Callable[[Callable[[Definition], Iterator[Report]]], Rule]:
    """Make a function a row of the table.

    See `Rule` for the arguments. `deployment` is that of both examples, unless `passes_in` says otherwise.
    """

    def decorate(inspect: Callable[[Definition], Iterator[Report]]) -> Rule:
        return Rule(
            name=name,
            level=level,
            sentence=sentence,
            why=why,
            source=source,
            certain=certain,
            fails=fails,
            passes=passes,
            fails_in=deployment,
            passes_in=passes_in or deployment,
            inspect=inspect,
            constructs_only=constructs_only,
        )

    return decorate
