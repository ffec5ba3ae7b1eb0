"""Convert findings in files to a report for the output formats."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cdk_sagemaker_algorithm.reporting.finding import (
    Finding,
    FindingReport,
    Level,
    Location,
    NotChecked,
    RuleDescription,
)
from cdk_sagemaker_algorithm.rules import RULES, NoValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cdk_sagemaker_algorithm.check.files import Located
    from cdk_sagemaker_algorithm.rules import Rule

#: The check that a file cannot pass if it cannot be read.
READABLE: Final = "readable"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def report(
    located: Iterable[Located],
    files: Sequence[str],
    unreadable: Mapping[str, str] = NOTHING,
    synthesized: Iterable[Finding] = (),
) -> FindingReport:
    """Return the report of a check.

    Args:
        located: Findings with their positions.
        files: Names of the checked files and assemblies.
        unreadable: Files that cannot be read, with the reason.
        synthesized: Findings of assemblies.
    """
    return FindingReport(
        kind="check",
        findings=(*map(_finding, located), *synthesized),
        not_checked=tuple(
            NotChecked(check=READABLE, subject=file, reason=reason.removeprefix(f"{file}: "))
            for file, reason in unreadable.items()
        ),
        checked=tuple(files),
        rules=tuple(map(_description, RULES.values())),
    )


def _finding(located: Located) -> Finding:
    finding = located.finding
    details: dict[str, Any] = {
        "pythonPath": finding.python_path,
        "allowed": list(finding.allowed),
        "suggestion": finding.suggestion,
    }
    if not isinstance(finding.value, NoValue):
        details["value"] = finding.value
    return Finding(
        rule=finding.rule,
        level=Level(finding.level.value),
        message=finding.message,
        path=finding.api_path,
        location=Location(file=located.file, line=located.position.line, column=located.position.column),
        evidence=located.excerpt,
        source=RULES[finding.rule.partition(":")[2]].source,
        details=details,
    )


def _description(rule: Rule) -> RuleDescription:
    full = f"{rule.sentence}; {rule.why}" if rule.why else rule.sentence
    name = f"cdk-sagemaker-algorithm check --explain {rule.name}"
    return RuleDescription(
        id=rule.id,
        summary=rule.sentence,
        help=f"{full}. `{name}` shows an example that fails and one that passes.",
        level=Level(rule.level.value),
    )
