"""Add the positions in a request file to findings, for editors and code scanning."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cdk_sagemaker_algorithm.check.positions import JsonSyntaxError, read
from cdk_sagemaker_algorithm.model.json_file import JsonFileError, read_text
from cdk_sagemaker_algorithm.reporting.finding import Location

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.check.positions import Document
    from cdk_sagemaker_algorithm.reporting import Finding, FindingReport

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def located(report: FindingReport, source: Path) -> FindingReport:
    """Return a report whose findings have their positions, if the source is a request file.

    Args:
        source: The checked assembly or file.
    """
    if not source.is_file():
        return report
    try:
        document = read(read_text(str(source)))
    except (JsonFileError, JsonSyntaxError):
        return report
    if ("TrainingSpecification",) not in document.values:
        return report
    return replace(report, findings=tuple(_located(each, document, str(source)) for each in report.findings))


def _located(finding: Finding, document: Document, file: str) -> Finding:
    steps = tuple(int(index) if index else name for index, name in _STEP.findall(finding.path))
    while steps and steps not in document.values:
        steps = steps[:-1]
    position = document.position(document.keys.get(steps, document.values.get(steps, 0)))
    location = Location(file=file, line=position.line, column=position.column)
    return finding if finding.location else replace(finding, location=location)
