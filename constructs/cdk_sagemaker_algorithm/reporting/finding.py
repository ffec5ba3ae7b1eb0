"""What a check found, and what it could not check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How serious a finding is: an error fails the command, a warning does so with ``--strict``, a note never."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file.

    Attributes:
        file: The file's path as the user gave it.
        line: Line, from 1; 0 if the finding concerns the whole file.
        column: Column in characters, from 1; 0 if the finding concerns the whole line.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return the place as compilers write it."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        rule: ID of the rule or check.
        level: How serious it is.
        message: What is wrong; lower case start, no final period.
        subject: The algorithm, as its construct path or name; empty if the report is about one thing.
        path: Path in the definition, in the API's names.
        location: Place in a file.
        evidence: What the finding rests on: log lines, responses, numbers.
        remedy: What to do, as an imperative or as commands that can be pasted.
        source: Document that states the requirement.
        hours: Hours that a deployment would take to fail by it; None if not known.
        details: Further members for JSON output.
    """

    rule: str
    level: Level
    message: str
    subject: str = ""
    path: str = ""
    location: Location | None = None
    evidence: tuple[str, ...] = ()
    remedy: str = ""
    source: str = ""
    hours: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """Something that a tool could not check. It never counts as passed.

    Attributes:
        check: ID of the rule or check.
        reason: Why it was not checked, such as ``not allowed to call iam:GetRole``.
        subject: The algorithm, file or resource.
    """

    check: str
    reason: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDescription:
    """A rule as code scanning shows it.

    Attributes:
        id: The rule's ID.
        summary: The requirement in one sentence.
        help: The requirement with its reason and its fix.
        level: The level of its findings.
    """

    id: str
    summary: str
    help: str
    level: Level = Level.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingReport:
    """All that a tool found.

    Attributes:
        kind: What was done, such as ``check`` or ``preflight``; names the JSON schema.
        findings: What is wrong.
        not_checked: What could not be checked.
        checked: What was checked, such as files or check IDs.
        rules: Descriptions of the rules that can have findings.
        data: Further members for JSON output.
    """

    kind: str
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    checked: tuple[str, ...] = ()
    rules: tuple[RuleDescription, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def count(self, level: Level) -> int:
        """Return the number of findings of a level."""
        return sum(finding.level is level for finding in self.findings)

    @property
    def worst(self) -> Level | None:
        """The most serious level among the findings; None without findings."""
        return next((level for level in Level if self.count(level)), None)

    def failed(self, *, strict: bool = False) -> bool:
        """Return whether a command that made this report exits with the status for findings.

        Args:
            strict: Whether warnings, and what could not be checked, count as well.
        """
        if self.worst is Level.ERROR:
            return True
        return strict and (self.worst is Level.WARNING or bool(self.not_checked))
