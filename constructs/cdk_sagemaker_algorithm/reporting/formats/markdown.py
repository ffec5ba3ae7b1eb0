"""Format findings as Markdown for comments and job summaries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cdk_sagemaker_algorithm.model.display_text import printable
from cdk_sagemaker_algorithm.reporting.finding import Level
from cdk_sagemaker_algorithm.reporting.formats.text import summary

if TYPE_CHECKING:
    from cdk_sagemaker_algorithm.reporting.finding import Finding, FindingReport

_URL = re.compile(r"https://[A-Za-z0-9./_#?=-]+")
_MOST_NAMES = 20
_SYMBOLS = {Level.ERROR: "❌", Level.WARNING: "⚠️", Level.NOTE: "💡"}


def render(report: FindingReport) -> str:
    """Return the report as Markdown."""
    return "\n".join(_lines(report))


def escaped(text: str) -> str:
    """Return text in a form that Markdown shows unchanged, and that is neither a mention nor a reference on GitHub."""
    return "".join(map(_escaped, printable(text)))


def _escaped(character: str) -> str:
    if character in "@#":
        # GitHub looks for mentions and references after Markdown, and outside of code only.
        return f"<code>{character}</code>"
    return f"\\{character}" if character in "\\`*_{}[]<>()+-.!|~&" else character


def _lines(report: FindingReport) -> Iterator[str]:
    yield f"**{summary(report)}**"
    yield ""
    names = [escaped(name) for name in report.checked[:_MOST_NAMES]]
    more = f" and {len(report.checked) - _MOST_NAMES} more" if len(report.checked) > _MOST_NAMES else ""
    yield f"Checked: {', '.join(names)}{more}" if names else "Nothing was checked."
    for finding in report.findings:
        yield ""
        yield from _finding(finding)
    if report.own_not_checked:
        yield ""
        yield "Not checked:"
        yield ""
        for unchecked in report.own_not_checked:
            subject = f"{escaped(unchecked.subject)}: " if unchecked.subject else ""
            yield f"- {subject}{escaped(unchecked.reason)} (`{unchecked.check}`)"


def _finding(finding: Finding) -> Iterator[str]:
    where = [str(finding.location)] if finding.location else []
    parts = [*where, *(part for part in (finding.subject, finding.path) if part), finding.message]
    yield f"- {_SYMBOLS[finding.level]} {': '.join(map(escaped, parts))} (`{finding.rule}`)"
    if finding.evidence:
        yield from _block(finding.evidence)
    if finding.remedy:
        imperative, copied = finding.advice
        yield ""
        yield f"  Fix: {escaped(imperative)}".rstrip()
        if copied:
            yield from _block(copied.splitlines())
    if finding.source:
        yield ""
        yield f"  Source: {f'<{finding.source}>' if _URL.fullmatch(finding.source) else escaped(finding.source)}"


def _block(lines: tuple[str, ...] | list[str]) -> Iterator[str]:
    # Four spaces in a list item start a code block that no text can end.
    yield ""
    for line in lines:
        yield f"      {printable(line)}"
    yield ""
