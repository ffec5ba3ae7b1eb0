"""Findings in files, written for people, for programs, and for code scanning."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cdk_sagemaker_algorithm.rules import RULES, Level, NoValue
from cdk_sagemaker_algorithm.rules.json_check.files import STDIN_NAME, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text

    from cdk_sagemaker_algorithm.rules import Rule
    from cdk_sagemaker_algorithm.rules.json_check.files import Located

_PROGRAM = "cdk-sagemaker-algorithm"
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def plain_lines(found: Sequence[Located]) -> Iterator[str]:
    """One line for each finding, the way compilers write them."""
    for each in found:
        line, column = each.position
        finding = each.finding
        where = f"{each.file}:{line}:{column}"
        yield f"{where}: {finding.level}: {finding.api_path}: {finding.message} [{finding.rule}]"


def print_colored(found: Sequence[Located]) -> None:
    """Show the findings on a terminal."""
    from rich.console import Console  # noqa: PLC0415 - rich takes longer to import than a file to check

    console = Console(highlight=False, soft_wrap=True)
    for each in found:
        console.print(_colored(each))


def summary(found: Sequence[Located], files: int) -> str:
    """How much was found, in one line."""
    errors, warnings = count(found, Level.ERROR), count(found, Level.WARNING)
    counts = [_counted(errors, "error")] * bool(errors) + [_counted(warnings, "warning")] * bool(warnings)
    return f"{' and '.join(counts) or 'nothing wrong'} in {_counted(files, 'file')}"


def as_json(found: Sequence[Located]) -> str:
    """The findings as one JSON object."""
    report = {
        "version": 1,
        "errors": count(found, Level.ERROR),
        "warnings": count(found, Level.WARNING),
        "findings": [_json_finding(each) for each in found],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def as_sarif(found: Sequence[Located]) -> str:
    """The findings in the Static Analysis Results Interchange Format, version 2.1.0."""
    rules = list(RULES.values())
    places = {rule.id: index for index, rule in enumerate(rules)}
    driver = {"name": _PROGRAM, "version": version(_PROGRAM), "rules": [_sarif_rule(rule) for rule in rules]}
    log = {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_sarif_result(each, places[each.finding.rule]) for each in found],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _colored(each: Located) -> Text:
    from rich.text import Text  # noqa: PLC0415 - see print_colored

    line, column = each.position
    finding = each.finding
    color = "bold red" if finding.level is Level.ERROR else "bold yellow"
    return Text.assemble(
        (f"{each.file}:{line}:{column}", "cyan"),
        ": ",
        (str(finding.level), color),
        ": ",
        (finding.api_path, "bold"),
        f": {finding.message} ",
        (f"[{finding.rule}]", "dim"),
    )


def _json_finding(each: Located) -> dict[str, Any]:
    finding = each.finding
    value = {} if isinstance(finding.value, NoValue) else {"value": finding.value}
    return {
        "rule": finding.rule,
        "level": finding.level,
        "file": each.file,
        "line": each.position.line,
        "column": each.position.column,
        "path": finding.api_path,
        "pythonPath": finding.python_path,
        **value,
        "message": finding.message,
        "allowed": list(finding.allowed),
        "suggestion": finding.suggestion,
    }


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    full = f"{rule.sentence}; {rule.why}" if rule.why else rule.sentence
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.sentence},
        "fullDescription": {"text": full},
        "help": {"text": f"{full}. docs/rules.md shows an example that fails, and how to mend it."},
        "defaultConfiguration": {"level": rule.level},
    }


def _sarif_result(each: Located, rule_index: int) -> dict[str, Any]:
    finding = each.finding
    line, column = each.position
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.level,
        "message": {"text": f"{finding.api_path}: {finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(each.file)},
                    "region": {"startLine": line, "startColumn": column},
                },
                "logicalLocations": [{"fullyQualifiedName": finding.api_path}],
            }
        ],
    }


def _uri(file: str) -> str:
    """A file's address: relative where it can be, because code scanning knows the repository only."""
    if file == STDIN_NAME:
        return file
    path = Path(file)
    if path.is_absolute():
        try:
            path = path.relative_to(Path.cwd())
        except ValueError:
            return path.as_uri()
    return quote(path.as_posix())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
