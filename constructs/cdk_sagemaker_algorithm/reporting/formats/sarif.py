"""Format findings in the Static Analysis Results Interchange Format (SARIF) 2.1.0 for code scanning."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM, to_text

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport, RuleDescription

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(report: FindingReport) -> str:
    """Return the report as SARIF text."""
    positions = {rule.id: index for index, rule in enumerate(report.rules)}
    driver = {"name": PROGRAM, "version": version(PROGRAM), "rules": [_rule(rule) for rule in report.rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, positions) for finding in report.findings],
        "invocations": [
            {
                "executionSuccessful": not report.not_checked,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {
                            "text": f"{f'{entry.subject}: ' if entry.subject else ''}not checked: {entry.reason}"
                        },
                        "associatedRule": {"id": entry.check},
                    }
                    for entry in report.not_checked
                ],
            }
        ],
    }
    return to_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: RuleDescription) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.rpartition(":")[2].split("-")),
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": rule.level.value},
    }


def _result(finding: Finding, positions: dict[str, int]) -> dict[str, Any]:
    where = ": ".join(part for part in (finding.subject, finding.path) if part)
    text = "\n".join(
        part
        for part in (
            f"{where}: {finding.message}" if where else finding.message,
            *finding.evidence,
            f"fix: {finding.remedy}" if finding.remedy else "",
            f"source: {finding.source}" if finding.source else "",
        )
        if part
    )
    location: dict[str, Any] = {}
    if finding.location is not None:
        region = {"startLine": finding.location.line, "startColumn": finding.location.column}
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.location.file)}}
        known = {name: number for name, number in region.items() if number}
        location["physicalLocation"] = {**physical, **({"region": known} if known else {})}
    if where:
        location["logicalLocations"] = [{"fullyQualifiedName": where}]
    index = {"ruleIndex": positions[finding.rule]} if finding.rule in positions else {}
    return {
        "ruleId": finding.rule,
        **index,
        "level": finding.level.value,
        "message": {"text": text},
        **({"locations": [location]} if location else {}),
    }


def _uri(file: str) -> str:
    """Return a relative path if possible: code scanning matches paths within the repository."""
    path = Path(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            return path.as_uri()
    return quote(path.as_posix())
