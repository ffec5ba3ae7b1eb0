"""Define findings, skipped checks and the report that contains them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

#: Programs whose commands remedies give to copy.
_PROGRAMS: Final = frozenset({"aws", "cdk", "cdk-sagemaker-algorithm", "docker", "pip", "podman"})


class Level(StrEnum):
    """The level of a finding: an error fails the command, a warning does so with ``--strict``, a note never."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A position in a file.

    Attributes:
        file: Path as the user wrote it.
        line: From 1; 0 if the finding concerns the whole file.
        column: In characters, from 1; 0 if the finding concerns the whole line.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line:column``, as compilers print it."""
        return ":".join([self.file, *(str(number) for number in (self.line, self.column) if number)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A problem that a check found.

    Attributes:
        rule: ID of the rule or check.
        level: Error, warning or note.
        message: The problem; lower case start, no final period.
        subject: Construct path or name of the algorithm; empty if the report is about one thing.
        path: Path in the definition, in the API's names.
        location: Position in a file.
        evidence: Facts that support the finding: log lines, responses, numbers.
        remedy: The fix: an imperative, commands to copy, or an imperative that ends with a colon and what to copy.
        source: Document that states the requirement.
        hours: Hours until a deployment would fail because of the problem; None if unknown.
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

    @property
    def advice(self) -> tuple[str, str]:
        """The remedy in two parts: the imperative, and what to copy; either can be empty."""
        first, _, rest = self.remedy.partition("\n")
        if first.endswith(":"):
            return first, rest
        is_command = bool(rest) or first.split(" ", 1)[0] in _PROGRAMS
        return ("", self.remedy) if is_command else (self.remedy, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """A check that was skipped. It never counts as passed.

    Attributes:
        check: ID of the rule or check.
        reason: Why it was skipped, such as ``not allowed to call iam:GetRole``.
        subject: The algorithm, file or resource.
        follows_from: Rule of the finding that made the check impossible; that finding names the check. Else empty.
    """

    check: str
    reason: str
    subject: str = ""
    follows_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDescription:
    """A rule, as code scanning tools show it.

    Attributes:
        id: ID of the rule.
        summary: The requirement in one sentence.
        help: The requirement with its reason and its fix.
        level: Level of the rule's findings.
    """

    id: str
    summary: str
    help: str
    level: Level = Level.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingReport:
    """The findings of one run of a tool.

    Attributes:
        kind: Name of the JSON schema, such as ``check`` or ``preflight``.
        findings: The problems.
        not_checked: Checks that were skipped.
        checked: Inputs or checks that were covered, such as files or check IDs.
        rules: Descriptions of the rules that can have findings.
        data: Further members for JSON output.
    """

    kind: str
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    checked: tuple[str, ...] = ()
    rules: tuple[RuleDescription, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def own_not_checked(self) -> tuple[NotChecked, ...]:
        """The skipped checks that no finding names."""
        return tuple(entry for entry in self.not_checked if not entry.follows_from)

    def count(self, level: Level) -> int:
        """Return the number of findings of a level."""
        return sum(finding.level is level for finding in self.findings)

    @property
    def worst(self) -> Level | None:
        """The most serious level among the findings; None without findings."""
        return next((level for level in Level if self.count(level)), None)

    def failed(self, *, strict: bool = False) -> bool:
        """Return whether a command with this report exits with the status for findings.

        Args:
            strict: Whether warnings and skipped checks count as well.
        """
        if self.worst is Level.ERROR:
            return True
        return strict and (self.worst is Level.WARNING or bool(self.not_checked))
