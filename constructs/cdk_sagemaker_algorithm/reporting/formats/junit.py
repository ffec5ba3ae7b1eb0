"""Format findings as JUnit XML: one failed test case per error, one skipped test case per skipped check."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.reporting.envelope import PROGRAM
from cdk_sagemaker_algorithm.reporting.finding import Level

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport


def render(report: FindingReport) -> str:
    """Return the report as XML text."""
    errors = report.count(Level.ERROR)
    # What is checked are checks, files or constructs.
    with_findings = {entry.check for entry in report.not_checked}
    for finding in report.findings:
        with_findings |= {finding.rule, finding.subject, finding.location.file if finding.location else ""}
    passed = [name for name in report.checked if name not in with_findings]
    suite = ET.Element(
        "testsuite",
        name=f"{PROGRAM} {report.kind}",
        tests=str(len(report.findings) + len(report.not_checked) + len(passed)),
        failures=str(errors),
        skipped=str(len(report.not_checked)),
    )
    for finding in report.findings:
        _case(suite, finding)
    for unchecked in report.not_checked:
        case = ET.SubElement(
            suite, "testcase", classname=_text(unchecked.subject or report.kind), name=_text(unchecked.check)
        )
        ET.SubElement(case, "skipped", message=_text(unchecked.reason))
    for name in passed:
        ET.SubElement(suite, "testcase", classname=report.kind, name=_text(name))
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}'


def _case(suite: ET.Element, finding: Finding) -> None:
    subject = finding.subject or (finding.location.file if finding.location else "") or finding.path or "definition"
    case = ET.SubElement(suite, "testcase", classname=_text(subject), name=_text(finding.rule))
    if finding.location is not None:
        case.set("file", _text(finding.location.file))
        if finding.location.line:
            case.set("line", str(finding.location.line))
    body = [f"fix: {finding.remedy}"] if finding.remedy else []
    body += [f"source: {finding.source}"] if finding.source else []
    text = "\n".join(_text(line) for line in (*finding.evidence, *body))
    message = _text(": ".join(part for part in (finding.path, finding.message) if part))
    if finding.level is Level.ERROR:
        ET.SubElement(case, "failure", type=finding.rule, message=message).text = text
    else:
        ET.SubElement(case, "system-out").text = f"{finding.level.value}: {message}\n{text}".rstrip()


def _text(text: str) -> str:
    """Return text without the characters that XML does not allow."""
    return "\n".join(printable(line) for line in text.split("\n"))
