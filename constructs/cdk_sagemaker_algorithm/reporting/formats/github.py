"""Format findings as GitHub Actions workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.display_text import printable_lines
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(report: FindingReport) -> str:
    """Return one workflow command per finding."""
    lines = [_command(finding) for finding in report.findings]
    lines += [
        f"::warning title={_property(entry.check)}::"
        f"{_data(f'{entry.subject}: ' if entry.subject else '')}not checked: {_data(entry.reason)}"
        for entry in report.own_not_checked
    ]
    return "\n".join(lines)


def _command(finding: Finding) -> str:
    properties = {"title": finding.rule}
    if finding.location is not None:
        properties = {"file": finding.location.file, **properties}
        if finding.location.line:
            properties["line"] = str(finding.location.line)
        if finding.location.column:
            properties["col"] = str(finding.location.column)
    where = [part for part in (finding.subject, finding.path) if part]
    text = "\n".join(
        [
            ": ".join([*where, finding.message]),
            *finding.evidence,
            *([f"fix: {finding.remedy}"] if finding.remedy else []),
        ]
    )
    values = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.level]} {values}::{_data(text)}"


def _data(text: str) -> str:
    return printable_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
