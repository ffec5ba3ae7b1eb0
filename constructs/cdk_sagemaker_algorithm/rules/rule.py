"""Rule and report types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cdk_sagemaker_algorithm.rules.deployment import UNKNOWN_DEPLOYMENT, Deployment
from cdk_sagemaker_algorithm.rules.rule_finding import (
    NoValue,
    RuleFinding,
    RuleLevel,
    nearest,
    nearest_first,
    presentable,
    quote,
)
from cdk_sagemaker_algorithm_provider.contract.resource_schema import ID_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cdk_sagemaker_algorithm.model.paths import Path
    from cdk_sagemaker_algorithm.rules.examples import Fragment
    from cdk_sagemaker_algorithm.rules.request_view import Definition


class Problem(NamedTuple):
    """A violation that a rule reports; the table adds the ID and the level.

    Attributes:
        path: Steps of the path.
        problem: Continues the sentence that starts with the value.
        value: The user's value, if there is one.
        allowed: Description of the allowed values.
        candidates: The allowed values; the nearest one is suggested.
        expected: Requirement, such as "must be 1 or more" or "expected a list"; the message continues with the value,
            and then with the problem.
        secret: Whether messages must not show the value.
    """

    path: Path
    problem: str
    value: object = NoValue.MISSING
    allowed: str = ""
    candidates: Iterable[str] = ()
    expected: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A row of the table of rules.

    Attributes:
        name: ID without prefix.
        level: Error or warning.
        sentence: The requirement.
        why: The consequence of a violation, if it is not obvious.
        certain: Whether the rule is mandatory: SageMaker always rejects a violation, so it cannot be acknowledged.
        source: URL of the documentation; empty if the rule follows from the definition.
        fails: Part of a definition that violates this rule and no other.
        passes: The same part, fixed.
        fails_in: Deployment in which `fails` violates the rule.
        passes_in: Deployment in which `passes` does not.
        inspect: Function that yields the violations; None if another part of the library finds them.
        constructs_only: Whether the rule applies to constructs and not to requests.
    """

    name: str
    level: RuleLevel
    sentence: str
    why: str = ""
    certain: bool = False
    source: str = ""
    fails: Fragment | str = field(default_factory=dict[str, Any])
    passes: Fragment | str = field(default_factory=dict[str, Any])
    fails_in: Deployment = UNKNOWN_DEPLOYMENT
    passes_in: Deployment = UNKNOWN_DEPLOYMENT
    inspect: Callable[[Definition], Iterator[Problem]] | None = None
    constructs_only: bool = False

    @property
    def id(self) -> str:
        """The ID with prefix, for acknowledgements and reports."""
        return ID_PREFIX + self.name

    def finding(self, report: Problem) -> RuleFinding:
        """Return a report of this rule as a finding."""
        candidates = tuple(report.candidates)
        value = NoValue.HIDDEN if report.secret else presentable(report.value, report.path)
        suggestion = nearest(value, candidates)
        return RuleFinding(
            rule=self.id,
            level=self.level,
            path=report.path,
            value=value,
            problem=report.problem,
            expected=report.expected,
            allowed=(report.allowed,) if report.allowed else tuple(map(quote, nearest_first(value, candidates))),
            suggestion=None if suggestion is None else quote(suggestion),
            why=self.why,
        )


def rule(  # noqa: PLR0913 - one parameter for each column of the table
    name: str,
    level: RuleLevel,
    sentence: str,
    *,
    fails: Fragment,
    passes: Fragment,
    why: str = "",
    source: str = "",
    certain: bool = False,
    constructs_only: bool = False,
    deployment: Deployment = UNKNOWN_DEPLOYMENT,
    passes_in: Deployment | None = None,
) -> Callable[[Callable[[Definition], Iterator[Problem]]], Rule]:
    """Return a decorator that turns a function into a row of the table.

    See `Rule` for the arguments. `deployment` applies to both examples; `passes_in` overrides it for `passes`.
    """

    def decorate(inspect: Callable[[Definition], Iterator[Problem]]) -> Rule:
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
