"""Define rules and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cdk_sagemaker_algorithm.preflight.profile_run import ProfileRun
from cdk_sagemaker_algorithm.reporting import Level


@dataclass(frozen=True, slots=True)
class Citation:
    """Source of a requirement.

    Attributes:
        text: URL of a document, or reference to reports of real jobs.
        documented: Whether AWS documents it, or real jobs have shown it; False for an inference. Errors need True.
    """

    text: str
    documented: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One violation of a rule.

    Attributes:
        message: What is wrong; lower case start, no final period.
        path: Path in the definition, in the API's names.
        evidence: Log lines, statuses, response bodies.
        remedy: The fix, if it differs from the rule's.
        level: A lower level than the rule's, if it applies here.
    """

    message: str
    path: str = ""
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRule:
    """A requirement that containers must meet.

    Attributes:
        id: The rule's ID.
        level: The level of its findings.
        requirement: The requirement in one sentence.
        remedy: The fix, as an imperative.
        source: Where the requirement comes from.
        check: Finds violations.
        hours: Hours that a deployment takes to fail by it, if documented.
    """

    id: str
    level: Level
    requirement: str
    remedy: str
    source: Citation
    check: Callable[[ProfileRun], Iterator[Hit]]
    hours: float | None = None
